//! The k-core: users and items with enough interactions, after all others are gone.

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, Step, Train};
use crate::error::DataError;
use crate::interactions::Interactions;

/// How many interactions are enough. Repeated interactions with the same item count each time; `deduplicate` goes
/// before where they should not.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct KCore {
    /// For users and items alike.
    #[schemars(range(min = 1))]
    pub k: u32,
    /// For users; by default `k`.
    #[schemars(range(min = 1))]
    pub k_user: Option<u32>,
    /// For items; by default `k`.
    #[schemars(range(min = 1))]
    pub k_item: Option<u32>,
}

impl Default for KCore {
    fn default() -> Self {
        Self { k: 5, k_user: None, k_item: None }
    }
}

impl Plugin for KCore {
    const NAME: &'static str = "k_core";
    const ABOUT: &'static str =
        "Removes users and items with few interactions until every one left has enough.";
    type Params = Self;
}

impl Step for KCore {
    fn effect(&self) -> Effect {
        Effect::Removes
    }

    fn counts_rows(&self) -> bool {
        true
    }

    fn apply(&self, table: &mut Interactions, _train: &Train) -> Result<u64, DataError> {
        let k_user = self.k_user.unwrap_or(self.k);
        let k_item = self.k_item.unwrap_or(self.k);
        let mut users = counts(&table.user, table.users.len());
        let mut items = counts(&table.item, table.items.len());
        let mut is_kept = vec![true; table.len()];
        let mut n_kept = table.len();
        loop {
            let n_before = n_kept;
            for (row, is_kept) in is_kept.iter_mut().enumerate().filter(|(_, is_kept)| **is_kept) {
                let user = &mut users[table.user[row] as usize];
                let item = &mut items[table.item[row] as usize];
                if *user < k_user || *item < k_item {
                    (*user, *item, *is_kept) = (*user - 1, *item - 1, false);
                    n_kept -= 1;
                }
            }
            if n_kept == n_before {
                break;
            }
        }
        if n_kept < table.len() {
            table.retain(&is_kept);
        }
        Ok(0)
    }
}

fn counts(values: &[u32], n: usize) -> Vec<u32> {
    let mut counts = vec![0; n];
    for &value in values {
        counts[value as usize] += 1;
    }
    counts
}
