//! What is told of a panic while data is read: nothing where a decoder of others stumbles over a file, since that is an
//! error of the file; its place alone where values are hidden.

use std::cell::Cell;
use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

static N_QUIET: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// What `decode` gives, or nothing if it panics: files come from anywhere and decoders have faults.
///
/// What `decode` was writing to may be half written then.
pub(crate) fn guarded<T>(decode: impl FnOnce() -> T) -> Option<T> {
    set_hook();
    let before = IS_GUARDED.replace(true);
    let decoded = catch_unwind(AssertUnwindSafe(decode));
    IS_GUARDED.set(before);
    decoded.ok()
}

/// As long as it lives, a panic anywhere in the process tells its place and not its message, which may hold a value:
/// that of an index into a text quotes the text.
pub(crate) struct QuietPanics(());

impl QuietPanics {
    pub(crate) fn new() -> Self {
        set_hook();
        N_QUIET.fetch_add(1, Ordering::SeqCst);
        Self(())
    }
}

impl Drop for QuietPanics {
    fn drop(&mut self) {
        N_QUIET.fetch_sub(1, Ordering::SeqCst);
    }
}

fn set_hook() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let loud = panic::take_hook();
        panic::set_hook(Box::new(move |panic| match N_QUIET.load(Ordering::SeqCst) {
            _ if IS_GUARDED.get() => {}
            0 => loud(panic),
            _ => tell_place(panic),
        }));
    });
}

fn tell_place(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map_or_else(String::new, |place| format!(" at {place}"));
    // If nobody listens, nobody is the worse for it.
    let _ = writeln!(io::stderr(), "panicked{place}; the message may hold values and is hidden");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guarded_panic_is_nothing_and_guards_end_with_it() {
        assert_eq!(guarded(|| 1), Some(1));
        let inner = guarded(|| {
            assert_eq!(guarded(|| -> i32 { panic!("a decoder's fault") }), None);
            assert!(IS_GUARDED.get());
        });
        assert_eq!(inner, Some(()));
        assert!(!IS_GUARDED.get());
    }

    /// Not a test by itself: what the other process does.
    #[test]
    fn panics_quietly_for_another_test() {
        if std::env::var_os("BAKEOFF_TEST_PANIC").is_some() {
            assert!(guarded(|| panic!("alice stands in the file")).is_none());
            let _quiet = QuietPanics::new();
            let name = "alice is the name of a user";
            assert!(name.is_empty(), "{name}");
        }
    }

    #[test]
    fn a_panic_tells_its_place_and_no_value() {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "panics::tests::panics_quietly_for_another_test", "--nocapture"]);
        let output = child.env("BAKEOFF_TEST_PANIC", "1").output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(!output.status.success() && said.contains("panics.rs"), "{said}");
        assert!(said.contains("is hidden") && !said.contains("alice"), "{said}");
    }
}
