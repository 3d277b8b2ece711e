//! One coordinator at a time: a lock that dies with its process and says who holds it.
//!
//! The lock is the system's, on an open file; the file's content is only for the message. Who holds the lock is never
//! guessed from a process number, so a number that was used again cannot block anybody. Child processes do not
//! inherit the open file: a worker that outlives its coordinator does not keep the store locked.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::error::StoreError;

/// A coordinator killed while it was starting a worker leaves its lock with the half-started process for a moment.
const PATIENCE: Duration = Duration::from_millis(500);
const PAUSE: Duration = Duration::from_millis(10);

/// Held as long as it lives.
#[derive(Debug)]
pub(crate) struct StoreLock {
    _file: File,
}

impl StoreLock {
    /// Takes the lock of the store in `dir`, or says who has it.
    pub(crate) fn take(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join("lock");
        let write_error = |source| StoreError::Write { path: path.clone(), source };
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(write_error)?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => return Err(locked(dir, &path)),
                Err(TryLockError::Error(source)) => return Err(write_error(source)),
            }
        }
        sign(&file).map_err(write_error)?;
        Ok(Self { _file: file })
    }

    /// Keeps coordinators out for a moment, where the store may not be writable: nobody waits, and nothing is created.
    /// `None` where no coordinator has ever been.
    pub(crate) fn take_to_read(dir: &Path) -> Result<Option<Self>, StoreError> {
        let path = dir.join("lock");
        let file = File::options().write(true).open(&path);
        let file = match file.or_else(|_| File::open(&path)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(StoreError::Read { path, source }),
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(locked(dir, &path)),
            Err(TryLockError::Error(source)) => return Err(StoreError::Read { path, source }),
        }
        // For the message only, and refused where the store cannot be written.
        let _ = sign(&file);
        Ok(Some(Self { _file: file }))
    }
}

fn sign(mut file: &File) -> io::Result<()> {
    file.set_len(0)?;
    writeln!(file, "{} {:.0}", std::process::id(), jiff::Timestamp::now())
}

fn locked(dir: &Path, path: &Path) -> StoreError {
    // The holder may be about to sign: then there is no name to give.
    let text = fs::read_to_string(path).unwrap_or_default();
    let mut words = text.split_whitespace();
    let pid = words.next().and_then(|word| word.parse().ok());
    StoreError::Locked { dir: dir.to_owned(), pid, since: words.next().map(str::to_owned) }
}
