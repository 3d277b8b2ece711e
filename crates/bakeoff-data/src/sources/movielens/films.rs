//! What is known of films: title, year, genres, release date, tags, numbers elsewhere.

use std::path::Path;

use super::layouts::{GENRES, Layout};
use crate::column::{RawColumn, Tags, Texts, Values};
use crate::delimited::{self, Format, shortened};
use crate::error::DataError;
use crate::frame::{Frame, Kind, Want};
use crate::ids::Ids;
use crate::input;
use crate::interactions::{Repairs, add_repairs};

/// Title, year, genres, and of 100K the release date.
pub(super) fn films(
    path: &Path,
    layout: Layout,
    ids: &Ids,
    repairs: &mut Repairs,
) -> Result<Vec<RawColumn>, DataError> {
    let mut format = layout.films();
    if layout == Layout::Dat {
        // 1M is in ISO 8859-1, 10M in UTF-8; no text of the first with an accent is one of the second.
        format.is_latin1 = std::str::from_utf8(&input::read(path)?).is_err();
    }
    let key = if layout == Layout::Csv { "movieId" } else { "item" };
    let names: &[&str] = match layout {
        Layout::Data => &["title", "release_date"],
        Layout::Dat | Layout::Csv => &["title", "genres"],
    };
    let flags = GENRES.iter().filter(|_| layout == Layout::Data);
    let names: Vec<String> = names.iter().chain(flags).map(|&name| name.to_owned()).collect();
    let mut want = Want::side(key, "path", Some(&names));
    for field in &mut want.fields[1..] {
        field.kind = if GENRES.contains(&field.name.as_str()) { Kind::Number } else { Kind::Text };
    }
    let mut frame = delimited::read(&[path.to_owned()], &format, &want)?;
    add_repairs(repairs, std::mem::take(&mut frame.repairs));
    check_dates(&frame)?;
    let mut films = Vec::new();
    let mut flags = Vec::new();
    for RawColumn { name, values } in frame.into_side(key, ids)?.columns {
        match (name.as_str(), values) {
            ("title", Values::Text(texts)) => {
                let (titles, years) = titles_and_years(&texts);
                films.push(RawColumn::new("title", Values::Text(titles)));
                films.push(RawColumn::new("year", Values::Number(years)));
            }
            ("genres", Values::Text(texts)) => {
                let listed =
                    |text: &str| if text == NO_GENRES { String::new() } else { text.to_owned() };
                films.push(RawColumn::new("genres", Values::Tags(texts.map(listed).split("|"))));
            }
            ("release_date", Values::Text(texts)) => {
                let times = texts.iter().map(|text| date(text).unwrap_or(f64::NAN)).collect();
                films.push(RawColumn::new("release_date", Values::Number(times)));
            }
            (_, Values::Number(numbers)) => flags.push((name, numbers)),
            _ => {}
        }
    }
    if !flags.is_empty() {
        films.push(RawColumn::new("genres", Values::Tags(flagged(&flags, ids.len()))));
    }
    Ok(films)
}

const NO_GENRES: &str = "(no genres listed)";

/// The tags of each film, each once.
pub(super) fn tags(
    path: &Path,
    layout: Layout,
    ids: &Ids,
    repairs: &mut Repairs,
) -> Result<RawColumn, DataError> {
    let key = if layout == Layout::Csv { "movieId" } else { "item" };
    let mut want = Want::side(key, "path", Some(&["tag".to_owned()]));
    want.fields[1].kind = Kind::Text;
    let mut frame = delimited::read(&[path.to_owned()], &layout.tags(), &want)?;
    add_repairs(repairs, std::mem::take(&mut frame.repairs));
    let mut of_films: Vec<Vec<u32>> = vec![Vec::new(); ids.len()];
    let mut tags = Tags::default();
    if let [a, b] = &frame.columns[..]
        && let (Values::Text(films), Values::Text(texts)) = (&a.values, &b.values)
    {
        for (film, text) in films.iter().zip(texts.iter()).filter(|(_, text)| !text.is_empty()) {
            let Some(film) = ids.index(film) else { continue };
            let tag = tags.values.index_or_add(text);
            if !of_films[film as usize].contains(&tag) {
                of_films[film as usize].push(tag);
            }
        }
    }
    for of_film in of_films {
        tags.lists.push(of_film);
    }
    Ok(RawColumn::new("tags", Values::Tags(tags)))
}

