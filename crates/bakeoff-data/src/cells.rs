//! Values with types on their way into columns, as Parquet, JSON and databases have them.
//!
//! What a column becomes depends on its values alone, not on the order in which blocks of rows are put together:
//! numbers as long as there are numbers alone; texts once there is a text, and then a number is written in its shortest
//! form; tags once there is a list, and then a single value is a list of one. An integer of more digits than a double
//! holds is a text: what has so many is a name.

use std::borrow::Cow;
use std::fmt::Write;

use crate::column::{Tags, Texts, Values};
use crate::delimited::{TIMES, loses_digits, parse_number, parse_time_in, shortened};
use crate::frame::{Kind, TimeUnit};

/// A value as its source has it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell<'a> {
    Missing,
    Bool(bool),
    Integer(i128),
    Number(f64),
    /// A number as it is written, such as that of a decimal type.
    Written(Cow<'a, str>),
    Text(Cow<'a, str>),
    /// Seconds since 1970.
    Time(f64),
    /// Several categories.
    List(Vec<Cow<'a, str>>),
}

/// Why a value cannot stand in its column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Wrong {
    pub(crate) found: String,
    pub(crate) expected: &'static str,
}

/// A column that grows.
#[derive(Debug)]
pub(crate) struct Cells {
    kind: Kind,
    unit: TimeUnit,
    values: Values,
    /// Where integers are written before they become texts.
    digits: String,
}

impl Cells {
    /// A column of so many missing values.
    pub(crate) fn new(kind: Kind, unit: TimeUnit, n_missing: usize) -> Self {
        let values = match kind {
            Kind::Id | Kind::Text => Values::Text((0..n_missing).map(|_| "").collect()),
            Kind::Number | Kind::Time | Kind::Inferred => Values::Number(vec![f64::NAN; n_missing]),
        };
        Self { kind, unit, values, digits: String::new() }
    }

    /// Adds an entry.
    pub(crate) fn push(&mut self, cell: &Cell<'_>) -> Result<(), Wrong> {
        let unit = self.unit;
        match (self.kind, &mut self.values) {
            (Kind::Id, Values::Text(texts)) => push_id(texts, cell, &mut self.digits),
            (Kind::Number, Values::Number(numbers)) => {
                numbers.push(number(cell)?);
                Ok(())
            }
            (Kind::Time, Values::Number(numbers)) => {
                numbers.push(time(cell, unit)?);
                Ok(())
            }
            _ => self.push_any(cell),
        }
    }

    /// Adds what may be a number, a text or a list.
    fn push_any(&mut self, cell: &Cell<'_>) -> Result<(), Wrong> {
        match cell {
            Cell::Text(_) => self.make_texts(),
            Cell::List(_) => self.make_tags(),
            _ if long_digits(cell).is_some() => self.make_texts(),
            _ => {}
        }
        match &mut self.values {
            Values::Number(numbers) => numbers.push(plain(cell)?),
            Values::Text(texts) => texts.push(&shortest(cell)?),
            Values::Tags(tags) => match cell {
                Cell::List(list) => push_tags(tags, list.iter().map(AsRef::as_ref)),
                _ => push_tags(tags, std::iter::once(&*shortest(cell)?)),
            },
            _ => unreachable!("{KINDS}"),
        }
        Ok(())
    }

    /// Adds missing entries up to `len`.
    pub(crate) fn fill_to(&mut self, len: usize) {
        for _ in self.values.len()..len {
            match &mut self.values {
                Values::Number(numbers) => numbers.push(f64::NAN),
                Values::Text(texts) => texts.push(""),
                Values::Tags(tags) => push_tags(tags, std::iter::empty()),
                _ => unreachable!("{KINDS}"),
            }
        }
    }

    /// Makes numbers texts.
    pub(crate) fn make_texts(&mut self) {
        if let Values::Number(numbers) = &self.values {
            self.values = Values::Text(numbers.iter().map(|&number| written(number)).collect());
        }
    }

    /// Makes numbers and texts tags.
    pub(crate) fn make_tags(&mut self) {
        self.make_texts();
        if let Values::Text(texts) = &self.values {
            let mut tags = Tags::default();
            for text in texts.iter() {
                push_tags(&mut tags, std::iter::once(text));
            }
            self.values = Values::Tags(tags);
        }
    }

    /// Adds the entries of a column of the same kind.
    pub(crate) fn append(&mut self, mut other: Self) {
        match (&self.values, &other.values) {
            (Values::Tags(_), _) => other.make_tags(),
            (_, Values::Tags(_)) => self.make_tags(),
            (Values::Text(_), _) => other.make_texts(),
            (_, Values::Text(_)) => self.make_texts(),
            _ => {}
        }
        match (&mut self.values, other.values) {
            (Values::Number(all), Values::Number(numbers)) => all.extend(numbers),
            (Values::Text(all), Values::Text(texts)) => all.append(&texts),
            (Values::Tags(all), Values::Tags(tags)) => {
                let new: Vec<u32> =
                    tags.values.names().map(|tag| all.values.index_or_add(tag)).collect();
                for list in tags.lists.iter() {
                    all.lists.push(list.iter().map(|&tag| new[tag as usize]));
                }
            }
            _ => unreachable!("{KINDS}"),
        }
    }

    /// The column.
    pub(crate) fn finish(self) -> Values {
        self.values
    }
}

const KINDS: &str = "cells are numbers, texts or tags";
const ID: &str = "an id: a text or a number";
const FINITE: &str = "a number of at most 3.4e38, which is what datasets keep";

fn push_id(texts: &mut Texts, cell: &Cell<'_>, digits: &mut String) -> Result<(), Wrong> {
    match cell {
        Cell::Integer(integer) => {
            digits.clear();
            write!(digits, "{integer}").expect("a String takes what is written");
            texts.push(digits);
        }
        Cell::Written(text) | Cell::Text(text) if !text.is_empty() => texts.push(text),
        Cell::Number(number) if number.is_finite() => texts.push(&number.to_string()),
        Cell::Bool(value) => texts.push(if *value { "true" } else { "false" }),
        _ => return Err(cell.is_no(ID)),
    }
    Ok(())
}

fn push_tags<'a>(tags: &mut Tags, list: impl Iterator<Item = &'a str>) {
    let start = tags.lists.values.len();
    for tag in list.filter(|tag| !tag.is_empty()) {
        let tag = tags.values.index_or_add(tag);
        if !tags.lists.values[start..].contains(&tag) {
            tags.lists.values.push(tag);
        }
    }
    tags.lists.push([]);
}

