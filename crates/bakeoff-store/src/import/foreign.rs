//! The folder of another store, of which nothing is taken on trust: links in it are not followed, pipes are not waited
//! for, and only files named by a key are looked at. It is never written to.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{Dir, Mode, OFlags, open, openat};
use rustix::io::Errno;

use crate::error::StoreError;
use crate::folder::leading_key;

/// A folder of another store, such as `outcomes`.
pub(super) struct Place {
    path: PathBuf,
    /// `None` where there is no such folder.
    dir: Option<OwnedFd>,
}

impl Place {
    /// The folder `name` of the store `other`.
    pub(super) fn of(other: &Path, name: &str) -> Result<Self, StoreError> {
        let path = other.join(name);
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match open(&path, flags, Mode::empty()) {
            Ok(dir) => Ok(Self { path, dir: Some(dir) }),
            Err(Errno::NOENT) => Ok(Self { path, dir: None }),
            Err(error) => Err(StoreError::Read { path, source: error.into() }),
        }
    }

    pub(super) fn is_there(&self) -> bool {
        self.dir.is_some()
    }

    /// Where a file of it is, for messages.
    pub(super) fn path_of(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The names that begin with a key and hold nothing but letters, digits, dots and dashes; ascending.
    pub(super) fn names(&self) -> Result<Vec<String>, StoreError> {
        let Some(dir) = &self.dir else { return Ok(Vec::new()) };
        let is_plain = |name: &str| {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || ['.', '-', '_'].contains(&c);
            leading_key(name).is_some() && name.chars().all(is_plain)
        };
        let read = || -> Result<Vec<String>, Errno> {
            let mut names = Vec::new();
            for entry in Dir::read_from(dir)? {
                let entry = entry?;
                names.extend(
                    entry.file_name().to_str().ok().filter(|n| is_plain(n)).map(str::to_owned),
                );
            }
            names.sort_unstable();
            Ok(names)
        };
        read().map_err(|error| StoreError::Read { path: self.path.clone(), source: error.into() })
    }

    /// An ordinary file; `None` if there is none.
    pub(super) fn open(&self, name: &str) -> io::Result<Option<File>> {
        let Some(dir) = &self.dir else { return Ok(None) };
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match openat(dir, name, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP) => return Err(io::Error::other("it is a link, and none is followed")),
            Err(error) => return Err(error.into()),
        };
        if file.metadata()?.is_file() {
            Ok(Some(file))
        } else {
            Err(io::Error::other("it is not an ordinary file"))
        }
    }

    /// The content of an ordinary file; `None` if there is none.
    pub(super) fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let Some(file) = self.open(name)? else { return Ok(None) };
        let mut bytes = Vec::new();
        file.take(LARGEST + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > LARGEST {
            return Err(io::Error::other("it is too large"));
        }
        Ok(Some(bytes))
    }
}

/// No file that is read whole, and no line, is larger than this: ten thousand epochs take a few MiB.
pub(super) const LARGEST: u64 = 64 << 20;
