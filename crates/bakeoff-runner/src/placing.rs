//! Which waiting trial a free slot gets: limits of models, memory, devices to avoid, trials that must be alone.

use std::cell::Cell;
use std::time::{Duration, Instant};

use bakeoff_spec::RunEvent;
use jiff::Timestamp;

use crate::error::RunError;
use crate::pending::Pending;
use crate::room::Left;
use crate::sinks::emit;
use crate::sweep::{Running, Sweep, seconds};

/// After this, or its first epoch, a trial has taken the memory that it needs.
const SETTLED: Duration = Duration::from_secs(30);

impl Sweep<'_> {
    pub(crate) fn hand_out(&mut self) -> Result<(), RunError> {
        self.count_seconds();
        for slot in 0..self.places.len() {
            while self.places[slot].is_free()
                && let Some(pending) = self.next_for(slot)?
            {
                self.start(slot, pending)?;
            }
        }
        Ok(())
    }

    /// What runs counts towards a budget of seconds, as far as it has come.
    fn count_seconds(&mut self) {
        let budget = &self.plan.spec.budget;
        if budget.time_secs.is_none() && budget.device_time_secs.is_none() {
            return;
        }
        let now = seconds(Timestamp::now());
        for search in &mut self.agenda.searches {
            search.running.clear();
        }
        for running in self.places.iter().filter_map(|place| place.running.as_ref()) {
            let span = (seconds(running.started_at), now);
            self.agenda.searches[running.pending.model].running.push(span);
        }
    }

    fn next_for(&mut self, slot: usize) -> Result<Option<Pending>, RunError> {
        let mut n_running = vec![0; self.plan.models.len()];
        for running in self.places.iter().filter_map(|place| place.running.as_ref()) {
            n_running[running.pending.model] += 1;
        }
        let neighbours = self.neighbours(slot);
        let is_deserted = neighbours.iter().all(|&other| self.running_at(other).is_none());
        let is_shared =
            |other: &usize| self.running_at(*other).is_some_and(|one| one.pending.alone);
        if self.holds_devices() && (neighbours.iter().any(is_shared) || self.is_reserved(slot)) {
            return Ok(None);
        }
        let limits = &self.plan.spec.schedule.models;
        let most = |model: usize| limits.get(&self.plan.models[model].label)?.slots;
        let room = self.room_at(slot);
        let short = Cell::new(None);
        let is_open = |model: usize| {
            let fits = room.is_none_or(|room| room.fits(self.need_mb(model) as f64));
            if !fits && self.agenda.wants(model) {
                short.set(Some(model));
            }
            fits && most(model).is_none_or(|most| n_running[model] < most)
        };
        let device = self.executor.slots()[slot].device();
        let accepts = |pending: &Pending| {
            pending.not_before.is_none_or(|moment| Instant::now() >= moment)
                && (is_deserted || !pending.alone || !self.holds_devices())
                && !(pending.avoid.as_deref() == Some(device) && self.has_choice(slot, pending))
        };
        let open: Vec<bool> = (0..self.plan.models.len()).map(is_open).collect();
        let due: Vec<bool> = self.agenda.urgent.iter().map(accepts).collect();
        let mut cached = Vec::new();
        let next = self.agenda.next(&|model| open[model], &due, &mut cached)?;
        for key in cached {
            emit(self.sinks, &RunEvent::TrialCached { key });
        }
        if let (None, Some(model)) = (&next, short.get()) {
            self.tell_waiting(slot, model);
        }
        Ok(next)
    }

    /// Whether slots are places on devices that the coordinator shares out. A cluster shares out its own.
    fn holds_devices(&self) -> bool {
        !self.executor.outlives_coordinator()
    }

    /// Whether a device is kept free for a trial that must run alone: the first usable one that it does not avoid.
    fn is_reserved(&self, slot: usize) -> bool {
        let now = Instant::now();
        let device = |slot: usize| self.executor.slots()[slot].device();
        let is_due = |pending: &&Pending| {
            pending.alone && pending.not_before.is_none_or(|moment| now >= moment)
        };
        self.agenda.urgent.iter().filter(is_due).any(|pending| {
            let suits = |&other: &usize| {
                self.places[other].is_usable()
                    && (pending.avoid.as_deref() != Some(device(other))
                        || !self.has_choice(other, pending))
            };
            let kept = (0..self.places.len()).find(suits);
            let is_empty = |other: &usize| self.running_at(*other).is_none();
            kept.is_some_and(|kept| device(kept) == device(slot))
                && !self.neighbours(slot).iter().all(is_empty)
        })
    }

    /// Whether another device than that of a slot can take the trial.
    fn has_choice(&self, slot: usize, pending: &Pending) -> bool {
        let slots = self.executor.slots();
        let need_mb = self.need_mb(pending.model) as f64;
        (0..slots.len()).any(|other| {
            slots[other].device() != slots[slot].device()
                && self.places[other].is_usable()
                && self.room.seen(&slots[other]).is_none_or(|memory| need_mb <= memory.total_mb)
        })
    }

    /// The memory that is left on a slot's device; `None` where it does not matter or cannot be told.
    fn room_at(&mut self, slot: usize) -> Option<Left> {
        let needs_any = (0..self.plan.models.len()).any(|model| self.need_mb(model) > 0);
        if !needs_any || !self.holds_devices() {
            return None;
        }
        let memory = self.room.of(&self.executor.slots()[slot])?;
        let mut left = Left { free_mb: memory.free_mb, unpromised_mb: memory.total_mb };
        for other in self.neighbours(slot) {
            let Some(running) = self.running_at(other) else { continue };
            let need_mb = self.need_mb(running.pending.model) as f64;
            left.unpromised_mb -= need_mb;
            if running.curve.is_empty() && running.since.elapsed() < SETTLED {
                left.free_mb -= need_mb;
            }
        }
        Some(left)
    }

    /// Where trials of ours take the memory, it will come; where others do, somebody should know.
    fn tell_waiting(&mut self, slot: usize, model: usize) {
        let is_ours = self.neighbours(slot).iter().any(|&other| self.running_at(other).is_some());
        if is_ours || self.told_waiting == Some(model) {
            return;
        }
        self.told_waiting = Some(model);
        let (label, device) =
            (&self.plan.models[model].label, self.executor.slots()[slot].device());
        let need_mb = self.need_mb(model);
        let message = format!("{label} waits until {device} has {need_mb} MiB to spare");
        emit(self.sinks, &RunEvent::Notice { message });
    }

    /// The other slots of a slot's device.
    fn neighbours(&self, slot: usize) -> Vec<usize> {
        let slots = self.executor.slots();
        let is_neighbour =
            |&other: &usize| other != slot && slots[other].device() == slots[slot].device();
        (0..slots.len()).filter(is_neighbour).collect()
    }

    fn running_at(&self, slot: usize) -> Option<&Running> {
        self.places[slot].running.as_ref()
    }

    /// MiB that the spec says a trial of a model takes.
    fn need_mb(&self, model: usize) -> u64 {
        let schedule = &self.plan.spec.schedule;
        let own = schedule.models.get(&self.plan.models[model].label);
        own.and_then(|limits| limits.memory_mb).or(schedule.memory_mb).unwrap_or(0)
    }

    /// What no device has in all would wait for ever.
    pub(crate) fn check_memory(&mut self) -> Result<(), RunError> {
        if !self.holds_devices() {
            return Ok(());
        }
        let schedule = &self.plan.spec.schedule;
        let own = schedule.models.values().filter_map(|limits| limits.memory_mb);
        let Some(most) = own.chain(schedule.memory_mb).max() else { return Ok(()) };
        let slots = self.executor.slots().to_vec();
        let totals = slots.iter().map(|slot| self.room.of(slot).map(|memory| memory.total_mb));
        let Some(totals) = totals.collect::<Option<Vec<f64>>>() else { return Ok(()) };
        let largest = totals.into_iter().fold(0.0, f64::max);
        if most as f64 > largest {
            return Err(RunError::TooLittleMemory { need_mb: most, total_mb: largest as u64 });
        }
        Ok(())
    }
}
