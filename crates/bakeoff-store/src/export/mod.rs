//! Outcomes for other programs: one row a trial as CSV or Parquet, or whole as JSON lines, which a store imports again.

mod csv;
mod parquet;
mod rows;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bakeoff_spec::{Outcome, TrialKey};

use crate::atomic_file::{stage_with, sync_folder_of};
use crate::error::{Damage, StoreError};
use crate::folder::Folder;
use crate::outcome_file;

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One row a trial; empty where a trial has no such value.
    Csv,
    /// The same with typed columns.
    Parquet,
    /// Each line the whole document of an outcome, with version and checksum.
    JsonLines,
}

impl Format {
    /// The format that a file's ending stands for.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "csv" => Some(Self::Csv),
            "parquet" => Some(Self::Parquet),
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            _ => None,
        }
    }
}

/// What went into a file.
#[derive(Debug, Default)]
pub struct Exported {
    /// Trials in it.
    pub n_trials: usize,
    /// Files that were left out, being damaged.
    pub damaged: Vec<(PathBuf, Damage)>,
}

impl Folder {
    /// Writes the outcomes of the trials that `is_wanted` names to the file `to`, whole or not at all. Reads the
    /// outcome files, takes no lock.
    pub fn export(
        &self,
        to: &Path,
        format: Format,
        is_wanted: &dyn Fn(&TrialKey) -> bool,
    ) -> Result<Exported, StoreError> {
        let keys = self.outcome_keys()?.into_iter().filter(|key| is_wanted(key)).collect();
        let mut source = Source { folder: self, keys, exported: Exported::default() };
        // What goes wrong with the store rather than with the new file.
        let mut failure = None;
        let staged = stage_with(to, |file| {
            let mut file = io::BufWriter::new(file);
            let written = match format {
                Format::Csv => csv::write(&mut source, &mut file),
                Format::Parquet => parquet::write(&mut source, &mut file),
                Format::JsonLines => write_lines(&mut source, &mut file),
            };
            match written {
                Ok(()) => file.flush(),
                Err(Failed::Writing(error)) => Err(error),
                Err(Failed::Reading(error)) => {
                    failure = Some(error);
                    Err(io::Error::other("nothing to write"))
                }
            }
        });
        if let Some(error) = failure {
            return Err(error);
        }
        staged
            .and_then(|file| file.persist(to).map_err(|error| error.error))
            .and_then(|_| sync_folder_of(to))
            .map_err(|source| StoreError::Write { path: to.to_owned(), source })?;
        Ok(source.exported)
    }
}

/// The outcomes to be written, one at a time in memory.
struct Source<'a> {
    folder: &'a Folder,
    keys: Vec<TrialKey>,
    exported: Exported,
}

impl Source<'_> {
    /// Reads them all, and leaves the damaged out from then on.
    fn each(&mut self, mut visit: impl FnMut(Outcome) -> Result<(), Failed>) -> Result<(), Failed> {
        self.exported.n_trials = 0;
        for key in std::mem::take(&mut self.keys) {
            match self.folder.read_outcome(&key) {
                Ok(Some(outcome)) => {
                    visit(outcome)?;
                    self.exported.n_trials += 1;
                    self.keys.push(key);
                }
                Ok(None) => {}
                Err(StoreError::Damaged { path, source }) => {
                    self.exported.damaged.push((path, source));
                }
                Err(error) => return Err(Failed::Reading(error)),
            }
        }
        Ok(())
    }
}

/// Whose fault it is that nothing was written.
enum Failed {
    Reading(StoreError),
    Writing(io::Error),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Writing(error)
    }
}

fn write_lines(source: &mut Source<'_>, file: &mut impl Write) -> Result<(), Failed> {
    source.each(|outcome| Ok(file.write_all(outcome_file::encode_line(&outcome)?.as_bytes())?))
}
