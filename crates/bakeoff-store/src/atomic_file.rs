//! Files that are there whole or not at all, even after a crash or a loss of power.
//!
//! The bytes go to a temporary name in the same folder and are forced to disk before they get their name; then the
//! folder is forced to disk, since a name is part of its folder.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::NamedTempFile;

/// Writes or replaces the file at `path`, whose folder must exist.
///
/// A reader sees the old content or the new, never a part. When this returns, the new content is on disk.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    stage(path, bytes)?.persist(path)?;
    sync_folder_of(path)
}

/// Writes the file at `path` unless there is one, and says whether it did: of several writers one is the first.
pub fn write_first(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    match stage(path, bytes)?.persist_noclobber(path) {
        Ok(_) => sync_folder_of(path).map(|()| true),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error.error),
    }
}

/// The first part of it: the bytes on disk beside `path`, under a temporary name.
pub(crate) fn stage(path: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    stage_with(path, |file| file.write_all(bytes))
}

/// The same with what `write` writes.
pub(crate) fn stage_with(
    path: &Path,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new()
        .prefix(TEMPORARY_PREFIX)
        .suffix(TEMPORARY_SUFFIX)
        // Less the umask: an ordinary file, where the default is one that only its owner can read.
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder_of(path))?;
    write(file.as_file_mut())?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// The last part of it.
pub(crate) fn sync_folder_of(path: &Path) -> io::Result<()> {
    File::open(folder_of(path))?.sync_all()
}

/// Creates a folder and forces its name to disk, if it is not there.
pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(path)?;
    sync_folder_of(path)
}

/// Whether this is the name of a file that was being written when its writer died, or still is.
pub(crate) fn is_temporary(name: &str) -> bool {
    // The second are checkpoints'.
    name.starts_with(TEMPORARY_PREFIX) && name.ends_with(TEMPORARY_SUFFIX)
        || name.starts_with(".tmp")
}

const TEMPORARY_PREFIX: &str = ".writing-";
const TEMPORARY_SUFFIX: &str = ".tmp";

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_leaves_nothing_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.json");
        write_atomically(&path, b"a long first version").unwrap();
        write_atomically(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_first_of_two_writers_is_not_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.json");
        assert!(write_first(&path, b"first").unwrap());
        assert!(!write_first(&path, b"second").unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"first");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn others_may_read_what_the_umask_lets_them() {
        let dir = tempfile::tempdir().unwrap();
        let [ours, plain] = ["ours", "plain"].map(|name| dir.path().join(name));
        write_atomically(&ours, b"x").unwrap();
        fs::write(&plain, b"x").unwrap();
        let mode = |path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&ours), mode(&plain));
    }

    #[test]
    fn a_write_that_fails_leaves_the_old_file() {
        let dir = tempfile::tempdir().unwrap();
        // A folder with a file in it cannot be replaced by a file.
        let path = dir.path().join("taken");
        fs::create_dir(&path).unwrap();
        fs::write(path.join("inside"), b"x").unwrap();
        assert!(write_atomically(&path, b"y").is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
