//! Keeps the interactions whose value in some column is one of those asked for.

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Effect, Step, Train};
use crate::column::Values;
use crate::error::DataError;
use crate::interactions::{Axis, Interactions};
use crate::named::{self, refused};

/// Which values, of which column. Give `one_of`, or `min`, `max` or both.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// `rating`, `timestamp` (in seconds since 1970), or a column of rows, of users (each of their rows is meant) or of
    /// items.
    pub column: String,
    /// Texts or numbers. Of a column of tags, one of an entry's tags must be among them.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub one_of: Option<Vec<Value>>,
    /// The smallest number that is meant.
    #[serde(default)]
    pub min: Option<f64>,
    /// The largest number that is meant.
    #[serde(default)]
    pub max: Option<f64>,
    /// Whether rows with such a value are removed, instead of all others. A missing value is never one of those meant: its
    /// row is removed without `not` and kept with it.
    #[serde(default)]
    pub not: bool,
}

impl Plugin for Filter {
    const NAME: &'static str = "filter";
    const ABOUT: &'static str = "Keeps the interactions whose value in a column, of theirs, their user's or their item's, is one of some or within bounds; or all others.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        match (&params.one_of, params.min, params.max) {
            (None, None, None) => Err("one_of: give it, or min or max".into()),
            (Some(values), None, None) => match values.iter().find(|value| text(value).is_none()) {
                Some(value) => Err(format!("one_of: {value} is neither a text nor a number")),
                None => Ok(()),
            },
            (Some(_), ..) => Err("one_of: goes without min and max".into()),
            (None, Some(min), Some(max)) if min > max => {
                Err(format!("max: {max} is below min, {min}; no number is within"))
            }
            _ => Ok(()),
        }
    }
}

impl Step for Filter {
    fn effect(&self) -> Effect {
        Effect::Removes
    }

    fn uses(&self) -> Vec<String> {
        vec![self.column.clone()]
    }

    fn apply(&self, table: &mut Interactions, _train: &Train) -> Result<u64, DataError> {
        let column = named::find_one(Self::NAME, table, &self.column)?;
        let of_entries = match column.values(table) {
            Some(values) => self.of_values(values)?,
            None => self.of_numbers(column.numbers(table).unwrap_or_default())?,
        };
        let entry = |row: usize| match column.axis {
            Axis::Rows => row,
            Axis::Users => table.user[row] as usize,
            Axis::Items => table.item[row] as usize,
        };
        let is_kept: Vec<bool> =
            (0..table.len()).map(|row| of_entries[entry(row)] != self.not).collect();
        table.retain(&is_kept);
        Ok(0)
    }
}

impl Filter {
    /// Whether each entry's value is one of those meant.
    fn of_values(&self, values: &Values) -> Result<Vec<bool>, DataError> {
        let texts = || -> Result<Vec<String>, DataError> {
            let reason = "holds texts, and `min` and `max` are for numbers; give `one_of`, or make numbers of it with \
                          step `cast`";
            let meant = self.one_of.as_ref().ok_or_else(|| self.refused(reason))?;
            Ok(meant.iter().filter_map(text).collect())
        };
        match values {
            Values::Number(numbers) => self.of_numbers(numbers),
            Values::Text(all) => {
                let meant = texts()?;
                let is_meant = |text: &str| !text.is_empty() && meant.iter().any(|one| one == text);
                let of_values: Vec<bool> = all.values().names().map(is_meant).collect();
                Ok(all.codes().iter().map(|&code| of_values[code as usize]).collect())
            }
            Values::Tags(tags) => {
                let meant = texts()?;
                let is_meant = |tag: &str| meant.iter().any(|one| one == tag);
                let of_tags: Vec<bool> = tags.values.names().map(is_meant).collect();
                let entries = 0..tags.lists.len();
                Ok(entries
                    .map(|i| tags.lists.get(i).iter().any(|&tag| of_tags[tag as usize]))
                    .collect())
            }
            other => Err(self.refused(format!(
                "holds {}; rows can be told apart by numbers, texts and tags",
                other.kind()
            ))),
        }
    }

