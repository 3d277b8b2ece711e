//! Writing the index anew, at the size that its records need. Killed at any point of it, the store opens.
//!
//! The new index grows in a folder beside the old one; then the two change names in one step of the file system, and
//! the old one is removed. What a killed process left of either is removed at the next opening.

use std::fs;
use std::io;
use std::path::PathBuf;

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use serde::Serialize;

use crate::atomic_file::sync_folder_of;
use crate::check::{Size, add_size};
use crate::error::StoreError;
use crate::folder::{Folder, names_in};
use crate::index::Index;
use crate::reconcile::{index_dir, index_error};
use crate::store::Store;

/// Bytes that something takes on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Resized {
    /// Before.
    pub before: u64,
    /// After.
    pub after: u64,
}

impl Store {
    /// Writes the index anew.
    ///
    /// # Errors
    /// When it cannot be written; the store is closed then, and whole.
    pub fn compact(self) -> Result<(Self, Resized), StoreError> {
        let Self { index, folder, repairs, lock } = self;
        let (index, sizes) = compact(&folder, index)?;
        Ok((Self { index, folder, repairs, lock }, sizes))
    }

    /// Removes the damaged indexes that were set aside, and returns how much that was.
    pub fn remove_damaged_indexes(&self) -> Result<Size, StoreError> {
        let mut size = Size::default();
        for name in names_in(self.folder.dir())? {
            if name.starts_with("index.damaged-") {
                let path = self.folder.dir().join(name);
                add_size(&mut size, &path)
                    .and_then(|()| fs::remove_dir_all(&path))
                    .map_err(|source| StoreError::Write { path, source })?;
            }
        }
        Ok(size)
    }
}

/// Writes the open index anew.
pub(crate) fn compact(folder: &Folder, index: Index) -> Result<(Index, Resized), StoreError> {
    let before = bytes_on_disk(folder)?;
    let (dir, [fresh, old]) = (index_dir(folder), leftovers(folder));
    let write_error = |source| StoreError::Write { path: dir.clone(), source };
    remove_leftovers(folder)?;
    index.copy_to(&fresh)?;
    index.close()?;
    match renameat_with(CWD, &fresh, CWD, &dir, RenameFlags::EXCHANGE) {
        Ok(()) => {}
        // Some network file systems cannot. Killed in between, there is no index, and opening makes it again.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            fs::rename(&dir, &old).and_then(|()| fs::rename(&fresh, &dir)).map_err(write_error)?;
        }
        Err(error) => return Err(write_error(error.into())),
    }
    sync_folder_of(&dir).map_err(write_error)?;
    remove_leftovers(folder)?;
    let opened = Index::open(&dir).map_err(|error| index_error(folder, error))?;
    Ok((opened.index, Resized { before, after: bytes_on_disk(folder)? }))
}

/// Whether the index takes far more room than records of that many bytes need.
///
/// Written anew it takes two to four times their bytes, grown trial by trial no more than twice that.
pub(crate) fn is_bloated(folder: &Folder, bytes: u64) -> Result<bool, StoreError> {
    Ok(bytes_on_disk(folder)? > NEVER_BLOATED + 10 * bytes)
}

const NEVER_BLOATED: u64 = 32 << 20;

/// Removes what a compaction that was killed left behind.
pub(crate) fn remove_leftovers(folder: &Folder) -> Result<(), StoreError> {
    for path in leftovers(folder) {
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(StoreError::Write { path, source: error });
            }
            _ => {}
        }
    }
    Ok(())
}

/// The new index while it is written, and the old one where the two cannot change names in one step.
fn leftovers(folder: &Folder) -> [PathBuf; 2] {
    ["index.compacting", "index.replaced"].map(|name| folder.dir().join(name))
}

fn bytes_on_disk(folder: &Folder) -> Result<u64, StoreError> {
    let (path, mut size) = (index_dir(folder), Size::default());
    add_size(&mut size, &path).map_err(|source| StoreError::Read { path, source })?;
    Ok(size.bytes)
}
