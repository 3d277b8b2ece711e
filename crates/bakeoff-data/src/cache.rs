//! Folders that appear whole or not at all, built by one process at a time.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use crate::error::DataError;

/// The right to build a folder, held as long as it lives. The system gives it back when its process dies.
#[derive(Debug)]
pub(crate) struct Lock<'a> {
    folder: &'a Path,
    _file: File,
}

impl<'a> Lock<'a> {
    /// Takes the lock of `folder`, which is a file beside it; waits for another process that has it, and says so.
    pub(crate) fn take(folder: &'a Path, notice: &mut dyn FnMut(&str)) -> Result<Self, DataError> {
        let path = folder.with_extension("lock");
        let write_error = |source| DataError::Write { path: path.clone(), source };
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(write_error)?;
        }
        let file = File::options().create(true).append(true).open(&path).map_err(write_error)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                notice(&format!("waiting for another process that writes {}", folder.display()));
                file.lock().map_err(write_error)?;
            }
            Err(TryLockError::Error(source)) => return Err(write_error(source)),
        }
        Ok(Self { folder, _file: file })
    }

    /// An empty folder beside the locked one, to build it in. Only who holds the lock may use it, so what a killed
    /// process left there is removed.
    pub(crate) fn scratch(&self) -> Result<PathBuf, DataError> {
        let scratch = self.folder.with_extension("building");
        remove(&scratch)?;
        fs::create_dir_all(&scratch)
            .map_err(|source| DataError::Write { path: scratch.clone(), source })?;
        Ok(scratch)
    }

    /// Gives the folder `built` the name of the locked one, in place of what was there.
    pub(crate) fn publish(&self, built: &Path) -> Result<(), DataError> {
        remove(self.folder)?;
        fs::rename(built, self.folder)
            .map_err(|source| DataError::Write { path: self.folder.to_owned(), source })
    }
}

/// Writes a file of a folder that is being built.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), DataError> {
    fs::write(path, bytes).map_err(|source| DataError::Write { path: path.to_owned(), source })
}

/// Length and BLAKE3 of a file that was written.
pub(crate) fn measure(path: &Path) -> Result<(u64, String), DataError> {
    let read_error = |source| DataError::Read { path: path.to_owned(), source };
    let mut hasher = blake3::Hasher::new();
    hasher.update_mmap_rayon(path).map_err(read_error)?;
    Ok((hasher.count(), hasher.finalize().to_string()))
}

/// Removes a folder with all that is in it, if it is there.
pub(crate) fn remove(folder: &Path) -> Result<(), DataError> {
    match fs::remove_dir_all(folder) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(DataError::Write { path: folder.to_owned(), source })
        }
        _ => Ok(()),
    }
}
