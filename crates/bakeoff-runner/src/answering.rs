//! What a running sweep answers to other terminals.

use bakeoff_spec::{Cause, State, Status};

use crate::control::{Answer, Control, ModelStanding, Request, RunningTrial, Standing};
use crate::error::RunError;
use crate::sweep::{Running, Sweep};

impl Sweep<'_> {
    /// Answers what was asked since the last look.
    pub(crate) fn answer(&mut self) -> Result<(), RunError> {
        while let Some((request, answer)) = self.control.as_ref().and_then(Control::next) {
            let said = match request {
                Request::Status => Answer::Status(self.standing()),
                Request::Pause => {
                    self.is_paused = true;
                    Answer::Done("paused: running trials go on, no other begins".into())
                }
                Request::Resume => {
                    self.is_paused = false;
                    Answer::Done("trials begin again".into())
                }
                Request::Cancel(prefix) => self.cancel(&prefix)?,
            };
            // Whoever asked may have gone.
            let _ = answer.send(said);
        }
        Ok(())
    }

    fn cancel(&mut self, prefix: &str) -> Result<Answer, RunError> {
        let keys: Vec<_> = self
            .agenda
            .open_keys()
            .filter(|key| key.as_str().starts_with(prefix))
            .cloned()
            .collect();
        let [key] = &keys[..] else {
            return Ok(Answer::Refused(match keys.len() {
                0 => format!("no trial that runs or waits has a key that begins with `{prefix}`"),
                n => format!("{n} trials have keys that begin with `{prefix}`; give more digits"),
            }));
        };
        let status =
            Status::Failed { cause: Cause::Cancelled, message: "cancelled by hand".into() };
        let is_here = |running: &Running| running.pending.key == *key;
        let slot = self.places.iter().position(|place| place.running.as_ref().is_some_and(is_here));
        if let Some(slot) = slot
            && let Some(running) = self.places[slot].running.take()
        {
            self.executor.cancel(slot);
            let finished = self.store.ingest(key)?;
            let outcome = match finished.filter(|outcome| self.agenda.counts_here(outcome)) {
                Some(outcome) => outcome,
                None => self.failed_outcome(slot, &running, status),
            };
            self.give_up(&self.label(slot), &outcome)?;
            return Ok(Answer::Done(format!("{key}: ended")));
        }
        let Some(pending) = self.agenda.take(key)? else {
            return Ok(Answer::Refused(format!("{key} cannot be cancelled now")));
        };
        let outcome = self.unrun_outcome(&pending, status);
        self.give_up("", &outcome)?;
        Ok(Answer::Done(format!("{key}: taken out")))
    }

    fn standing(&self) -> Standing {
        let slots =
            self.executor.slots().iter().zip(&self.places).map(|(slot, place)| {
                (slot.label.clone(), place.running.as_ref().map(running_trial))
            });
        let models = self.plan.models.iter().zip(&self.agenda.searches).map(|(model, search)| {
            let count = |is_meant: fn(State) -> bool| {
                let briefs = search.candidates.iter().filter_map(|one| one.brief.as_ref());
                briefs.filter(|brief| is_meant(brief.state)).count()
            };
            let best = self.plan.choose(&search.candidates);
            ModelStanding {
                model: model.label.clone(),
                n_done: count(|_| true),
                n_expected: search.n_expected(),
                n_failed: count(|state| state == State::Failed),
                n_pruned: count(|state| matches!(state, State::Pruned { .. })),
                best: best.and_then(|i| search.candidates[i].value()),
                is_searched: search.is_over(),
            }
        });
        Standing {
            name: self.plan.name.clone(),
            spec_hash: self.plan.spec_hash.clone(),
            pid: Some(std::process::id()),
            elapsed_secs: self.started.elapsed().as_secs_f64(),
            is_paused: self.is_paused,
            counts: self.agenda.counts(),
            select: self.plan.select.clone(),
            slots: slots.collect(),
            models: models.collect(),
        }
    }
}

fn running_trial(running: &Running) -> RunningTrial {
    let Running { pending, since, curve, .. } = running;
    RunningTrial {
        key: pending.key.to_string(),
        label: pending.label.clone(),
        attempt: pending.attempt,
        secs: since.elapsed().as_secs_f64(),
        epoch: curve.last().map_or(0, |point| point.epoch),
        epochs: pending.trial.training.as_ref().map_or(0, |training| training.epochs),
        value: curve.iter().rev().find_map(|point| point.valid),
    }
}
