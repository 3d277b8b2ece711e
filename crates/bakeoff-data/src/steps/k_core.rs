//! The k-core: users and items with enough interactions, after all others are gone.
//!
//! Whoever falls below its k takes its rows along, which may bring others below theirs: every row is looked at twice at
//! most, so that the time is that of reading the rows (Batagelj and Zaveršnik, 2003).

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, Step, Train};
use crate::error::DataError;
use crate::group::{Groups, counts};
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
        let mut sides = [
            Side { n_left: counts(&table.user, table.users.len()), k: k_user },
            Side { n_left: counts(&table.item, table.items.len()), k: k_item },
        ];
        // Users and items whose rows are to go; each is put there once, when it falls below its k.
        let mut short: Vec<(usize, u32)> = Vec::new();
        for (side, Side { n_left, k }) in sides.iter().enumerate() {
            let ids = (0..n_left.len() as u32).filter(|&id| (1..*k).contains(&n_left[id as usize]));
            short.extend(ids.map(|id| (side, id)));
        }
        if short.is_empty() {
            return Ok(0);
        }
        let ids = [&table.user, &table.item];
        let rows = [
            Groups::of(&table.user, table.users.len()),
            Groups::of(&table.item, table.items.len()),
        ];
        let mut is_kept = vec![true; table.len()];
        while let Some((side, id)) = short.pop() {
            let other = 1 - side;
            for &row in rows[side].get(id as usize) {
                if std::mem::replace(&mut is_kept[row as usize], false) {
                    let of_other = ids[other][row as usize];
                    let Side { n_left, k } = &mut sides[other];
                    let n_left = &mut n_left[of_other as usize];
                    *n_left -= 1;
                    if *n_left + 1 == *k {
                        short.push((other, of_other));
                    }
                }
            }
        }
        table.retain(&is_kept);
        Ok(0)
    }
}

/// Users, or items.
struct Side {
    /// Rows that each has left; those of an id whose rows have gone for its own sake are not counted down.
    n_left: Vec<u32>,
    k: u32,
}
