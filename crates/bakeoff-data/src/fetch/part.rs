//! A download under way: the bytes that have arrived, and beside them a note of where from. Both outlive a killed
//! process, so that the next one goes on where it ended.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::cannot_write;
use crate::cache;
use crate::error::DataError;

/// Where the bytes of a part came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Origin {
    /// The URL that was asked.
    pub(super) url: String,
    /// A strong `ETag`, or `Last-Modified`: what tells that the file is still the same.
    pub(super) validator: Option<String>,
    /// Bytes of the whole file, if the server said.
    pub(super) total: Option<u64>,
}

/// The two files, which need not be there.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) path: PathBuf,
    note: PathBuf,
}

impl Part {
    /// The part of `file` in a folder.
    pub(super) fn of(folder: &Path, file: &str) -> Self {
        let path = folder.join(format!("{file}.part"));
        Self { path, note: folder.join(format!("{file}.part.json")) }
    }

    /// Bytes that have arrived.
    pub(super) fn len(&self) -> u64 {
        fs::metadata(&self.path).map_or(0, |metadata| metadata.len())
    }

    /// Where they came from; bytes without a note that can be read are worth nothing.
    pub(super) fn origin(&self) -> Option<Origin> {
        serde_json::from_slice(&fs::read(&self.note).ok()?).ok()
    }

    /// Notes where the bytes come from that will be appended.
    pub(super) fn note(&self, origin: &Origin) -> Result<(), DataError> {
        let text = serde_json::to_vec(origin).expect("strings and a number are JSON");
        fs::write(&self.note, text).map_err(|source| cannot_write(&self.note, source))
    }

    /// Opens the part to append to it.
    pub(super) fn open(&self) -> Result<File, DataError> {
        let file = File::options().create(true).append(true).open(&self.path);
        file.map_err(|source| cannot_write(&self.path, source))
    }

    /// Forgets what has arrived.
    pub(super) fn remove(&self) -> Result<(), DataError> {
        for path in [&self.path, &self.note] {
            match fs::remove_file(path) {
                Err(source) if source.kind() != ErrorKind::NotFound => {
                    return Err(cannot_write(path, source));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Gives the bytes their final name, once they are on the disk.
    pub(super) fn publish(&self, to: &Path) -> Result<(), DataError> {
        let moved = File::open(&self.path)
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::rename(&self.path, to));
        moved.map_err(|source| cannot_write(to, source))
    }
}

/// The folder that holds the parts of the downloads of `folder`.
pub(super) fn parts_of(folder: &Path) -> Result<PathBuf, DataError> {
    let parts = folder.with_extension("parts");
    fs::create_dir_all(&parts).map_err(|source| cannot_write(&parts, source))?;
    Ok(parts)
}

/// Removes that folder.
pub(super) fn remove_parts_of(folder: &Path) -> Result<(), DataError> {
    cache::remove(&folder.with_extension("parts"))
}