    fn of_numbers(&self, numbers: &[f64]) -> Result<Vec<bool>, DataError> {
        let number = |value: &Value| {
            value.as_f64().or_else(|| value.as_str()?.parse().ok()).ok_or_else(|| {
                self.refused(format!("holds numbers, and {value} in `one_of` is none"))
            })
        };
        let meant = self.one_of.iter().flatten().map(number).collect::<Result<Vec<f64>, _>>()?;
        let (min, max) = (self.min.unwrap_or(f64::NEG_INFINITY), self.max.unwrap_or(f64::INFINITY));
        #[expect(clippy::float_cmp, reason = "a number is meant as it is written")]
        let is_meant = |number: &f64| match self.one_of {
            Some(_) => meant.iter().any(|one| one == number),
            None => (min..=max).contains(number),
        };
        Ok(numbers.iter().map(is_meant).collect())
    }

    fn refused(&self, reason: impl Into<String>) -> DataError {
        refused(Self::NAME, &self.column, reason)
    }
}

/// A value as a column of text holds it.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::column::{RawColumn, Tags};

    /// Rows of users `a`, `b`, `c` with items `x`, `y`, `x`, ratings 1, none, 5; `x` is a film of 1999 of two genres, of
    /// `y` nothing is known.
    fn table() -> Interactions {
        let mut table = Interactions::new("x.csv", true, false);
        table.push("a", "x", 1.0, 0.0, 1);
        table.push("b", "y", f64::NAN, 0.0, 2);
        table.push("c", "x", 5.0, 0.0, 3);
        let mut genres = Tags::default();
        genres.push(["war", "noir"]);
        genres.push([]);
        table.item_columns = vec![
            RawColumn::new("kind", Values::Text(["film", ""].into_iter().collect())),
            RawColumn::new("year", Values::Number(vec![1999.0, f64::NAN])),
            RawColumn::new("genres", Values::Tags(genres)),
        ];
        table.user_columns = vec![RawColumn::new(
            "zip",
            Values::Text(["8001", "8002", "8001"].into_iter().collect()),
        )];
        table
    }

    fn kept(params: Value) -> Result<Vec<u32>, String> {
        let step: Filter = serde_json::from_value(params).unwrap();
        Filter::check(&step)?;
        let mut table = table();
        step.apply(&mut table, &Train::default()).map_err(|error| error.to_string())?;
        Ok(table.origin.lines().to_vec())
    }

    #[test]
    fn rows_are_kept_by_values_of_their_own_their_users_and_their_items() {
        for (params, lines) in [
            (json!({ "column": "rating", "min": 2 }), &[3][..]),
            (json!({ "column": "rating", "min": 2, "not": true }), &[1, 2]),
            (json!({ "column": "rating", "one_of": [1, 5] }), &[1, 3]),
            (json!({ "column": "year", "min": 1990, "max": 1999 }), &[1, 3]),
            (json!({ "column": "kind", "one_of": ["film", "book"] }), &[1, 3]),
            (json!({ "column": "kind", "one_of": ["film"], "not": true }), &[2]),
            (json!({ "column": "genres", "one_of": ["noir"] }), &[1, 3]),
            (json!({ "column": "zip", "one_of": [8002] }), &[2]),
        ] {
            assert_eq!(kept(params.clone()).unwrap(), lines, "{params}");
        }
    }

    #[test]
    fn what_cannot_be_compared_is_told_with_what_can() {
        for (params, told) in [
            (json!({ "column": "kind", "min": 2 }), "`min` and `max` are for numbers"),
            (json!({ "column": "year", "one_of": ["old"] }), "\"old\" in `one_of` is none"),
            (json!({ "column": "yaer", "min": 2 }), "did you mean `year`?"),
            (json!({ "column": "year" }), "one_of: give it, or min or max"),
            (json!({ "column": "year", "min": 2, "max": 1 }), "max: 1 is below min, 2"),
            (json!({ "column": "year", "min": 2, "one_of": [1] }), "goes without min and max"),
            (json!({ "column": "year", "one_of": [null] }), "neither a text nor a number"),
        ] {
            let error = kept(params).unwrap_err();
            assert!(error.contains(told), "{error}");
        }
    }
}
