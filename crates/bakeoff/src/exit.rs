//! Exit codes, which scripts may rely on.

use std::io::IsTerminal;
use std::process::ExitCode;

use bakeoff_spec::SpecError;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything asked for is done.
    Done = 0,
    /// Some trial failed for good, the sweep was halted before its end, the store is damaged, or an audit that is
    /// strict found a leak.
    Failed = 1,
    /// The spec, the data, an option or the place to write to must be mended first.
    Mistake = 2,
    /// Stopped by Ctrl-C or SIGTERM; what had finished is kept.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Prints an error with its causes, a spec error with its source lines.
#[expect(clippy::print_stderr, reason = "this is where errors leave the program")]
pub(crate) fn report_error(error: &anyhow::Error) -> Exit {
    match error.downcast_ref::<SpecError>() {
        Some(error) => eprint!("{}", error.render(std::io::stderr().is_terminal())),
        None => eprintln!("bakeoff: {error:#}"),
    }
    Exit::Mistake
}
