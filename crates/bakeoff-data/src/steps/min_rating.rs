//! Keeps interactions that the user liked well enough.

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, Step, Train};
use crate::error::DataError;
use crate::interactions::Interactions;

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
