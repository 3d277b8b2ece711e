//! What a trial can do wrong, and what becomes of it and of the others.

use std::path::Path;
use std::time::{Duration, Instant};

use bakeoff_runner::{Options, RunError, Stop};
use bakeoff_spec::{Cause, Counts, Outcome, RunEvent, Status, Study};
use bakeoff_store::{Folder, StoreError};
use serde_json::json;

use crate::stub::{Bench, plan};

fn failure(outcome: &Outcome) -> (Cause, &str) {
    let Status::Failed { cause, message } = &outcome.status else { panic!("{:?}", outcome.status) };
    (*cause, message)
}

/// The outcome of the first candidate, as the store has it.
fn first(bench: &Bench, study: &Study) -> Outcome {
    let key = &study.models[0].candidates[0].key;
    Folder::at(bench.dir.join("store")).read_outcome(key).unwrap().unwrap()
}

/// Sweeps the model beside a healthy one: whatever it does, the others finish.
fn sweep_beside_others(model: &str, schedule: &serde_json::Value) -> (Bench, Study, Vec<RunEvent>) {
    let bench = Bench::begin();
    let plan = plan(&[(model, &[0.1]), ("quick", &[0.2, 0.3])], schedule);
    let swept = bench.sweep(&plan);
    let study = swept.study.unwrap();
    assert!(study.models[1].candidates.iter().all(|one| one.value().is_some()));
    assert!(study.models[1].tested().all(Outcome::is_completed));
    assert_eq!(study.models[1].n_done(), 4);
    (bench, study, swept.events)
}

fn retries(events: &[RunEvent]) -> Vec<(u32, String)> {
    let retry = |event: &RunEvent| match event {
        RunEvent::TrialRetried { attempt, reason, .. } => Some((*attempt, reason.clone())),
        _ => None,
    };
    events.iter().filter_map(retry).collect()
}

#[test]
fn a_panic_fails_the_trial_with_its_message() {
    let (bench, study, events) =
        sweep_beside_others("panicking", &json!({"devices": "cpu", "slots": 1, "retries": 0}));
    let outcome = &first(&bench, &study);
    let expected = "the trial panicked: shapes [2, 3] and [4] do not fit";
    assert_eq!(outcome.provenance.device, "cpu");
    assert_eq!(failure(outcome), (Cause::Crash, expected));
    // The epoch before it is kept, and the version that the panic left untold.
    assert_eq!((outcome.curve.len(), outcome.provenance.code_version.as_str()), (1, "test"));
    assert_eq!(study.counts, Counts { planned: 5, cached: 0, ran: 5, failed: 1 });
    assert!(retries(&events).is_empty());
    let last = RunEvent::RunFinished { cached: 0, ran: 5, failed: 1, interrupted: false };
    assert_eq!(events.last(), Some(&last));
    // A process that has panicked is not used again.
    assert_eq!(bench.workers().len(), 2);
}

#[test]
fn a_lack_of_memory_is_known_by_its_message() {
    let (bench, study, _) = sweep_beside_others("greedy", &json!({"devices": "cpu", "slots": 2}));
    assert_eq!(failure(&first(&bench, &study)).0, Cause::OutOfMemory);
}

#[test]
fn a_diverged_trial_is_not_tried_again() {
    let (bench, study, events) =
        sweep_beside_others("diverging", &json!({"devices": "cpu", "slots": 1, "retries": 3}));
    assert_eq!(failure(&first(&bench, &study)), (Cause::Diverged, "loss is NaN"));
    assert!(first(&bench, &study).curve[1].train_loss.is_nan());
    assert!(retries(&events).is_empty());
    // Nothing is wrong with a process that saw a NaN.
    assert_eq!(bench.workers().len(), 1);
}

#[test]
fn a_killed_worker_costs_one_attempt() {
    let (bench, study, events) =
        sweep_beside_others("killed_once", &json!({"devices": "cpu", "slots": 1}));
    assert!(first(&bench, &study).is_completed());
    assert_eq!(first(&bench, &study).attempt, 2);
    let retries = retries(&events);
    // The candidate and both replicates.
    assert_eq!(retries.len(), 3);
    assert!(retries[0].1.starts_with("the worker was killed by signal 9"), "{retries:?}");
    let attempts = bench.store().folder().attempts(&first(&bench, &study).key).unwrap();
    assert_eq!(attempts.len(), 1);
    assert_eq!((attempts[0].attempt, failure(&attempts[0]).0), (1, Cause::Crash));
    assert_eq!(attempts[0].curve.len(), 1);
}

