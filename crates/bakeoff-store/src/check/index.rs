//! The index, by a copy of it: opening sled writes, and the store may not be writable.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use serde::Serialize;
use tempfile::TempDir;

use super::problem;
use crate::folder::Folder;
use crate::index::{Index, Opened};
use crate::lock::StoreLock;
use crate::record::{KeyNumber, Stamp};

/// How the index is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum IndexState {
    /// It holds exactly the outcomes that there are.
    Sound {
        /// How many.
        records: usize,
    },
    /// Files came or went that it does not know of; opening the store brings it up to date.
    Behind {
        /// Its records.
        records: usize,
        /// Outcome files that are not in it as they are.
        not_in_it: usize,
        /// Records whose files are gone.
        gone: usize,
    },
    /// There is none; opening the store makes one.
    Missing,
    /// It cannot be read; opening the store makes it again.
    Damaged {
        /// What is wrong with it.
        problem: String,
    },
    /// It was not looked at.
    Unchecked {
        /// Why not.
        reason: String,
    },
}

/// An open copy of the index.
pub(super) struct Copied {
    // Closed before its folder goes.
    pub(super) index: Index,
    stamps: Vec<(KeyNumber, Stamp)>,
    n_seen: usize,
    n_not_in_it: usize,
    _dir: TempDir,
}

impl Copied {
    /// A copy of the folder's index if there is one to be had, and how it looks by itself.
    pub(super) fn of(folder: &Folder) -> (Option<Self>, IndexState) {
        let source = folder.dir().join("index");
        if !source.is_dir() {
            return (None, IndexState::Missing);
        }
        // Held until the copy is made: a copy of files that are being written is worth nothing.
        let lock = match StoreLock::take_to_read(folder.dir()) {
            Ok(lock) => lock,
            Err(error) => return (None, IndexState::Unchecked { reason: problem(&error) }),
        };
        let copy = tempfile::tempdir().and_then(|dir| {
            copy_folder(&source, &dir.path().join("index"))?;
            Ok(dir)
        });
        drop(lock);
        let dir = match copy {
            Ok(dir) => dir,
            Err(error) => {
                let reason = format!("cannot copy it: {error}");
                return (None, IndexState::Unchecked { reason });
            }
        };
        match Index::open(&dir.path().join("index")) {
            Ok(Opened { index, stamps, .. }) => {
                let state = IndexState::Sound { records: stamps.len() };
                (Some(Self { index, stamps, n_seen: 0, n_not_in_it: 0, _dir: dir }), state)
            }
            Err(error) if error.is_refusal() => {
                (None, IndexState::Unchecked { reason: error.to_string() })
            }
            Err(error) => (None, IndexState::Damaged { problem: error.to_string() }),
        }
    }

    /// Whether the index holds the outcome file with that stamp; notes it if not.
    pub(super) fn takes_for(&mut self, key: KeyNumber, stamp: Stamp) -> bool {
        let known = self.stamps.binary_search_by_key(&key, |entry| entry.0);
        self.n_seen += usize::from(known.is_ok());
        let is_it = known.is_ok_and(|i| self.stamps[i].1 == stamp);
        self.n_not_in_it += usize::from(!is_it);
        is_it
    }

    /// How it looks after all outcome files have been asked for.
    pub(super) fn state(&self) -> IndexState {
        let (records, gone) = (self.stamps.len(), self.stamps.len() - self.n_seen);
        match self.n_not_in_it {
            0 if gone == 0 => IndexState::Sound { records },
            not_in_it => IndexState::Behind { records, not_in_it, gone },
        }
    }
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            // Not `fs::copy`, which would copy a ban on writing too.
            io::copy(&mut File::open(entry.path())?, &mut File::create(target)?)?;
        }
    }
    Ok(())
}
