//! Limits, retries, targets, and words from other terminals.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use bakeoff_runner::Stop;
use bakeoff_runner::control::{Answer, Request, ask};
use bakeoff_spec::{Cause, Outcome, Plan, RunEvent, Status};
use serde_json::{Value, json};

use crate::stub::{Bench, plan, searched, value};

const VALUES: &[f64] = &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6];

fn with(schedule: &Value) -> Value {
    let mut whole = json!({"devices": "cpu", "slots": 1});
    whole.as_object_mut().unwrap().extend(schedule.as_object().unwrap().clone());
    whole
}

/// The outcome of the first candidate, as the store has it.
fn first(bench: &Bench, plan: &Plan) -> Outcome {
    let key = plan.models[0].grid().next().unwrap().key();
    bench.store().get(&key).unwrap().unwrap()
}

fn starts(events: &[RunEvent]) -> Vec<String> {
    let label = |event: &RunEvent| match event {
        RunEvent::TrialStarted { label, .. } => Some(label.clone()),
        _ => None,
    };
    events.iter().filter_map(label).collect()
}

#[test]
fn memory_that_runs_out_is_tried_again_in_smaller_parts_and_told() {
    let bench = Bench::begin();
    let mut plan = searched("greedy_whole", value(), &json!({"budget": {"trials": 1}}));
    plan.spec.search.name = "random".into();
    let study = bench.sweep(&plan).study.unwrap();
    let brief = study.models[0].candidates[0].brief.clone().unwrap();
    // Halves, then quarters.
    assert!(brief.is_completed());
    assert_eq!(brief.attempt, 3);
    let attempts = bench.store().folder().attempts(&study.models[0].candidates[0].key).unwrap();
    let parts: Vec<u32> = attempts.iter().map(|attempt| attempt.cost.micro_batches).collect();
    assert_eq!(parts, [1, 2]);
    assert!(attempts.iter().all(|attempt| {
        matches!(attempt.status, Status::Failed { cause: Cause::OutOfMemory, .. })
    }));
}

#[test]
fn a_cause_that_the_spec_skips_is_not_tried_again() {
    let skip = with(&json!({"retries": 3, "on_failure": {"crash": "skip"}}));
    let bench = Bench::begin();
    let plan = plan(&[("killed_always", &[0.1])], &skip);
    bench.sweep(&plan).study.unwrap();
    assert_eq!((bench.runs().len(), first(&bench, &plan).attempt), (1, 1));
}

#[test]
fn a_cause_that_stops_the_sweep_leaves_the_rest_for_later() {
    let bench = Bench::begin();
    let schedule = with(&json!({"on_failure": {"diverged": "stop"}}));
    let models: &[(&str, &[f64])] = &[("diverging", &[0.1]), ("quick", VALUES)];
    let swept = bench.sweep(&plan(models, &schedule));
    let study = swept.study.unwrap();
    let why = study.halted.unwrap();
    assert!(
        why.starts_with("`on_failure` says to stop: diverging_0 value=0.1 loss is NaN"),
        "{why}"
    );
    assert_eq!(bench.runs().len(), 1);
    let last = swept.events.last().unwrap();
    assert!(matches!(last, RunEvent::RunFinished { interrupted: true, .. }), "{last:?}");
}

#[test]
fn too_many_failures_stop_the_sweep() {
    let bench = Bench::begin();
    let models: &[(&str, &[f64])] = &[("diverging", VALUES)];
    let study = bench.sweep(&plan(models, &with(&json!({"max_failures": 2})))).study.unwrap();
    assert_eq!(bench.runs().len(), 2);
    assert!(study.halted.unwrap().starts_with("2 failed, as many as may"));
}

#[test]
fn a_second_attempt_waits_and_others_go_first() {
    let bench = Bench::begin();
    let schedule = with(&json!({"backoff_secs": 0.5}));
    let models: &[(&str, &[f64])] = &[("killed_once", &[0.1]), ("quick", &[0.2, 0.3])];
    let mut plan = plan(models, &schedule);
    plan.seeds.truncate(1);
    let started = Instant::now();
    let swept = bench.sweep(&plan);
    assert!(started.elapsed() >= Duration::from_millis(500));
    let order = starts(&swept.events);
    assert_eq!(order[0], "killed_once_0 value=0.1");
    assert_eq!(order[1], "quick_1 value=0.2");
    assert!(first(&bench, &plan).is_completed());
}

