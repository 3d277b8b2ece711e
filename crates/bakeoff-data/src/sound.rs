//! What is looked for in every table that was read, whatever it was read from.

use std::collections::HashSet;

use rayon::prelude::*;

use crate::delimited::shortened;
use crate::error::DataError;
use crate::ids::Ids;
use crate::interactions::Interactions;

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
    let Some(id) = (0..ids.len() as u32).find(is_long) else { return Ok(()) };
    let row = rows.iter().position(|&of_row| of_row == id).unwrap_or_default();
    let (path, line) = table.origin.place(row);
    Err(DataError::Value {
        path: path.to_owned(),
        line,
        column: column.into(),
        found: shortened(ids.name(id)),
        expected: format!("an id of at most {LONGEST_ID} bytes"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn strange_times_and_endless_ids_are_told_with_their_line() {
        let told = error_of("b", -1.0);
        assert!(told.starts_with("x.csv, line 3, column `timestamp`: found `-1`"), "{told}");
        let told = error_of("b", 1.6e12);
        assert!(told.contains("time_unit: milliseconds"), "{told}");
        let told = error_of(&"b".repeat(2000), 1.0);
        assert!(told.starts_with("x.csv, line 3, column `user`: found `bbb"), "{told}");
        assert!(told.ends_with("expected an id of at most 1024 bytes") && told.len() < 200);
    }
}
