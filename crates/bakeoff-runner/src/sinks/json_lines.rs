//! Events as they are, one JSON document a line, for programs that watch.

use std::io::Write;

use bakeoff_spec::RunEvent;

use crate::sinks::Sink;

/// Writes every event as a line of JSON.
pub struct JsonLines {
    out: Box<dyn Write + Send>,
}

impl JsonLines {
    /// To the given output, flushed after each line.
    pub fn to(out: Box<dyn Write + Send>) -> Self {
        Self { out }
    }
}

impl Sink for JsonLines {
    fn receive(&mut self, event: &RunEvent) {
        if let Ok(mut line) = serde_json::to_vec(event) {
            line.push(b'\n');
            let _ = self.out.write_all(&line).and_then(|()| self.out.flush());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sinks::test_output::TestOutput;

    #[test]
    fn every_event_is_one_line_that_reads_back() {
        let out = TestOutput::default();
        let mut sink = JsonLines::to(Box::new(out.clone()));
        let events = [
            RunEvent::RunStarted { name: "two\nlines".into(), planned: 1, slots: Vec::new() },
            RunEvent::RunFinished { cached: 1, ran: 0, failed: 0, interrupted: false },
        ];
        for event in &events {
            sink.receive(event);
        }
        let text = out.text();
        assert!(
            text.starts_with(r#"{"event":"run_started","name":"two\nlines","planned":1"#),
            "{text}"
        );
        let read: Vec<RunEvent> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(read, events);
    }
}
