//! The coordinator's side: the folder, the index over it, and the lock that makes it the only one.

use std::fs;
use std::path::PathBuf;

use bakeoff_spec::{Outcome, TrialKey};

use crate::atomic_file::{create_folder, sync_folder_of};
use crate::error::StoreError;
use crate::folder::{Folder, Found, Written};
use crate::index::Index;
use crate::lock::StoreLock;
use crate::reconcile::{self, Reconciled, stamp_of};
use crate::repair::Repair;

/// An open store. One process at a time has it; workers write through a [`Folder`] meanwhile.
#[derive(Debug)]
pub struct Store {
    // The index goes first when dropped: while it closes, the lock is still held.
    pub(crate) index: Index,
    pub(crate) folder: Folder,
    pub(crate) repairs: Vec<Repair>,
    pub(crate) lock: StoreLock,
}

impl Store {
    /// Opens the store in `dir`, or makes one, and brings index and outcome files together.
    ///
    /// # Errors
    /// [`StoreError::Locked`] at once when another process has it open; [`StoreError::NewerSchema`] when an outcome
    /// was written by a newer bakeoff; [`StoreError::Write`] where the folder cannot be written.
    pub fn open(dir: impl Into<PathBuf>) -> Result<Self, StoreError> {
        let folder = Folder::at(dir);
        let outcomes = folder.outcomes_dir();
        create_folder(&outcomes).map_err(|source| StoreError::Write { path: outcomes, source })?;
        let lock = StoreLock::take(folder.dir())?;
        let Reconciled { index, repairs } = reconcile::open_index(&folder)?;
        Ok(Self { index, folder, repairs, lock })
    }

    /// The folder, for everything that needs no index.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// What opening had to mend, for the user.
    pub fn repairs(&self) -> &[Repair] {
        &self.repairs
    }

    /// The whole outcome of a trial, from its file; `None` if the index does not know it.
    pub fn get(&self, key: &TrialKey) -> Result<Option<Outcome>, StoreError> {
        match self.index.get(key)? {
            Some(_) => self.folder.read_outcome(key),
            None => Ok(None),
        }
    }

    /// Calls `visit` for each of the trials, with its place among `keys` and its outcome **without its curve**: from
    /// the index alone, in some microseconds each, and one at a time in memory.
    ///
    /// Goes through them by ascending key, which is how the index reads from disk least.
    pub fn for_each(
        &self,
        keys: &[TrialKey],
        mut visit: impl FnMut(usize, Option<Outcome>),
    ) -> Result<(), StoreError> {
        let mut places: Vec<usize> = (0..keys.len()).collect();
        places.sort_unstable_by_key(|&place| &keys[place]);
        for place in places {
            visit(place, self.index.get(&keys[place])?);
        }
        Ok(())
    }

    /// The same for few trials, all at once in their order.
    pub fn get_many(&self, keys: &[TrialKey]) -> Result<Vec<Option<Outcome>>, StoreError> {
        let mut outcomes = vec![None; keys.len()];
        self.for_each(keys, |place, outcome| outcomes[place] = outcome)?;
        Ok(outcomes)
    }

    /// The trials with an outcome, ascending.
    pub fn keys(&self) -> Result<Vec<TrialKey>, StoreError> {
        self.index.keys()
    }

    /// Takes note of the outcome file that a worker wrote, and returns the outcome. When this returns, a `kill -9`
    /// cannot undo it.
    ///
    /// `None` if there is no file, or only a damaged one, which is moved to `damaged/`: the trial has not run.
    pub fn ingest(&self, key: &TrialKey) -> Result<Option<Outcome>, StoreError> {
        let outcome = self.take_note(key)?;
        self.index.flush()?;
        Ok(outcome)
    }

    /// The same for one of many, which is not safe before the index is flushed.
    pub(crate) fn take_note(&self, key: &TrialKey) -> Result<Option<Outcome>, StoreError> {
        // Before reading: if the file is replaced in between, its stamp will not fit and it is read again.
        let stamp = stamp_of(&self.folder.outcome_path(key))?;
        match (self.folder.read_or_set_aside(key)?, stamp) {
            (Found::Outcome(outcome), Some(stamp)) => {
                self.index.insert(stamp, (*outcome).clone())?;
                Ok(Some(*outcome))
            }
            // It came in between.
            (Found::Outcome(_), None) => self.take_note(key),
            _ => self.index.remove(key).map(|()| None),
        }
    }

    /// Writes an outcome and takes note of it, for trials whose worker died before it could. A failure that gives way
    /// to a pruned outcome stays among the attempts.
    pub fn record(&self, outcome: &Outcome) -> Result<Written, StoreError> {
        let written = self.folder.write_outcome(outcome)?;
        if written == Written::AlreadyPruned {
            self.note_attempt(outcome)?;
        }
        self.ingest(&outcome.key)?;
        Ok(written)
    }

    /// Keeps a failed attempt beside the trial, for whoever asks later why it was tried again.
    pub fn note_attempt(&self, outcome: &Outcome) -> Result<(), StoreError> {
        self.folder.write_attempt(outcome)
    }

    /// Forgets the outcomes of those trials that failed, so that they are run again; the failures stay among the
    /// attempts. Others are left as they are, those too that a late worker completes just now. Returns how many were
    /// forgotten.
    pub fn forget_failed(&self, keys: &[TrialKey]) -> Result<usize, StoreError> {
        let mut n_forgotten = 0;
        for key in keys {
            let is_failed = |outcome: &Outcome| outcome.is_failed();
            if !self.folder.read_outcome(key)?.as_ref().is_some_and(is_failed) {
                continue;
            }
            let _replacing = self.folder.lock_replacing()?;
            let Some(outcome) = self.folder.read_outcome(key)?.filter(is_failed) else { continue };
            self.folder.write_attempt(&outcome)?;
            let path = self.folder.outcome_path(key);
            fs::remove_file(&path)
                .and_then(|()| sync_folder_of(&path))
                .map_err(|source| StoreError::Write { path, source })?;
            self.index.remove(key)?;
            n_forgotten += 1;
        }
        self.index.flush()?;
        Ok(n_forgotten)
    }
}
