//! What opening a store had to mend, for the user to read.

use std::fmt;
use std::path::PathBuf;

use bakeoff_spec::TrialKey;

use crate::compact::Resized;
use crate::error::Damage;

/// One thing that was mended. Nothing that had finished was lost by any of them, unless its file itself is damaged.
#[derive(Debug)]
pub enum Repair {
    /// The index was missing or unreadable and was made again from the outcome files.
    IndexRebuilt {
        /// Where the unreadable one was moved; `None` if there was none.
        moved_to: Option<PathBuf>,
        /// What was wrong with it.
        reason: String,
        /// Outcomes in the new one.
        n_outcomes: usize,
    },
    /// Outcomes had been written that the index did not know: their coordinator was stopped before it took note.
    Indexed {
        /// Their trials.
        keys: Vec<TrialKey>,
    },
    /// The index knew outcomes whose files are gone; their trials count as not run.
    Dropped {
        /// Their trials.
        keys: Vec<TrialKey>,
    },
    /// An outcome file could not be read; its trial counts as not run.
    SetAside {
        /// The trial that the file's name promised.
        key: TrialKey,
        /// Where the file is now.
        moved_to: PathBuf,
        /// What is wrong with it.
        reason: Damage,
    },
    /// The index took far more room than what it held, and was written anew.
    Compacted {
        /// Its bytes, before and after.
        sizes: Resized,
    },
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::IndexRebuilt { moved_to, reason, n_outcomes } => {
                write!(f, "the index was rebuilt from {n_outcomes} outcome files: {reason}")?;
                match moved_to {
                    Some(path) => write!(f, "; the old one is kept in {}", path.display()),
                    None => Ok(()),
                }
            }
            Self::Indexed { keys } => {
                write!(f, "found {} finished earlier and not yet in the index", trials(keys))
            }
            Self::Dropped { keys } => {
                write!(f, "the outcome files of {} are gone: counted as not run", trials(keys))
            }
            Self::SetAside { key, moved_to, reason } => write!(
                f,
                "the outcome of trial {} was damaged ({reason}) and counts as not run; its file was moved to {}",
                key.short(),
                moved_to.display()
            ),
            Self::Compacted { sizes: Resized { before, after } } => {
                write!(f, "the index had grown to {before} bytes and was compacted to {after}")
            }
        }
    }
}

fn trials(keys: &[TrialKey]) -> String {
    match keys {
        [key] => format!("trial {}", key.short()),
        _ => format!("{} trials", keys.len()),
    }
}
