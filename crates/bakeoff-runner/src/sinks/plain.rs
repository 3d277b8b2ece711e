//! Plain lines, for logs and wherever the output is no terminal.

use std::io::Write;
use std::time::{Duration, Instant};

use bakeoff_spec::RunEvent;

use crate::sinks::Sink;
use crate::sinks::tally::Tally;
use crate::sinks::words;

/// Writes a line for every finished trial, and one for an epoch now and then.
pub struct Plain {
    out: Box<dyn Write + Send>,
    tally: Tally,
    last_line: Instant,
}

/// As long as trials go on without finishing, a line this often says that they do.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);

impl Plain {
    /// To the given output.
    pub fn to(out: Box<dyn Write + Send>) -> Self {
        Self { out, tally: Tally::begin(), last_line: Instant::now() }
    }

    fn print(&mut self, line: &str) {
        self.last_line = Instant::now();
        let _ = writeln!(self.out, "{line}").and_then(|()| self.out.flush());
    }

    fn progress(&self) -> String {
        format!("[{}/{}]", self.tally.n_done(), self.tally.planned)
    }
}

impl Sink for Plain {
    fn receive(&mut self, event: &RunEvent) {
        let left = self.tally.receive(event);
        let label = left.map(|trial| trial.label).unwrap_or_default();
        match event {
            RunEvent::RunStarted { name, planned, slots } if !slots.is_empty() => {
                self.print(&format!("{name}: {planned} trials on {}", words::places(slots)));
            }
            RunEvent::EpochEnded { slot, .. } if self.last_line.elapsed() >= SIGN_OF_LIFE => {
                if let Some(trial) = self.tally.running.get(slot) {
                    let (line, standing) = (words::running(trial), words::standing(&self.tally));
                    self.print(&format!("{} {slot}  {line}  ({standing})", self.progress()));
                }
            }
            RunEvent::TrialRetried { attempt, reason, .. } => {
                self.print(&words::retried(&label, *attempt, reason));
            }
            RunEvent::TrialFinished { outcome, .. } => {
                let line = words::finished(&label, outcome);
                self.print(&format!("{} {line}", self.progress()));
            }
            RunEvent::Notice { message } => self.print(&words::notice(message)),
            RunEvent::RunFinished { interrupted, .. } => {
                self.print(&words::summary(&self.tally, *interrupted));
            }
            RunEvent::RunStarted { .. }
            | RunEvent::Planned { .. }
            | RunEvent::TrialCached { .. }
            | RunEvent::TrialStarted { .. }
            | RunEvent::EpochEnded { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use bakeoff_spec::{CurvePoint, MetricKey, TrialKey};

    use super::*;
    use crate::sinks::test_output::TestOutput;

    #[test]
    fn a_line_for_an_epoch_comes_only_now_and_then() {
        let out = TestOutput::default();
        let mut sink = Plain::to(Box::new(out.clone()));
        let key = TrialKey::parse(&"a".repeat(32)).unwrap();
        let (slot, select) = ("cpu/0".to_owned(), MetricKey::plain("rmse"));
        sink.receive(&RunEvent::RunStarted {
            name: "movies".into(),
            planned: 2,
            slots: vec![slot.clone()],
        });
        sink.receive(&RunEvent::TrialStarted {
            key: key.clone(),
            label: "mlp hidden=64".into(),
            slot: slot.clone(),
            attempt: 1,
            epochs: 4,
            select,
        });
        let mut epoch = |epoch: u32| {
            let valid = Some(0.95);
            let point = CurvePoint { epoch, train_loss: 1.5, valid_loss: None, valid, secs: 0.1 };
            sink.receive(&RunEvent::EpochEnded { key: key.clone(), slot: slot.clone(), point });
            sink.last_line = Instant::now().checked_sub(SIGN_OF_LIFE).unwrap();
        };
        epoch(1);
        epoch(2);
        sink.receive(&RunEvent::TrialRetried { key, attempt: 1, reason: "out of\nmemory".into() });
        sink.receive(&RunEvent::RunFinished { cached: 0, ran: 0, failed: 0, interrupted: true });
        assert_eq!(
            out.text(),
            "movies: 2 trials on cpu/0\n\
             [0/2] cpu/0  mlp hidden=64  epoch 2/4  loss 1.5000  rmse 0.9500  (0.0 s left)\n\
             again   mlp hidden=64  attempt 1: out of\n\
             stopped after 0.0 s: 0 of 2 trials are done and kept; the same command goes on from there\n"
        );
    }
}
