//! What is looked for in every table that was read, whatever it was read from.

use std::collections::HashSet;

use bakeoff_spec::registry::find;
use rayon::prelude::*;

use crate::column::{Dense, Numbers, Values};
use crate::delimited::{is_missing, shortened};
use crate::error::DataError;
use crate::ids::Ids;
use crate::interactions::Interactions;
use crate::named;
use crate::steps;

/// Column names that are told apart, times that a clock could have shown, ids that a person could mean.
pub(crate) fn check(table: &Interactions) -> Result<(), DataError> {
    check_rows(table)?;
    check_column_names(table)?;
    check_times(table)?;
    check_ids(table, &table.user, &table.users, "user")?;
    check_ids(table, &table.item, &table.items, "item")
}

/// Rows and lines have numbers of 32 bits, and the last one is what greater ones become.
fn check_rows(table: &Interactions) -> Result<(), DataError> {
    const MOST: u32 = u32::MAX - 1;
    let last = table.origin.lines().last().copied().unwrap_or_default();
    if table.len() <= MOST as usize && last <= MOST {
        return Ok(());
    }
    let (path, _) = table.origin.place(0);
    let reason = format!(
        "it and the files after it have more than {MOST} lines, which is the most that can be read; leave some out, or \
         sample the users before"
    );
    Err(DataError::Array { path: path.to_owned(), reason })
}

/// No two columns of one axis have the same name.
fn check_column_names(table: &Interactions) -> Result<(), DataError> {
    let mut taken = HashSet::new();
    match table.all_columns().find(|(axis, column)| !taken.insert((axis.name(), &column.name))) {
        None => Ok(()),
        Some((axis, column)) => {
            Err(DataError::ColumnTwice { of: axis.name(), column: column.name.clone() })
        }
    }
}

/// Whether a time is before 1970 or beyond what people write as a year: it is in another unit then.
pub(crate) fn is_strange(time: f64) -> bool {
    const YEAR_10000: f64 = 253_402_300_800.0;
    !time.is_nan() && !(0.0..YEAR_10000).contains(&time)
}

/// What is allowed instead.
pub(crate) const TIMES: &str = "seconds of the years 1970 to 9999; say `time_unit: milliseconds` if they are counted \
                                in these";

/// Interactions come after 1970.
fn check_times(table: &Interactions) -> Result<(), DataError> {
    let times = table.timestamp.as_deref().unwrap_or_default();
    let strange = times.par_iter().position_first(|&time| is_strange(time));
    let Some(row) = strange else { return Ok(()) };
    let (path, line) = table.origin.place(row);
    Err(DataError::Value {
        path: path.to_owned(),
        line,
        column: "timestamp".into(),
        found: times[row].to_string(),
        expected: TIMES.into(),
    })
}

/// An id that is longer than a page is a record that did not end.
pub(crate) const LONGEST_ID: usize = 1024;

fn check_ids(
    table: &Interactions,
    rows: &[u32],
    ids: &Ids,
    column: &'static str,
) -> Result<(), DataError> {
    let is_long = |&id: &u32| ids.name(id).len() > LONGEST_ID;
    let is_none = |&id: &u32| stands_for_none(ids.name(id));
    let Some(id) = (0..ids.len() as u32).find(|id| is_long(id) || is_none(id)) else {
        return Ok(());
    };
    let expected = if is_long(&id) {
        format!("an id of at most {LONGEST_ID} bytes")
    } else {
        NO_ID.to_owned()
    };
    let row = rows.iter().position(|&of_row| of_row == id).unwrap_or_default();
    let (path, line) = table.origin.place(row);
    Err(DataError::Value {
        path: path.to_owned(),
        line,
        column: column.into(),
        found: shortened(ids.name(id)),
        expected,
    })
}

