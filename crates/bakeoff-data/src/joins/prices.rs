//! What items cost in the course of time: delimited text with a price a line.

use bakeoff_spec::Plugin;
use bakeoff_spec::registry::SpecPath;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Join, Joined, TABLE};
use crate::column::{Lists, RawColumn, Series, Values};
use crate::delimited;
use crate::error::DataError;
use crate::frame::{Field, Frame, Kind, TimeUnit, Want};
use crate::ids::Ids;
use crate::input::{InputFile, InputFiles, expand};
use crate::interactions::{Origin, Repairs};
use crate::sound;
use crate::sources::csv::{Dialect, Encoding};

/// Which files, and which of their columns. The column holds a series of times and prices an entry, oldest first; of
/// several prices at one time the last line's counts. Models read it through steps that measure it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// A file, a folder of files ending in `.csv`, `.tsv`, `.txt` or `.dat`, or a pattern such as `prices/*.csv`;
    /// packed with gzip or Zstandard or not.
    pub path: SpecPath,
    /// The column of ids.
    pub key: String,
    /// The column of times, in `time_unit`s since 1970 or as ISO 8601.
    pub time: String,
    /// What times that are numbers count, since the beginning of 1970.
    #[serde(default)]
    pub time_unit: TimeUnit,
    /// The column of prices.
    pub value: String,
    /// The name of the new column.
    #[serde(default = "price_history")]
    #[schemars(length(min = 1))]
    pub column: String,
    /// Whether lines without a time or a price of 0 or more are left out and counted, instead of being errors.
    #[serde(default)]
    pub drop_missing: bool,
    /// What stands between two fields, such as `,`, `\t` (or the word `tab`) or `::`.
    #[serde(default = "comma")]
    #[schemars(length(min = 1, max = 8))]
    pub delimiter: String,
    /// What stands around fields that hold a delimiter or a line break; empty where quotes mean nothing.
    #[serde(default = "double_quote")]
    #[schemars(length(max = 1))]
    pub quote: String,
    /// The names of the columns, where no header gives them.
    #[serde(default)]
    #[schemars(length(min = 3))]
    pub header: Option<Vec<String>>,
    /// How characters are written.
    #[serde(default)]
    pub encoding: Encoding,
}

fn price_history() -> String {
    "price_history".into()
}

fn comma() -> String {
    ",".into()
}

fn double_quote() -> String {
    "\"".into()
}

impl Plugin for Prices {
    const NAME: &'static str = "prices";
    const ABOUT: &'static str =
        "Delimited text with the price of an item at a time a line, as series.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        let Self { key, time, value, .. } = params;
        if key == time || key == value || time == value {
            return Err(format!(
                "value: key, time and value are three columns, not `{key}`, `{time}`, `{value}`"
            ));
        }
        params.dialect().check()
    }
}

impl Join for Prices {
    fn files(&self) -> Result<Vec<InputFile>, DataError> {
        let paths = expand(self.path.as_ref(), delimited::ENDINGS)?;
        Ok(paths.into_iter().map(|path| InputFile::new(TABLE, path)).collect())
    }

    fn columns(&self, _files: &InputFiles) -> Result<Option<Vec<String>>, DataError> {
        Ok(Some(vec![self.column.clone()]))
    }

    fn read(&self, files: &InputFiles, ids: &Ids) -> Result<Joined, DataError> {
        let frame = delimited::read(&files.of(TABLE), &self.dialect().format(), &self.want())?;
        self.join(frame, ids)
    }
}