/// The films' numbers at IMDb and TMDB, with their leading zeros.
pub(super) fn links(
    path: &Path,
    ids: &Ids,
    repairs: &mut Repairs,
) -> Result<Vec<RawColumn>, DataError> {
    let names = ["imdbId", "tmdbId"].map(String::from);
    let mut want = Want::side("movieId", "path", Some(&names));
    for field in &mut want.fields[1..] {
        field.kind = Kind::Text;
    }
    let mut frame = delimited::read(&[path.to_owned()], &Format::new(","), &want)?;
    add_repairs(repairs, std::mem::take(&mut frame.repairs));
    let mut columns = frame.into_side("movieId", ids)?.columns;
    for column in &mut columns {
        column.name = if column.name == names[0] { "imdb_id".into() } else { "tmdb_id".into() };
    }
    Ok(columns)
}

/// Titles without the year, and the years.
fn titles_and_years(texts: &Texts) -> (Texts, Vec<f64>) {
    let years: Vec<f64> = texts.values().names().map(|text| title_and_year(text).1).collect();
    let of_row = texts.codes().iter().map(|&code| years[code as usize]).collect();
    (texts.map(|text| title_and_year(text).0), of_row)
}

/// The title, and the last year in brackets: the first of a span such as `(2006–2007)`.
fn title_and_year(text: &str) -> (String, f64) {
    for (open, _) in text.rmatch_indices('(') {
        let Some((within, after)) = text[open + 1..].split_once(')') else { continue };
        let digits = within.bytes().take_while(u8::is_ascii_digit).count();
        let rest = within[digits..].trim_start();
        if digits == 4 && (rest.is_empty() || rest.starts_with(['-', '–'])) {
            let title = format!("{} {}", text[..open].trim_end(), after.trim_start());
            return (title.trim().to_owned(), within[..4].parse().unwrap_or(f64::NAN));
        }
    }
    (text.to_owned(), f64::NAN)
}

/// Seconds since 1970 of a date such as `01-Jan-1995`.
fn date(text: &str) -> Option<f64> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut parts = text.split('-');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    delimited::parse_time(&format!("{year}-{month:02}-{day:0>2}"))
}

/// Every release date that is there is one.
fn check_dates(frame: &Frame) -> Result<(), DataError> {
    let column = frame.columns.iter().find(|column| column.name == "release_date");
    let Some(Values::Text(texts)) = column.map(|column| &column.values) else { return Ok(()) };
    let is_wrong = |text: &str| !text.is_empty() && date(text).is_none();
    let Some(row) = texts.iter().position(is_wrong) else { return Ok(()) };
    let (path, line) = frame.origin.place(row);
    Err(DataError::Value {
        path: path.to_owned(),
        line,
        column: "release_date".to_owned(),
        found: shortened(texts.get(row)),
        expected: "a date such as 01-Jan-1995, or nothing".to_owned(),
    })
}

/// Genres from flags, one column each; `unknown` is none.
fn flagged(flags: &[(String, Vec<f64>)], n: usize) -> Tags {
    let mut tags = Tags::default();
    for film in 0..n {
        let set = flags.iter().filter(|(name, flags)| flags[film] > 0.0 && name != GENRES[0]);
        tags.push(set.map(|(name, _)| name.as_str()));
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_is_taken_out_of_a_title() {
        for (text, title, year) in [
            ("Toy Story (1995)", "Toy Story", 1995.0),
            ("Shanghai Triad (Yao a yao) (1995)", "Shanghai Triad (Yao a yao)", 1995.0),
            ("Land Before Time III (1995) (V)", "Land Before Time III (V)", 1995.0),
            ("Death Note (2006–2007)", "Death Note", 2006.0),
            ("Nocturnal (2007- )", "Nocturnal", 2007.0),
            ("2001: A Space Odyssey (1968)", "2001: A Space Odyssey", 1968.0),
        ] {
            assert_eq!(title_and_year(text), (title.to_owned(), year));
        }
        for text in ["unknown", "Babylon 5", "Nikita (19)", "(500) Days", "Open (1995"] {
            assert!(title_and_year(text).1.is_nan());
            assert_eq!(title_and_year(text).0, text);
        }
    }

    #[test]
    fn a_release_date_is_the_midnight_of_its_day() {
        assert_eq!(date("01-Jan-1995"), Some(788_918_400.0));
        assert_eq!(date("9-Feb-1996"), Some(823_824_000.0));
        assert_eq!((date(""), date("1995"), date("32-Jan-1995")), (None, None, None));
    }
}
