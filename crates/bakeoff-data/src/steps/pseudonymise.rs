//! Replaces raw ids by pseudonyms.

use bakeoff_spec::{Plugin, Side};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, Step, Train};
use crate::error::DataError;
use crate::ids::Ids;
use crate::interactions::Interactions;
use crate::privacy_error::PrivacyError;
use crate::secret::{Pseudonyms, pseudonym_key};

/// Whose ids, and with which key. With this step no raw id gets into the prepared dataset, an export, a report or a
/// message. A pseudonym is 32 hex digits of keyed BLAKE3: the same key gives the same id the same pseudonym in every
/// dataset, so whoever holds the key can link them, and can find out whose pseudonym it is by trying ids.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pseudonymise {
    /// `users`, `items` or both.
    #[serde(default = "users")]
    #[schemars(length(min = 1, max = 2))]
    pub of: Vec<Side>,
    /// The environment variable that holds the key: a random text of at least 16 characters.
    #[serde(default = "pseudonym_key")]
    #[schemars(regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]{0,63}$"))]
    pub key_env: String,
}

fn users() -> Vec<Side> {
    vec![Side::Users]
}

impl Plugin for Pseudonymise {
    const NAME: &'static str = "pseudonymise";
    const ABOUT: &'static str =
        "Replaces raw ids by keyed hashes; the key comes from the environment.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        match params.of[..] {
            [a, b] if a == b => Err("of: the same twice".into()),
            _ => Ok(()),
        }
    }
}

impl Step for Pseudonymise {
    fn effect(&self) -> Effect {
        Effect::Changes
    }

    fn apply(&self, table: &mut Interactions, _train: &Train) -> Result<u64, DataError> {
        let names = Pseudonyms::with(&self.key_env, Self::NAME)?;
        let mut n_changed = 0;
        for side in &self.of {
            let (of, ids) = match side {
                Side::Users => ("users", &mut table.users),
                Side::Items => ("items", &mut table.items),
            };
            *ids = renamed(ids, |id| names.name(of, id)).ok_or_else(|| {
                PrivacyError::SamePseudonym { of, variable: self.key_env.clone() }
            })?;
            n_changed += ids.len() as u64;
        }
        Ok(n_changed)
    }

    fn environment(&self) -> Result<Option<String>, DataError> {
        Pseudonyms::key_id(&self.key_env, Self::NAME).map(Some)
    }

    fn hides_values(&self) -> bool {
        true
    }
}

/// The ids under new names, in the same order; `None` if two get the same.
fn renamed(ids: &Ids, name: impl Fn(&str) -> String + Sync) -> Option<Ids> {
    let names = (0..ids.len() as u32).into_par_iter().map(|index| name(ids.name(index)));
    let renamed: Ids = names.collect::<Vec<String>>().into_iter().collect();
    (renamed.len() == ids.len()).then_some(renamed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_keep_their_numbers_under_new_names() {
        let ids: Ids = ["bob", "alice", "eve"].into_iter().collect();
        let new = renamed(&ids, |id| format!("<{id}>")).unwrap();
        assert_eq!(new.names().collect::<Vec<_>>(), ["<bob>", "<alice>", "<eve>"]);
    }

    #[test]
    fn two_ids_never_become_one() {
        let ids: Ids = ["bob", "alice", "eve"].into_iter().collect();
        assert!(renamed(&ids, |id| id.len().to_string()).is_none());
    }
}