impl Prices {
    fn dialect(&self) -> Dialect<'_> {
        Dialect {
            delimiter: &self.delimiter,
            quote: &self.quote,
            header: self.header.as_deref(),
            encoding: self.encoding,
        }
    }

    fn want(&self) -> Want {
        let columns = [
            (&self.key, "key", Kind::Id),
            (&self.time, "time", Kind::Time),
            (&self.value, "value", Kind::Number),
        ];
        let field = |(name, param, kind): (&String, _, _)| Field {
            name: name.clone(),
            param,
            kind,
            is_required: true,
        };
        Want { fields: columns.map(field).into(), time_unit: self.time_unit, rest: false }
    }

    /// The rows of a table, from whatever file, as series of `ids`.
    fn join(&self, mut frame: Frame, ids: &Ids) -> Result<Joined, DataError> {
        let (names, codes) = frame.ids(&self.key);
        let brought = "a reader brings what it was asked for";
        let times = frame.numbers(&self.time).expect(brought);
        let values = frame.numbers(&self.value).expect(brought);
        let mut repairs = std::mem::take(&mut frame.repairs);
        let of_name: Vec<Option<u32>> = names.names().map(|name| ids.index(name)).collect();
        let mut points: Vec<(u32, f64, f64)> = Vec::new();
        for (row, (&time, &value)) in times.iter().zip(&values).enumerate() {
            if sound::is_strange(time) {
                return Err(self.wrong_time(&frame.origin, row, time));
            }
            if time.is_nan() || value.is_nan() || value < 0.0 {
                if !self.drop_missing {
                    return Err(self.unusable(&frame.origin, row, time, value));
                }
                *repairs.entry("line without time or price left out".to_owned()).or_default() += 1;
            } else if let Some(id) = of_name[codes[row] as usize] {
                points.push((id, time, value));
            }
        }
        if points.is_empty() && !ids.is_empty() {
            let reason = format!(
                "no line has a price of an id of the data, such as `{}`; `key` names the column of ids",
                ids.names().next().unwrap_or_default()
            );
            return Err(DataError::Array { path: self.path.0.clone().into(), reason });
        }
        let (points, n_without) = series(points, ids.len(), &mut repairs);
        let without = format!("{n_without} of {} entries have no prices.", ids.len());
        let notes = (n_without > 0).then_some(without).into_iter().collect();
        let columns = vec![RawColumn::new(&self.column, Values::Series(Series { points }))];
        Ok(Joined { columns, notes, repairs, content: None })
    }

    fn wrong_time(&self, origin: &Origin, row: usize, time: f64) -> DataError {
        let (path, line) = origin.place(row);
        DataError::Value {
            path: path.to_owned(),
            line,
            column: self.time.clone(),
            found: time.to_string(),
            expected: sound::TIMES.to_owned(),
        }
    }

    fn unusable(&self, origin: &Origin, row: usize, time: f64, value: f64) -> DataError {
        let (path, line) = origin.place(row);
        let is_time = time.is_nan();
        let number = if is_time { time } else { value };
        let what = if is_time { "a time" } else { "a price of 0 or more" };
        DataError::Value {
            path: path.to_owned(),
            line,
            column: if is_time { &self.time } else { &self.value }.clone(),
            found: if number.is_nan() { String::new() } else { number.to_string() },
            expected: format!("{what}; `drop_missing: true` leaves such lines out"),
        }
    }
}

/// The points of each of `n` entries, oldest first, and how many entries have none. Of equal times the last one counts.
fn series(
    mut points: Vec<(u32, f64, f64)>,
    n: usize,
    repairs: &mut Repairs,
) -> (Lists<(f64, f64)>, usize) {
    // A stable sort: equal times stay in the order of the file.
    points.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let is_last = |(i, point): (usize, &(u32, f64, f64))| {
        points.get(i + 1).is_none_or(|next| (next.0, next.1) != (point.0, point.1))
    };
    let kept: Vec<_> = points.iter().enumerate().filter(|&point| is_last(point)).collect();
    let n_overruled = (points.len() - kept.len()) as u64;
    if n_overruled > 0 {
        *repairs.entry("price overruled by a later line of the same time".into()).or_default() +=
            n_overruled;
    }
    let mut lists = Lists::default();
    let mut rest = kept.into_iter().map(|(_, point)| *point).peekable();
    let mut n_without = 0;
    for id in 0..n as u32 {
        n_without += usize::from(rest.peek().is_none_or(|point| point.0 != id));
        lists.push(std::iter::from_fn(|| {
            rest.next_if(|point| point.0 == id).map(|(_, time, value)| (time, value))
        }));
    }
    (lists, n_without)
}