#[test]
fn another_attempt_goes_to_another_device_where_there_is_one() {
    let bench = Bench::begin();
    let mut plan = plan(&[("killed_once", &[0.1])], &json!({"devices": "cuda"}));
    plan.seeds.truncate(1);
    let two_cards = || Ok(2);
    let mut slots = Vec::new();
    let (sender, seen) = mpsc::channel();
    let options = bench.options(&two_cards);
    bench
        .sweep_with(&plan, &options, &Stop::default(), move |event| {
            if let RunEvent::TrialStarted { slot, .. } = event {
                slots.push(slot.clone());
                sender.send(slots.clone()).unwrap();
            }
        })
        .study
        .unwrap();
    let slots = seen.iter().last().unwrap();
    assert_eq!(slots[..2], ["cuda:0/0", "cuda:1/0"]);
}

#[test]
fn an_epoch_that_does_not_end_is_stopped() {
    let bench = Bench::begin();
    let plan = plan(&[("endless", &[0.1])], &with(&json!({"stall_secs": 1, "retries": 0})));
    bench.sweep(&plan).study.unwrap();
    let Status::Failed { cause, message } = first(&bench, &plan).status else { panic!("it ended") };
    assert_eq!(cause, Cause::Timeout);
    assert_eq!(message, "no epoch ended for longer than stall_secs: 1");
}

#[test]
fn a_model_of_larger_priority_runs_first() {
    let bench = Bench::begin();
    let schedule = with(&json!({"models": {"slow_1": {"priority": 5}}}));
    let models: &[(&str, &[f64])] = &[("quick", &[0.1, 0.2]), ("slow", &[0.3])];
    let swept = bench.sweep(&plan(models, &schedule));
    assert_eq!(starts(&swept.events)[0], "slow_1 value=0.3");
}

#[test]
fn a_model_takes_no_more_slots_than_it_may() {
    let bench = Bench::begin();
    let limits = json!({"slots": 3, "models": {"slow_0": {"slots": 1}}});
    let models: &[(&str, &[f64])] = &[("slow", &[0.1, 0.2, 0.3]), ("slow", &[0.4, 0.5])];
    let (sender, most) = mpsc::channel();
    let mut running = Vec::new();
    let plan = plan(models, &with(&limits));
    bench
        .sweep_until(&plan, &Stop::default(), move |event| {
            match event {
                RunEvent::TrialStarted { label, slot, .. } => {
                    running.push((slot.clone(), label.clone()));
                }
                RunEvent::TrialFinished { slot, .. } => running.retain(|(at, _)| at != slot),
                _ => {}
            }
            let of_first = running.iter().filter(|(_, label)| label.starts_with("slow_0"));
            sender.send((of_first.count(), running.len())).unwrap();
        })
        .study
        .unwrap();
    let most: Vec<(usize, usize)> = most.iter().collect();
    assert_eq!(most.iter().map(|(of_first, _)| *of_first).max(), Some(1));
    assert_eq!(most.iter().map(|(_, all)| *all).max(), Some(3));
}

#[test]
fn a_target_that_is_reached_ends_the_search_and_the_winner_is_tested() {
    let bench = Bench::begin();
    let swept = bench.sweep(&plan(&[("quick", VALUES)], &with(&json!({"stop_at": 0.3}))));
    let study = swept.study.unwrap();
    let model = &study.models[0];
    assert_eq!((model.candidates.len(), model.chosen), (3, Some(2)));
    assert_eq!(model.ended_early.as_deref(), Some("the target was reached"));
    assert_eq!((model.tested().count(), bench.runs().len()), (2, 5));
    assert_eq!((study.counts.planned, study.counts.ran), (5, 5));
    // And it stays so.
    let again = bench.sweep(&plan(&[("quick", VALUES)], &with(&json!({"stop_at": 0.3}))));
    let again = again.study.unwrap();
    assert_eq!((&again.models, bench.runs().len()), (&study.models, 5));
    assert_eq!((again.counts.planned, again.counts.cached), (5, 5));
}

