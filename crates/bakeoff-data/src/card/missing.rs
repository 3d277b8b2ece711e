//! What is missing, before and after every step.

use bakeoff_spec::card::{Missing, StepCount};
use rayon::prelude::*;

use crate::interactions::{Axis, Interactions};

/// The missing entries of every column of `table`; users and items without rows do not count.
pub(crate) fn missing(table: &Interactions) -> Vec<Missing> {
    let of = |axis: Axis, column: &str, n: usize| Missing {
        of: axis.name().to_owned(),
        column: column.to_owned(),
        n: n as u64,
    };
    let own = [("rating", &table.rating), ("timestamp", &table.timestamp)];
    let own = own.into_iter().filter_map(|(name, values)| {
        let is_missing = |value: &&f64| value.is_nan();
        Some(of(Axis::Rows, name, values.as_ref()?.par_iter().filter(is_missing).count()))
    });
    let has_rows = [Axis::Rows, Axis::Users, Axis::Items].map(|axis| table.has_rows(axis));
    let columns = table.all_columns().map(|(axis, column)| {
        let has_row = has_rows[axis as usize].par_iter().enumerate();
        let n = has_row.filter(|&(entry, &has)| has && column.values.is_missing(entry)).count();
        of(axis, &column.name, n)
    });
    own.chain(columns).collect()
}

/// Keeps the columns that lack something after some step.
pub(crate) fn keep_lacking(steps: &mut [StepCount]) {
    let all = steps.iter().flat_map(|step| &step.missing);
    let lacking: Vec<Missing> = all.filter(|missing| missing.n > 0).cloned().collect();
    let is_lacking = |one: &Missing| {
        lacking.iter().any(|other| (&other.of, &other.column) == (&one.of, &one.column))
    };
    for step in steps {
        step.missing.retain(is_lacking);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::{RawColumn, Values};

    #[test]
    fn what_is_missing_is_counted_of_rows_and_of_users_who_have_some() {
        let mut table = Interactions::new("x.csv", true, true);
        for (user, rating) in [("a", f64::NAN), ("b", 1.0), ("c", f64::NAN)] {
            table.push(user, "x", rating, 1.0, 1);
        }
        let ages = Values::Number(vec![f64::NAN, f64::NAN, 30.0]);
        table.user_columns = vec![RawColumn::new("age", ages)];
        let titles = Values::Text(["Alien"].into_iter().collect());
        table.item_columns = vec![RawColumn::new("title", titles)];
        let counts = |table: &Interactions| {
            let all = missing(table).into_iter();
            all.map(|one| (one.of, one.column, one.n)).collect::<Vec<_>>()
        };
        let expected = |rating, age| {
            [("rows", "rating", rating), ("rows", "timestamp", 0), ("users", "age", age)]
                .into_iter()
                .chain([("items", "title", 0)])
                .map(|(of, column, n)| (of.to_owned(), column.to_owned(), n))
                .collect::<Vec<_>>()
        };
        assert_eq!(counts(&table), expected(2, 2));
        // Without the rows of `a`, one rating is missing and the age of `a` is nobody's.
        table.retain(&[false, true, true]);
        assert_eq!(counts(&table), expected(1, 1));
    }

    #[test]
    fn columns_that_never_lack_anything_are_left_out_and_the_rest_stay_in_every_step() {
        let step = |counts: &[(&str, u64)]| {
            let missing = counts.iter().map(|&(column, n)| Missing {
                of: "rows".into(),
                column: column.into(),
                n,
            });
            StepCount {
                step: String::new(),
                rows: 1,
                users: 1,
                items: 1,
                changed: 0,
                missing: missing.collect(),
            }
        };
        let mut steps =
            [step(&[("rating", 3), ("price", 0)]), step(&[("rating", 0), ("price", 0)])];
        keep_lacking(&mut steps);
        assert_eq!(steps, [step(&[("rating", 3)]), step(&[("rating", 0)])]);
    }
}
