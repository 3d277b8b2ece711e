//! Taking things out of a store: trials by name, and files that nothing needs.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bakeoff_spec::{Outcome, Scored, TrialKey};
use serde::Serialize;

use crate::atomic_file::{is_temporary, sync_folder_of};
use crate::check::PLACES;
use crate::error::StoreError;
use crate::folder::{leading_key, names_in};
use crate::reconcile::{is_long_ago, is_older};
use crate::store::Store;

/// What was removed, or would be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Collected {
    /// Below the store's folder.
    pub files: Vec<PathBuf>,
    /// Theirs together.
    pub bytes: u64,
}

impl Store {
    /// Removes trials with all that is kept of them, and their checkpoints where no other trial has the same fit.
    /// Trials that are not in the store are passed over. With `dry_run`, only says what it would remove.
    pub fn remove(&self, keys: &[TrialKey], dry_run: bool) -> Result<Collected, StoreError> {
        let keys: BTreeSet<&TrialKey> = keys.iter().collect();
        let (mut fits, mut fits_of_others) = (BTreeSet::new(), BTreeSet::new());
        let all = self.keys()?;
        self.for_each(&all, |place, outcome| {
            let Some(outcome) = outcome else { return };
            let set = if keys.contains(&all[place]) { &mut fits } else { &mut fits_of_others };
            set.insert(outcome.trial.fit_key());
        })?;
        let mut removal = Removal::new(self.folder.dir(), dry_run);
        // First what says that the trial has run: whatever of the rest a kill leaves, nothing will take it for whole.
        for key in all.iter().filter(|key| keys.contains(key)) {
            removal.remove("outcomes", &format!("{key}.json"))?;
            if !dry_run {
                self.index.remove(key)?;
            }
        }
        if !dry_run {
            removal.sync("outcomes")?;
            self.index.flush()?;
        }
        removal.remove_each("units", |key, _| keys.contains(key))?;
        removal.remove_each("attempts", |key, _| keys.contains(key))?;
        removal.remove_each("checkpoints", |fit, _| {
            fits.contains(fit.as_str()) && !fits_of_others.contains(fit.as_str())
        })?;
        removal.finish()
    }

    /// The fits whose checkpoints are of use although no spec asks for them: those that were tested, and those of
    /// searches under way, which train their winner from its checkpoint and longer fits from those of shorter ones.
    ///
    /// A search is under way while no trial of the same spec and model was tested.
    pub fn fits_in_use(&self) -> Result<BTreeSet<String>, StoreError> {
        let (mut in_use, mut ended) = (BTreeSet::new(), BTreeSet::new());
        let mut searched = Vec::new();
        self.for_each(&self.keys()?, |_, outcome| {
            let Some(Outcome { trial, provenance, .. }) = outcome else { return };
            let (fit, search) = (trial.fit_key(), (provenance.spec_hash, trial.model.name));
            match trial.scored {
                Scored::Valid => searched.push((fit, search)),
                Scored::ValidAndTest => {
                    in_use.insert(fit);
                    ended.insert(search);
                }
            }
        })?;
        let under_way = searched.into_iter().filter(|(_, search)| !ended.contains(search));
        in_use.extend(under_way.map(|(fit, _)| fit));
        Ok(in_use)
    }

