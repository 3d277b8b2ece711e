//! Keeps some users by lot, with all that they did.

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, Step, Train};
use crate::error::DataError;
use crate::interactions::Interactions;

/// How many users; either `share` or `n`.
///
/// Lots are drawn by a keyed hash of the raw id, not by a generator that goes from user to user: the same users are
/// kept in whatever order rows and files come, and a smaller sample is part of a larger one of the same seed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SampleUsers {
    /// The share of users that are kept, of those that have interactions; rounded to whole users.
    #[schemars(range(max = 1.0), extend("exclusiveMinimum" = 0.0))]
    pub share: Option<f64>,
    /// How many users are kept; all, if there are no more.
    #[schemars(range(min = 1))]
    pub n: Option<u64>,
    /// Another seed keeps other users.
    pub seed: u64,
}

impl Default for SampleUsers {
    fn default() -> Self {
        Self { share: None, n: None, seed: 1 }
    }
}

impl Plugin for SampleUsers {
    const NAME: &'static str = "sample_users";
    const ABOUT: &'static str = "Keeps a share or a number of users by lot.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        match (params.share, params.n) {
            (Some(_), Some(_)) => Err("n: goes without share; give one of the two".into()),
            (None, None) => Err("share, n: give one of the two".into()),
            _ => Ok(()),
        }
    }
}

impl Step for SampleUsers {
    fn effect(&self) -> Effect {
        Effect::Removes
    }

    fn apply(&self, table: &mut Interactions, _train: &Train) -> Result<u64, DataError> {
        let mut is_there = vec![false; table.users.len()];
        for &user in &table.user {
            is_there[user as usize] = true;
        }
        let mut key = [0; blake3::KEY_LEN];
        key[..8].copy_from_slice(&self.seed.to_le_bytes());
        let lot =
            |user: u32| *blake3::keyed_hash(&key, table.users.name(user).as_bytes()).as_bytes();
        let users = (0..table.users.len() as u32).filter(|&user| is_there[user as usize]);
        let mut lots: Vec<_> = users.map(|user| (lot(user), user)).collect();
        lots.sort_unstable();
        let n = match (self.share, self.n) {
            (Some(share), _) => (share * lots.len() as f64).round() as usize,
            (None, Some(n)) => usize::try_from(n).unwrap_or(usize::MAX),
            (None, None) => lots.len(),
        };
        let mut is_kept = vec![false; table.users.len()];
        for (_, user) in lots.into_iter().take(n) {
            is_kept[user as usize] = true;
        }
        let is_kept: Vec<bool> = table.user.iter().map(|&user| is_kept[user as usize]).collect();
        table.retain(&is_kept);
        Ok(0)
    }
}
