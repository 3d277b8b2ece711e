//! What becomes of a trial that did not complete: tried again as the spec says, or kept as failed.

use std::time::{Duration, Instant};

use bakeoff_spec::spec::{OnFailure, OnOutOfMemory};
use bakeoff_spec::{Cause, Cost, Outcome, Provenance, RunEvent, Scores, Status};
use jiff::Timestamp;

use crate::devices::Slot;
use crate::error::RunError;
use crate::executors::SlotEvent;
use crate::pending::Pending;
use crate::sinks::emit;
use crate::sweep::{Running, Sweep, seconds};
use crate::wire::TimeLimits;

/// Memory is tried at least this often again, each time with smaller parts, unless nothing is to be tried again.
const LEAST_SPLITS: u32 = 3;

impl Sweep<'_> {
    /// A trial left its slot.
    pub(crate) fn ended(
        &mut self,
        slot: usize,
        running: Running,
        event: SlotEvent,
    ) -> Result<(), RunError> {
        match event {
            SlotEvent::Failed(outcome) => self.failed(slot, running.pending, *outcome),
            SlotEvent::Died { cause, message } => self.lost(slot, &running, cause, message),
            _ => {
                let message = "the worker says that the trial completed, but there is no outcome";
                self.lost(slot, &running, Cause::Crash, message.into())
            }
        }
    }

    /// No failure was reported and the slot is free: if there is an outcome file, it counts, whatever happened after.
    pub(crate) fn lost(
        &mut self,
        slot: usize,
        running: &Running,
        cause: Cause,
        message: String,
    ) -> Result<(), RunError> {
        if let Some(outcome) = self.store.ingest(&running.pending.key)?
            && self.agenda.counts_here(&outcome)
        {
            return self.finished(&self.label(slot), outcome);
        }
        let outcome = self.failed_outcome(slot, running, Status::Failed { cause, message });
        self.failed(slot, running.pending.clone(), outcome)
    }

    /// An attempt failed and nothing is written yet.
    fn failed(
        &mut self,
        slot: usize,
        pending: Pending,
        mut outcome: Outcome,
    ) -> Result<(), RunError> {
        // A trial that fails early may not have come to say what it ran on.
        let Provenance { code_version, device, .. } = &mut outcome.provenance;
        if code_version.is_empty() {
            code_version.clone_from(&self.options.code_version);
        }
        if device.is_empty() {
            *device = device_kind(&self.executor.slots()[slot]).into();
        }
        outcome.cost.micro_batches = pending.fitting.micro_batches;
        if let Status::Failed { cause, message } = &outcome.status {
            let schedule = &self.plan.spec.schedule;
            let answer = schedule.on_failure.of(*cause);
            let is_split = *cause == Cause::OutOfMemory
                && schedule.on_failure.out_of_memory == OnOutOfMemory::Split;
            let retries = match schedule.retries {
                0 => 0,
                n if is_split => n.max(LEAST_SPLITS),
                n => n,
            };
            let is_to_retry = matches!(answer, OnFailure::Retry | OnFailure::RetryAlone);
            if is_to_retry && pending.attempt <= retries {
                self.store.note_attempt(&outcome)?;
                let began = outcome.provenance.started_at.parse().map_or(0.0, seconds);
                let span = (began, began + outcome.cost.wall_secs);
                self.agenda.searches[pending.model].lost.push(span);
                let (key, attempt) = (pending.key.clone(), pending.attempt);
                let retried = RunEvent::TrialRetried { key, attempt, reason: message.clone() };
                emit(self.sinks, &retried);
                let next = self.next_attempt(slot, pending, *cause, answer, is_split);
                self.agenda.put_back(next);
                return Ok(());
            }
            if answer == OnFailure::Stop {
                let first = message.lines().next().unwrap_or_default();
                let reason = format!("`on_failure` says to stop: {} {first}", pending.label);
                self.halted.get_or_insert(reason);
            }
        }
        self.give_up(&self.label(slot), &outcome)
    }

    /// Keeps an outcome that no worker wrote.
    pub(crate) fn give_up(&mut self, slot: &str, outcome: &Outcome) -> Result<(), RunError> {
        self.store.record(outcome)?;
        // A twin elsewhere may have completed it meanwhile: what is kept counts.
        let kept = self.store.get(&outcome.key)?.filter(|kept| self.agenda.counts_here(kept));
        self.finished(slot, kept.unwrap_or_else(|| outcome.clone()))
    }

    fn next_attempt(
        &self,
        slot: usize,
        mut pending: Pending,
        cause: Cause,
        answer: OnFailure,
        is_split: bool,
    ) -> Pending {
        let schedule = &self.plan.spec.schedule;
        // The trial is what it was: only how its batches are taken changes, and that is told with its outcome.
        let can_split = pending
            .trial
            .training
            .as_ref()
            .is_some_and(|training| pending.fitting.micro_batches < training.batch_size);
        if is_split && can_split {
            pending.alone = pending.fitting.micro_batches > 1;
            pending.fitting.micro_batches *= 2;
        } else {
            pending.alone = answer == OnFailure::RetryAlone || cause == Cause::OutOfMemory;
        }
        let factor = f64::from(2_u32.saturating_pow((pending.attempt - 1).min(20)));
        let wait = Duration::from_secs_f64((schedule.backoff_secs * factor).min(86_400.0));
        pending.not_before = (!wait.is_zero()).then(|| Instant::now() + wait);
        let device = self.executor.slots()[slot].device().to_owned();
        pending.avoid = schedule.retry_elsewhere.then_some(device);
        pending.attempt += 1;
        pending
    }

    pub(crate) fn end_overdue(&mut self) -> Result<(), RunError> {
        // Such an executor holds its own limits: here a trial may be waiting for a place.
        if self.executor.outlives_coordinator() {
            return Ok(());
        }
        for slot in 0..self.places.len() {
            let Some(running) = &self.places[slot].running else { continue };
            let limits = self.limits(running.pending.model);
            let Some(message) = limits.passed(running.since, running.last_sign) else { continue };
            let Some(running) = self.places[slot].running.take() else { continue };
            self.executor.cancel(slot);
            self.lost(slot, &running, Cause::Timeout, message)?;
        }
        Ok(())
    }

    /// How long a trial of a model may take.
    pub(crate) fn limits(&self, model: usize) -> TimeLimits {
        let schedule = &self.plan.spec.schedule;
        let own = schedule.models.get(&self.plan.models[model].label);
        TimeLimits {
            timeout_secs: own.and_then(|limits| limits.timeout_secs).or(schedule.timeout_secs),
            stall_secs: schedule.stall_secs,
        }
    }

    /// What is known here of an attempt whose worker cannot say more.
    pub(crate) fn failed_outcome(&self, slot: usize, running: &Running, status: Status) -> Outcome {
        let slot = &self.executor.slots()[slot];
        let Running { pending, since, started_at, curve, .. } = running;
        let mut outcome = self.unrun_outcome(pending, status);
        outcome.curve.clone_from(curve);
        outcome.cost.epochs = curve.len() as u32;
        outcome.cost.wall_secs = since.elapsed().as_secs_f64();
        outcome.provenance.threads = slot.threads;
        outcome.provenance.started_at = started_at.to_string();
        outcome
    }

    /// The outcome of a trial that never ran.
    pub(crate) fn unrun_outcome(&self, pending: &Pending, status: Status) -> Outcome {
        let now = Timestamp::now().to_string();
        Outcome {
            key: pending.key.clone(),
            trial: pending.trial.clone(),
            attempt: pending.attempt,
            status,
            valid: Scores::new(),
            test: Scores::new(),
            curve: Vec::new(),
            best_epoch: 0,
            cost: Cost::default(),
            provenance: Provenance {
                spec_hash: self.plan.spec_hash.clone(),
                data_hash: pending.trial.data.clone(),
                code_version: self.options.code_version.clone(),
                started_at: now.clone(),
                ended_at: now,
                ..Provenance::default()
            },
        }
    }
}

fn device_kind(slot: &Slot) -> &'static str {
    if slot.cuda_card.is_some() { "cuda" } else { "cpu" }
}
