//! The wish to stop: Ctrl-C as a flag that the coordinator looks at.

use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::error::RunError;

/// Asked once, a sweep ends in order; asked twice, at once. Clones share the wish.
#[derive(Debug, Clone, Default)]
pub struct Stop {
    n_requests: Arc<AtomicU32>,
}

impl Stop {
    /// A wish that Ctrl-C and SIGTERM express. Can be called once in a process.
    ///
    /// At the third request the process ends whatever it is doing; its workers die with it.
    pub fn on_signals() -> Result<Self, RunError> {
        let stop = Self::default();
        let wish = stop.clone();
        ctrlc::set_handler(move || {
            wish.request();
            if wish.n_requests.load(Ordering::SeqCst) > 2 {
                process::exit(EXIT_INTERRUPTED);
            }
        })?;
        Ok(stop)
    }

    /// Asks to stop, or to hurry.
    pub fn request(&self) {
        self.n_requests.fetch_add(1, Ordering::SeqCst);
    }

    /// Whether nothing new is to begin.
    pub fn is_requested(&self) -> bool {
        self.n_requests.load(Ordering::SeqCst) > 0
    }

    /// Whether what runs is to end now.
    pub fn is_urgent(&self) -> bool {
        self.n_requests.load(Ordering::SeqCst) > 1
    }
}

const EXIT_INTERRUPTED: i32 = 130;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_request_is_urgent() {
        let stop = Stop::default();
        let shared = stop.clone();
        assert!(!stop.is_requested());
        shared.request();
        assert!(stop.is_requested() && !stop.is_urgent());
        shared.request();
        assert!(stop.is_urgent());
    }
}