/// A number; texts are read as such, and a truth is 1 or 0.
fn number(cell: &Cell<'_>) -> Result<f64, Wrong> {
    match cell {
        Cell::Text(text) => parse_number(text).ok_or_else(|| cell.is_no("a number, or null")),
        Cell::Time(_) | Cell::List(_) => Err(cell.is_no("a number, or null")),
        _ => plain(cell),
    }
}

/// Seconds since 1970.
fn time(cell: &Cell<'_>, unit: TimeUnit) -> Result<f64, Wrong> {
    match cell {
        Cell::Text(text) => parse_time_in(text, unit).ok_or_else(|| cell.is_no(TIMES)),
        Cell::Bool(_) | Cell::List(_) => Err(cell.is_no(TIMES)),
        Cell::Time(seconds) => Ok(*seconds),
        _ => plain(cell).map(|number| unit.seconds(number)),
    }
}

/// The number of what is neither text nor list.
fn plain(cell: &Cell<'_>) -> Result<f64, Wrong> {
    let number = match cell {
        Cell::Missing => return Ok(f64::NAN),
        Cell::Bool(value) => f64::from(u8::from(*value)),
        #[expect(clippy::cast_precision_loss, reason = "a column of numbers holds doubles")]
        Cell::Integer(integer) => *integer as f64,
        Cell::Number(number) | Cell::Time(number) => *number,
        Cell::Written(text) => text.parse().map_err(|_| cell.is_no(FINITE))?,
        Cell::Text(_) | Cell::List(_) => return Err(cell.is_no(FINITE)),
    };
    if (number as f32).is_infinite() { Err(cell.is_no(FINITE)) } else { Ok(number) }
}

/// A cell among texts.
fn shortest<'c>(cell: &'c Cell<'_>) -> Result<Cow<'c, str>, Wrong> {
    match (cell, long_digits(cell)) {
        (Cell::Text(text), _) => Ok(Cow::Borrowed(text)),
        (_, Some(digits)) => Ok(digits),
        _ => plain(cell).map(|number| written(number).into()),
    }
}

/// The digits of an integer that has more of them than a double holds.
fn long_digits<'c>(cell: &'c Cell<'_>) -> Option<Cow<'c, str>> {
    match cell {
        Cell::Integer(integer) if integer.unsigned_abs() > 1 << 53 => {
            Some(Cow::Owned(integer.to_string()))
        }
        Cell::Written(text) if loses_digits(text) => Some(Cow::Borrowed(text)),
        _ => None,
    }
}

/// A number in its shortest form; nothing where it is missing.
fn written(number: f64) -> String {
    if number.is_nan() { String::new() } else { number.to_string() }
}

