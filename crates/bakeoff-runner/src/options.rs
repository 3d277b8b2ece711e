//! What a sweep needs to know beyond its plan and its store.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// Where the data lies and how workers are started.
#[derive(Clone)]
pub struct Options<'a> {
    /// Folder of the prepared dataset.
    pub dataset: PathBuf,
    /// How many CUDA cards there are, or why none. Asked only if the spec may use cards and a trial is to run; the
    /// coordinator itself never opens a card.
    pub cuda_cards: &'a dyn Fn() -> Result<usize, String>,
    /// The worker's program, which ends up in [`worker::serve`](crate::worker::serve).
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Added to its environment.
    pub extra_env: Vec<(OsString, OsString)>,
    /// Version of bakeoff, for outcomes of workers that could not tell it.
    pub code_version: String,
    /// How long running trials may go on after the first Ctrl-C.
    pub grace: Duration,
}

impl<'a> Options<'a> {
    /// Workers are this very program, called with the argument `worker`.
    pub fn new(
        dataset: impl Into<PathBuf>,
        code_version: impl Into<String>,
        cuda_cards: &'a dyn Fn() -> Result<usize, String>,
    ) -> Self {
        Self {
            dataset: dataset.into(),
            cuda_cards,
            // Not its path: a build in the middle of a sweep would mix two versions of the code.
            program: "/proc/self/exe".into(),
            args: vec!["worker".into()],
            extra_env: Vec::new(),
            code_version: code_version.into(),
            grace: Duration::from_secs(2),
        }
    }
}
