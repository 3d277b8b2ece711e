//! Leaves columns aside that no model is to read.

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, Step, Train};
use crate::error::DataError;
use crate::interactions::{Axis, Interactions};
use crate::lookup;
use crate::named::refused;

/// Which columns. Ratings and timestamps stay. Give `keep` or `drop`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SelectColumns {
    /// The only columns of rows, users and items that stay; `[]` for none.
    pub keep: Option<Vec<String>>,
    /// Columns that go.
    #[schemars(length(min = 1))]
    pub drop: Option<Vec<String>>,
}

impl Plugin for SelectColumns {
    const NAME: &'static str = "select_columns";
    const ABOUT: &'static str =
        "Keeps some columns of rows, users and items, or drops some. To hide values, use mask.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        if params.keep.is_some() == params.drop.is_some() {
            return Err("keep: give either `keep` or `drop`".into());
        }
        Ok(())
    }
}

impl Step for SelectColumns {
    fn effect(&self) -> Effect {
        Effect::Changes
    }

    fn uses(&self) -> Vec<String> {
        self.keep.iter().chain(&self.drop).flatten().cloned().collect()
    }

    fn outline(&self, names: &mut Vec<String>) {
        names.retain(|name| OWN.contains(&name.as_str()) || self.keeps(name));
    }

    fn apply(&self, table: &mut Interactions, _train: &Train) -> Result<u64, DataError> {
        lookup::check(table, Self::NAME, &self.uses())?;
        if let Some(own) = self.drop.iter().flatten().find(|name| OWN.contains(&name.as_str())) {
            let reason = match own.as_str() {
                "rating" => {
                    "is no column to drop; to rank without ratings, use `min_rating` with `implicit: true`"
                }
                _ => "orders the rows and is left as it is",
            };
            return Err(refused(Self::NAME, own, reason));
        }
        for axis in [Axis::Rows, Axis::Users, Axis::Items] {
            table.columns_of_mut(axis).retain(|column| self.keeps(&column.name));
        }
        Ok(0)
    }
}

const OWN: [&str; 2] = ["rating", "timestamp"];

impl SelectColumns {
    fn keeps(&self, name: &str) -> bool {
        let has = |names: &Vec<String>| names.iter().any(|one| one == name);
        self.keep.as_ref().is_none_or(has) && !self.drop.as_ref().is_some_and(has)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::column::{RawColumn, Values};

    fn left(params: Value) -> Result<Vec<String>, String> {
        let mut table = Interactions::new("x.csv", true, false);
        table.push("a", "x", 1.0, 0.0, 1);
        let column = |name: &str| RawColumn::new(name, Values::Number(vec![1.0]));
        table.user_columns = vec![column("age"), column("height")];
        table.item_columns = vec![column("price")];
        let step: SelectColumns = serde_json::from_value(params).unwrap();
        SelectColumns::check(&step)?;
        step.apply(&mut table, &Train::default()).map_err(|error| error.to_string())?;
        Ok(table.column_names())
    }

    #[test]
    fn columns_are_kept_or_dropped_by_name_and_ratings_stay() {
        assert_eq!(left(json!({ "keep": ["price"] })).unwrap(), ["rating", "price"]);
        assert_eq!(left(json!({ "keep": [] })).unwrap(), ["rating"]);
        assert_eq!(left(json!({ "drop": ["price", "age"] })).unwrap(), ["rating", "height"]);
        assert!(left(json!({ "drop": ["rating"] })).unwrap_err().contains("implicit: true"));
        assert!(left(json!({ "keep": ["prize"] })).unwrap_err().contains("did you mean `price`?"));
        assert!(left(json!({})).unwrap_err().contains("either `keep` or `drop`"));
    }
}
