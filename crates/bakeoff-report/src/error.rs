//! Why a report could not be written.

use std::error::Error;
use std::io;
use std::path::PathBuf;

/// What went wrong, and with which file.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A file or folder could not be written: a full disk, a read-only folder.
    #[error("cannot write {}; `--reports DIR` names another folder", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A figure could not be drawn.
    #[error("cannot draw {}", path.display())]
    Draw {
        /// The figure's file.
        path: PathBuf,
        /// What the drawing library said.
        source: Box<dyn Error + Send + Sync>,
    },
}
