//! Opening: whatever happened to the folder while nobody looked, index and outcome files agree afterwards.
//!
//! Files are compared with the index by name, size, inode and time of change; only those that differ are read.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use bakeoff_spec::TrialKey;

use crate::atomic_file::is_temporary;
use crate::compact;
use crate::error::StoreError;
use crate::folder::{Folder, Found, first_free, names_in, outcome_key};
use crate::index::{Index, IndexError};
use crate::record::{KeyNumber, Stamp, key_of, number_of};
use crate::repair::Repair;

/// An index that agrees with the files.
pub(crate) struct Reconciled {
    pub(crate) index: Index,
    pub(crate) repairs: Vec<Repair>,
}

/// Opens the index of `folder`, makes it again if it must, and brings it up to date.
pub(crate) fn open_index(folder: &Folder) -> Result<Reconciled, StoreError> {
    compact::remove_leftovers(folder)?;
    let files = outcome_files(folder)?;
    let dir = index_dir(folder);
    let mut rebuilt = None;
    if !dir.exists() && !files.is_empty() {
        rebuilt = Some((None, "there was none".to_owned()));
    }
    let opened = match Index::open(&dir) {
        Ok(opened) => opened,
        Err(error) if error.is_refusal() => return Err(index_error(folder, error)),
        Err(error) => {
            let aside = match error {
                IndexError::OtherForm => None,
                _ => Some(first_free(|n| folder.dir().join(format!("index.damaged-{}", n + 1)))),
            };
            let moved = match &aside {
                Some(aside) => fs::rename(&dir, aside),
                None => fs::remove_dir_all(&dir),
            };
            moved.map_err(|source| StoreError::Write { path: dir.clone(), source })?;
            rebuilt = Some((aside, error.to_string()));
            Index::open(&dir).map_err(|error| index_error(folder, error))?
        }
    };

    let is_bloated = compact::is_bloated(folder, opened.bytes)?;
    let mut repairs = Vec::new();
    let changes = bring_up_to_date(folder, &opened.index, &files, &opened.stamps)?;
    if let Some((moved_to, reason)) = rebuilt {
        repairs.push(Repair::IndexRebuilt { moved_to, reason, n_outcomes: changes.added.len() });
    } else if !changes.added.is_empty() {
        repairs.push(Repair::Indexed { keys: changes.added });
    }
    if !changes.gone.is_empty() {
        repairs.push(Repair::Dropped { keys: changes.gone });
    }
    repairs.extend(changes.set_aside);
    let mut index = opened.index;
    if is_bloated {
        let sizes;
        (index, sizes) = compact::compact(folder, index)?;
        repairs.push(Repair::Compacted { sizes });
    }
    Ok(Reconciled { index, repairs })
}

/// Where the index of a store is.
pub(crate) fn index_dir(folder: &Folder) -> PathBuf {
    folder.dir().join("index")
}

/// The error of an index that cannot be opened.
pub(crate) fn index_error(folder: &Folder, source: IndexError) -> StoreError {
    if source.is_locked() {
        StoreError::Locked { dir: folder.dir().to_owned(), pid: None, since: None }
    } else {
        StoreError::Index { dir: index_dir(folder), source }
    }
}

/// What tells whether the file at `path` has changed; `None` if there is none.
pub(crate) fn stamp_of(path: &Path) -> Result<Option<Stamp>, StoreError> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(stamp(&metadata))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(StoreError::Read { path: path.to_owned(), source }),
    }
}

fn stamp(metadata: &Metadata) -> Stamp {
    Stamp {
        bytes: metadata.len(),
        inode: metadata.ino(),
        modified_nanos: metadata.mtime() * 1_000_000_000 + metadata.mtime_nsec(),
    }
}

#[derive(Default)]
struct Changes {
    /// New in the index.
    added: Vec<TrialKey>,
    /// In the index and without a file.
    gone: Vec<TrialKey>,
    set_aside: Vec<Repair>,
}

/// What is known of files: by key, ascending.
type Stamps = [(KeyNumber, Stamp)];

fn stamp_in(stamps: &Stamps, key: KeyNumber) -> Option<Stamp> {
    stamps.binary_search_by_key(&key, |entry| entry.0).ok().map(|i| stamps[i].1)
}

fn bring_up_to_date(
    folder: &Folder,
    index: &Index,
    files: &Stamps,
    known: &Stamps,
) -> Result<Changes, StoreError> {
    let mut changes = Changes::default();
    for &(number, stamp) in
        files.iter().filter(|&&(key, stamp)| stamp_in(known, key) != Some(stamp))
    {
        let key = key_of(number);
        let is_known = stamp_in(known, number).is_some();
        match folder.read_or_set_aside(&key)? {
            Found::Outcome(outcome) => {
                index.insert(stamp, *outcome)?;
                if !is_known {
                    changes.added.push(key);
                }
                continue;
            }
            Found::Nothing => {}
            Found::SetAside { moved_to, reason } => {
                changes.set_aside.push(Repair::SetAside { key: key.clone(), moved_to, reason });
            }
        }
        if is_known {
            index.remove(&key)?;
        }
    }
    for &(number, _) in known.iter().filter(|(key, _)| stamp_in(files, *key).is_none()) {
        let key = key_of(number);
        index.remove(&key)?;
        changes.gone.push(key);
    }
    index.flush()?;
    Ok(changes)
}

/// The outcome files by trial. Takes away what writers that died long ago have left half written.
fn outcome_files(folder: &Folder) -> Result<Vec<(KeyNumber, Stamp)>, StoreError> {
    let dir = folder.outcomes_dir();
    let mut files = Vec::new();
    for name in names_in(&dir)? {
        let path = dir.join(&name);
        if is_temporary(&name) && is_long_ago(&path) {
            // Whether this succeeds changes nothing but the room it takes.
            let _ = fs::remove_file(&path);
        } else if let Some(key) = outcome_key(&name)
            && let Some(stamp) = stamp_of(&path)?
        {
            files.push((number_of(&key), stamp));
        }
    }
    files.sort_unstable_by_key(|file| file.0);
    Ok(files)
}

/// A file that is being written now, perhaps by another machine, is never this old.
const A_WHILE: Duration = Duration::from_secs(3600);

pub(crate) fn is_long_ago(path: &Path) -> bool {
    is_older(path, A_WHILE)
}

pub(crate) fn is_older(path: &Path, least: Duration) -> bool {
    let modified = fs::metadata(path).and_then(|metadata| metadata.modified());
    let age = modified.map(|modified| SystemTime::now().duration_since(modified));
    matches!(age, Ok(Ok(age)) if age > least)
}
