//! Why a sweep could not begin or had to end early. A trial that fails is no error: it is an outcome.

use std::io;
use std::path::PathBuf;

use bakeoff_store::StoreError;

/// What stops a whole sweep.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The store can no longer be read or written; what it holds already is safe.
    #[error("the store cannot be used")]
    Store(#[from] StoreError),
    /// The spec asks for CUDA and there is none.
    #[error(
        "devices: `{devices}` needs a CUDA card: {why}; write `devices: cpu`, or `auto` for whatever there is"
    )]
    NoCuda {
        /// What the spec asks for.
        devices: String,
        /// Why there is none.
        why: String,
    },
    /// The spec names a card that is not there.
    #[error("devices: `{devices}` names card {card}, and the cards here are 0 to {}", n_cards - 1)]
    NoSuchCard {
        /// What the spec asks for.
        devices: String,
        /// The first card that is not there.
        card: u32,
        /// How many there are.
        n_cards: usize,
    },
    /// The text under `devices` has no meaning.
    #[error(
        "devices: `{0}` is not `auto`, `cpu`, `cuda` or a list of different cards such as `cuda:0,2`"
    )]
    BadDevices(String),
    /// A search strategy or executor is not registered or refuses its parameters.
    #[error("{kind} `{name}`: {message}")]
    BadPlugin {
        /// `search` or `executor`.
        kind: &'static str,
        /// The name in the spec.
        name: String,
        /// What is wrong and what is allowed.
        message: String,
    },
    /// No device has the memory that a trial is said to take.
    #[error(
        "schedule: a trial is said to take {need_mb} MiB, and the largest device has {total_mb}"
    )]
    TooLittleMemory {
        /// What the spec says.
        need_mb: u64,
        /// What there is.
        total_mb: u64,
    },
    /// The system did not start the worker's program.
    #[error("cannot start a worker: {} does not run", program.display())]
    Spawn {
        /// The program.
        program: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Workers end before they can take a trial, whatever the trial.
    #[error("a worker ended before it could take a trial: {0}")]
    WorkerStart(String),
    /// A file that coordinator and workers share could not be read or written.
    #[error("cannot use {}", path.display())]
    SharedFile {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        source: io::Error,
    },
    /// The cluster will not run trials as the spec asks for it.
    #[error("slurm: {0}")]
    Slurm(String),
    /// The handler of Ctrl-C could not be set.
    #[error("cannot listen for Ctrl-C")]
    Signals(#[from] ctrlc::Error),
}

/// An error with its causes, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
