//! The coordinator's loop: hands trials to slots, keeps what comes back, tries again, stops.

use std::time::{Duration, Instant};

use bakeoff_spec::{
    Cause, Cost, CurvePoint, Fitting, Outcome, Plan, Provenance, RunEvent, Scores, Status,
};
use bakeoff_store::Store;
use jiff::Timestamp;

use crate::agenda::{Agenda, Pending};
use crate::devices::Slot;
use crate::error::{RunError, chain};
use crate::executors::{Executor, SlotEvent};
use crate::options::Options;
use crate::sinks::{Sink, emit};
use crate::stop::Stop;
use crate::wire::WorkOrder;

/// A sweep under way.
pub(crate) struct Sweep<'a> {
    plan: &'a Plan,
    store: &'a Store,
    options: &'a Options<'a>,
    agenda: Agenda<'a>,
    executor: Box<dyn Executor>,
    sinks: &'a mut [Box<dyn Sink>],
    stop: &'a Stop,
    /// By slot.
    places: Vec<Place>,
    n_ran: usize,
}

#[derive(Default)]
struct Place {
    running: Option<Running>,
    /// How often in a row no worker could be started here.
    n_failed_starts: u32,
}

struct Running {
    pending: Pending,
    since: Instant,
    started_at: Timestamp,
    curve: Vec<CurvePoint>,
}

/// How long the loop waits for news before it looks at clocks and wishes.
const TICK: Duration = Duration::from_millis(50);

/// A slot where this many workers in a row could not be started is not used any more.
const MAX_FAILED_STARTS: u32 = 3;

impl<'a> Sweep<'a> {
    pub(crate) fn of(
        plan: &'a Plan,
        store: &'a Store,
        options: &'a Options<'a>,
        agenda: Agenda<'a>,
        executor: Box<dyn Executor>,
        sinks: &'a mut [Box<dyn Sink>],
        stop: &'a Stop,
    ) -> Self {
        let places = executor.slots().iter().map(|_| Place::default()).collect();
        Self { plan, store, options, agenda, executor, sinks, stop, places, n_ran: 0 }
    }

    /// Until nothing is left to run, or the wish to stop; returns how many trials got their outcome by it.
    pub(crate) fn go(mut self) -> Result<usize, RunError> {
        let mut last_moment = None;
        loop {
            if !self.stop.is_requested() {
                self.hand_out()?;
            }
            if self.places.iter().all(|place| place.running.is_none()) {
                return Ok(self.n_ran);
            }
            if let Some((slot, event)) = self.executor.wait(TICK)? {
                self.react(slot, event)?;
            }
            for message in self.executor.notices() {
                emit(self.sinks, &RunEvent::Notice { message });
            }
            self.end_overdue()?;
            if self.stop.is_requested() {
                let now = Instant::now();
                let last_moment = *last_moment.get_or_insert(now + self.options.grace);
                if self.stop.is_urgent() || now >= last_moment {
                    self.interrupt()?;
                    return Ok(self.n_ran);
                }
            }
        }
    }

    fn hand_out(&mut self) -> Result<(), RunError> {
        for slot in 0..self.places.len() {
            while self.places[slot].is_free()
                && let Some(pending) = self.agenda.next()
            {
                self.start(slot, pending)?;
            }
        }
        Ok(())
    }

    fn start(&mut self, slot: usize, pending: Pending) -> Result<(), RunError> {
        let device = &self.executor.slots()[slot];
        let order = WorkOrder {
            trial: pending.trial.clone(),
            attempt: pending.attempt,
            spec_hash: self.plan.spec_hash.clone(),
            dataset: self.options.dataset.clone(),
            store: self.store.folder().dir().to_owned(),
            cuda: device.cuda_card.is_some(),
            threads: device.threads,
            fitting: Fitting::default(),
        };
        let started = RunEvent::TrialStarted {
            key: pending.key.clone(),
            label: pending.label.clone(),
            slot: device.label.clone(),
            attempt: pending.attempt,
            epochs: pending.trial.training.as_ref().map_or(0, |training| training.epochs),
            select: pending.trial.select.clone(),
        };
        emit(self.sinks, &started);
        if let Err(error) = self.executor.start(slot, &order) {
            return self.start_failed(slot, pending, error);
        }
        self.places[slot].running = Some(Running {
            pending,
            since: Instant::now(),
            started_at: Timestamp::now(),
            curve: Vec::new(),
        });
        Ok(())
    }

    /// The trial is not to blame: it goes back as it was. With no usable slot left, the sweep ends.
    fn start_failed(
        &mut self,
        slot: usize,
        pending: Pending,
        error: RunError,
    ) -> Result<(), RunError> {
        self.places[slot].n_failed_starts += 1;
        if !self.places.iter().any(Place::is_usable) {
            return Err(error);
        }
        let (key, attempt) = (pending.key.clone(), pending.attempt);
        emit(self.sinks, &RunEvent::TrialRetried { key, attempt, reason: chain(&error) });
        self.agenda.put_back(pending);
        Ok(())
    }

