//! The index: outcomes without their curves, by trial key, in sled. The only file that names sled.
//!
//! sled 0.34 is its last stable version and asks for care. Its lock may outlive a dropped database for a moment; a
//! damaged file makes it panic as often as it returns an error; what is not flushed is lost when the process is killed;
//! and a process that is killed while it opens the database may leave a file that keeps it from being opened again. So it is
//! opened with patience and under `catch_unwind`, read through once, and everything in it can be made again from the
//! outcome files.

use std::cell::Cell;
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::thread;
use std::time::{Duration, Instant};

use bakeoff_spec::{Outcome, TrialKey};

use crate::error::StoreError;
use crate::record::{self, KeyNumber, Stamp, key_of, number_of};

/// What the index said.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// An error of the database.
    #[error(transparent)]
    Database(#[from] sled::Error),
    /// It panicked, as it does on some damaged files.
    #[error("it panicked: {0}")]
    Panic(String),
    /// A record is not as it was written.
    #[error("the record of trial {0} is damaged")]
    Record(String),
    /// It was made by another version of bakeoff.
    #[error("it was of another version")]
    OtherForm,
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

/// An open index.
#[derive(Debug)]
pub(crate) struct Index {
    tree: sled::Tree,
    database: sled::Db,
    dir: PathBuf,
}

/// An index just opened, and what reading it through told.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) index: Index,
    /// Of what it holds, by key, ascending.
    pub(crate) stamps: Vec<(KeyNumber, Stamp)>,
    /// Those of all records, without the room that sled takes for itself.
    pub(crate) bytes: u64,
}

