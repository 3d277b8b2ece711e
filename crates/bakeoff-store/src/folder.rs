//! The store's folder without its index: what workers write into and read-only commands read from, without any lock.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use bakeoff_spec::{Outcome, TrialKey};

use crate::atomic_file::{create_folder, stage, sync_folder_of};
use crate::error::{Damage, StoreError};
use crate::outcome_file::{self, Decoded, SCHEMA};
use crate::sealed::Unsealed;

/// A store's folder. Any number of processes may use it at a time, on any machine that sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    dir: PathBuf,
}

/// What became of an outcome that was to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It is the trial's first.
    New,
    /// It took the place of a failed one.
    Replaced,
    /// It was dropped: the trial had completed before, and a late twin changes nothing.
    AlreadyCompleted,
    /// It was dropped: it failed, and the trial had been pruned before.
    AlreadyPruned,
}

/// What there is of a trial.
#[derive(Debug)]
pub(crate) enum Found {
    Outcome(Box<Outcome>),
    Nothing,
    /// A file that could not be read and is in `damaged/` now.
    SetAside {
        moved_to: PathBuf,
        reason: Damage,
    },
}

/// Every outcome of a folder.
#[derive(Debug, Default)]
pub struct FolderOutcomes {
    /// The readable ones, by key.
    pub outcomes: Vec<Outcome>,
    /// The others: file and reason.
    pub damaged: Vec<(PathBuf, Damage)>,
}

impl Folder {
    /// The store in `dir`. Nothing is created before something is written.
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// The folder itself.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Writes the file of a trial's outcome, on disk when this returns.
    ///
    /// A completed outcome is never replaced, whoever comes late; a failed one is. A pruned one gives way to all but a
    /// failed one, so that a spec whose rule stopped the trial does not lose it to the failure of a spec without that
    /// rule. Specs with two different rules do replace one another's pruned outcomes, since a store keeps one a trial:
    /// to each the trial has not run then, and it runs again.
    pub fn write_outcome(&self, outcome: &Outcome) -> Result<Written, StoreError> {
        let path = self.outcome_path(&outcome.key);
        let write_error = |source| StoreError::Write { path: path.clone(), source };
        create_folder(&self.outcomes_dir()).map_err(write_error)?;
        let bytes = outcome_file::encode(outcome).map_err(write_error)?;
        let mut staged = stage(&path, &bytes).map_err(write_error)?;
        let written = loop {
            match staged.persist_noclobber(&path) {
                Ok(_) => break Written::New,
                Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
                    staged = error.file;
                }
                Err(error) => return Err(write_error(error.error)),
            }
            // Only who holds this may take a file away, so what is read now is what is replaced below.
            let _replacing = self.lock_replacing()?;
            match self.read_outcome(&outcome.key) {
                Ok(Some(there)) if there.is_completed() => break Written::AlreadyCompleted,
                Ok(Some(there)) if outcome.is_failed() && !there.is_failed() => {
                    break Written::AlreadyPruned;
                }
                Ok(Some(_)) => {
                    staged.persist(&path).map_err(|error| write_error(error.error))?;
                    break Written::Replaced;
                }
                Ok(None) => {}
                Err(StoreError::Damaged { .. }) => {
                    self.set_aside(&path)?;
                }
                Err(error) => return Err(error),
            }
        };
        sync_folder_of(&path).map_err(write_error)?;
        Ok(written)
    }

    /// The outcome of a trial, if it has one.
    pub fn read_outcome(&self, key: &TrialKey) -> Result<Option<Outcome>, StoreError> {
        let decoded = read_outcome_file(&self.outcome_path(key), key)?;
        Ok(decoded.map(|decoded| decoded.outcome))
    }

    /// The outcome of a trial. A file that cannot be read is moved to `damaged/`, unless a worker has put a readable
    /// one in its place since.
    pub(crate) fn read_or_set_aside(&self, key: &TrialKey) -> Result<Found, StoreError> {
        let found = |outcome: Option<Outcome>| {
            outcome.map_or(Found::Nothing, |outcome| Found::Outcome(Box::new(outcome)))
        };
        match self.read_outcome(key) {
            Err(StoreError::Damaged { .. }) => {}
            outcome => return outcome.map(found),
        }
        let _replacing = self.lock_replacing()?;
        match self.read_outcome(key) {
            Err(StoreError::Damaged { path, source: reason }) => {
                Ok(Found::SetAside { moved_to: self.set_aside(&path)?, reason })
            }
            outcome => outcome.map(found),
        }
    }

    /// Every outcome, by key.
    pub fn outcomes(&self) -> Result<FolderOutcomes, StoreError> {
        let mut all = FolderOutcomes::default();
        for key in self.outcome_keys()? {
            match self.read_outcome(&key) {
                Ok(outcome) => all.outcomes.extend(outcome),
                Err(StoreError::Damaged { path, source }) => all.damaged.push((path, source)),
                Err(error) => return Err(error),
            }
        }
        Ok(all)
    }

    /// The trials that have an outcome file, ascending.
    pub fn outcome_keys(&self) -> Result<Vec<TrialKey>, StoreError> {
        let dir = self.outcomes_dir();
        let mut keys: Vec<_> =
            names_in(&dir)?.iter().filter_map(|name| outcome_key(name)).collect();
        keys.sort_unstable();
        Ok(keys)
    }

    pub(crate) fn outcomes_dir(&self) -> PathBuf {
        self.dir.join("outcomes")
    }

    pub(crate) fn outcome_path(&self, key: &TrialKey) -> PathBuf {
        self.outcomes_dir().join(format!("{key}.json"))
    }

    /// Moves an unreadable file to `damaged/`, under a name that is free there. Of outcomes, only for who holds
    /// [`Self::lock_replacing`].
    pub(crate) fn set_aside(&self, path: &Path) -> Result<PathBuf, StoreError> {
        let dir = self.dir.join("damaged");
        create_folder(&dir).map_err(|source| StoreError::Write { path: dir.clone(), source })?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let aside = first_free(|n| match n {
            0 => dir.join(&*name),
            _ => dir.join(format!("{name}.{n}")),
        });
        fs::rename(path, &aside)
            .map_err(|source| StoreError::Write { path: aside.clone(), source })?;
        Ok(aside)
    }

    /// Held while an outcome that is there is replaced or taken away, and since before it was last read; given back when
    /// dropped or when the process dies.
    pub(crate) fn lock_replacing(&self) -> Result<File, StoreError> {
        let path = self.outcomes_dir().join(".replacing");
        let lock = || {
            let file = File::options().create(true).append(true).open(&path)?;
            file.lock()?;
            Ok(file)
        };
        lock().map_err(|source| StoreError::Write { path: path.clone(), source })
    }
}

