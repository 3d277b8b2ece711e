//! Fills in values that are missing, by the rules that [`crate::fill`] computes.

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Step;
use crate::error::{DataError, nearest};
use crate::fill::{fill_numbers, fill_texts};
use crate::interactions::{Interactions, SideColumn, SideValues};

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
    fn apply(&self, mut table: Interactions) -> Result<(Interactions, u64), DataError> {
        if let Some(columns) = &self.columns {
            let present = column_names(&table);
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
        if let Some(ratings) = table.rating.as_mut().filter(|_| self.names("rating")) {
            n_filled += fill_numbers("rating", ratings, self)?;
        }
        // Zero or a mean as a time is rarely meant, so a time is filled only where the spec says so.
        if let Some(times) =
            table.timestamp.as_mut().filter(|_| self.columns.is_some() && self.names("timestamp"))
        {
            n_filled += fill_numbers("timestamp", times, self)?;
        }
        for column in table.user_columns.iter_mut().chain(&mut table.item_columns) {
            if self.names(&column.name) {
                n_filled += self.fill_column(column)?;
            }
        }
        Ok((table, n_filled))
    }
}

impl FillMissing {
    fn names(&self, column: &str) -> bool {
        self.columns.as_ref().is_none_or(|columns| columns.iter().any(|name| name == column))
    }

    fn fill_column(&self, column: &mut SideColumn) -> Result<u64, DataError> {
        let filled = match &mut column.values {
            SideValues::Number(numbers) => fill_numbers(&column.name, numbers, self),
            SideValues::Text(texts) => fill_texts(&column.name, texts, self),
        };
        match filled {
            // Of all columns, those that cannot be filled so are left to another step.
            Err(DataError::CannotFill { .. }) if self.columns.is_none() => Ok(0),
            filled => filled,
        }
    }
}

fn column_names(table: &Interactions) -> Vec<String> {
    let own = [("rating", table.rating.is_some()), ("timestamp", table.timestamp.is_some())];
    let own = own.into_iter().filter(|(_, is_there)| *is_there).map(|(name, _)| name.to_owned());
    let side = table.user_columns.iter().chain(&table.item_columns);
    own.chain(side.map(|column| column.name.clone())).collect()
}
