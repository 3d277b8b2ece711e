//! Why the store could not do what was asked.

use std::io;
use std::path::PathBuf;

use bakeoff_spec::TrialKey;

use crate::index::IndexError;

/// What went wrong, and with which file.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file or folder could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file or folder could not be written: a full disk, a read-only folder.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is not what was once written.
    #[error("{} is damaged; move it away and sweep again to compute it anew", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Damage,
    },
    /// A newer bakeoff wrote the file.
    #[error(
        "{} has schema version {found}, and this bakeoff knows versions up to {known}: use the newer bakeoff that \
         wrote it, or another store",
        path.display()
    )]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest version known here.
        known: u32,
    },
    /// Another coordinator has the store open.
    #[error("the store {} is in use{}; wait for it or use another store", dir.display(), holder(*pid, since.as_deref()))]
    Locked {
        /// The store's folder.
        dir: PathBuf,
        /// The process that has it open, where that could be read.
        pid: Option<u32>,
        /// Since when, RFC 3339 in UTC.
        since: Option<String>,
    },
    /// The index failed while in use; outcome files are not touched by that.
    #[error(
        "the index {} failed; no outcome is lost, and starting again rebuilds it from the outcome files",
        dir.display()
    )]
    Index {
        /// The index's folder.
        dir: PathBuf,
        /// What the index said.
        source: IndexError,
    },
    /// A folder that is to be imported is none of another store.
    #[error("cannot import {}: {problem}", path.display())]
    NoStore {
        /// The folder.
        path: PathBuf,
        /// Why not.
        problem: &'static str,
    },
    /// An outcome was replaced between two readings.
    #[error("trial {} was run again while it was being exported; export again", key.short())]
    Changed {
        /// The trial.
        key: TrialKey,
    },
    /// A key or hash that is to become a file name is not 32 hex digits.
    #[error("`{0}` is not a key: keys are 32 lower-case hex digits")]
    BadKey(String),
}

/// What is wrong with a file's content.
#[derive(Debug, thiserror::Error)]
pub enum Damage {
    /// It ends early or is not of the format at all.
    #[error("it is cut short or not of this format")]
    Format(#[source] Option<serde_json::Error>),
    /// The content and its checksum disagree.
    #[error("its checksum does not match its content")]
    Checksum,
    /// Its name promises another trial.
    #[error("it holds trial {0}")]
    WrongKey(TrialKey),
    /// Its key promises another trial than the one it describes.
    #[error("it calls itself the outcome of trial {key}, and the trial in it is {trial}")]
    WrongTrial {
        /// What it is called.
        key: TrialKey,
        /// What it should be called.
        trial: TrialKey,
    },
}

fn holder(pid: Option<u32>, since: Option<&str>) -> String {
    let pid =
        pid.map_or_else(|| " by another process".to_owned(), |pid| format!(" by process {pid}"));
    since.map_or(pid.clone(), |since| format!("{pid} since {since}"))
}