#[test]
fn a_trial_that_waits_for_memory_keeps_no_other_waiting() {
    let bench = Bench::begin();
    let meminfo = std::fs::read_to_string("/proc/meminfo").unwrap();
    let total_kb: u64 = meminfo.split_whitespace().nth(1).unwrap().parse().unwrap();
    // All that there is, and the system itself has some of it.
    let limits = json!({"models": {"quick_0": {"memory_mb": total_kb / 1024}}});
    let plan = plan(&[("quick", &[0.1]), ("quick", &[0.2, 0.3])], &with(&limits));
    let stop = Stop::default();
    let wish = stop.clone();
    let mut n_finished = 0;
    let swept = bench.sweep_until(&plan, &stop, move |event| {
        n_finished += u32::from(matches!(event, RunEvent::TrialFinished { .. }));
        if n_finished == 4 {
            wish.request();
        }
    });
    let study = swept.study.unwrap();
    assert_eq!((study.models[0].n_done(), study.models[1].n_done()), (0, 4));
}

#[test]
fn a_sweep_that_is_paused_ends_with_its_last_trial() {
    let bench = Bench::begin();
    let dir = bench.dir.join("store");
    let mut plan = plan(&[("slow", &[0.1])], &with(&json!({})));
    plan.seeds.clear();
    let swept = bench.sweep_until(&plan, &Stop::default(), move |event| {
        if matches!(event, RunEvent::EpochEnded { .. }) {
            let dir = dir.clone();
            std::thread::spawn(move || ask(&dir, &Request::Pause));
        }
    });
    assert_eq!(swept.study.unwrap().counts.ran, 1);
}

#[test]
fn what_no_device_has_is_refused_at_once() {
    let bench = Bench::begin();
    let error = bench.sweep(&plan(&[("quick", VALUES)], &with(&json!({"memory_mb": 1_000_000}))));
    let error = error.study.unwrap_err().to_string();
    assert!(error.starts_with("schedule: a trial is said to take 1000000 MiB"), "{error}");
    assert!(bench.runs().is_empty());
}

#[test]
fn another_terminal_sees_pauses_and_cancels() {
    let bench = Bench::begin();
    let plan = plan(&[("endless", &[0.1, 0.2, 0.3])], &with(&json!({})));
    let keys: Vec<String> = plan.models[0].grid().map(|trial| trial.key().to_string()).collect();
    let dir = bench.dir.join("store");
    let words = std::thread::spawn(move || {
        let ask = |request: Request| loop {
            // Until the sweep listens.
            if let Some(answer) = ask(&dir, &request).unwrap() {
                return answer;
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        let running = || loop {
            let Answer::Status(standing) = ask(Request::Status) else { panic!("no standing") };
            if let Some((_, Some(trial))) = standing.slots.first() {
                return (trial.key.clone(), standing.is_paused);
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        assert_eq!(running(), (keys[0].clone(), false));
        assert!(matches!(ask(Request::Pause), Answer::Done(_)));
        // The one that waits is taken out, the one that runs is ended; paused, no other begins.
        assert!(matches!(ask(Request::Cancel(keys[1][..8].into())), Answer::Done(_)));
        assert!(matches!(ask(Request::Cancel("0x".into())), Answer::Refused(_)));
        assert!(matches!(ask(Request::Cancel(keys[0].clone())), Answer::Done(_)));
        let Answer::Status(standing) = ask(Request::Status) else { panic!("no standing") };
        assert!(standing.is_paused && standing.slots[0].1.is_none());
        assert_eq!((standing.models[0].n_failed, standing.models[0].is_searched), (2, false));
        assert!(matches!(ask(Request::Resume), Answer::Done(_)));
        assert_eq!(running(), (keys[2].clone(), false));
        assert!(matches!(ask(Request::Cancel(keys[2].clone())), Answer::Done(_)));
    });
    let study = bench.sweep(&plan).study.unwrap();
    words.join().unwrap();
    assert!(study.models[0].is_hopeless());
    assert_eq!(study.failures.len(), 3);
    for failure in &study.failures {
        assert!(matches!(failure.status, Status::Failed { cause: Cause::Cancelled, .. }));
    }
    assert_eq!(bench.runs().len(), 2);
}