    fn react(&mut self, slot: usize, event: SlotEvent) -> Result<(), RunError> {
        if let SlotEvent::Epoch(point) = event {
            self.epoch_ended(slot, point);
            return Ok(());
        }
        let Some(running) = self.places[slot].running.take() else { return Ok(()) };
        if let SlotEvent::NotStarted(message) = event {
            return self.start_failed(slot, running.pending, RunError::WorkerStart(message));
        }
        self.places[slot].n_failed_starts = 0;
        match event {
            SlotEvent::Failed(outcome) => self.failed(slot, running.pending, *outcome),
            SlotEvent::Died { cause, message } => self.lost(slot, &running, cause, message),
            _ => {
                let message = "the worker says that the trial completed, but there is no outcome";
                self.lost(slot, &running, Cause::Crash, message.into())
            }
        }
    }

    fn epoch_ended(&mut self, slot: usize, point: CurvePoint) {
        if let Some(running) = &mut self.places[slot].running {
            running.curve.push(point.clone());
            let (key, slot) = (running.pending.key.clone(), self.label(slot));
            emit(self.sinks, &RunEvent::EpochEnded { key, slot, point });
        }
    }

    /// No failure was reported and the slot is free: if there is an outcome file, it counts, whatever happened after.
    fn lost(
        &mut self,
        slot: usize,
        running: &Running,
        cause: Cause,
        message: String,
    ) -> Result<(), RunError> {
        if let Some(outcome) = self.store.ingest(&running.pending.key)? {
            return self.finished(slot, outcome);
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
        if let Status::Failed { cause, message } = &outcome.status
            && cause.is_worth_retrying()
            && pending.attempt <= self.plan.spec.schedule.retries
        {
            self.store.note_attempt(&outcome)?;
            let (key, attempt) = (pending.key.clone(), pending.attempt);
            let retried = RunEvent::TrialRetried { key, attempt, reason: message.clone() };
            emit(self.sinks, &retried);
            self.agenda.put_back(Pending { attempt: attempt + 1, ..pending });
            return Ok(());
        }
        self.store.record(&outcome)?;
        // A twin elsewhere may have completed it meanwhile: what is kept counts.
        let kept = self.store.get(&outcome.key)?;
        self.finished(slot, kept.unwrap_or(outcome))
    }

    /// The outcome is in the store.
    fn finished(&mut self, slot: usize, outcome: Outcome) -> Result<(), RunError> {
        self.n_ran += 1;
        let cached = self.agenda.finish(&outcome)?;
        let (slot, outcome) = (self.label(slot), Box::new(outcome));
        emit(self.sinks, &RunEvent::TrialFinished { slot, outcome });
        for key in cached {
            emit(self.sinks, &RunEvent::TrialCached { key });
        }
        Ok(())
    }

    fn end_overdue(&mut self) -> Result<(), RunError> {
        let Some(secs) = self.plan.spec.schedule.timeout_secs else { return Ok(()) };
        if self.executor.outlives_coordinator() {
            return Ok(());
        }
        let limit = Duration::from_secs(secs);
        for slot in 0..self.places.len() {
            let is_overdue = |running: &mut Running| running.since.elapsed() >= limit;
            if let Some(running) = self.places[slot].running.take_if(is_overdue) {
                self.executor.cancel(slot);
                let message = format!("the attempt took longer than timeout_secs: {secs}");
                self.lost(slot, &running, Cause::Timeout, message)?;
            }
        }
        Ok(())
    }

    /// Ends what runs, unless it goes on without us. Those trials have not run, unless they were just written.
    fn interrupt(&mut self) -> Result<(), RunError> {
        for slot in 0..self.places.len() {
            if let Some(running) = self.places[slot].running.take() {
                if !self.executor.outlives_coordinator() {
                    self.executor.cancel(slot);
                }
                if let Some(outcome) = self.store.ingest(&running.pending.key)? {
                    self.finished(slot, outcome)?;
                }
            }
        }
        Ok(())
    }

    /// What is known here of an attempt whose worker cannot say more.
    fn failed_outcome(&self, slot: usize, running: &Running, status: Status) -> Outcome {
        let slot = &self.executor.slots()[slot];
        let Running { pending, since, started_at, curve } = running;
        Outcome {
            key: pending.key.clone(),
            trial: pending.trial.clone(),
            attempt: pending.attempt,
            status,
            valid: Scores::new(),
            test: Scores::new(),
            curve: curve.clone(),
            best_epoch: 0,
            cost: Cost {
                epochs: curve.len() as u32,
                wall_secs: since.elapsed().as_secs_f64(),
                ..Cost::default()
            },
            provenance: Provenance {
                spec_hash: self.plan.spec_hash.clone(),
                data_hash: pending.trial.data.clone(),
                threads: slot.threads,
                started_at: started_at.to_string(),
                ended_at: Timestamp::now().to_string(),
                ..Provenance::default()
            },
        }
    }

    fn label(&self, slot: usize) -> String {
        self.executor.slots()[slot].label.clone()
    }
}

fn device_kind(slot: &Slot) -> &'static str {
    if slot.cuda_card.is_some() { "cuda" } else { "cpu" }
}

impl Place {
    fn is_usable(&self) -> bool {
        self.n_failed_starts < MAX_FAILED_STARTS
    }

    fn is_free(&self) -> bool {
        self.running.is_none() && self.is_usable()
    }
}
