//! Keeps interactions that the user liked well enough.

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, Step, Train};
use crate::error::DataError;
use crate::interactions::Interactions;
use crate::outline::drop_name;

/// How well.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MinRating {
    /// The smallest rating that is kept. A row without a rating goes.
    pub value: f64,
    /// Whether the ratings are given up after that: an interaction is then liked, or not there.
    #[serde(default, skip_serializing_if = "is_false")]
    pub implicit: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Plugin for MinRating {
    const NAME: &'static str = "min_rating";
    const ABOUT: &'static str = "Keeps the interactions with at least this rating.";
    type Params = Self;
}

impl Step for MinRating {
    fn effect(&self) -> Effect {
        Effect::Removes
    }

    fn outline(&self, names: &mut Vec<String>) {
        if self.implicit {
            drop_name(names, "rating");
        }
    }

    fn apply(&self, table: &mut Interactions, _train: &Train) -> Result<u64, DataError> {
        let Some(ratings) = &table.rating else {
            return Err(DataError::NeedsRatings {
                needed_by: format!("step `{}`", Self::NAME),
                fix: "name their column in the source, or remove the step",
            });
        };
        let is_kept: Vec<bool> = ratings.iter().map(|&rating| rating >= self.value).collect();
        table.retain(&is_kept);
        if self.implicit {
            table.rating = None;
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines kept of ratings 2, 4, none and 5, and the ratings after that.
    fn kept(value: f64, implicit: bool) -> (Vec<u32>, Option<Vec<f64>>) {
        let mut table = Interactions::new("x.csv", true, false);
        for (rating, line) in [(2.0, 1), (4.0, 2), (f64::NAN, 3), (5.0, 4)] {
            table.push("a", "x", rating, 0.0, line);
        }
        MinRating { value, implicit }.apply(&mut table, &Train::default()).unwrap();
        (table.origin.lines().to_vec(), table.rating)
    }

    #[test]
    fn liked_interactions_are_kept_with_or_without_their_ratings() {
        assert_eq!(kept(4.0, false), (vec![2, 4], Some(vec![4.0, 5.0])));
        assert_eq!(kept(4.0, true), (vec![2, 4], None));
        assert_eq!(kept(-1.0, true), (vec![1, 2, 4], None));
    }

    #[test]
    fn data_without_ratings_has_none_to_keep() {
        let mut table = Interactions::new("x.csv", false, false);
        table.push("a", "x", f64::NAN, 0.0, 1);
        let step = MinRating { value: 4.0, implicit: true };
        let error = step.apply(&mut table, &Train::default()).unwrap_err().to_string();
        assert!(
            error.starts_with("step `min_rating` needs ratings and the data has none"),
            "{error}"
        );
    }
}
