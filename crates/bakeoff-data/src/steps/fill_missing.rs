//! Fills in values that are missing, with what `fill.rs` computes, or removes the rows that lack them.

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Effect, Step, Train};
use crate::column::{RawColumn, Values};
use crate::error::DataError;
use crate::fill::{Fill, NO_VALUE, Reason};
use crate::interactions::{Axis, Interactions};
use crate::lookup;
use crate::named::{self, Named};

/// Which columns, and with what. Statistics are those of the training part alone.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FillMissing {
    /// `rating`, names of other columns, and for `drop` `timestamp`; by default all that can be filled so but `rating`,
    /// for `drop` all. Of ratings only those of the training part are filled, whatever with: a row of validation or
    /// test has the rating that somebody gave, or none, and then the task `rating` refuses it. `drop` removes such
    /// rows.
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
    const REVISION: u32 = 3;
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        match (params.with, &params.value) {
            (Filling::Constant, Some(Value::String(text))) if text.is_empty() => {
                return Err("value: an empty text stands for a missing value; give a text".into());
            }
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
        if params.with != Filling::Drop && params.names(named::is_timestamp) {
            return Err(format!("columns: `timestamp` {MADE_UP_TIME}"));
        }
        Ok(())
    }
}

impl Step for FillMissing {
    fn effect(&self) -> Effect {
        match self.with {
            Filling::Drop => Effect::Removes,
            // Which ratings may be filled is known after the split.
            Filling::Zero | Filling::Constant if !self.names(named::is_rating) => Effect::Changes,
            _ => Effect::Fits,
        }
    }

    fn uses(&self) -> Vec<String> {
        let by = self.by.iter().filter(|by| !["user", "item"].contains(&by.as_str()));
        self.columns.iter().flatten().chain(by).cloned().collect()
    }

    fn outline(&self, names: &mut Vec<String>) {
        if self.indicator {
            let filled = self.columns.as_ref().unwrap_or(names).clone();
            names.extend(filled.iter().map(|name| format!("{}_missing", named::bare(name))));
        }
    }

    fn apply(&self, table: &mut Interactions, train: &Train) -> Result<u64, DataError> {
        let columns = match &self.columns {
            Some(columns) => named::find_with_time(Self::NAME, table, columns)?,
            None => named::all(table),
        };
        if self.with == Filling::Drop {
            drop_rows(table, &columns);
            return Ok(0);
        }
        let groups = self.by.as_deref().map(|by| lookup::groups(Self::NAME, table, by));
        let groups = groups.transpose()?;
        let mut n_filled = 0;
        for column in columns {
            let is_own = column.is_rating() || column.is_timestamp();
            if self.columns.is_none() && is_own {
                continue;
            }
            if column.is_timestamp() {
                return Err(column.refused(Self::NAME, MADE_UP_TIME));
            }
            let mut values = column.take(table);
            let indicator = self.indicator.then(|| indicator(&column, &values));
            let filled = self.fill(table, &column, &mut values, train, groups.as_ref());
            column.put(table, values);
            match filled {
                Ok(n) => {
                    n_filled += n;
                    if let Some(indicator) = indicator {
                        named::add(Self::NAME, table, column.axis, indicator)?;
                    }
                }
                // Where the spec names no column, those that cannot be filled so are left to another step.
                Err(reason) if self.columns.is_none() && reason != NO_VALUE => {}
                Err(reason) => {
                    let with = format!("{:?}", self.with).to_lowercase();
                    let column = column.name;
                    return Err(DataError::CannotFill { column, with, reason });
                }
            }
        }
        Ok(n_filled)
    }
}

const MADE_UP_TIME: &str = "decides the order of rows and the split, and a time that is made up puts a row anywhere; \
                            use with: drop for it";

impl FillMissing {
    fn names(&self, is_it: fn(&str) -> bool) -> bool {
        self.columns.iter().flatten().any(|column| is_it(column))
    }

    /// Fills the values of a column; how many. Of ratings only those of train: what is held out is what predictions are
    /// compared with, and nobody gave a rating that was made up.
    fn fill(
        &self,
        table: &Interactions,
        column: &Named,
        values: &mut Values,
        train: &Train,
        groups: Option<&(Axis, Vec<u32>)>,
    ) -> Result<u64, Reason> {
        let train = train.has(column.axis);
        let groups = match groups {
            Some((axis, _)) if *axis != column.axis => return Err(OTHER_AXIS),
            groups => groups.map(|(_, groups)| groups.as_slice()),
        };
        let users = (column.axis == Axis::Rows).then_some(table.user.as_slice());
        let mut held_out: Vec<usize> = (0..values.len())
            .filter(|&row| column.is_rating() && !train[row] && values.is_missing(row))
            .collect();
        let (with, value) = (self.with, self.value.as_ref());
        let n_filled = Fill { with, value, train, groups, users }.fill(values)?;
        held_out.retain(|&row| !values.is_missing(row));
        if let Values::Number(ratings) = values {
            for &row in &held_out {
                ratings[row] = f64::NAN;
            }
        }
        Ok(n_filled - held_out.len() as u64)
    }
}

const OTHER_AXIS: Reason =
    "the column in `by` belongs to something else; both must be of rows, of users or of items";

/// Removes the rows that lack one of these columns, or whose user or item does.
fn drop_rows(table: &mut Interactions, columns: &[Named]) {
    let mut is_kept = vec![true; table.len()];
    for column in columns {
        for (row, is_kept) in is_kept.iter_mut().enumerate() {
            let entry = match column.axis {
                Axis::Rows => row,
                Axis::Users => table.user[row] as usize,
                Axis::Items => table.item[row] as usize,
            };
            *is_kept &= !column.is_missing(table, entry);
        }
    }
    table.retain(&is_kept);
}

fn indicator(column: &Named, values: &Values) -> RawColumn {
    let is_missing = (0..values.len()).map(|entry| f64::from(u8::from(values.is_missing(entry))));
    RawColumn::new(format!("{}_missing", column.name), Values::Number(is_missing.collect()))
}

#[cfg(test)]
mod tests;
