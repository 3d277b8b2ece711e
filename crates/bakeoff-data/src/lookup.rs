//! The groups that entries fall into by a column.

use hashbrown::HashMap;

use crate::column::Values;
use crate::error::DataError;
use crate::interactions::{Axis, Interactions};
use crate::named;
use crate::statistics::NO_GROUP;

/// Of what the groups are, and the group of each row, user or item: those of one value in the column `by`, for rows
/// also those of one `user` or `item`. What has no value, or as a code one that train does not know, is of no group.
pub(crate) fn groups(
    step: &'static str,
    table: &Interactions,
    by: &str,
) -> Result<(Axis, Vec<u32>), DataError> {
    let column = match (named::find_one(step, table, by), by) {
        (Err(DataError::UnknownColumn { .. }), "user") => {
            return Ok((Axis::Rows, table.user.clone()));
        }
        (Err(DataError::UnknownColumn { .. }), "item") => {
            return Ok((Axis::Rows, table.item.clone()));
        }
        (found, _) => found?,
    };
    if let Some(numbers) = column.numbers(table) {
        let mut of_numbers: HashMap<u64, u32> = HashMap::new();
        let mut group = |&number: &f64| {
            if number.is_nan() {
                return NO_GROUP;
            }
            let next = of_numbers.len() as u32;
            // Adding zero makes zero of minus zero.
            *of_numbers.entry((number + 0.0).to_bits()).or_insert(next)
        };
        return Ok((column.axis, numbers.iter().map(&mut group).collect()));
    }
    match column.values(table) {
        Some(Values::Codes(codes)) => {
            // 0 is a missing value, 1 an unseen one.
            let group = |&code: &u32| if code < 2 { NO_GROUP } else { code };
            Ok((column.axis, codes.codes.iter().map(group).collect()))
        }
        Some(Values::Text(texts)) => {
            let group = |(entry, &code)| if texts.is_missing(entry) { NO_GROUP } else { code };
            Ok((column.axis, texts.codes().iter().enumerate().map(group).collect()))
        }
        other => {
            let kind = other.map_or("nothing", Values::kind);
            let reason =
                format!("holds {kind}; groups (by) are made of categories or numbers of one value");
            Err(column.refused(step, reason))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::{Codes, RawColumn};

    #[test]
    fn missing_and_unseen_codes_are_of_no_group() {
        let mut table = Interactions::new("x.csv", false, false);
        for user in ["a", "b", "c", "d"] {
            table.push(user, "x", 0.0, 0.0, 1);
        }
        let names = ["(missing)", "(unseen)", "cook"].map(str::to_owned).to_vec();
        let codes = Values::Codes(Codes { names, codes: vec![2, 1, 0, 2] });
        table.user_columns = vec![RawColumn::new("job", codes)];
        let expected = vec![2, NO_GROUP, NO_GROUP, 2];
        assert_eq!(groups("step", &table, "job").unwrap(), (Axis::Users, expected));
        assert_eq!(groups("step", &table, "user").unwrap(), (Axis::Rows, vec![0, 1, 2, 3]));
        assert!(groups("step", &table, "users").is_err());
    }
}
