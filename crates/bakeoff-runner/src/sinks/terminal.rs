//! The live view: a bar for the sweep, a line for each slot, finished trials above.

use std::collections::BTreeMap;
use std::time::Duration;

use bakeoff_spec::RunEvent;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::sinks::Sink;
use crate::sinks::tally::Tally;
use crate::sinks::words;

/// Draws on a terminal.
pub struct Terminal {
    view: MultiProgress,
    sweep: ProgressBar,
    /// By slot.
    slots: BTreeMap<String, ProgressBar>,
    tally: Tally,
}

impl Terminal {
    /// On the given terminal, such as `ProgressDrawTarget::stderr()`.
    pub fn on(target: ProgressDrawTarget) -> Self {
        let view = MultiProgress::with_draw_target(target);
        Self { view, sweep: ProgressBar::hidden(), slots: BTreeMap::new(), tally: Tally::begin() }
    }

    fn begin(&mut self, slots: &[String]) {
        // The bar comes first: it must be seen even where a terminal is too small for all slots.
        let bar = ProgressBar::new(self.tally.planned as u64).with_style(style(SWEEP));
        self.sweep = self.view.add(bar);
        // So that the clock goes on while nothing happens.
        self.sweep.enable_steady_tick(Duration::from_secs(1));
        for slot in slots.iter().take(MAX_LINES) {
            let line = self.view.add(ProgressBar::new_spinner().with_style(style(SLOT)));
            line.set_message(format!("{slot}  idle"));
            self.slots.insert(slot.clone(), line);
        }
    }

    fn update(&self, slot: Option<&str>) {
        self.sweep.set_position(self.tally.n_done() as u64);
        self.sweep.set_message(words::standing(&self.tally));
        for (name, line) in &self.slots {
            if slot.is_none_or(|slot| slot == name) {
                let trial = self.tally.running.get(name);
                let text = trial.map_or_else(|| "idle".to_owned(), words::running);
                line.set_message(format!("{name}  {text}"));
            }
        }
    }

    fn print(&self, line: &str) {
        let _ = self.view.println(line);
    }

    fn end(&mut self) {
        self.slots.values().for_each(ProgressBar::finish_and_clear);
        self.slots.clear();
        self.sweep.finish_and_clear();
    }
}

/// Where there are more slots, as on a cluster, the others are not shown.
const MAX_LINES: usize = 32;

const SWEEP: &str = "[{bar:30}] {pos}/{len} trials  {elapsed_precise}  {msg}";
const SLOT: &str = "  {wide_msg}";

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .expect("the templates are constants")
        .progress_chars("=> ")
}

impl Sink for Terminal {
    fn receive(&mut self, event: &RunEvent) {
        let left = self.tally.receive(event);
        let label = left.map(|trial| trial.label).unwrap_or_default();
        match event {
            RunEvent::RunStarted { slots, .. } if !slots.is_empty() => self.begin(slots),
            RunEvent::RunStarted { .. } => {}
            RunEvent::Planned { planned } => self.sweep.set_length(*planned as u64),
            RunEvent::TrialCached { .. } => self.sweep.set_position(self.tally.n_done() as u64),
            RunEvent::TrialStarted { slot, .. } | RunEvent::EpochEnded { slot, .. } => {
                self.update(Some(slot));
            }
            RunEvent::TrialRetried { attempt, reason, .. } => {
                self.print(&words::retried(&label, *attempt, reason));
                self.update(None);
            }
            RunEvent::TrialFinished { slot, outcome } => {
                self.print(&words::finished(&label, outcome));
                self.update(Some(slot));
            }
            RunEvent::Notice { message } => self.print(&words::notice(message)),
            RunEvent::RunFinished { interrupted, .. } => {
                self.end();
                self.print(&words::summary(&self.tally, *interrupted));
            }
        }
    }
}

/// A sweep that ends in an error leaves a clean terminal, too.
impl Drop for Terminal {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use bakeoff_spec::{CurvePoint, MetricKey, TrialKey};
    use indicatif::InMemoryTerm;

    use super::*;

    #[test]
    fn the_view_shows_the_sweep_and_every_slot_and_leaves_the_summary() {
        let screen = InMemoryTerm::new(10, 90);
        let mut terminal = Terminal::on(ProgressDrawTarget::term_like(Box::new(screen.clone())));
        let key = TrialKey::parse(&"a".repeat(32)).unwrap();
        let slots = vec!["cpu/0".to_owned(), "cpu/1".to_owned()];
        terminal.receive(&RunEvent::RunStarted { name: "x".into(), planned: 4, slots });
        terminal.receive(&RunEvent::TrialCached { key: key.clone() });
        terminal.receive(&RunEvent::TrialStarted {
            key: key.clone(),
            label: "gru4rec hidden=64".into(),
            slot: "cpu/1".into(),
            attempt: 1,
            epochs: 100,
            select: MetricKey::at("ndcg", 10),
        });
        let point = CurvePoint {
            epoch: 12,
            train_loss: 5.125,
            valid_loss: None,
            valid: Some(0.0712),
            secs: 0.5,
        };
        terminal.receive(&RunEvent::EpochEnded { key, slot: "cpu/1".into(), point });
        // What is drawn may lag behind by a frame.
        terminal.sweep.tick();
        terminal.slots.values().for_each(ProgressBar::tick);
        let drawn = screen.contents();
        assert!(drawn.starts_with("[=======>"), "{drawn}");
        assert!(drawn.contains("1/4 trials"), "{drawn}");
        assert!(drawn.contains("cpu/0  idle"), "{drawn}");
        let line = "  cpu/1  gru4rec hidden=64  epoch 12/100  loss 5.1250  ndcg@10 0.0712";
        assert!(drawn.contains(line), "{drawn}");
        let end = RunEvent::RunFinished { cached: 1, ran: 0, failed: 0, interrupted: true };
        terminal.receive(&end);
        drop(terminal);
        let left = screen.contents();
        assert!(left.starts_with("stopped after") && !left.contains("cpu/"), "{left}");
    }
}
