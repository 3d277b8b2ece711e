//! Fills in values that are missing, with what `fill.rs` computes, or removes the rows that lack them.

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Effect, Step, Train};
use crate::column::{RawColumn, Values};
use crate::error::DataError;
use crate::fill::Fill;
use crate::interactions::{Axis, Interactions};
use crate::lookup;

/// Which columns, and with what. Statistics are those of the training part alone.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FillMissing {
    /// `rating`, `timestamp`, and names of other columns; by default all that can be filled so but `timestamp`, with
    /// `drop` all.
    #[schemars(length(min = 1))]
    pub columns: Option<Vec<String>>,
    /// With what.
    pub with: Filling,
    /// The value of `constant`: a number, or text for a categorical column.
    pub value: Option<Value>,
    /// A column of categories or numbers: mean, median and mode are then those of the entries of the same group, such
    /// as the price by `category`; where a group has no value in train they are those of all. It must be a column of
    /// what the filled column is of, users, items or rows; rows can also be grouped by `user` or `item`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Whether to put a column `NAME_missing` beside each one that is filled: 1 where the value was missing, else 0.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub indicator: bool,
}

/// What stands for a missing value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Filling {
    /// 0; in a categorical column the category `0`, in one of blocks such as embeddings zeros.
    #[default]
    Zero,
    /// The arithmetic mean of a column of numbers, of blocks number by number.
    Mean,
    /// The median of a column of numbers: of an even count the mean of the two in the middle.
    Median,
    /// The most frequent value or tag; of several the smallest.
    Mode,
    /// `value`.
    Constant,
    /// What the user's latest earlier row in the training part has; for ratings and columns of rows. What has no such
    /// row before it stays missing.
    Forward,
    /// Nothing: rows whose value, user or item lacks it are removed.
    Drop,
}

impl Plugin for FillMissing {
    const NAME: &'static str = "fill_missing";
    const ABOUT: &'static str = "Fills missing values with zero, mean, median, mode, a constant or the value before, or drops their rows.";
    const REVISION: u32 = 2;
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        match (params.with, &params.value) {
            (Filling::Constant, Some(Value::Number(_) | Value::String(_))) => {}
            (Filling::Constant, _) => {
                return Err("value: with: constant needs a number or a text here".into());
            }
            (_, Some(_)) => return Err("value: goes with with: constant only".into()),
            (_, None) => {}
        }
        let is_grouped = matches!(params.with, Filling::Mean | Filling::Median | Filling::Mode);
        if params.by.is_some() && !is_grouped {
            return Err("by: goes with mean, median and mode only".into());
        }
        if params.indicator && params.with == Filling::Drop {
            return Err("indicator: does not go with drop, which leaves nothing to indicate".into());
        }
        let names_time = params.columns.iter().flatten().any(|column| column == "timestamp");
        if names_time && params.effect() == Effect::Fits {
            return Err(
                "columns: `timestamp` is needed to split, and this is learned after that; use \
                 zero, constant or drop for it"
                    .into(),
            );
        }
        Ok(())
    }
}

impl Step for FillMissing {
    fn effect(&self) -> Effect {
        match self.with {
            Filling::Zero | Filling::Constant => Effect::Changes,
            Filling::Mean | Filling::Median | Filling::Mode | Filling::Forward => Effect::Fits,
            Filling::Drop => Effect::Removes,
        }
    }

    fn uses(&self) -> Vec<String> {
        let by = self.by.iter().filter(|by| !["user", "item"].contains(&by.as_str()));
        self.columns.iter().flatten().chain(by).cloned().collect()
    }

    fn outline(&self, names: &mut Vec<String>) {
        if self.indicator {
            let indicators = names.iter().filter(|name| self.names(name));
            let indicators: Vec<String> =
                indicators.map(|name| format!("{name}_missing")).collect();
            names.extend(indicators);
        }
    }