/// After a step, every number is one that the prepared dataset can hold, in 32 bits: one that overflows would make a
/// model diverge, and nobody would know why.
pub(crate) fn check_numbers(step: &str, table: &Interactions) -> Result<(), DataError> {
    for column in named::all(table).into_iter().filter(|column| !column.is_timestamp()) {
        let beyond = |number: &f64| !number.is_nan() && !(*number as f32).is_finite();
        let found = match (column.numbers(table), column.values(table)) {
            (Some(numbers), _) => {
                let entry = numbers.par_iter().position_first(beyond);
                entry.map(|entry| (entry, numbers[entry]))
            }
            (None, Some(Values::Dense(Dense { numbers: Numbers::F32(numbers), shape, .. }))) => {
                let place = numbers.par_iter().position_first(|number| !number.is_finite());
                let width = shape.iter().product::<usize>().max(1);
                place.map(|place| (place / width, f64::from(numbers[place])))
            }
            _ => None,
        };
        if let Some((entry, number)) = found {
            let place = column.entry(table, entry);
            let reason = format!(
                "then holds `{number}` ({place}), beyond what 32 bits can hold (3.4e38); mend the source, clip the \
                 column before, or leave it out"
            );
            let step = find(steps::ALL, step).map_or("", |entry| entry.name);
            return Err(column.refused(step, reason));
        }
    }
    Ok(())
}

/// What is expected in the place of such an id.
pub(crate) const NO_ID: &str = "an id, and not what programs write where there is none; remove such rows, or give \
                                whoever is called so another id";

/// Whether an id is what programs write for a missing one: all rows without one would become one user or item.
pub(crate) fn stands_for_none(id: &str) -> bool {
    is_missing(id) || id.eq_ignore_ascii_case("none")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::RawColumn;

    #[test]
    fn a_number_that_overflows_is_told_with_step_column_and_place() {
        let mut table = Interactions::new("x.csv", true, true);
        table.push("a", "x", f64::NAN, 1e9, 2);
        table.push("a", "y", 3.0, 1e9, 3);
        let prices = Values::Number(vec![f64::from(f32::MAX), f64::NAN]);
        table.item_columns = vec![RawColumn::new("price", prices)];
        assert!(check_numbers("normalise", &table).is_ok());
        table.item_columns[0].values = Values::Number(vec![1.0, -1e39]);
        let told = check_numbers("normalise", &table).unwrap_err().to_string();
        let minus = format!("-1{}", "0".repeat(39));
        let expected = format!("step `normalise`: column `price` then holds `{minus}` (item `y`)");
        assert!(told.starts_with(&expected), "{told}");
        let blocks = Dense {
            shape: vec![2],
            numbers: Numbers::F32(vec![0.0, 1.0, 2.0, f32::INFINITY]),
            is_missing: vec![false; 2],
        };
        table.item_columns[0].values = Values::Dense(blocks);
        let told = check_numbers("fill_missing", &table).unwrap_err().to_string();
        assert!(told.contains("then holds `inf` (item `y`)"), "{told}");
    }

    fn error_of(user: &str, time: f64) -> String {
        let mut table = Interactions::new("x.csv", false, true);
        table.push("a", "x", 0.0, 1.0, 2);
        table.push(user, "x", 0.0, time, 3);
        check(&table).unwrap_err().to_string()
    }

    #[test]
    fn more_lines_than_have_numbers_are_told() {
        let mut table = Interactions::new("x.csv", false, false);
        table.push("a", "x", 0.0, 0.0, u32::MAX - 1);
        check(&table).unwrap();
        table.origin.next_file("y.csv");
        table.push("a", "x", 0.0, 0.0, 1);
        let told = check(&table).unwrap_err().to_string();
        assert!(
            told.starts_with("x.csv: it and the files after it have more than 4294967294"),
            "{told}"
        );
    }

    #[test]
    fn strange_times_and_ids_are_told_with_their_line() {
        let told = error_of("b", -1.0);
        assert!(told.starts_with("x.csv, line 3, column `timestamp`: found `-1`"), "{told}");
        let told = error_of("b", 1.6e12);
        assert!(told.contains("time_unit: milliseconds"), "{told}");
        let told = error_of(&"b".repeat(2000), 1.0);
        assert!(told.starts_with("x.csv, line 3, column `user`: found `bbb"), "{told}");
        assert!(told.ends_with("expected an id of at most 1024 bytes") && told.len() < 200);
        for none in ["NA", "null", "None", "nan", ""] {
            let told = error_of(none, 1.0);
            let start = format!(
                "x.csv, line 3, column `user`: found `{none}`, expected an id, and not what"
            );
            assert!(told.starts_with(&start), "{told}");
        }
    }
}
