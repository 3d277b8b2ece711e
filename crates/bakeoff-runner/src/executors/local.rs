//! Worker processes on this machine: one for each slot, started with the slot's first trial and kept warm.

use std::num::NonZero;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use bakeoff_spec::registry::NoParams;
use bakeoff_spec::spec::ScheduleSpec;
use bakeoff_spec::{Outcome, Plugin, Status};

use crate::devices::{self, Slot};
use crate::error::RunError;
use crate::executors::{Executor, ExecutorPlugin, SlotEvent};
use crate::options::Options;
use crate::wire::{Reply, WorkOrder};
use crate::worker_process::{FromWorker, Launch, WorkerProcess};

/// The pool of worker processes.
///
/// Workers are started on the thread that calls [`start`](Executor::start) and die when that thread ends, so it must
/// be the one that outlives the sweep.
#[derive(Debug)]
pub struct Local {
    slots: Vec<Slot>,
    launch: Launch,
    /// By slot.
    workers: Vec<Option<WorkerProcess>>,
    /// What all workers say, with the number of the worker: words of one that was replaced must not count.
    inbox: Receiver<(u64, FromWorker)>,
    outbox: Sender<(u64, FromWorker)>,
    n_started: u64,
}

impl Plugin for Local {
    const NAME: &'static str = "local";
    const ABOUT: &'static str = "Runs trials in worker processes on this machine.";
    type Params = NoParams;
}

impl ExecutorPlugin for Local {
    fn open(
        _params: NoParams,
        schedule: &ScheduleSpec,
        options: &Options<'_>,
    ) -> Result<Self, RunError> {
        let n_cores = thread::available_parallelism().map_or(1, NonZero::get);
        Ok(Self::with_slots(devices::slots(schedule, n_cores, options.cuda_cards)?, options))
    }
}

impl Executor for Local {
    fn slots(&self) -> &[Slot] {
        &self.slots
    }

    fn start(&mut self, slot: usize, order: &WorkOrder) -> Result<(), RunError> {
        let worker = &mut self.workers[slot];
        // A warm worker that died while idle is replaced, and no trial is the worse for it.
        if worker.as_mut().is_none_or(|worker| worker.send(order).is_err()) {
            self.n_started += 1;
            let outbox = self.outbox.clone();
            let mut fresh = self.launch.start(self.n_started, &self.slots[slot], outbox)?;
            // If it is dead already, `wait` tells.
            let _ = fresh.send(order);
            *worker = Some(fresh);
        }
        Ok(())
    }

    fn wait(&mut self, patience: Duration) -> Result<Option<(usize, SlotEvent)>, RunError> {
        let Ok((id, said)) = self.inbox.recv_timeout(patience) else { return Ok(None) };
        let of_id = |worker: &Option<WorkerProcess>| worker.as_ref().is_some_and(|w| w.id == id);
        let slot = self.workers.iter().position(of_id);
        Ok(slot.and_then(|slot| Some((slot, self.hear(slot, said)?))))
    }

    fn cancel(&mut self, slot: usize) {
        self.workers[slot] = None;
    }
}

impl Local {
    /// With the given slots, whatever the machine has.
    pub(crate) fn with_slots(slots: Vec<Slot>, options: &Options<'_>) -> Self {
        let (outbox, inbox) = mpsc::channel();
        Self {
            workers: slots.iter().map(|_| None).collect(),
            launch: Launch::of(options),
            slots,
            inbox,
            outbox,
            n_started: 0,
        }
    }

    fn hear(&mut self, slot: usize, said: FromWorker) -> Option<SlotEvent> {
        let worker = self.workers[slot].as_mut()?;
        match said {
            FromWorker::Reply(Reply::Ready) => {
                worker.is_ready = true;
                None
            }
            FromWorker::Reply(Reply::Epoch(point)) => Some(SlotEvent::Epoch(point)),
            FromWorker::Reply(Reply::Completed) => {
                worker.rest();
                Some(SlotEvent::Completed)
            }
            FromWorker::Reply(Reply::Failed(outcome)) => {
                worker.rest();
                if may_have_left_damage(&outcome) {
                    self.workers[slot] = None;
                }
                Some(SlotEvent::Failed(outcome))
            }
            FromWorker::Closed => {
                let worker = self.workers[slot].take()?;
                let (is_ready, is_busy) = (worker.is_ready, worker.is_busy);
                let (cause, message) = worker.last_words();
                match (is_ready, is_busy) {
                    (false, _) => Some(SlotEvent::NotStarted(message)),
                    (true, true) => Some(SlotEvent::Died { cause, message }),
                    (true, false) => None,
                }
            }
        }
    }
}

/// A panic or a lack of memory may leave a process, or its card, in no state for another trial.
fn may_have_left_damage(outcome: &Outcome) -> bool {
    matches!(outcome.status, Status::Failed { cause, .. } if cause.is_worth_retrying())
}
