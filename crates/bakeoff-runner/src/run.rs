//! A sweep from the outside: what is missing, the loop that runs it, what came of it.

use bakeoff_spec::{Plan, RunEvent, Study};
use bakeoff_store::Store;

use crate::agenda::Agenda;
use crate::error::RunError;
use crate::executors;
use crate::lookup::Lookup;
use crate::options::Options;
use crate::sinks::{Sink, emit};
use crate::stop::Stop;
use crate::sweep::Sweep;

/// Runs every trial of the plan that the store does not have, and returns what came of the plan.
///
/// Trials that fail are part of that. A wish to stop ends it early: what has finished is kept, and the same call goes
/// on from there. With nothing to run no worker is started and no device is opened. Workers die with the thread that
/// calls this.
///
/// # Errors
/// When no trial can be run or none can be kept. What was finished before is in the store.
pub fn run(
    plan: &Plan,
    store: &Store,
    options: &Options<'_>,
    sinks: &mut [Box<dyn Sink>],
    stop: &Stop,
) -> Result<Study, RunError> {
    let (mut agenda, mut cached) = Agenda::of(plan, store)?;
    // A search that learns says only when it is asked whether there is anything to run.
    let first = agenda.next(&|_| true, &[], &mut cached)?;
    let executor = match first {
        None => None,
        Some(first) => {
            agenda.put_back(first);
            Some(executors::open(&plan.spec.schedule, options)?)
        }
    };
    let slots = executor.as_ref().map_or(&[][..], |executor| executor.slots());
    let slots = slots.iter().map(|slot| slot.label.clone()).collect();
    let started =
        RunEvent::RunStarted { name: plan.name.clone(), planned: agenda.n_planned(), slots };
    emit(sinks, &started);
    for key in cached {
        emit(sinks, &RunEvent::TrialCached { key });
    }
    let mut halted = None;
    if let Some(executor) = executor {
        let sweep = Sweep::of(plan, store, options, agenda, executor, sinks, stop);
        (agenda, halted) = sweep.go()?;
    }
    let interrupted = !agenda.is_done();
    let study = Study { halted, ..agenda.into_study() };
    let finished = RunEvent::RunFinished {
        cached: study.counts.cached,
        ran: study.counts.ran,
        failed: study.counts.failed,
        interrupted,
    };
    emit(sinks, &finished);
    Ok(study)
}

/// What came of a plan so far, without running anything.
pub fn study(plan: &Plan, lookup: &dyn Lookup) -> Result<Study, RunError> {
    let (mut agenda, _) = Agenda::of(plan, lookup)?;
    agenda.settle()?;
    Ok(agenda.into_study())
}
