//! A sweep from the outside: what is missing, the loop that runs it, what the store has then.

use bakeoff_spec::{Plan, RunEvent, Study};
use bakeoff_store::{Store, StoreError};

use crate::agenda::Agenda;
use crate::error::RunError;
use crate::executors;
use crate::options::Options;
use crate::sinks::{Sink, emit};
use crate::stop::Stop;
use crate::sweep::Sweep;

/// Runs every trial of the plan that the store does not have, and returns the plan's outcomes.
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
    let (agenda, cached) = Agenda::of(plan, store)?;
    let executor =
        if agenda.is_empty() { None } else { Some(executors::open(&plan.spec.schedule, options)?) };
    let slots = executor.as_ref().map_or(&[][..], |executor| executor.slots());
    let slots = slots.iter().map(|slot| slot.label.clone()).collect();
    let started =
        RunEvent::RunStarted { name: plan.name.clone(), planned: agenda.n_planned(), slots };
    emit(sinks, &started);
    for key in cached {
        emit(sinks, &RunEvent::TrialCached { key });
    }
    let mut n_ran = 0;
    if let Some(executor) = executor {
        n_ran = Sweep::of(plan, store, options, agenda, executor, sinks, stop).go()?;
    }
    let mut study = study_of(plan, store)?;
    study.counts.cached -= n_ran;
    study.counts.ran = n_ran;
    let mut outcomes =
        study.models.iter().flat_map(|model| model.candidates.iter().chain(&model.replicates));
    let finished = RunEvent::RunFinished {
        cached: study.counts.cached,
        ran: n_ran,
        failed: study.counts.failed,
        interrupted: outcomes.any(Option::is_none),
    };
    emit(sinks, &finished);
    Ok(study)
}

/// Whole outcomes, with their curves.
fn study_of(plan: &Plan, store: &Store) -> Result<Study, StoreError> {
    let mut result = Ok(());
    let study = Study::of(plan, |key| {
        store.get(key).unwrap_or_else(|error| {
            result = Err(error);
            None
        })
    });
    result.map(|()| study)
}
