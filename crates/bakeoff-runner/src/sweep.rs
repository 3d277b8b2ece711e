//! The coordinator's loop: hands trials to slots, keeps what comes back, stops.
//!
//! Which trial a slot gets is decided in `placing.rs`, what becomes of a failure in `failing.rs`, what is answered to
//! other terminals in `answering.rs`.

use std::time::{Duration, Instant};

use bakeoff_spec::{Cause, CurvePoint, Outcome, Plan, RunEvent, Status};
use bakeoff_store::Store;
use jiff::Timestamp;

use crate::agenda::Agenda;
use crate::control::Control;
use crate::devices::Slot;
use crate::error::{RunError, chain};
use crate::executors::{Executor, SlotEvent};
use crate::options::Options;
use crate::pending::Pending;
use crate::room::Room;
use crate::sinks::{Sink, emit};
use crate::stop::Stop;
use crate::wire::WorkOrder;

/// A sweep under way.
pub(crate) struct Sweep<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) store: &'a Store,
    pub(crate) options: &'a Options<'a>,
    pub(crate) agenda: Agenda<'a>,
    pub(crate) executor: Box<dyn Executor>,
    pub(crate) sinks: &'a mut [Box<dyn Sink>],
    pub(crate) control: Option<Control>,
    pub(crate) stop: &'a Stop,
    /// By slot.
    pub(crate) places: Vec<Place>,
    pub(crate) room: Room,
    pub(crate) started: Instant,
    pub(crate) is_paused: bool,
    pub(crate) n_failed: u32,
    /// Why no more trials begin, if the spec or too many failures say so.
    pub(crate) halted: Option<String>,
    n_planned: usize,
    /// The model last told to wait for memory.
    pub(crate) told_waiting: Option<usize>,
}

/// A slot and what runs there.
#[derive(Default)]
pub(crate) struct Place {
    pub(crate) running: Option<Running>,
    /// How often in a row no worker could be started here.
    pub(crate) n_failed_starts: u32,
    /// What keeps a worker from starting may pass.
    rests_until: Option<Instant>,
}

/// A trial that runs.
pub(crate) struct Running {
    pub(crate) pending: Pending,
    pub(crate) since: Instant,
    /// When it last showed that it goes on.
    pub(crate) last_sign: Instant,
    pub(crate) started_at: Timestamp,
    pub(crate) curve: Vec<CurvePoint>,
}

/// How long the loop waits for news before it looks at clocks and wishes.
const TICK: Duration = Duration::from_millis(50);