    fn apply(&self, table: &mut Interactions, train: &Train) -> Result<u64, DataError> {
        lookup::check(table, Self::NAME, self.columns.as_deref().unwrap_or_default())?;
        if let Some(by) = self.by.as_ref().filter(|by| !["user", "item"].contains(&by.as_str())) {
            lookup::check(table, Self::NAME, std::slice::from_ref(by))?;
        }
        if self.with == Filling::Drop {
            self.drop_rows(table);
            return Ok(0);
        }
        let mut n_filled = 0;
        for axis in [Axis::Rows, Axis::Users, Axis::Items] {
            n_filled += self.fill_axis(table, axis, train.has(axis))?;
        }
        Ok(n_filled)
    }
}

impl FillMissing {
    fn names(&self, column: &str) -> bool {
        match &self.columns {
            Some(columns) => columns.iter().any(|name| name == column),
            // Zero as a time is rarely meant, so a time is filled only where the spec says so.
            None => column != "timestamp" || self.with == Filling::Drop,
        }
    }

    fn fill_axis(
        &self,
        table: &mut Interactions,
        axis: Axis,
        train: &[bool],
    ) -> Result<u64, DataError> {
        let groups = self.by.as_deref().map(|by| lookup::groups(table, axis, by)).transpose();
        let mut own = if axis == Axis::Rows { take_own(table) } else { Vec::new() };
        let mut columns = std::mem::take(table.columns_of_mut(axis));
        let users = (axis == Axis::Rows).then_some(table.user.as_slice());
        let groups = groups.as_ref().map_err(|&reason| reason);
        let groups = groups.map(|groups| groups.as_deref());
        let fill = |values: &mut Values| {
            let (with, value) = (self.with, self.value.as_ref());
            Fill { with, value, train, groups: groups?, users }.fill(values)
        };
        let mut n_filled = 0;
        let mut indicators = Vec::new();
        for column in own.iter_mut().chain(&mut columns).filter(|column| self.names(&column.name)) {
            let indicator = self.indicator.then(|| indicator(column));
            match fill(&mut column.values) {
                Ok(n) => {
                    n_filled += n;
                    indicators.extend(indicator);
                }
                // Where the spec names no column, those that cannot be filled so are left to another step.
                Err(_) if self.columns.is_none() => {}
                Err(reason) => {
                    let with = format!("{:?}", self.with).to_lowercase();
                    return Err(DataError::CannotFill {
                        column: column.name.clone(),
                        with,
                        reason,
                    });
                }
            }
        }
        for indicator in indicators {
            if columns.iter().any(|column| column.name == indicator.name) {
                let reason = "is there already, and would be an indicator; rename it or do without `indicator`";
                let (column, reason) = (indicator.name, reason.to_owned());
                return Err(DataError::Column { step: Self::NAME, column, reason });
            }
            columns.push(indicator);
        }
        *table.columns_of_mut(axis) = columns;
        put_back(table, own);
        Ok(n_filled)
    }

    fn drop_rows(&self, table: &mut Interactions) {
        let mut is_kept = vec![true; table.len()];
        for (name, numbers) in [("rating", &table.rating), ("timestamp", &table.timestamp)] {
            for numbers in numbers.iter().filter(|_| self.names(name)) {
                for (is_kept, number) in is_kept.iter_mut().zip(numbers) {
                    *is_kept &= !number.is_nan();
                }
            }
        }
        for (axis, column) in table.all_columns().filter(|(_, column)| self.names(&column.name)) {
            for (row, is_kept) in is_kept.iter_mut().enumerate() {
                let entry = match axis {
                    Axis::Rows => row,
                    Axis::Users => table.user[row] as usize,
                    Axis::Items => table.item[row] as usize,
                };
                *is_kept &= !column.values.is_missing(entry);
            }
        }
        table.retain(&is_kept);
    }
}

/// Ratings and times as columns, for as long as they are filled like those.
fn take_own(table: &mut Interactions) -> Vec<RawColumn> {
    let own = [("rating", &mut table.rating), ("timestamp", &mut table.timestamp)];
    let own = own.into_iter().filter_map(|(name, numbers)| Some((name, numbers.take()?)));
    own.map(|(name, numbers)| RawColumn::new(name, Values::Number(numbers))).collect()
}

fn put_back(table: &mut Interactions, own: Vec<RawColumn>) {
    for column in own {
        let Values::Number(numbers) = column.values else { continue };
        match column.name.as_str() {
            "rating" => table.rating = Some(numbers),
            _ => table.timestamp = Some(numbers),
        }
    }
}

