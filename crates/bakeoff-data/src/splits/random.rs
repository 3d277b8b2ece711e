//! Interactions by lot.

use bakeoff_spec::Plugin;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Assigned, Split, check_shares};
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
        let n = data.n_interactions();
        let n_test = (n as f64 * self.test).round() as usize;
        let n_valid = (n as f64 * self.valid).round() as usize;
        let mut rows: Vec<u32> = (0..n as u32).collect();
        rows.shuffle(&mut Xoshiro256PlusPlus::seed_from_u64(self.seed));
        let mut assigned = vec![Assigned::Train; n];
        for (place, row) in rows.into_iter().enumerate().take(n_test + n_valid) {
            assigned[row as usize] = if place < n_test { Assigned::Test } else { Assigned::Valid };
        }
        Ok(assigned)
    }
}