impl Index {
    /// Opens or creates the index in `dir` and reads it through.
    pub(crate) fn open(dir: &Path) -> Result<Opened, IndexError> {
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

    fn open_now(dir: &Path) -> Result<Opened, IndexError> {
        remove_half_snapshots(dir).map_err(sled::Error::Io)?;
        let database = sled::Config::new()
            .path(dir)
            .cache_capacity(CACHE_BYTES)
            // Every insert is flushed by hand; a thread that flushes as well would only keep the lock for longer.
            .flush_every_ms(None)
            .open()?;
        let is_other =
            |name: &sled::IVec| name.starts_with(TREES.as_bytes()) && name != TREE.as_bytes();
        if database.tree_names().iter().any(is_other) {
            return Err(IndexError::OtherForm);
        }
        let tree = database.open_tree(TREE)?;
        let index = Self { tree, database, dir: dir.to_owned() };
        let (mut stamps, mut bytes) = (Vec::new(), 0);
        index.walk(|key, record| {
            bytes += record.len() as u64;
            stamps.push((key, record::stamp(key, record).ok_or_else(|| damaged(key))?));
            Ok(())
        })?;
        Ok(Opened { index, stamps, bytes })
    }

    /// Visits every record, ascending.
    ///
    /// Not by sled's own iterator: that keeps all it has read in memory, whatever the capacity of the cache. Its cache
    /// lets go of pages only as keys are looked up.
    fn walk(
        &self,
        mut visit: impl FnMut(KeyNumber, &[u8]) -> Result<(), IndexError>,
    ) -> Result<(), IndexError> {
        let mut last = sled::IVec::default();
        while let Some((key, record)) = self.tree.get_gt(&last)? {
            let bytes = key.as_ref().try_into();
            let bytes = bytes.map_err(|_| IndexError::Record(format!("{:02x?}", key.as_ref())))?;
            if key <= last {
                return Err(damaged(KeyNumber::from_be_bytes(bytes)));
            }
            visit(KeyNumber::from_be_bytes(bytes), &record)?;
            last = key;
        }
        Ok(())
    }

    /// The outcome of a trial, without its curve.
    pub(crate) fn get(&self, key: &TrialKey) -> Result<Option<Outcome>, StoreError> {
        self.told(|| {
            let number = number_of(key);
            let Some(record) = self.tree.get(number.to_be_bytes())? else { return Ok(None) };
            for _ in 0..MORE_LOOK_UPS {
                self.tree.contains_key(number.to_be_bytes())?;
            }
            record::outcome(number, &record).map(Some).ok_or_else(|| damaged(number))
        })
    }

    /// Puts an outcome in, or in place of another. Not safe before [`Self::flush`].
    pub(crate) fn insert(&self, stamp: Stamp, outcome: Outcome) -> Result<(), StoreError> {
        self.told(|| {
            let number = number_of(&outcome.key);
            let record = record::encode(stamp, outcome).ok_or_else(|| damaged(number))?;
            self.put(number, record)
        })
    }

    /// Takes an outcome out. Not safe before [`Self::flush`].
    pub(crate) fn remove(&self, key: &TrialKey) -> Result<(), StoreError> {
        self.told(|| Ok(self.tree.remove(number_of(key).to_be_bytes()).map(drop)?))
    }

    /// Forces everything to disk.
    pub(crate) fn flush(&self) -> Result<(), StoreError> {
        self.told(|| Ok(self.database.flush().map(drop)?))
    }

    /// The trials in it, ascending.
    pub(crate) fn keys(&self) -> Result<Vec<TrialKey>, StoreError> {
        self.told(|| {
            let mut keys = Vec::new();
            self.walk(|key, _| {
                keys.push(key_of(key));
                Ok(())
            })?;
            Ok(keys)
        })
    }

    /// Copies every record into a new index in `dir`, which is on disk and closed when this returns.
    pub(crate) fn copy_to(&self, dir: &Path) -> Result<(), StoreError> {
        let copy = Self::open(dir)
            .map_err(|source| StoreError::Index { dir: dir.to_owned(), source })?
            .index;
        self.told(|| self.walk(|key, record| copy.put(key, record.to_vec())))?;
        copy.flush()?;
        copy.close()
    }

    /// Closes it for good. Threads of sled may hold its files for a moment after it is dropped, and write by a path
    /// that is another's by then.
    pub(crate) fn close(self) -> Result<(), StoreError> {
        let dir = self.dir.clone();
        drop(self);
        let started = Instant::now();
        let is_free = || -> Result<bool, io::Error> {
            match File::open(dir.join("db"))?.try_lock() {
                Err(TryLockError::Error(error)) => Err(error),
                result => Ok(result.is_ok()),
            }
        };
        loop {
            match is_free() {
                Ok(true) => return Ok(()),
                Ok(false) if started.elapsed() < LOCK_PATIENCE => {
                    thread::sleep(Duration::from_millis(5));
                }
                Ok(false) => return Err(StoreError::Locked { dir, pid: None, since: None }),
                Err(source) => return Err(StoreError::Read { path: dir, source }),
            }
        }
    }

    fn put(&self, key: KeyNumber, record: Vec<u8>) -> Result<(), IndexError> {
        Ok(self.tree.insert(key.to_be_bytes(), record).map(drop)?)
    }

    fn told<T>(&self, act: impl FnOnce() -> Result<T, IndexError>) -> Result<T, StoreError> {
        quietly(act).map_err(|source| StoreError::Index { dir: self.dir.clone(), source })
    }
}

/// What the names of all trees with outcomes begin with, and the one that holds records of the form in `record.rs`.
const TREES: &str = "outcomes-";
const TREE: &str = "outcomes-2";
/// Outcomes are read once and kept by whoever needs them: the cache need not be large.
const CACHE_BYTES: u64 = 4 << 20;
/// Sled holds the capacity of its cache against what was read only at every 64th look-up in each of 256 parts of it. Ten
/// thousand keys here and there would fill 90 MB by then. Looking again costs next to nothing.
const MORE_LOOK_UPS: usize = 7;
const LOCK_PATIENCE: Duration = Duration::from_secs(2);

/// Removes what a process that was killed while it opened the index left of a snapshot. Sled would take it for its
/// newest snapshot, and the whole index for damaged. The log holds all that such a snapshot would.
fn remove_half_snapshots(dir: &Path) -> io::Result<()> {
    // Sled writes snapshots while it holds this very lock, and will say so itself where it is held.
    let Ok(database) = File::open(dir.join("db")) else { return Ok(()) };
    if database.try_lock().is_err() {
        return Ok(());
    }
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn damaged(key: KeyNumber) -> IndexError {
    IndexError::Record(key_of(key).short().to_owned())
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
