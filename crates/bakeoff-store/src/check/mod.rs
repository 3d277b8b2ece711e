//! Reading everything in a store's folder, to say whether it is sound. Writes nothing and needs no right to.

pub(crate) mod checkpoint;
mod index;
mod outcomes;
mod side_files;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error as _;
use std::fs;
use std::path::{Path, PathBuf};

use bakeoff_spec::TrialKey;
use serde::Serialize;

use crate::atomic_file::is_temporary;
use crate::error::StoreError;
use crate::folder::{Folder, names_in};

pub use index::IndexState;

/// What a look at everything found. Paths are those below the store's folder.
#[derive(Debug, Serialize)]
pub struct Checkup {
    /// Files that are not as they were written.
    pub damaged: Vec<Flaw>,
    /// How the index is, beside the outcome files.
    pub index: IndexState,
    /// Outcome files by the version of their schema.
    pub schemas: BTreeMap<u32, usize>,
    /// Units, attempts and checkpoints that no outcome needs: of a worker killed before its outcome, or one at work.
    pub orphaned: Vec<PathBuf>,
    /// What writers that were killed left half written, or write now.
    pub temporary: Vec<PathBuf>,
    /// Checkpoints whose weights could be held against their checksum; of the others, the size alone.
    pub checkpoints_hashed: usize,
    /// What takes how much room.
    pub sizes: BTreeMap<&'static str, Size>,
}

/// Something that is not as it was written.
#[derive(Debug, Serialize)]
pub struct Flaw {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: String,
}

/// Files and their bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Size {
    /// How many.
    pub files: usize,
    /// How large together.
    pub bytes: u64,
}

impl Checkup {
    /// Looks at every file of a store. A sweep may be running: then the index, which is its own, is left alone.
    pub fn of(folder: &Folder) -> Result<Self, StoreError> {
        let mut checkup = Self {
            damaged: Vec::new(),
            index: IndexState::Missing,
            schemas: BTreeMap::new(),
            orphaned: Vec::new(),
            temporary: Vec::new(),
            checkpoints_hashed: 0,
            sizes: sizes(folder.dir())?,
        };
        let known = outcomes::check(&mut checkup, folder)?;
        side_files::check(&mut checkup, folder, &known)?;
        for name in PLACES {
            let names = names_in(&folder.dir().join(name))?.into_iter();
            let temporary = names.filter(|file| is_temporary(file));
            checkup.temporary.extend(temporary.map(|file| Path::new(name).join(file)));
        }
        Ok(checkup)
    }

    /// Whether nothing is damaged.
    pub fn is_sound(&self) -> bool {
        self.damaged.is_empty() && !matches!(self.index, IndexState::Damaged { .. })
    }

    fn add(&mut self, path: impl Into<PathBuf>, problem: String) {
        self.damaged.push(Flaw { path: path.into(), problem });
    }
}

/// What the outcome files say of the others.
#[derive(Debug, Default)]
struct Known {
    trials: BTreeSet<TrialKey>,
    fits: BTreeSet<String>,
}

/// The folders whose files are written atomically.
pub(crate) const PLACES: [&str; 7] =
    ["outcomes", "units", "attempts", "checkpoints", "cards", "specs", "searches"];

fn sizes(dir: &Path) -> Result<BTreeMap<&'static str, Size>, StoreError> {
    let mut sizes = BTreeMap::new();
    for name in names_in(dir)? {
        let is_old_index = name.starts_with("index.");
        let kind = PLACES.into_iter().chain(["index", "damaged"]).find(|kind| *kind == name);
        if let Some(kind) = kind.or(is_old_index.then_some("old indexes")) {
            let size: &mut Size = sizes.entry(kind).or_default();
            let path = dir.join(name);
            add_size(size, &path).map_err(|source| StoreError::Read { path, source })?;
        }
    }
    Ok(sizes)
}

/// Adds the files below `path`, if it is still there.
pub(crate) fn add_size(size: &mut Size, path: &Path) -> std::io::Result<()> {
    let metadata = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        metadata => metadata?,
    };
    if !metadata.is_dir() {
        size.files += 1;
        size.bytes += metadata.len();
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        add_size(size, &entry?.path())?;
    }
    Ok(())
}

/// What is wrong with a file, without naming it again.
pub(crate) fn problem(error: &StoreError) -> String {
    let (mut text, mut source) = match error {
        StoreError::Damaged { source, .. } => (source.to_string(), source.source()),
        StoreError::NewerSchema { found, known, .. } => {
            return format!(
                "has schema version {found}, and this bakeoff knows versions up to {known}"
            );
        }
        error => (error.to_string(), error.source()),
    };
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
