//! Fills in values that are missing, with what `fill.rs` computes.

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Effect, Step, Train};
use crate::column::{RawColumn, Values};
use crate::error::{DataError, nearest};
use crate::fill::{fill_numbers, fill_texts};
use crate::interactions::{Axis, Interactions};

/// Which columns, and with what. The statistics are those of the whole table, since cleaning comes before splitting.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FillMissing {
    /// `rating`, `timestamp`, and names of user and item columns; by default all but `timestamp` that can be filled so.
    #[schemars(length(min = 1))]
    pub columns: Option<Vec<String>>,
    /// With what.
    pub with: Filling,
    /// The value of `constant`: a number, or text for a categorical column.
    pub value: Option<Value>,
}

/// What stands for a missing value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Filling {
    /// 0; in a categorical column the category `0`.
    #[default]
    Zero,
    /// The arithmetic mean of a column of numbers.
    Mean,
    /// The median of a column of numbers.
    Median,
    /// The most frequent value; of several the smallest.
    Mode,
    /// `value`.
    Constant,
}

impl Plugin for FillMissing {
    const NAME: &'static str = "fill_missing";
    const ABOUT: &'static str = "Fills missing ratings, times and column values with zero, mean, median, mode or a constant.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        match (params.with, &params.value) {
            (Filling::Constant, Some(Value::Number(_) | Value::String(_))) => Ok(()),
            (Filling::Constant, _) => {
                Err("value: with: constant needs a number or a text here".into())
            }
            (_, Some(_)) => Err("value: goes with with: constant only".into()),
            (_, None) => Ok(()),
        }
    }
}

impl Step for FillMissing {
    fn effect(&self) -> Effect {
        match self.with {
            Filling::Zero | Filling::Constant => Effect::Changes,
            Filling::Mean | Filling::Median | Filling::Mode => Effect::Fits,
        }
    }

    fn apply(&self, table: &mut Interactions, train: &Train) -> Result<u64, DataError> {
        if let Some(columns) = &self.columns {
            let present = table.column_names();
            if let Some(column) = columns.iter().find(|column| !present.contains(column)) {
                return Err(DataError::UnknownColumn {
                    step: Self::NAME,
                    column: column.clone(),
                    suggestion: nearest(column, &present),
                    present,
                });
            }
        }
        let mut n_filled = 0;
        let rows = train.has(Axis::Rows);
        if let Some(ratings) = table.rating.as_mut().filter(|_| self.names("rating")) {
            n_filled += self.settle(fill_numbers("rating", ratings, rows, self))?;
        }
        // Zero or a mean as a time is rarely meant, so a time is filled only where the spec says so.
        if let Some(times) =
            table.timestamp.as_mut().filter(|_| self.columns.is_some() && self.names("timestamp"))
        {
            n_filled += self.settle(fill_numbers("timestamp", times, rows, self))?;
        }
        for (axis, column) in table.all_columns_mut() {
            if self.names(&column.name) {
                n_filled += self.settle(self.fill_column(column, train.has(axis)))?;
            }
        }
        Ok(n_filled)
    }
}

impl FillMissing {
    fn names(&self, column: &str) -> bool {
        self.columns.as_ref().is_none_or(|columns| columns.iter().any(|name| name == column))
    }

    fn fill_column(&self, column: &mut RawColumn, train: &[bool]) -> Result<u64, DataError> {
        match &mut column.values {
            Values::Number(numbers) => fill_numbers(&column.name, numbers, train, self),
            Values::Text(texts) => fill_texts(&column.name, texts, train, self),
            _ => Ok(0),
        }
    }

