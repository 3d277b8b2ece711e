//! Users whom training never sees (strong generalisation: Marlin, 2004; Liang et al., Variational autoencoders for
//! collaborative filtering, WWW 2018): models meet them by the first of their interactions alone.

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Assigned, Split, by_lot, check_shares};
use crate::error::DataError;
use crate::order::Ordered;

/// The shares of users, and how much of theirs is shown.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ColdUsers {
    /// Share of users for validation.
    #[schemars(range(min = 0.001, max = 0.9))]
    pub valid: f64,
    /// Share of users for test.
    #[schemars(range(min = 0.001, max = 0.9))]
    pub test: f64,
    /// Share of such a user's interactions that is shown, oldest first, rounded down; the rest is to be predicted.
    #[schemars(range(min = 0.0, max = 0.99))]
    pub shown: f64,
    /// Another seed gives another split.
    pub seed: u64,
}

impl Default for ColdUsers {
    fn default() -> Self {
        Self { valid: 0.1, test: 0.1, shown: 0.8, seed: 1 }
    }
}

impl Plugin for ColdUsers {
    const NAME: &'static str = "cold_users";
    const ABOUT: &'static str = "Holds whole users out for validation and test; some of their interactions are shown, the rest is scored.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        check_shares(params.valid, params.test)
    }
}

impl Split for ColdUsers {
    fn assign(&self, data: &Ordered) -> Result<Vec<Assigned>, DataError> {
        let of_users = by_lot(data.table.users.len(), self.valid, self.test, self.seed);
        let mut assigned = vec![Assigned::Train; data.n_interactions()];
        for (rows, part) in data.rows_by_user().zip(of_users) {
            if part != Assigned::Train {
                let n_shown = (rows.len() as f64 * self.shown) as usize;
                let (shown, scored) = assigned[rows].split_at_mut(n_shown);
                shown.fill(Assigned::FoldIn);
                scored.fill(part);
            }
        }
        Ok(assigned)
    }

    fn note(&self, _data: &Ordered) -> Option<String> {
        Some(
            "Train has no interaction of the users for validation and test: a model that knows users by their ids \
             alone treats them all alike, and only one that reads what is shown of them, or columns of users, can \
             tell them apart."
                .to_owned(),
        )
    }
}
