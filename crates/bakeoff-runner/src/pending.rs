//! A trial that waits for a slot, and all that goes with it.

use std::time::Instant;

use bakeoff_spec::{Fitting, Trial, TrialKey};

use crate::agenda::Agenda;
use crate::error::RunError;

/// A trial that waits for a slot.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pending {
    pub(crate) key: TrialKey,
    pub(crate) trial: Trial,
    /// Model and varied parameters, for people.
    pub(crate) label: String,
    /// Index of its model in the plan.
    pub(crate) model: usize,
    /// From 1.
    pub(crate) attempt: u32,
    pub(crate) fitting: Fitting,
    /// Not before this moment.
    pub(crate) not_before: Option<Instant>,
    /// Rather not on this device.
    pub(crate) avoid: Option<String>,
    /// Only while nothing else runs on its device.
    pub(crate) alone: bool,
}

impl Agenda<'_> {
    /// A candidate as it goes to a slot.
    pub(crate) fn candidate(&self, model: usize, number: usize) -> Result<Pending, RunError> {
        let search = &self.searches[model];
        let candidate = &search.candidates[number];
        let trial = search.trial(&candidate.choice, candidate.epochs)?;
        let mut fitting = Fitting {
            is_resumable: candidate.epochs.is_some(),
            stop_rule: self
                .rules
                .as_ref()
                .and_then(|rules| rules.rule(&search.peers(number), self.plan.higher_is_better)),
            ..Fitting::default()
        };
        for earlier in search.fit_chain(number).into_iter().skip(1) {
            let earlier = &search.candidates[earlier];
            fitting.continues.push(search.trial(&earlier.choice, earlier.epochs)?.fit_key());
        }
        if let (Some(rule), Some(earlier)) = (&mut fitting.stop_rule, candidate.continues) {
            // It was promoted over what it had reached there: only what is new is judged.
            let judged = search.candidates[earlier].epochs.unwrap_or(0);
            rule.thresholds.retain(|(epoch, _)| *epoch > judged);
        }
        let label = self.label(model, &trial, candidate.epochs);
        Ok(self.pending(model, candidate.key.clone(), trial, label, fitting))
    }

    pub(crate) fn pending(
        &self,
        model: usize,
        key: TrialKey,
        trial: Trial,
        label: String,
        fitting: Fitting,
    ) -> Pending {
        let memory_limit_mb = self.plan.spec.schedule.memory_limit_mb;
        let fitting = Fitting { memory_limit_mb, ..fitting };
        let (not_before, avoid, alone) = (None, None, false);
        Pending { key, trial, label, model, attempt: 1, fitting, not_before, avoid, alone }
    }

    pub(crate) fn label(&self, model: usize, trial: &Trial, epochs: Option<u32>) -> String {
        let plan = &self.plan.models[model];
        let epochs = epochs.map(|epochs| format!("epochs={epochs}")).unwrap_or_default();
        let words = [plan.label.clone(), plan.describe(trial), epochs];
        words.iter().filter(|word| !word.is_empty()).cloned().collect::<Vec<_>>().join(" ")
    }
}
