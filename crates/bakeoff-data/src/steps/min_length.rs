//! Keeps the users with enough interactions.

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, Step, Train};
use crate::error::DataError;
use crate::group::counts;
use crate::interactions::Interactions;

/// How many are enough.
///
/// This looks once, at users alone: items keep what is left of theirs, however little that is. `k_core` asks for enough
/// of users and items, again and again until all have it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MinLength {
    /// The fewest interactions of a user that is kept. Repeated ones with the same item count each time.
    #[schemars(range(min = 1))]
    pub n: u32,
}

impl Plugin for MinLength {
    const NAME: &'static str = "min_length";
    const ABOUT: &'static str = "Keeps the users with at least this many interactions.";
    type Params = Self;
}

impl Step for MinLength {
    fn effect(&self) -> Effect {
        Effect::Removes
    }

    fn counts_rows(&self) -> bool {
        true
    }

    fn apply(&self, table: &mut Interactions, _train: &Train) -> Result<u64, DataError> {
        let lengths = counts(&table.user, table.users.len());
        let is_kept: Vec<bool> =
            table.user.iter().map(|&user| lengths[user as usize] >= self.n).collect();
        table.retain(&is_kept);
        Ok(0)
    }
}
