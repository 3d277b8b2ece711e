//! Where a sweep stands, added up from its events: what the sinks for people share.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bakeoff_spec::{CurvePoint, MetricKey, RunEvent, TrialKey};

/// Counts, and what runs where.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) planned: usize,
    pub(super) n_cached: usize,
    pub(super) n_ran: usize,
    pub(super) n_failed: usize,
    /// By slot.
    pub(super) running: BTreeMap<String, RunningTrial>,
    pub(super) started: Instant,
}

/// A trial in a slot.
#[derive(Debug)]
pub(super) struct RunningTrial {
    key: TrialKey,
    pub(super) label: String,
    /// The most it may train; 0 for models without epochs.
    pub(super) epochs: u32,
    pub(super) select: MetricKey,
    pub(super) last: Option<CurvePoint>,
}

impl Tally {
    /// Nothing has happened yet; the clock starts.
    pub(super) fn begin() -> Self {
        Self {
            planned: 0,
            n_cached: 0,
            n_ran: 0,
            n_failed: 0,
            running: BTreeMap::new(),
            started: Instant::now(),
        }
    }

    /// Takes note of an event. Returns the trial that left its slot by it, if one did.
    pub(super) fn receive(&mut self, event: &RunEvent) -> Option<RunningTrial> {
        match event {
            RunEvent::RunStarted { planned, .. } | RunEvent::Planned { planned } => {
                self.planned = *planned;
            }
            RunEvent::TrialCached { .. } => self.n_cached += 1,
            RunEvent::TrialStarted { key, label, slot, epochs, select, .. } => {
                let (key, label, select) = (key.clone(), label.clone(), select.clone());
                let trial = RunningTrial { key, label, epochs: *epochs, select, last: None };
                self.running.insert(slot.clone(), trial);
            }
            RunEvent::EpochEnded { slot, point, .. } => {
                if let Some(trial) = self.running.get_mut(slot) {
                    trial.last = Some(point.clone());
                }
            }
            RunEvent::TrialFinished { slot, outcome } => {
                self.n_ran += 1;
                self.n_failed += usize::from(outcome.is_failed());
                return self.running.remove(slot);
            }
            RunEvent::TrialRetried { key, .. } => {
                let slot = self.running.iter().find(|(_, trial)| trial.key == *key)?.0.clone();
                return self.running.remove(&slot);
            }
            RunEvent::Notice { .. } => {}
            RunEvent::RunFinished { failed, .. } => self.n_failed = *failed,
        }
        None
    }

    /// Trials that have an outcome.
    pub(super) fn n_done(&self) -> usize {
        self.n_cached + self.n_ran
    }

    /// Since the sweep began.
    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// What is left if it goes on as so far, epochs of running trials counted in; `None` before there is a sign.
    pub(super) fn time_left(&self) -> Option<Duration> {
        let begun: f64 = self.running.values().map(RunningTrial::share_done).sum();
        let done = self.n_ran as f64 + begun;
        let left = self.planned.saturating_sub(self.n_done()) as f64 - begun;
        (done > 0.0).then(|| self.elapsed().mul_f64((left / done).max(0.0)))
    }
}

impl RunningTrial {
    fn share_done(&self) -> f64 {
        match &self.last {
            Some(point) if self.epochs > 0 => f64::from(point.epoch) / f64::from(self.epochs),
            _ => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(epoch: u32) -> CurvePoint {
        CurvePoint { epoch, train_loss: 1.0, valid_loss: None, valid: None, secs: 0.1 }
    }

    #[test]
    fn the_time_left_counts_epochs_and_leaves_out_what_was_cached() {
        let key = |c: &str| TrialKey::parse(&c.repeat(32)).unwrap();
        let mut tally = Tally::begin();
        tally.receive(&RunEvent::RunStarted { name: "x".into(), planned: 6, slots: Vec::new() });
        (0..2).for_each(|_| drop(tally.receive(&RunEvent::TrialCached { key: key("a") })));
        assert_eq!(tally.time_left(), None);
        tally.receive(&RunEvent::TrialStarted {
            key: key("b"),
            label: "gru4rec".into(),
            slot: "cpu/0".into(),
            attempt: 1,
            epochs: 20,
            select: MetricKey::at("ndcg", 10),
        });
        tally.receive(&RunEvent::EpochEnded {
            key: key("b"),
            slot: "cpu/0".into(),
            point: point(10),
        });
        tally.started = Instant::now().checked_sub(Duration::from_secs(60)).unwrap();
        // Half a trial took a minute; three and a half of the four that were not cached are left.
        let left = tally.time_left().unwrap().as_secs_f64();
        assert!((left - 420.0).abs() < 1.0, "{left}");
        let retried = RunEvent::TrialRetried { key: key("b"), attempt: 1, reason: String::new() };
        assert_eq!(tally.receive(&retried).unwrap().label, "gru4rec");
        assert!(tally.running.is_empty());
    }
}
