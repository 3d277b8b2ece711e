//! Each user's past for training, what came next for validation, the newest for test.

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Assigned, Split, check_shares, of_user};
use crate::error::DataError;
use crate::order::Ordered;

/// The shares of each user's interactions. What one user does in training may lie after what another does in test:
/// `temporal` cuts at the same time for everybody.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TemporalPerUser {
    /// Share of the validation part, rounded to whole interactions of each user.
    #[schemars(range(min = 0.001, max = 0.9))]
    pub valid: f64,
    /// Share of the test part, rounded likewise: the newest interactions.
    #[schemars(range(min = 0.001, max = 0.9))]
    pub test: f64,
}

impl Default for TemporalPerUser {
    fn default() -> Self {
        Self { valid: 0.1, test: 0.1 }
    }
}

impl Plugin for TemporalPerUser {
    const NAME: &'static str = "temporal_per_user";
    const ABOUT: &'static str =
        "Trains on each user's past, validates on what came next, tests on the user's newest.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        check_shares(params.valid, params.test)
    }
}

impl Split for TemporalPerUser {
    fn assign(&self, data: &Ordered) -> Result<Vec<Assigned>, DataError> {
        let of_user = |rows: std::ops::Range<usize>| of_user(rows.len(), self.valid, self.test);
        Ok(data.rows_by_user().flat_map(of_user).collect())
    }
}
