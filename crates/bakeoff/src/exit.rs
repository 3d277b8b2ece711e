//! Exit codes, which scripts may rely on.

use std::io::{IsTerminal, Write};

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

impl Exit {
    /// Ends the process at once. libtorch takes a tenth of a second to take back all that it has registered, longer than
    /// most commands take, and nobody is the better for it.
    #[expect(unsafe_code, reason = "there is no safe way past the destructors of libraries")]
    pub(crate) fn leave(self) -> ! {
        // If nobody listens any more, there is nobody to tell.
        let _ = std::io::stdout().flush();
        // SAFETY: nothing is touched after it, and what lies in files was handed to the system before.
        unsafe { libc::_exit(self as i32) }
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
