//! What a search proposed, in order: a file of lines that only grows, so that a sweep that goes on after a crash knows
//! what was decided before it.
//!
//! Each line is the version, 16 digits of a BLAKE3, and a JSON document. A line that was being written when its writer
//! died is cut off; one that was changed since ends what can be trusted.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use crate::atomic_file::{create_folder, sync_folder_of};
use crate::error::StoreError;
use crate::folder::{Folder, read_if_there};
use crate::side_files::{checked, write};

/// The version that is written.
const VERSION: &str = "1";
const CHECKSUM_LEN: usize = 16;

/// The open journal of one search. One coordinator has it at a time: whoever holds the store.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
}

/// What a journal said.
#[derive(Debug, Default, PartialEq)]
pub struct Journaled {
    /// The documents, in order.
    pub entries: Vec<Value>,
    /// How many lines after them could not be trusted.
    pub n_damaged: usize,
}

impl Folder {
    /// What the search `key` has proposed so far.
    pub fn read_journal(&self, key: &str) -> Result<Journaled, StoreError> {
        Ok(read(&self.journal_path(key)?)?.0)
    }

    /// Writes the documents of `journaled` in place of a journal that nobody has open. Only for who holds the store.
    pub(crate) fn replace_journal(
        &self,
        key: &str,
        journaled: &Journaled,
    ) -> Result<(), StoreError> {
        let path = self.journal_path(key)?;
        if read(&path)?.0.n_damaged > 1 {
            self.set_aside_copy(&path)?;
        }
        let lines: String =
            journaled.entries.iter().map(|entry| line_of(&entry.to_string())).collect();
        write(&path, lines.as_bytes())
    }

    fn journal_path(&self, key: &str) -> Result<PathBuf, StoreError> {
        Ok(self.dir().join("searches").join(format!("{}.lines", checked(key)?)))
    }
}

impl Journal {
    /// Opens the journal of the search `key` for going on, and returns what it said. Lines that cannot be trusted are
    /// taken out; a copy of the whole stays in `damaged/` if there were more than the one that a dying writer leaves.
    pub fn open(folder: &Folder, key: &str) -> Result<(Self, Journaled), StoreError> {
        let path = folder.journal_path(key)?;
        let failed = |source| StoreError::Write { path: path.clone(), source };
        path.parent().map_or(Ok(()), create_folder).map_err(failed)?;
        let (journaled, good_len) = read(&path)?;
        if journaled.n_damaged > 1 {
            folder.set_aside_copy(&path)?;
        }
        let is_new = !path.exists();
        let file = File::options().create(true).append(true).open(&path).map_err(failed)?;
        file.set_len(good_len).map_err(failed)?;
        if is_new {
            sync_folder_of(&path).map_err(failed)?;
        }
        Ok((Self { file, path }, journaled))
    }

    /// Takes all entries but the first `n` out.
    pub fn keep(&mut self, n: usize) -> Result<(), StoreError> {
        let cut = || {
            let bytes = fs::read(&self.path)?;
            let lines = bytes.split_inclusive(|&byte| byte == b'\n');
            let len = lines.take(n).map(<[u8]>::len).sum::<usize>() as u64;
            if len < bytes.len() as u64 { self.file.set_len(len) } else { Ok(()) }
        };
        cut().map_err(|source| StoreError::Write { path: self.path.clone(), source })
    }

    /// Adds a document, on disk when this returns.
    pub fn append(&mut self, entry: &impl Serialize) -> Result<(), StoreError> {
        let write = || {
            let json = serde_json::to_string(entry)?;
            (&self.file).write_all(line_of(&json).as_bytes())?;
            self.file.sync_data()
        };
        write().map_err(|source| StoreError::Write { path: self.path.clone(), source })
    }
}

impl Journaled {
    /// What the bytes of a journal say.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        trusted(bytes).0
    }
}

fn read(path: &Path) -> Result<(Journaled, u64), StoreError> {
    Ok(trusted(&read_if_there(path)?.unwrap_or_default()))
}

/// The documents that can be trusted, and the bytes that they take.
fn trusted(bytes: &[u8]) -> (Journaled, u64) {
    let mut journaled = Journaled::default();
    let mut good_len = 0;
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        match entry(line).filter(|_| journaled.n_damaged == 0) {
            Some(entry) => {
                journaled.entries.push(entry);
                good_len += line.len() as u64;
            }
            None => journaled.n_damaged += 1,
        }
    }
    (journaled, good_len)
}

fn line_of(json: &str) -> String {
    format!("{VERSION} {} {json}\n", checksum(json))
}

fn entry(line: &[u8]) -> Option<Value> {
    let line = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let (version, rest) = line.split_once(' ')?;
    let (sum, json) = rest.split_once(' ')?;
    if version != VERSION || sum != checksum(json) {
        return None;
    }
    serde_json::from_str(json).ok()
}

fn checksum(json: &str) -> String {
    blake3::hash(json.as_bytes()).to_hex()[..CHECKSUM_LEN].to_owned()
}

impl Folder {
    fn set_aside_copy(&self, path: &Path) -> Result<(), StoreError> {
        let copy = path.with_extension("lines.damaged");
        fs::copy(path, &copy).map_err(|source| StoreError::Write { path: copy.clone(), source })?;
        self.set_aside(&copy).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    fn journal_of_three() -> (tempfile::TempDir, Folder, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::at(dir.path());
        let (mut journal, said) = Journal::open(&folder, KEY).unwrap();
        assert_eq!(said, Journaled::default());
        (0..3).for_each(|i| journal.append(&json!({ "number": i })).unwrap());
        let path = folder.journal_path(KEY).unwrap();
        (dir, folder, path)
    }

    #[test]
    fn a_line_that_was_being_written_is_cut_off_and_the_rest_goes_on() {
        let (_dir, folder, path) = journal_of_three();
        let whole = fs::read(&path).unwrap();
        for cut in 1..whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            let (mut journal, said) = Journal::open(&folder, KEY).unwrap();
            let n = whole[..cut].split(|&byte| byte == b'\n').count() - 1;
            assert_eq!(said.entries.len(), n, "cut at {cut}");
            journal.append(&json!("next")).unwrap();
            let read = folder.read_journal(KEY).unwrap();
            assert_eq!((read.entries.len(), read.n_damaged), (n + 1, 0));
        }
        assert!(!folder.dir().join("damaged").exists());
    }

    #[test]
    fn a_flipped_bit_ends_what_is_trusted_and_the_whole_is_set_aside() {
        let (_dir, folder, path) = journal_of_three();
        let mut bytes = fs::read(&path).unwrap();
        let at = bytes.iter().position(|&byte| byte == b'\n').unwrap() + 20;
        bytes[at] ^= 4;
        fs::write(&path, &bytes).unwrap();
        let (_, said) = Journal::open(&folder, KEY).unwrap();
        assert_eq!((said.entries, said.n_damaged), (vec![json!({"number": 0})], 2));
        assert_eq!(fs::read_dir(folder.dir().join("damaged")).unwrap().count(), 1);
    }
}
