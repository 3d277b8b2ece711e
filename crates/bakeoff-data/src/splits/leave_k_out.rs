//! Some interactions of each user for test, some for validation: the newest, or any.

use bakeoff_spec::Plugin;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Assigned, Split};
use crate::error::DataError;
use crate::order::Ordered;

/// How many interactions of each user, and which.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LeaveKOut {
    /// Interactions for test.
    #[schemars(range(min = 1, max = 1000))]
    pub k: u32,
    /// Interactions for validation; by default `k`.
    #[schemars(range(min = 1, max = 1000))]
    pub k_valid: Option<u32>,
    /// Which of a user's interactions are left out. Users who would have none left train alone.
    pub which: Which,
    /// Of `which: random`: another seed gives another split.
    pub seed: u64,
}

/// Which of a user's interactions are left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// The newest for test, those before for validation.
    #[default]
    Newest,
    /// Any, by lot.
    Random,
}

impl Default for LeaveKOut {
    fn default() -> Self {
        Self { k: 5, k_valid: None, which: Which::Newest, seed: 1 }
    }
}

impl Plugin for LeaveKOut {
    const NAME: &'static str = "leave_k_out";
    const ABOUT: &'static str =
        "Leaves k interactions of each user for test and others for validation.";
    type Params = Self;
}

impl Split for LeaveKOut {
    fn assign(&self, data: &Ordered) -> Result<Vec<Assigned>, DataError> {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(self.seed);
        let n_test = self.k as usize;
        let n_valid = self.k_valid.unwrap_or(self.k) as usize;
        let mut assigned = vec![Assigned::Train; data.n_interactions()];
        for rows in data.rows_by_user().filter(|rows| rows.len() > n_test + n_valid) {
            let mut order: Vec<usize> = rows.rev().collect();
            if self.which == Which::Random {
                order.shuffle(&mut rng);
            }
            for &row in &order[..n_test] {
                assigned[row] = Assigned::Test;
            }
            for &row in &order[n_test..n_test + n_valid] {
                assigned[row] = Assigned::Valid;
            }
        }
        Ok(assigned)
    }
}
