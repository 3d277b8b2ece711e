//! Leaves columns aside that no model is to read.

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, Step, Train};
use crate::error::DataError;
use crate::interactions::Interactions;
use crate::named::{self, bare};
use crate::outline::drop_name;

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
        self.drop.iter().flatten().for_each(|column| drop_name(names, column));
        if let Some(keep) = &self.keep {
            let is_kept =
                |name: &String| keep.iter().any(|kept| [kept, bare(kept)].contains(&&**name));
            names.retain(|name| ["rating", "timestamp"].contains(&&**name) || is_kept(name));
        }
    }

    fn apply(&self, table: &mut Interactions, _train: &Train) -> Result<u64, DataError> {
        let named = named::find_with_time(Self::NAME, table, &self.uses())?;
        if self.keep.is_some() {
            let mut others = named::all(table);
            others.retain(|column| !named.contains(column));
            named::remove(table, &others);
            return Ok(0);
        }
        for own in &named {
            if own.is_rating() {
                let reason = "is no column to drop; to rank without ratings, use `min_rating` with `implicit: true`";
                return Err(own.refused(Self::NAME, reason));
            }
            if own.is_timestamp() {
                return Err(own.refused(Self::NAME, "orders the rows and is left as it is"));
            }
        }
        named::remove(table, &named);
        Ok(0)
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
