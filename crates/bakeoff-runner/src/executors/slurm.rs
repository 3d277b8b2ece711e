//! Slurm: trials become elements of job arrays. It queues, places, limits and requeues; we hand over files and look for
//! files.
//!
//! **Slurm's word is a hint, never the truth.** An element's outcome and verdict lie in the shared folder, and they
//! decide. Slurm is asked only about elements that have left neither, and it may be wrong: a controller that was killed
//! forgets arrays that it has acknowledged and runs finished elements again. So arrays are known by a name of ours, not by
//! Slurm's numbers; an element that it does not know is submitted again; and whoever gives the first verdict on an
//! attempt, the worker or we, settles it: a twin that comes late finds the verdict and ends.

use std::collections::{BTreeMap, VecDeque};
use std::path;
use std::thread;
use std::time::{Duration, Instant};

use bakeoff_spec::spec::ScheduleSpec;
use bakeoff_spec::{Plugin, TrialKey};

use crate::devices::Slot;
use crate::error::RunError;
use crate::executors::{Executor, ExecutorPlugin, SlotEvent, bad_plugin};
use crate::options::Options;
use crate::trial_file::Verdict;
use crate::trial_file_worker::has_outcome;
use crate::wire::WorkOrder;

mod commands;
mod exchange;
mod params;
mod states;
mod submission;

use commands::{Commands, Refusal};
pub use params::SlurmParams;
pub use submission::element_files;
use submission::{Desk, Errand};

/// How often to look for progress and verdicts.
const LOOK: Duration = Duration::from_secs(1);

/// Trials in the hands of a Slurm cluster. Its slots are no places: a slot is a trial that waits or runs there.
#[derive(Debug)]
pub struct Slurm {
    params: SlurmParams,
    slots: Vec<Slot>,
    program: path::PathBuf,
    args: Vec<std::ffi::OsString>,
    commands: Commands,
    /// Set up with the first order, which names the store.
    desk: Option<Desk>,
    /// What earlier coordinators left in Slurm's hands.
    earlier: BTreeMap<TrialKey, Errand>,
    queue: Vec<Waiting>,
    /// By slot.
    flights: Vec<Option<Flight>>,
    events: VecDeque<(usize, SlotEvent)>,
    /// The numbers that Slurm gave our arrays, for cancelling.
    numbers: BTreeMap<String, u64>,
    next_look: Instant,
    next_poll: Instant,
    next_submission: Instant,
    /// Why the last elements could not begin, if nothing has begun since.
    failed_starts: Vec<String>,
    /// What keeps us from Slurm at the moment.
    trouble: Option<Refusal>,
    notices: Vec<String>,
}

/// An order that is to be submitted.
#[derive(Debug)]
struct Waiting {
    slot: usize,
    order: WorkOrder,
    n_lost: u32,
}

/// An order in Slurm's hands.
#[derive(Debug)]
struct Flight {
    order: WorkOrder,
    errand: Errand,
    /// How much of its progress was told.
    read_to: u64,
    has_begun: bool,
    /// Not yet seen alive by this coordinator, who did not submit it.
    is_found: bool,
    /// Since when Slurm has said that it is gone.
    gone_since: Option<Instant>,
    n_lost: u32,
}

impl Plugin for Slurm {
    const NAME: &'static str = "slurm";
    const ABOUT: &'static str = "Runs trials as elements of job arrays on a Slurm cluster.";
    type Params = SlurmParams;

    fn check(params: &SlurmParams) -> Result<(), String> {
        params.check()
    }
}