    /// Removes checkpoints of fits that `keep` does not name, and what workers that were killed left: units, attempts
    /// and checkpoints without an outcome, half-written files. Of these, what is younger than an hour may be in the
    /// hands of a worker and stays. So does, for a month, an unfinished fit that the next attempt at its trial goes on
    /// from, whatever `keep` says. With `dry_run`, only says what it would remove.
    pub fn collect(
        &self,
        keep: &dyn Fn(&str) -> bool,
        dry_run: bool,
    ) -> Result<Collected, StoreError> {
        let trials: BTreeSet<TrialKey> = self.folder.outcome_keys()?.into_iter().collect();
        let (mut fits, mut over) = (BTreeSet::new(), BTreeSet::new());
        self.for_each(&self.keys()?, |_, outcome| {
            let Some(outcome) = outcome else { return };
            let fit = outcome.trial.fit_key();
            if !outcome.is_failed() {
                over.insert(fit.clone());
            }
            fits.insert(fit);
        })?;
        let mut removal = Removal::new(self.folder.dir(), dry_run);
        for place in ["units", "attempts"] {
            removal.remove_each(place, |key, path| !trials.contains(key) && is_long_ago(path))?;
        }
        removal.remove_each("checkpoints", |fit, path| {
            let fit = fit.as_str();
            if !over.contains(fit) && is_unfinished(path) {
                return !keep(fit) && is_older(path, A_MONTH);
            }
            !keep(fit) && (fits.contains(fit) || is_long_ago(path))
        })?;
        removal.remove_temporary()?;
        removal.finish()
    }

    /// Removes files that were half written more than an hour ago.
    pub fn remove_temporary(&self) -> Result<Collected, StoreError> {
        let mut removal = Removal::new(self.folder.dir(), false);
        removal.remove_temporary()?;
        removal.finish()
    }
}

/// Whoever has not come back to a sweep by then trains the trials that were under way from the beginning.
const A_MONTH: Duration = Duration::from_secs(30 * 24 * 3600);

/// Whether it is the checkpoint of a fit that was under way.
fn is_unfinished(path: &Path) -> bool {
    path.to_string_lossy().ends_with(".partial.safetensors")
}

/// Removes files, or only notes them.
struct Removal<'a> {
    dir: &'a Path,
    dry_run: bool,
    collected: Collected,
}

impl<'a> Removal<'a> {
    fn new(dir: &'a Path, dry_run: bool) -> Self {
        Self { dir, dry_run, collected: Collected::default() }
    }

    fn remove(&mut self, place: &str, name: &str) -> Result<(), StoreError> {
        let below = Path::new(place).join(name);
        let path = self.dir.join(&below);
        let removed = fs::symlink_metadata(&path).and_then(|metadata| {
            if !self.dry_run {
                fs::remove_file(&path)?;
            }
            Ok(metadata.len())
        });
        match removed {
            Ok(bytes) => {
                self.collected.files.push(below);
                self.collected.bytes += bytes;
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(source) => Err(StoreError::Write { path, source }),
        }
    }

    /// Removes the files of a folder whose names begin with a key and of which `is_to_go` says so.
    fn remove_each(
        &mut self,
        place: &str,
        is_to_go: impl Fn(&TrialKey, &Path) -> bool,
    ) -> Result<(), StoreError> {
        let dir = self.dir.join(place);
        let mut names = names_in(&dir)?;
        names.sort_unstable();
        for name in names {
            if leading_key(&name).is_some_and(|key| is_to_go(&key, &dir.join(&name))) {
                self.remove(place, &name)?;
            }
        }
        Ok(())
    }

    fn remove_temporary(&mut self) -> Result<(), StoreError> {
        for place in PLACES {
            let dir = self.dir.join(place);
            for name in names_in(&dir)? {
                if is_temporary(&name) && is_long_ago(&dir.join(&name)) {
                    self.remove(place, &name)?;
                }
            }
        }
        Ok(())
    }

    /// Forces a folder to disk from which something was removed.
    fn sync(&self, place: &str) -> Result<(), StoreError> {
        let path = self.dir.join(place).join("any");
        sync_folder_of(&path).map_err(|source| StoreError::Write { path, source })
    }

    /// Forces them all.
    fn finish(self) -> Result<Collected, StoreError> {
        let is_touched =
            |place: &&str| self.collected.files.iter().any(|file| file.starts_with(place));
        if !self.dry_run {
            PLACES.iter().copied().filter(is_touched).try_for_each(|place| self.sync(place))?;
        }
        Ok(self.collected)
    }
}