#[test]
fn a_trial_that_kills_every_worker_fails_for_good() {
    let schedule = &json!({"devices": "cpu", "slots": 2, "retries": 2});
    let (bench, study, events) = sweep_beside_others("killed_always", schedule);
    assert_eq!(first(&bench, &study).attempt, 3);
    assert_eq!(failure(&first(&bench, &study)).0, Cause::Crash);
    assert_eq!(retries(&events).iter().map(|(attempt, _)| *attempt).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(bench.store().folder().attempts(&first(&bench, &study).key).unwrap().len(), 2);
    let n_runs = bench.runs().iter().filter(|run| run.starts_with("killed_always")).count();
    assert_eq!(n_runs, 3);
}

#[test]
fn an_abort_is_told_with_the_last_words_of_the_worker() {
    let schedule = &json!({"devices": "cpu", "slots": 1, "retries": 0});
    let (bench, study, _) = sweep_beside_others("aborting", schedule);
    let outcome = first(&bench, &study);
    let (cause, message) = failure(&outcome);
    assert_eq!(cause, Cause::Crash);
    assert!(message.starts_with("the worker died of signal: 6 (SIGABRT)"), "{message}");
    assert!(message.contains("terminate called without an active exception"), "{message}");
}

#[test]
fn a_trial_that_takes_too_long_is_ended() {
    let started = Instant::now();
    let schedule = &json!({"devices": "cpu", "slots": 2, "retries": 1, "timeout_secs": 1});
    let (bench, study, events) = sweep_beside_others("endless", schedule);
    let outcome = first(&bench, &study);
    let (cause, message) = failure(&outcome);
    assert_eq!(cause, Cause::Timeout);
    assert_eq!(message, "the attempt took longer than timeout_secs: 1");
    assert_eq!(retries(&events).len(), 1);
    assert!(first(&bench, &study).cost.wall_secs >= 1.0);
    assert!(started.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_worker_that_dies_after_its_work_has_done_its_work() {
    let (bench, study, events) =
        sweep_beside_others("dying_after_work", &json!({"devices": "cpu", "slots": 1}));
    assert!(first(&bench, &study).is_completed());
    assert!(retries(&events).is_empty());
    let n_runs = bench.runs().iter().filter(|run| run.starts_with("dying_after_work")).count();
    assert_eq!(n_runs, 3);
}

#[test]
fn a_store_that_cannot_be_written_ends_the_sweep() {
    let bench = Bench::begin();
    let plan = plan(&[("quick", &[0.1, 0.2])], &json!({"devices": "cpu", "slots": 1}));
    let outcomes = bench.dir.join("store/outcomes");
    let swept = bench.sweep_until(&plan, &Stop::default(), move |event| {
        if matches!(event, RunEvent::TrialStarted { attempt: 1, .. }) {
            // Stands for a full disk, which a test cannot have.
            std::fs::rename(&outcomes, outcomes.with_extension("away")).unwrap();
            std::fs::write(&outcomes, b"").unwrap();
        }
    });
    let error = swept.study.unwrap_err();
    assert!(matches!(&error, RunError::Store(StoreError::Write { .. })), "{error:?}");
    let retries = retries(&swept.events);
    assert_eq!(retries.len(), 1);
    assert!(
        retries[0].1.starts_with("its outcome could not be kept: cannot write "),
        "{retries:?}"
    );
}

#[test]
fn a_program_that_is_no_worker_ends_the_sweep_and_fails_no_trial() {
    let bench = Bench::begin();
    let plan = plan(&[("quick", &[0.1, 0.2, 0.3])], &json!({"devices": "cpu", "slots": 2}));
    let no_cards = || Ok(0);
    let sweep = |program: &str, args: &[&str]| {
        let mut options = Options::new("no/dataset", "test", &no_cards);
        options.program = program.into();
        options.args = args.iter().map(Into::into).collect();
        bench.sweep_with(&plan, &options, &Stop::default(), |_| {}).study.unwrap_err()
    };
    let error = sweep("/no/such/program", &[]);
    assert!(
        matches!(&error, RunError::Spawn { program, .. } if program == Path::new("/no/such/program"))
    );
    let error = sweep("/bin/sh", &["-c", "echo 'libtorch.so: cannot open' >&2; exit 127"]);
    assert_eq!(
        error.to_string(),
        "a worker ended before it could take a trial: the worker ended with exit status: 127; its last words:\n\
         libtorch.so: cannot open"
    );
    assert_eq!(bench.store().keys().unwrap(), []);
}

#[test]
fn names_that_are_not_registered_are_refused() {
    let bench = Bench::begin();
    let mut wrong = plan(&[("quick", &[0.1])], &json!({"executor": {"name": "moon"}}));
    let error = bench.sweep(&wrong).study.unwrap_err();
    assert_eq!(error.to_string(), "executor `moon`: there is no such executor");
    wrong.spec.search.name = "gird".into();
    let error = bench.sweep(&wrong).study.unwrap_err();
    assert_eq!(error.to_string(), "search `gird`: there is no such strategy");
}
