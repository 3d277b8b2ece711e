//! Folders that appear whole or not at all, built by one process at a time.

use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::error::DataError;

/// The right to build a folder, held as long as it lives. The system gives it back when its process dies.
#[derive(Debug)]
pub(crate) struct Lock<'a> {
    folder: &'a Path,
    path: PathBuf,
    _file: File,
}

impl<'a> Lock<'a> {
    /// Takes the lock of `folder`, which is a file beside it; waits for another process that has it, and says so. What
    /// killed processes left beside it is removed.
    pub(crate) fn take(folder: &'a Path, notice: &mut dyn FnMut(&str)) -> Result<Self, DataError> {
        let path = folder.with_extension(LOCK);
        let write_error = |source| DataError::Write { path: path.clone(), source };
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(write_error)?;
            remove_remains(parent);
        }
        let file = loop {
            let file = open(&path).map_err(write_error)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    notice(&format!(
                        "waiting for another process that writes {}",
                        folder.display()
                    ));
                    file.lock().map_err(write_error)?;
                }
                Err(TryLockError::Error(source)) => return Err(write_error(source)),
            }
            if is_at(&file, &path) {
                break file;
            }
        };
        Ok(Self { folder, path, _file: file })
    }

    /// An empty folder beside the locked one, to build it in. Only who holds the lock may use it, so what a killed
    /// process left there is removed.
    pub(crate) fn scratch(&self) -> Result<PathBuf, DataError> {
        let scratch = self.folder.with_extension(SCRATCH);
        remove(&scratch)?;
        fs::create_dir_all(&scratch)
            .map_err(|source| DataError::Write { path: scratch.clone(), source })?;
        Ok(scratch)
    }

    /// Gives the folder `built` the name of the locked one, in place of what was there. That is moved away first and
    /// removed afterwards, so that the name is without a folder for a moment at most.
    pub(crate) fn publish(&self, built: &Path) -> Result<(), DataError> {
        let write_error = |source| DataError::Write { path: self.folder.to_owned(), source };
        let replaced = self.folder.with_extension(REPLACED);
        remove(&replaced)?;
        match fs::rename(self.folder, &replaced) {
            Err(source) if source.kind() != ErrorKind::NotFound => return Err(write_error(source)),
            _ => {}
        }
        fs::rename(built, self.folder).map_err(write_error)?;
        remove(&replaced)
    }
}

impl Drop for Lock<'_> {
    /// The file goes while the lock is held: who waits for it sees that it is gone and makes a new one.
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

const LOCK: &str = "lock";
const SCRATCH: &str = "building";
const REPLACED: &str = "replaced";

fn open(lock: &Path) -> io::Result<File> {
    File::options().create(true).append(true).open(lock)
}

/// Whether the file is the one that lies at `path`, and not one that was removed.
fn is_at(file: &File, path: &Path) -> bool {
    let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    file.metadata().map(identity).ok() == fs::metadata(path).map(identity).ok()
}

/// Removes what processes left in `parent` that were killed as they built a folder there. Whose lock can be taken is
/// dead; whatever goes wrong here leaves something to the next one.
fn remove_remains(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let path = entry.path();
        let ending = path.extension().and_then(OsStr::to_str);
        if !ending.is_some_and(|ending| [LOCK, SCRATCH, REPLACED].contains(&ending)) {
            continue;
        }
        let lock = path.with_extension(LOCK);
        let Ok(file) = open(&lock) else { continue };
        if file.try_lock().is_ok() && is_at(&file, &lock) {
            let _ = remove(&path.with_extension(SCRATCH));
            let _ = remove(&path.with_extension(REPLACED));
            let _ = fs::remove_file(&lock);
        }
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
        Err(source) if source.kind() != ErrorKind::NotFound => {
            Err(DataError::Write { path: folder.to_owned(), source })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_the_killed_left_is_removed_and_what_others_build_stays() {
        let dir = tempfile::tempdir().unwrap();
        let [a, b] = ["a", "b"].map(|name| dir.path().join(name));
        let built = Lock::take(&b, &mut |_| {}).unwrap();
        built.scratch().unwrap();
        for left in ["dead.building", "dead.replaced", "gone.building", "kept"] {
            fs::create_dir(dir.path().join(left)).unwrap();
        }
        fs::write(dir.path().join("dead.lock"), "").unwrap();
        let lock = Lock::take(&a, &mut |_| {}).unwrap();
        assert_eq!(names(dir.path()), ["a.lock", "b.building", "b.lock", "kept"]);
        lock.publish(&lock.scratch().unwrap()).unwrap();
        built.publish(&dir.path().join("b.building")).unwrap();
        drop((lock, built));
        assert_eq!(names(dir.path()), ["a", "b", "kept"]);
    }

    #[test]
    fn one_at_a_time_holds_a_lock_though_its_file_goes_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, counter) = (dir.path().join("x"), dir.path().join("n"));
        fs::write(&counter, "0").unwrap();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        let _lock = Lock::take(&folder, &mut |_| {}).unwrap();
                        let n: u32 = fs::read_to_string(&counter).unwrap().parse().unwrap();
                        fs::write(&counter, (n + 1).to_string()).unwrap();
                    }
                });
            }
        });
        assert_eq!(fs::read_to_string(&counter).unwrap(), "160");
    }
}
