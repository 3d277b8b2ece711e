//! The target at which the spec lets the search of all models end.

use bakeoff_spec::TrialKey;

use crate::agenda::{Agenda, Place};
use crate::error::RunError;

impl Agenda<'_> {
    /// A search trial that waits will not run.
    fn call_off(&mut self, key: &TrialKey) {
        for place in self.waiting.remove(key).unwrap_or_default() {
            if let Place::Candidate { model, .. } = place {
                self.searches[model].n_open -= 1;
            }
        }
    }

    /// Once a trial has reached the spec's target, no search begins another.
    pub(crate) fn look_at_target(&mut self, cached: &mut Vec<TrialKey>) -> Result<(), RunError> {
        let Some(target) = self.plan.spec.schedule.stop_at else { return Ok(()) };
        let reaches = |value: f64| !self.plan.is_better(target, value);
        let mut candidates = self.searches.iter().flat_map(|search| &search.candidates);
        if !candidates.any(|candidate| candidate.value().is_some_and(reaches)) {
            return Ok(());
        }
        for model in 0..self.searches.len() {
            let waiting = std::mem::take(&mut self.searches[model].queue);
            if !waiting.is_empty() || !self.searches[model].is_exhausted() {
                self.searches[model].end_early("the target was reached");
            }
            for number in waiting {
                let key = self.searches[model].candidates[number].key.clone();
                self.call_off(&key);
            }
        }
        // Those that wait for memory or another attempt.
        let is_candidate = |place: &Place| matches!(place, Place::Candidate { .. });
        let of_search =
            |key: &TrialKey| self.waiting.get(key).is_some_and(|of| of.iter().all(is_candidate));
        let called_off: Vec<TrialKey> =
            self.urgent.iter().map(|pending| pending.key.clone()).filter(of_search).collect();
        for key in called_off {
            self.urgent.retain(|pending| pending.key != key);
            self.call_off(&key);
        }
        (0..self.searches.len()).try_for_each(|model| self.test_winner(model, cached))
    }
}
