//! Who watches a sweep: each sink is fed every event and shows it its own way.

mod json_lines;
mod plain;
mod tally;
mod terminal;
mod words;

use bakeoff_spec::RunEvent;

pub use json_lines::JsonLines;
pub use plain::Plain;
pub use terminal::Terminal;

/// Consumes events. An output that goes away must not stop a sweep, hence no result.
pub trait Sink {
    /// Takes note of what happened.
    fn receive(&mut self, event: &RunEvent);
}

/// Tells every sink.
pub(crate) fn emit(sinks: &mut [Box<dyn Sink>], event: &RunEvent) {
    for sink in sinks {
        sink.receive(event);
    }
}

#[cfg(test)]
mod test_output {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    /// An output that a test can read while a sink has it.
    #[derive(Clone, Default)]
    pub(crate) struct TestOutput(Arc<Mutex<Vec<u8>>>);

    impl TestOutput {
        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for TestOutput {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}