fn indicator(column: &RawColumn) -> RawColumn {
    let values = &column.values;
    let is_missing = (0..values.len()).map(|entry| f64::from(u8::from(values.is_missing(entry))));
    RawColumn::new(format!("{}_missing", column.name), Values::Number(is_missing.collect()))
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
        apply(&FillMissing { columns, with, ..FillMissing::default() })
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
            ..FillMissing::default()
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
    fn rows_are_dropped_that_lack_a_value_or_whose_user_does() {
        let lines = |columns: &[&str]| {
            let (table, _) = fill(Filling::Drop, columns).unwrap();
            table.origin.lines().to_vec()
        };
        assert_eq!(lines(&["rating"]), [1, 3, 4]);
        assert_eq!(lines(&["job"]), [2, 3, 4]);
        assert_eq!(lines(&[]), [3, 4]);
    }

    #[test]
    fn an_indicator_says_where_a_value_was_missing() {
        let step = FillMissing { indicator: true, with: Filling::Mean, ..FillMissing::default() };
        let (table, _) = apply(&step).unwrap();
        let column =
            |name: &str, numbers: &[f64]| RawColumn::new(name, Values::Number(numbers.to_vec()));
        assert_eq!(table.columns, [column("rating_missing", &[0.0, 1.0, 0.0, 0.0])]);
        // The job has no mean and so no indicator.
        assert_eq!(table.user_columns[2..], [column("age_missing", &[0.0, 1.0, 0.0])]);
        let mut again = table;
        let train = Train::of(&again, &[Assigned::Train; 4]);
        let error = step.apply(&mut again, &train).unwrap_err().to_string();
        assert!(error.contains("column `rating_missing` is there already"), "{error}");
    }

    #[test]
    fn statistics_can_be_those_of_a_group() {
        let step = |column: &str, by: &str| FillMissing {
            columns: Some(vec![column.into()]),
            with: Filling::Median,
            by: Some(by.into()),
            ..FillMissing::default()
        };
        // The one cook with an age is 40.
        let (table, _) = apply(&step("age", "job")).unwrap();
        assert_eq!(table.user_columns[0].values, Values::Number(vec![10.0, 40.0, 40.0]));
        // All are of item x; user b has no rating, and gets the median of all.
        for by in ["item", "user"] {
            let (table, _) = apply(&step("rating", by)).unwrap();
            assert_eq!(table.rating.unwrap(), [1.0, 4.0, 4.0, 4.0]);
        }
        let error = apply(&step("rating", "job")).unwrap_err().to_string();
        assert!(error.contains("the column in `by` belongs to something else"), "{error}");
        let error = apply(&step("age", "jobs")).unwrap_err().to_string();
        assert!(error.contains("there is no column `jobs` (did you mean `job`?)"), "{error}");
    }

    #[test]
    fn parameters_that_do_not_go_together_are_refused() {
        let params = |with| FillMissing { with, ..FillMissing::default() };
        let time = |with| FillMissing { columns: Some(vec!["timestamp".into()]), ..params(with) };
        let by = |with| FillMissing { by: Some("job".into()), ..params(with) };
        assert!(FillMissing::check(&time(Filling::Mean)).is_err());
        assert!(FillMissing::check(&time(Filling::Forward)).is_err());
        assert!(FillMissing::check(&time(Filling::Drop)).is_ok());
        assert!(FillMissing::check(&by(Filling::Zero)).is_err());
        assert!(FillMissing::check(&by(Filling::Mode)).is_ok());
        let indicated = FillMissing { indicator: true, ..params(Filling::Drop) };
        assert!(FillMissing::check(&indicated).is_err());
    }

    #[test]
    fn a_value_goes_with_constant_and_nothing_else() {
        let params = |with, value| FillMissing { with, value, ..FillMissing::default() };
        assert!(FillMissing::check(&params(Filling::Constant, None)).is_err());
        assert!(FillMissing::check(&params(Filling::Zero, Some(1.into()))).is_err());
        assert!(FillMissing::check(&params(Filling::Constant, Some(1.into()))).is_ok());
    }
}
