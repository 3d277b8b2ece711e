//! The k-core: users and items with enough interactions, after all others are gone.

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Step;
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
    fn apply(&self, mut table: Interactions) -> Result<(Interactions, u64), DataError> {
        let k_user = self.k_user.unwrap_or(self.k);
        let k_item = self.k_item.unwrap_or(self.k);
        loop {
            let users = counts(&table.user, table.users.len());
            let items = counts(&table.item, table.items.len());
            let is_kept = |(&user, &item): (&u32, &u32)| {
                users[user as usize] >= k_user && items[item as usize] >= k_item
            };
            let is_kept: Vec<bool> = table.user.iter().zip(&table.item).map(is_kept).collect();
            if is_kept.iter().all(|&is_kept| is_kept) {
                return Ok((table, 0));
            }
            table.retain(&is_kept);
        }
    }
}

fn counts(values: &[u32], n: usize) -> Vec<u32> {
    let mut counts = vec![0; n];
    for &value in values {
        counts[value as usize] += 1;
    }
    counts
}
