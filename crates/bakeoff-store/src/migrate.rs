//! Rewriting files of older versions in the newest form. Nothing needs it to be read; it is for those who read the
//! files by other means, and gives checksums to what was written without.

use std::path::Path;

use bakeoff_spec::Outcome;
use serde::Serialize;

use crate::atomic_file::write_atomically;
use crate::error::StoreError;
use crate::folder::{leading_key, names_in, read_outcome_file};
use crate::outcome_file::{self, Decoded, SCHEMA};
use crate::store::Store;

/// How many files were rewritten.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Migrated {
    /// Outcomes.
    pub outcomes: usize,
    /// Failed attempts.
    pub attempts: usize,
    /// Cards of datasets.
    pub cards: usize,
    /// Specs.
    pub specs: usize,
    /// Damaged attempts, cards and specs, which were left as they are.
    pub damaged: usize,
}

impl Store {
    /// Rewrites every file of an older version, each whole or not at all. Killed in between, it goes on at the next
    /// call.
    pub fn migrate(&self) -> Result<Migrated, StoreError> {
        let mut migrated = Migrated::default();
        for key in self.keys()? {
            let path = self.folder.outcome_path(&key);
            if !read_outcome_file(&path, &key)?.as_ref().is_some_and(is_old) {
                continue;
            }
            // A late worker may put another outcome in place of a failed one: not between these two.
            let replacing = self.folder.lock_replacing()?;
            let Some(outcome) = self.folder.read_outcome(&key)? else { continue };
            rewrite(&path, &outcome)?;
            drop(replacing);
            self.take_note(&key)?;
            migrated.outcomes += 1;
        }
        self.index.flush()?;
        let mut skip_damaged = |result| match result {
            Err(StoreError::Damaged { .. }) => {
                migrated.damaged += 1;
                Ok(false)
            }
            result => result,
        };
        migrated.attempts = self.migrate_each("attempts", |path, name| {
            let Some(key) = leading_key(name) else { return Ok(false) };
            skip_damaged(read_outcome_file(path, &key).and_then(|read| match read {
                Some(decoded) if decoded.schema < SCHEMA => {
                    rewrite(path, &decoded.outcome).map(|()| true)
                }
                _ => Ok(false),
            }))
        })?;
        migrated.cards = self.migrate_each("cards", |_, name| {
            let Some(key) = leading_key(name) else { return Ok(false) };
            skip_damaged(self.folder.seal_card(key.as_str()))
        })?;
        migrated.specs = self.migrate_each("specs", |_, name| {
            let Some(key) = leading_key(name) else { return Ok(false) };
            skip_damaged(self.folder.seal_spec(key.as_str()))
        })?;
        Ok(migrated)
    }

    /// Counts the files of a folder that `migrate` rewrote.
    fn migrate_each(
        &self,
        place: &str,
        mut migrate: impl FnMut(&Path, &str) -> Result<bool, StoreError>,
    ) -> Result<usize, StoreError> {
        let dir = self.folder.dir().join(place);
        let mut n_rewritten = 0;
        for name in names_in(&dir)? {
            n_rewritten += usize::from(migrate(&dir.join(&name), &name)?);
        }
        Ok(n_rewritten)
    }
}

fn is_old(decoded: &Decoded) -> bool {
    decoded.schema < SCHEMA
}

fn rewrite(path: &Path, outcome: &Outcome) -> Result<(), StoreError> {
    outcome_file::encode(outcome)
        .and_then(|bytes| write_atomically(path, &bytes))
        .map_err(|source| StoreError::Write { path: path.to_owned(), source })
}
