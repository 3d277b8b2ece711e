//! Keeps interactions that the user liked well enough.

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Step;
use crate::error::DataError;
use crate::interactions::Interactions;

/// How well.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MinRating {
    /// The smallest rating that is kept. A row without a rating goes.
    pub value: f64,
}

impl Plugin for MinRating {
    const NAME: &'static str = "min_rating";
    const ABOUT: &'static str = "Keeps the interactions with at least this rating.";
    type Params = Self;
}

impl Step for MinRating {
    fn apply(&self, mut table: Interactions) -> Result<(Interactions, u64), DataError> {
        let Some(ratings) = &table.rating else {
            return Err(DataError::NeedsRatings {
                needed_by: format!("step `{}`", Self::NAME),
                fix: "name their column in the source, or remove the step",
            });
        };
        let is_kept: Vec<bool> = ratings.iter().map(|&rating| rating >= self.value).collect();
        table.retain(&is_kept);
        Ok((table, 0))
    }
}
