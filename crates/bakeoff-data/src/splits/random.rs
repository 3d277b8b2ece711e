//! Interactions by lot.

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Assigned, Split, by_lot, check_shares};
use crate::error::DataError;
use crate::order::Ordered;

/// The shares of interactions, and the seed of the lot.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Random {
    /// Share of the validation part.
    #[schemars(range(min = 0.001, max = 0.9))]
    pub valid: f64,
    /// Share of the test part.
    #[schemars(range(min = 0.001, max = 0.9))]
    pub test: f64,
    /// Another seed gives another split.
    pub seed: u64,
}

impl Default for Random {
    fn default() -> Self {
        Self { valid: 0.1, test: 0.1, seed: 1 }
    }
}

impl Plugin for Random {
    const NAME: &'static str = "random";
    const ABOUT: &'static str = "Divides interactions by lot, in given shares.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        check_shares(params.valid, params.test)
    }
}

impl Split for Random {
    fn assign(&self, data: &Ordered) -> Result<Vec<Assigned>, DataError> {
        Ok(by_lot(data.n_interactions(), self.valid, self.test, self.seed))
    }
}