impl ExecutorPlugin for Slurm {
    fn open(
        params: SlurmParams,
        schedule: &ScheduleSpec,
        options: &Options<'_>,
    ) -> Result<Self, RunError> {
        let refused = |message: &str| Err(bad_plugin(Self::NAME, message.into()));
        let cuda_card = match schedule.devices.as_str() {
            "cpu" => None,
            "auto" => params.has_gpu().then_some(0),
            "cuda" if params.has_gpu() => Some(0),
            "cuda" => return refused("`devices: cuda` needs a card: say `gres: gpu:1`"),
            _ => {
                return refused(
                    "cards are given out by Slurm: say `gres: gpu:1` and leave `devices` out",
                );
            }
        };
        if schedule.slots.is_some() {
            return refused(
                "`slots` are no places here: say `array_limit` for how many run at a time",
            );
        }
        let slot = |i| Slot { label: format!("slurm/{i}"), cuda_card, threads: schedule.threads };
        let slots: Vec<Slot> = (0..params.outstanding).map(slot).collect();
        let now = Instant::now();
        Ok(Self {
            flights: slots.iter().map(|_| None).collect(),
            slots,
            program: options.program.clone(),
            args: options.args.clone(),
            commands: Commands::new(&options.extra_env),
            desk: None,
            earlier: BTreeMap::new(),
            queue: Vec::new(),
            events: VecDeque::new(),
            numbers: BTreeMap::new(),
            next_look: now,
            next_poll: now,
            next_submission: now,
            failed_starts: Vec::new(),
            trouble: None,
            notices: Vec::new(),
            params,
        })
    }
}

impl Executor for Slurm {
    fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// Takes up what an earlier coordinator submitted for the same trial, or queues the order for the next array.
    fn start(&mut self, slot: usize, order: &WorkOrder) -> Result<(), RunError> {
        let mut order = order.clone();
        for folder in [&mut order.store, &mut order.dataset] {
            *folder = path::absolute(&*folder)
                .map_err(|source| RunError::SharedFile { path: folder.clone(), source })?;
        }
        if self.desk.is_none() {
            let desk = Desk::set_up(&order.store, &self.program)?;
            self.earlier = desk.open_errands()?;
            self.desk = Some(desk);
        }
        match self.earlier.remove(&order.trial.key()) {
            Some(errand) => {
                self.flights[slot] =
                    Some(Flight { is_found: true, ..Flight::of(order, errand, 0) });
            }
            // An element of an earlier coordinator ended between our look at the store and that at its files.
            None if has_outcome(&order) => {
                self.events.push_back((slot, Verdict::Completed.into_event()));
            }
            None => self.queue.push(Waiting { slot, order, n_lost: 0 }),
        }
        Ok(())
    }

    fn wait(&mut self, patience: Duration) -> Result<Option<(usize, SlotEvent)>, RunError> {
        // First what has happened, so that the orders that follow from it go into one array.
        if let Some(event) = self.events.pop_front() {
            return Ok(Some(event));
        }
        let now = Instant::now();
        if !self.queue.is_empty() && now >= self.next_submission {
            self.submit()?;
        }
        if now >= self.next_poll && self.flights.iter().any(Option::is_some) {
            self.next_poll = now + Duration::from_secs(self.params.poll_secs);
            // So that an element is not judged by what it has left a moment ago.
            self.look();
            self.poll();
        }
        if now >= self.next_look {
            self.next_look = now + LOOK;
            self.look();
        }
        self.check_starts()?;
        if self.events.is_empty() {
            thread::sleep(patience);
        }
        Ok(self.events.pop_front())
    }

    /// An element that other trials share is left to notice by itself that this one is called back: within a second.
    fn cancel(&mut self, slot: usize) {
        self.queue.retain(|waiting| waiting.slot != slot);
        self.events.retain(|(of, _)| *of != slot);
        if let Some(flight) = self.flights[slot].take() {
            // Where this fails, there is no folder to write an outcome into either.
            let _ = flight.errand.file.give(&Verdict::CalledBack);
            self.end_element(&flight.errand);
        }
    }

    fn outlives_coordinator(&self) -> bool {
        true
    }

    fn notices(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notices)
    }
}

impl Flight {
    fn of(order: WorkOrder, errand: Errand, n_lost: u32) -> Self {
        Self {
            order,
            errand,
            read_to: 0,
            has_begun: false,
            is_found: false,
            gone_since: None,
            n_lost,
        }
    }
}
