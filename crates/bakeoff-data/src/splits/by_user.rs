//! Each user's interactions by lot: every user is in every part, as far as there are enough.

use bakeoff_spec::Plugin;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Assigned, Split, check_shares, of_user};
use crate::error::DataError;
use crate::order::Ordered;

/// The shares of each user's interactions, and the seed of the lot.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ByUser {
    /// Share of the validation part, rounded to whole interactions of each user.
    #[schemars(range(min = 0.001, max = 0.9))]
    pub valid: f64,
    /// Share of the test part, rounded likewise.
    #[schemars(range(min = 0.001, max = 0.9))]
    pub test: f64,
    /// Another seed gives another split.
    pub seed: u64,
}

impl Default for ByUser {
    fn default() -> Self {
        Self { valid: 0.1, test: 0.1, seed: 1 }
    }
}

impl Plugin for ByUser {
    const NAME: &'static str = "by_user";
    const ABOUT: &'static str = "Divides each user's interactions by lot, in given shares.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        check_shares(params.valid, params.test)
    }
}

impl Split for ByUser {
    fn assign(&self, data: &Ordered) -> Result<Vec<Assigned>, DataError> {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(self.seed);
        let mut assigned = Vec::with_capacity(data.n_interactions());
        for rows in data.rows_by_user() {
            let mut parts = of_user(rows.len(), self.valid, self.test);
            parts.shuffle(&mut rng);
            assigned.extend(parts);
        }
        Ok(assigned)
    }
}