/// The trial that the outcome file `name` belongs to; `None` for other files.
pub(crate) fn outcome_key(name: &str) -> Option<TrialKey> {
    TrialKey::parse(name.strip_suffix(".json")?)
}

/// The key that a file's name begins with, before its ending.
pub(crate) fn leading_key(name: &str) -> Option<TrialKey> {
    TrialKey::parse(name.split('.').next()?)
}

/// The outcome in the file at `path`; `None` if there is no file.
pub(crate) fn read_outcome_file(
    path: &Path,
    key: &TrialKey,
) -> Result<Option<Decoded>, StoreError> {
    let Some(bytes) = read_if_there(path)? else { return Ok(None) };
    outcome_file::decode(&bytes, key).map(Some).map_err(|error| unreadable(path, error, SCHEMA))
}

/// The error of a file that is no document of a version up to `known`.
pub(crate) fn unreadable(path: &Path, error: Unsealed, known: u32) -> StoreError {
    let path = path.to_owned();
    match error {
        Unsealed::Damaged(source) => StoreError::Damaged { path, source },
        Unsealed::NewerSchema(found) => StoreError::NewerSchema { path, found, known },
    }
}

/// The file's content; `None` if there is no file.
pub(crate) fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(StoreError::Read { path: path.to_owned(), source }),
    }
}

/// The names in a folder, in no order; none where there is no folder.
pub(crate) fn names_in(dir: &Path) -> Result<Vec<String>, StoreError> {
    let names = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.and_then(|entries| {
            entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
        }),
    };
    names.map_err(|source| StoreError::Read { path: dir.to_owned(), source })
}

/// The first of the numbered paths, from 0, at which there is nothing.
pub(crate) fn first_free(path: impl Fn(u32) -> PathBuf) -> PathBuf {
    let mut n = 0;
    while path(n).exists() {
        n += 1;
    }
    path(n)
}
