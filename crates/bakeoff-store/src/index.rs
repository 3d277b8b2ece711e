//! The index: outcomes without their curves, by trial key, in sled. The only file that names sled.
//!
//! sled 0.34 is its last stable version and asks for care. Its lock may outlive a dropped database for a moment; a
//! damaged file makes it panic as often as it returns an error; and what is not flushed is lost when the process is
//! killed. So it is opened with patience and under `catch_unwind`, read through once, and everything in it can be
//! made again from the outcome files.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::thread;
use std::time::{Duration, Instant};

use bakeoff_spec::{Outcome, TrialKey};

use crate::error::StoreError;

/// What the index said.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// An error of the database.
    #[error(transparent)]
    Database(#[from] sled::Error),
    /// It panicked, as it does on some damaged files.
    #[error("it panicked: {0}")]
    Panic(String),
    /// A record is not of the form that is written here.
    #[error("the record of {0} is unreadable")]
    Record(String),
}

impl IndexError {
    /// Whether the system refused something, rather than the files being damaged: making the index again cannot help.
    pub(crate) fn is_refusal(&self) -> bool {
        let Self::Database(sled::Error::Io(error)) = self else { return false };
        self.is_locked()
            || matches!(
                error.kind(),
                ErrorKind::PermissionDenied
                    | ErrorKind::QuotaExceeded
                    | ErrorKind::ReadOnlyFilesystem
                    | ErrorKind::StorageFull
            )
    }

    pub(crate) fn is_locked(&self) -> bool {
        matches!(self, Self::Database(sled::Error::Io(error)) if error.to_string().contains("could not acquire lock"))
    }
}

/// Tells whether a file is still the one that was indexed, without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) bytes: u64,
    pub(crate) inode: u64,
    pub(crate) modified_nanos: i64,
}

/// An open index.
#[derive(Debug)]
pub(crate) struct Index {
    tree: sled::Tree,
    database: sled::Db,
    dir: PathBuf,
}

impl Index {
    /// Opens or creates the index in `dir` and reads it through; returns with it the stamps of what it holds.
    pub(crate) fn open(dir: &Path) -> Result<(Self, BTreeMap<TrialKey, Stamp>), IndexError> {
        let started = Instant::now();
        loop {
            match quietly(|| Self::open_now(dir)) {
                Err(error) if error.is_locked() && started.elapsed() < LOCK_PATIENCE => {
                    thread::sleep(Duration::from_millis(20));
                }
                result => return result,
            }
        }
    }

    fn open_now(dir: &Path) -> Result<(Self, BTreeMap<TrialKey, Stamp>), IndexError> {
        let database = sled::Config::new()
            .path(dir)
            .cache_capacity(CACHE_BYTES)
            // Every insert is flushed by hand; a thread that flushes as well would only keep the lock for longer.
            .flush_every_ms(None)
            .open()?;
        let tree = database.open_tree(TREE)?;
        let mut stamps = BTreeMap::new();
        for entry in &tree {
            let (key, record) = entry?;
            let (stamp, _) = split(&key, &record)?;
            stamps.insert(parse_key(&key)?, stamp);
        }
        Ok((Self { tree, database, dir: dir.to_owned() }, stamps))
    }

    /// The outcome of a trial, without its curve.
    pub(crate) fn get(&self, key: &TrialKey) -> Result<Option<Outcome>, StoreError> {
        self.told(|| {
            let Some(record) = self.tree.get(key.as_str())? else { return Ok(None) };
            let (_, json) = split(key.as_str().as_bytes(), &record)?;
            let outcome = serde_json::from_slice(json);
            outcome.map(Some).map_err(|_| IndexError::Record(key.to_string()))
        })
    }

    /// Puts an outcome in, or in place of another. Not safe before [`Self::flush`].
    pub(crate) fn insert(&self, stamp: Stamp, mut outcome: Outcome) -> Result<(), StoreError> {
        outcome.curve = Vec::new();
        self.told(|| {
            let mut record = Vec::new();
            record.extend(stamp.bytes.to_le_bytes());
            record.extend(stamp.inode.to_le_bytes());
            record.extend(stamp.modified_nanos.to_le_bytes());
            serde_json::to_writer(&mut record, &outcome)
                .map_err(|_| IndexError::Record(outcome.key.to_string()))?;
            self.tree.insert(outcome.key.as_str(), record)?;
            Ok(())
        })
    }

    /// Takes an outcome out. Not safe before [`Self::flush`].
    pub(crate) fn remove(&self, key: &TrialKey) -> Result<(), StoreError> {
        self.told(|| Ok(self.tree.remove(key.as_str()).map(drop)?))
    }

    /// Forces everything to disk.
    pub(crate) fn flush(&self) -> Result<(), StoreError> {
        self.told(|| Ok(self.database.flush().map(drop)?))
    }

    /// The trials in it, ascending.
    pub(crate) fn keys(&self) -> Result<Vec<TrialKey>, StoreError> {
        self.told(|| self.tree.iter().keys().map(|key| parse_key(&key?)).collect())
    }

    fn told<T>(&self, act: impl FnOnce() -> Result<T, IndexError>) -> Result<T, StoreError> {
        quietly(act).map_err(|source| StoreError::Index { dir: self.dir.clone(), source })
    }
}

/// Another name where records are of another form: then all are made again.
const TREE: &str = "outcomes-1";
const STAMP_LEN: usize = 24;
/// Outcomes are read once and kept by whoever needs them: the cache need not be large.
const CACHE_BYTES: u64 = 16 << 20;
const LOCK_PATIENCE: Duration = Duration::from_secs(2);

fn split<'a>(key: &[u8], record: &'a [u8]) -> Result<(Stamp, &'a [u8]), IndexError> {
    let unreadable = || IndexError::Record(String::from_utf8_lossy(key).into_owned());
    let (stamp, json) = record.split_first_chunk::<STAMP_LEN>().ok_or_else(unreadable)?;
    let (&[bytes, inode, modified], _) = stamp.as_chunks::<8>() else { return Err(unreadable()) };
    let stamp = Stamp {
        bytes: u64::from_le_bytes(bytes),
        inode: u64::from_le_bytes(inode),
        modified_nanos: i64::from_le_bytes(modified),
    };
    Ok((stamp, json))
}

fn parse_key(key: &[u8]) -> Result<TrialKey, IndexError> {
    let text = String::from_utf8_lossy(key);
    TrialKey::parse(&text).ok_or_else(|| IndexError::Record(text.into_owned()))
}

/// Runs `act` with a panic turned into an error, and without the message that a panic prints: the user is told what
/// was mended instead. Other threads panic as loudly as ever.
fn quietly<T>(act: impl FnOnce() -> Result<T, IndexError>) -> Result<T, IndexError> {
    static HOOK: Once = Once::new();
    thread_local! { static IS_QUIET: Cell<bool> = const { Cell::new(false) } }
    HOOK.call_once(|| {
        let loud = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !IS_QUIET.get() {
                loud(panic);
            }
        }));
    });
    IS_QUIET.set(true);
    let result = panic::catch_unwind(AssertUnwindSafe(act));
    IS_QUIET.set(false);
    result.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or_default();
        Err(IndexError::Panic(text.lines().next().unwrap_or("without a word").to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_the_database_becomes_an_error_of_one_line() {
        let panics = || -> Result<(), IndexError> { panic!("left is not right\n  left: {}", 1) };
        assert_eq!(quietly(panics).unwrap_err().to_string(), "it panicked: left is not right");
    }
}
