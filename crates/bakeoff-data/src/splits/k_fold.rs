//! One of k folds for test, the next one for validation, the rest for training.

use bakeoff_spec::Plugin;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Assigned, Split};
use crate::error::DataError;
use crate::order::Ordered;

/// How many folds there are, and which one is for test. A study for each `fold` scores every interaction once.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct KFold {
    /// Folds.
    #[schemars(range(min = 3, max = 100))]
    pub k: u32,
    /// The fold for test, from 0; the one after it (after the last comes the first) is for validation.
    pub fold: u32,
    /// Another seed deals the folds in another way.
    pub seed: u64,
}

impl Default for KFold {
    fn default() -> Self {
        Self { k: 5, fold: 0, seed: 1 }
    }
}

impl Plugin for KFold {
    const NAME: &'static str = "k_fold";
    const ABOUT: &'static str =
        "Deals interactions into k folds by lot: one for test, the next for validation.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        if params.fold < params.k {
            return Ok(());
        }
        Err(format!("fold: {} of {} folds; must be below {}", params.fold, params.k, params.k))
    }
}

impl Split for KFold {
    fn assign(&self, data: &Ordered) -> Result<Vec<Assigned>, DataError> {
        let n = data.n_interactions();
        let mut folds: Vec<u32> = (0..n).map(|row| row as u32 % self.k).collect();
        folds.shuffle(&mut Xoshiro256PlusPlus::seed_from_u64(self.seed));
        let part = |fold: u32| match (fold + self.k - self.fold) % self.k {
            0 => Assigned::Test,
            1 => Assigned::Valid,
            _ => Assigned::Train,
        };
        Ok(folds.into_iter().map(part).collect())
    }
}
