//! What is looked for in every table that was read, whatever it was read from.

use std::collections::HashSet;

use rayon::prelude::*;

use crate::delimited::{is_missing, shortened};
use crate::error::DataError;
use crate::ids::Ids;
use crate::interactions::Interactions;

/// Column names that are told apart, times that a clock could have shown, ids that a person could mean.
pub(crate) fn check(table: &Interactions) -> Result<(), DataError> {
    check_column_names(table)?;
    check_times(table)?;
    check_ids(table, &table.user, &table.users, "user")?;
    check_ids(table, &table.item, &table.items, "item")
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

/// Interactions come after 1970; a number beyond what people write as a year is in another unit.
fn check_times(table: &Interactions) -> Result<(), DataError> {
    const YEAR_10000: f64 = 253_402_300_800.0;
    let times = table.timestamp.as_deref().unwrap_or_default();
    let is_strange = |time: &f64| *time < 0.0 || *time >= YEAR_10000;
    let Some(row) = times.par_iter().position_first(is_strange) else { return Ok(()) };
    let (path, line) = table.origin.place(row);
    Err(DataError::Value {
        path: path.to_owned(),
        line,
        column: "timestamp".into(),
        found: times[row].to_string(),
        expected: "seconds of the years 1970 to 9999; say `time_unit: milliseconds` if they are \
                   counted in these"
            .into(),
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

    fn error_of(user: &str, time: f64) -> String {
        let mut table = Interactions::new("x.csv", false, true);
        table.push("a", "x", 0.0, 1.0, 2);
        table.push(user, "x", 0.0, time, 3);
        check(&table).unwrap_err().to_string()
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