/// How long a slot rests after a worker could not be started; longer each time.
const REST: Duration = Duration::from_millis(300);

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
        Self {
            plan,
            store,
            options,
            n_planned: agenda.n_planned(),
            agenda,
            executor,
            sinks,
            // A folder in which no socket can be made, such as one on a network, is no reason not to run.
            control: Control::open(store.folder().dir()).ok(),
            stop,
            places,
            room: Room::default(),
            started: Instant::now(),
            is_paused: false,
            n_failed: 0,
            halted: None,
            told_waiting: None,
        }
    }

    /// Until nothing is left to run, or the wish to stop; the agenda then, and why it ended early if it did.
    pub(crate) fn go(mut self) -> Result<(Agenda<'a>, Option<String>), RunError> {
        self.check_memory()?;
        let mut last_moment = None;
        loop {
            self.answer()?;
            if !self.stop.is_requested() && !self.is_paused && self.halted.is_none() {
                self.hand_out()?;
            }
            self.tell_planned();
            let is_idle = self.places.iter().all(|place| place.running.is_none());
            if is_idle && !self.is_waiting() {
                return Ok((self.agenda, self.halted));
            }
            let mut patience = TICK;
            // All that waits, so that the loop is never behind what has happened.
            while let Some((slot, event)) = self.executor.wait(patience)? {
                self.react(slot, event)?;
                patience = Duration::ZERO;
                if !self.places[slot].is_busy() {
                    break;
                }
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
                    return Ok((self.agenda, self.halted));
                }
            }
        }
    }

    /// Whether trials wait for something that time brings: a pause, a second attempt, memory.
    fn is_waiting(&self) -> bool {
        !self.stop.is_requested()
            && self.halted.is_none()
            && ((self.is_paused && !self.agenda.is_done()) || self.agenda.has_waiting())
    }

    pub(crate) fn start(&mut self, slot: usize, pending: Pending) -> Result<(), RunError> {
        let device = &self.executor.slots()[slot];
        let order = WorkOrder {
            trial: pending.trial.clone(),
            attempt: pending.attempt,
            spec_hash: self.plan.spec_hash.clone(),
            dataset: self.options.dataset.clone(),
            store: self.store.folder().dir().to_owned(),
            cuda: device.cuda_card.is_some(),
            threads: device.threads,
            fitting: pending.fitting.clone(),
            limits: self.limits(pending.model),
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
        let now = Instant::now();
        self.places[slot].running = Some(Running {
            pending,
            since: now,
            last_sign: now,
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
        let place = &mut self.places[slot];
        place.n_failed_starts += 1;
        place.rests_until = Some(Instant::now() + REST * place.n_failed_starts);
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
        self.ended(slot, running, event)
    }

    fn epoch_ended(&mut self, slot: usize, point: CurvePoint) {
        if let Some(running) = &mut self.places[slot].running {
            running.last_sign = Instant::now();
            running.curve.push(point.clone());
            let (key, slot) = (running.pending.key.clone(), self.label(slot));
            emit(self.sinks, &RunEvent::EpochEnded { key, slot, point });
        }
    }

    /// The outcome is in the store.
    pub(crate) fn finished(&mut self, slot: &str, outcome: Outcome) -> Result<(), RunError> {
        let cached = self.agenda.finish(&outcome)?;
        if let Status::Failed { cause, message } = &outcome.status
            && *cause != Cause::Cancelled
        {
            self.n_failed += 1;
            let most = self.plan.spec.schedule.max_failures;
            if most.is_some_and(|most| self.n_failed >= most) {
                let first = message.lines().next().unwrap_or_default();
                let n = self.n_failed;
                self.halted.get_or_insert(format!("{n} failed, as many as may; the last: {first}"));
            }
        }
        let (slot, outcome) = (slot.to_owned(), Box::new(outcome));
        emit(self.sinks, &RunEvent::TrialFinished { slot, outcome });
        for key in cached {
            emit(self.sinks, &RunEvent::TrialCached { key });
        }
        Ok(())
    }

    fn tell_planned(&mut self) {
        let planned = self.agenda.n_planned();
        if planned != self.n_planned {
            self.n_planned = planned;
            emit(self.sinks, &RunEvent::Planned { planned });
        }
    }

    /// Ends what runs, unless its executor goes on without a coordinator. Those trials have not run, unless they were
    /// just written.
    fn interrupt(&mut self) -> Result<(), RunError> {
        for slot in 0..self.places.len() {
            if let Some(running) = self.places[slot].running.take() {
                if !self.executor.outlives_coordinator() {
                    self.executor.cancel(slot);
                }
                let outcome = self.store.ingest(&running.pending.key)?;
                if let Some(outcome) = outcome.filter(|outcome| self.agenda.counts_here(outcome)) {
                    self.finished(&self.label(slot), outcome)?;
                }
            }
        }
        Ok(())
    }

    pub(crate) fn label(&self, slot: usize) -> String {
        self.executor.slots()[slot].label.clone()
    }
}

/// Since 1970.
pub(crate) fn seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1000.0
}

impl Place {
    pub(crate) fn is_usable(&self) -> bool {
        self.n_failed_starts < MAX_FAILED_STARTS
    }

    pub(crate) fn is_free(&self) -> bool {
        let rests = self.rests_until.is_some_and(|moment| Instant::now() < moment);
        !self.is_busy() && self.is_usable() && !rests
    }

    fn is_busy(&self) -> bool {
        self.running.is_some()
    }
}

impl Slot {
    /// The device that it is a slot of, such as `cuda:1`.
    pub(crate) fn device(&self) -> &str {
        self.label.rsplit_once('/').map_or(&self.label, |(device, _)| device)
    }
}
