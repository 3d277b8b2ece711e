//! Every executor that a spec can name: who runs the trials that the coordinator hands out. To add one: write its
//! file, add its line.

use std::time::Duration;

use bakeoff_spec::registry::{find, params_of};
use bakeoff_spec::spec::ScheduleSpec;
use bakeoff_spec::{Cause, CurvePoint, Entry, Outcome, Params, Plugin};

use crate::devices::Slot;
use crate::error::RunError;
use crate::options::Options;
use crate::wire::WorkOrder;

/// Runs trials in slots, one at a time in each, and tells what becomes of them. It decides nothing: retries, timeouts
/// and the store are the coordinator's. Dropping it ends what still runs, unless that outlives the coordinator.
pub trait Executor {
    /// The places where trials run.
    fn slots(&self) -> &[Slot];

    /// Hands an order to a free slot; its fate is told by [`wait`](Self::wait).
    fn start(&mut self, slot: usize, order: &WorkOrder) -> Result<(), RunError>;

    /// The next thing that happens in a slot, or `None` if nothing does for `patience`.
    ///
    /// # Errors
    /// When no trial can be run by it any more.
    fn wait(&mut self, patience: Duration) -> Result<Option<(usize, SlotEvent)>, RunError>;

    /// Ends what runs in a slot. When this returns, it writes nothing more, and the slot is free.
    fn cancel(&mut self, slot: usize);

    /// Whether what runs goes on when the coordinator ends, to be found again by the next one.
    ///
    /// Such an executor also holds attempts to their order's limits of time itself: it alone knows when they began. And
    /// it shares out its devices itself: what trials are said to take, or that one must be alone, is no concern of ours.
    fn outlives_coordinator(&self) -> bool {
        false
    }

    /// What people should know by now and no trial is to blame for; each is told once.
    fn notices(&mut self) -> Vec<String> {
        Vec::new()
    }
}

/// Something that happened in a slot. All but an epoch leave the slot free.
#[derive(Debug, Clone, PartialEq)]
pub enum SlotEvent {
    /// An epoch ended.
    Epoch(CurvePoint),
    /// The trial completed and its outcome file is written.
    Completed,
    /// The attempt failed; nothing is written.
    Failed(Box<Outcome>),
    /// The worker died. It may have written the outcome just before.
    Died {
        /// What it looks like.
        cause: Cause,
        /// How it died, with its last words.
        message: String,
    },
    /// The worker ended before it could look at the order.
    NotStarted(String),
}

/// An executor that can be opened from its parameters.
pub trait ExecutorPlugin: Plugin + Executor + Sized {
    /// Finds the slots; nothing is started yet.
    fn open(
        params: Self::Params,
        schedule: &ScheduleSpec,
        options: &Options<'_>,
    ) -> Result<Self, RunError>;
}

/// A registered executor.
pub type ExecutorEntry =
    Entry<fn(&Params, &ScheduleSpec, &Options<'_>) -> Result<Box<dyn Executor>, RunError>>;

fn build<E: ExecutorPlugin>(
    params: &Params,
    schedule: &ScheduleSpec,
    options: &Options<'_>,
) -> Result<Box<dyn Executor>, RunError> {
    let params = params_of::<E>(params).map_err(|error| bad_plugin(E::NAME, error.to_string()))?;
    Ok(Box::new(E::open(params, schedule, options)?))
}

bakeoff_spec::register! { ExecutorEntry, build;
    local::Local,
    slurm::Slurm,
}

/// The executor that a schedule names.
pub(crate) fn open(
    schedule: &ScheduleSpec,
    options: &Options<'_>,
) -> Result<Box<dyn Executor>, RunError> {
    let name = &schedule.executor.name;
    let entry =
        find(ALL, name).ok_or_else(|| bad_plugin(name, "there is no such executor".into()))?;
    (entry.build)(&schedule.executor.params, schedule, options)
}

fn bad_plugin(name: &str, message: String) -> RunError {
    RunError::BadPlugin { kind: "executor", name: name.into(), message }
}