    /// Where the spec names no column, those that cannot be filled so are left to another step.
    fn settle(&self, filled: Result<u64, DataError>) -> Result<u64, DataError> {
        match filled {
            Err(DataError::CannotFill { .. }) if self.columns.is_none() => Ok(0),
            filled => filled,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::splits::Assigned;

    /// Ratings 1, missing, 4, 4; users with ages 10, missing, 40 and jobs "", "cook", "cook".
    fn table() -> Interactions {
        let mut table = Interactions::new("x.csv", true, false);
        for (user, rating, line) in
            [("a", 1.0, 1), ("b", f64::NAN, 2), ("c", 4.0, 3), ("c", 4.0, 4)]
        {
            table.push(user, "x", rating, 0.0, line);
        }
        let jobs = Values::Text(["", "cook", "cook"].into_iter().collect());
        let ages = Values::Number(vec![10.0, f64::NAN, 40.0]);
        table.user_columns = vec![RawColumn::new("age", ages), RawColumn::new("job", jobs)];
        table
    }

    fn fill(with: Filling, columns: &[&str]) -> Result<(Interactions, u64), DataError> {
        let columns = columns.iter().map(|&column| column.to_owned()).collect::<Vec<_>>();
        let columns = (!columns.is_empty()).then_some(columns);
        apply(&FillMissing { columns, with, value: None })
    }

    fn apply(step: &FillMissing) -> Result<(Interactions, u64), DataError> {
        let mut table = table();
        let train = Train::of(&table, &[Assigned::Train; 4]);
        let n_filled = step.apply(&mut table, &train)?;
        Ok((table, n_filled))
    }

    fn ratings(with: Filling) -> Vec<f64> {
        let (table, n) = fill(with, &["rating"]).unwrap();
        assert_eq!(n, 1);
        table.rating.unwrap()
    }

    #[test]
    fn each_filling_is_the_statistic_of_the_values_that_are_there() {
        assert_eq!(ratings(Filling::Zero), [1.0, 0.0, 4.0, 4.0]);
        assert_eq!(ratings(Filling::Mean), [1.0, 3.0, 4.0, 4.0]);
        assert_eq!(ratings(Filling::Median), [1.0, 4.0, 4.0, 4.0]);
        assert_eq!(ratings(Filling::Mode), [1.0, 4.0, 4.0, 4.0]);
    }

    #[test]
    fn without_names_every_column_is_filled_that_can_be() {
        let (table, n) = fill(Filling::Mean, &[]).unwrap();
        assert_eq!(n, 2, "the job has no mean and is left");
        assert_eq!(table.user_columns[0].values, Values::Number(vec![10.0, 25.0, 40.0]));
        let (table, n) = fill(Filling::Zero, &[]).unwrap();
        assert_eq!(n, 3);
        let Values::Text(jobs) = &table.user_columns[1].values else { panic!("still text") };
        assert_eq!(jobs.iter().collect::<Vec<_>>(), ["0", "cook", "cook"]);
    }

    #[test]
    fn a_constant_fits_the_column() {
        let step = |columns: &str, value: Value| FillMissing {
            columns: Some(vec![columns.into()]),
            with: Filling::Constant,
            value: Some(value),
        };
        let (filled, _) = apply(&step("job", "none".into())).unwrap();
        let Values::Text(jobs) = &filled.user_columns[1].values else { panic!() };
        assert_eq!(jobs.get(0), "none");
        let error = apply(&step("age", "old".into())).unwrap_err().to_string();
        assert_eq!(
            error,
            "step `fill_missing`: column `age` cannot be filled with constant: it holds numbers; give a number as value"
        );
    }

    #[test]
    fn a_column_that_is_not_there_is_told_with_those_that_are() {
        let error = fill(Filling::Zero, &["ratings"]).unwrap_err().to_string();
        assert_eq!(
            error,
            "step `fill_missing`: there is no column `ratings` (did you mean `rating`?); the data has `rating`, `age`, `job`"
        );
    }

    #[test]
    fn a_value_goes_with_constant_and_nothing_else() {
        let params = |with, value| FillMissing { columns: None, with, value };
        assert!(FillMissing::check(&params(Filling::Constant, None)).is_err());
        assert!(FillMissing::check(&params(Filling::Zero, Some(1.into()))).is_err());
        assert!(FillMissing::check(&params(Filling::Constant, Some(1.into()))).is_ok());
    }
}