impl Cell<'_> {
    fn is_no(&self, expected: &'static str) -> Wrong {
        let found = match self {
            Self::Missing => "null".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Integer(integer) => integer.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Written(text) | Self::Text(text) => shortened(text),
            Self::Time(seconds) => format!("a time ({seconds} s since 1970)"),
            Self::List(list) => shortened(&format!("[{}]", list.join(", "))),
        };
        Wrong { found, expected }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn column(kind: Kind, cells: &[Cell<'static>]) -> Result<Values, Wrong> {
        let mut column = Cells::new(kind, TimeUnit::Milliseconds, 0);
        for cell in cells {
            column.push(cell)?;
        }
        Ok(column.finish())
    }

    fn texts(texts: &[&str]) -> Values {
        Values::Text(texts.iter().collect())
    }

    #[test]
    fn ids_are_taken_as_written_and_must_be_there() {
        let cells = [
            Cell::Integer(-7),
            Cell::Written("1.50".into()),
            Cell::Number(3.0),
            Cell::Text(" B00".into()),
            Cell::Bool(true),
        ];
        assert_eq!(column(Kind::Id, &cells).unwrap(), texts(&["-7", "1.50", "3", " B00", "true"]));
        for cell in [Cell::Missing, Cell::Text("".into()), Cell::Number(f64::NAN), Cell::Time(1.0)]
        {
            assert_eq!(column(Kind::Id, &[cell]).unwrap_err().expected, ID);
        }
    }

    #[test]
    fn numbers_and_times_may_be_written_as_texts() {
        let numbers = [Cell::Text("4.5".into()), Cell::Written("1e3".into()), Cell::Bool(true)];
        assert_eq!(column(Kind::Number, &numbers).unwrap(), Values::Number(vec![4.5, 1000.0, 1.0]));
        let times = [Cell::Integer(1500), Cell::Text("1970-01-02".into()), Cell::Time(7.5)];
        assert_eq!(column(Kind::Time, &times).unwrap(), Values::Number(vec![1.5, 86400.0, 7.5]));
        assert_eq!(column(Kind::Number, &[Cell::Text("good".into())]).unwrap_err().found, "good");
        assert_eq!(
            column(Kind::Inferred, &[Cell::Number(f64::INFINITY)]).unwrap_err().found,
            "inf"
        );
        assert!(column(Kind::Time, &[Cell::Text("soon".into())]).is_err());
        for huge in [Cell::Number(1e39), Cell::Written("-1e39".into()), Cell::Text("1e39".into())] {
            assert!(column(Kind::Number, &[huge]).is_err(), "infinite in single precision");
        }
    }

    #[test]
    fn a_text_makes_texts_of_a_column_and_a_list_makes_tags() {
        let (one, a) = (Cell::Written("1.0".into()), Cell::Text("a".into()));
        let list = Cell::List(vec!["b".into(), "a".into(), "b".into(), "".into()]);
        let cells = [one.clone(), Cell::Missing, a.clone()];
        assert_eq!(column(Kind::Inferred, &cells).unwrap(), texts(&["1", "", "a"]));
        let cells = [one, Cell::Missing, a, list];
        let Values::Tags(tags) = column(Kind::Inferred, &cells).unwrap() else { panic!("tags") };
        let lists: Vec<Vec<&str>> = (0..4).map(|entry| tags.get(entry).collect()).collect();
        assert_eq!(lists, [&["1"][..], &[], &["a"], &["b", "a"]]);
    }

    #[test]
    fn integers_of_more_digits_than_a_double_holds_are_texts() {
        let exact = Cell::Integer(-(1 << 53));
        let numbers =
            column(Kind::Inferred, &[exact.clone(), Cell::Written("0000000000000001".into())]);
        assert_eq!(numbers.unwrap(), Values::Number(vec![-9_007_199_254_740_992.0, 1.0]));
        let cells = [
            exact,
            Cell::Integer(9_007_199_254_740_993),
            Cell::Written("12345678901234567890".into()),
        ];
        let expected = ["-9007199254740992", "9007199254740993", "12345678901234567890"];
        assert_eq!(column(Kind::Inferred, &cells).unwrap(), texts(&expected));
        let Values::Tags(tags) =
            column(Kind::Inferred, &[cells[1].clone(), Cell::List(vec![])]).unwrap()
        else {
            panic!("tags")
        };
        assert_eq!(tags.get(0).collect::<Vec<_>>(), ["9007199254740993"]);
        let ratings = column(Kind::Number, &cells[1..2]).unwrap();
        assert_eq!(ratings, Values::Number(vec![9_007_199_254_740_992.0]), "asked for as a number");
    }

    fn cell() -> impl Strategy<Value = Cell<'static>> {
        prop_oneof![
            8 => (0..5i128).prop_map(Cell::Integer),
            1 => (0..3i128).prop_map(|n| Cell::Integer((1 << 53) + n)),
            2 => Just(Cell::Missing),
            1 => "[ab]".prop_map(|text| Cell::Text(text.into())),
            1 => proptest::collection::vec("[bc]", 0..3)
                .prop_map(|tags| Cell::List(tags.into_iter().map(Cow::Owned).collect())),
        ]
    }

    /// Equal, where NaN is equal to itself.
    fn is_same(a: &Values, b: &Values) -> bool {
        match (a, b) {
            (Values::Number(a), Values::Number(b)) => {
                a.iter().map(|a| a.to_bits()).eq(b.iter().map(|b| b.to_bits()))
            }
            _ => a == b,
        }
    }

    proptest! {
        #[test]
        fn blocks_put_together_are_the_whole(cells in proptest::collection::vec(cell(), 0..30), size in 1..9usize) {
            let mut all = Cells::new(Kind::Inferred, TimeUnit::Seconds, 0);
            for block in cells.chunks(size) {
                let mut column = Cells::new(Kind::Inferred, TimeUnit::Seconds, 0);
                for cell in block {
                    column.push(cell).unwrap();
                }
                all.append(column);
            }
            prop_assert!(is_same(&all.finish(), &column(Kind::Inferred, &cells).unwrap()));
        }
    }
}
