//! What runs, in which order, and what does not run again.

use std::time::Instant;

use bakeoff_runner::{Options, RunError, Stop, run};
use bakeoff_spec::{Counts, RunEvent, Scored, Trial};
use bakeoff_store::Folder;
use serde_json::json;

use crate::crash::completed;
use crate::stub::{Bench, plan};

#[test]
fn every_candidate_runs_and_the_best_one_is_replicated() {
    let bench = Bench::begin();
    let models: &[(&str, &[f64])] = &[("quick", &[0.1, 0.3, 0.2]), ("noisy", &[0.5])];
    let plan = plan(models, &json!({"devices": "cpu", "slots": 2}));
    let swept = bench.sweep(&plan);
    let study = swept.study.unwrap();
    assert_eq!(study.counts, Counts { planned: 8, cached: 0, ran: 8, failed: 0 });
    assert_eq!(
        study.models.iter().map(|model| model.chosen).collect::<Vec<_>>(),
        [Some(1), Some(0)]
    );
    let replicates: Vec<_> = study.models[0].replicates.iter().flatten().collect();
    assert_eq!(replicates.iter().map(|outcome| outcome.trial.seed).collect::<Vec<_>>(), [1, 2]);
    for outcome in replicates {
        assert_eq!(outcome.trial.scored, Scored::ValidAndTest);
        assert_eq!(outcome.trial.model.params["value"], 0.3);
        assert_eq!(outcome.test, [(plan.select.clone(), 0.3)].into());
        assert_eq!((outcome.curve.len(), outcome.attempt), (1, 1));
        assert!(outcome.cost.peak_rss_mb > 0.0 && outcome.cost.wall_secs > 0.0);
        assert_eq!(outcome.provenance.spec_hash, plan.spec_hash);
        assert_eq!(outcome.provenance.threads, 1);
        assert!(outcome.provenance.started_at.ends_with('Z'));
        // The stub tells its OMP_NUM_THREADS as the version of libtorch.
        assert_eq!(outcome.provenance.libtorch, "1");
        let units = Folder::at(bench.dir.join("store")).read_units(&outcome.key).unwrap();
        assert_eq!(units.unwrap(), [0.3; 3]);
    }
    let first = &swept.events[0];
    let RunEvent::RunStarted { planned: 8, slots, .. } = first else { panic!("{first:?}") };
    assert_eq!(slots, &["cpu/0", "cpu/1"]);
    let label = |event: &RunEvent| match event {
        RunEvent::TrialStarted { label, .. } => Some(label.clone()),
        _ => None,
    };
    let mut labels: Vec<String> = swept.events.iter().filter_map(label).collect();
    labels.sort();
    assert_eq!(labels[0], "noisy_1 value=0.5");
    assert_eq!(labels[1], "noisy_1 value=0.5 seed=1");
    let last = RunEvent::RunFinished { cached: 0, ran: 8, failed: 0, interrupted: false };
    assert_eq!(swept.events.last(), Some(&last));
    // Warm: no more workers than slots.
    assert_eq!((bench.workers().len(), bench.runs().len()), (2, 8));
}

#[test]
fn a_second_sweep_gives_the_same_study_and_starts_no_worker() {
    let bench = Bench::begin();
    let models: &[(&str, &[f64])] = &[("quick", &[0.1, 0.2]), ("diverging", &[0.3])];
    let plan = plan(models, &json!({"devices": "cuda"}));
    // A spec that asks for cards cannot run here, and with nothing to run nobody asks for them.
    let error = bench.sweep(&plan).study.unwrap_err();
    assert!(matches!(&error, RunError::NoCuda { why, .. } if why == "stubs use no cards"));
    let on_cpu = crate::stub::plan(models, &json!({"devices": "cpu"}));
    let first = bench.sweep(&on_cpu).study.unwrap();
    assert_eq!(first.counts, Counts { planned: 5, cached: 0, ran: 5, failed: 1 });
    let n_workers = bench.workers().len();
    let second = bench.sweep(&plan);
    let study = second.study.unwrap();
    assert_eq!(study.counts, Counts { planned: 5, cached: 5, ran: 0, failed: 1 });
    // As text: the curve of the diverged trial has a NaN, which equals nothing.
    assert_eq!(format!("{:?}", study.models), format!("{:?}", first.models));
    assert_eq!((bench.workers().len(), bench.runs().len()), (n_workers, 5));
    let n_cached = second.events.iter().filter(|e| matches!(e, RunEvent::TrialCached { .. }));
    assert_eq!(n_cached.count(), 5);
    let started = RunEvent::RunStarted { name: plan.name.clone(), planned: 5, slots: Vec::new() };
    assert_eq!((&second.events[0], second.events.len()), (&started, 7));
}

#[test]
fn one_more_value_in_a_grid_runs_only_the_new_trials() {
    let bench = Bench::begin();
    let schedule = || json!({"devices": "cpu", "slots": 1});
    bench.sweep(&plan(&[("quick", &[0.1, 0.3])], &schedule())).study.unwrap();
    assert_eq!(bench.runs().len(), 4);
    let wider = bench.sweep(&plan(&[("quick", &[0.1, 0.2, 0.3])], &schedule())).study.unwrap();
    assert_eq!(wider.counts, Counts { planned: 5, cached: 4, ran: 1, failed: 0 });
    assert!(bench.runs()[4].starts_with("quick 0.2 "));
}

#[test]
fn a_trial_of_two_models_runs_once() {
    let bench = Bench::begin();
    let plan =
        plan(&[("quick", &[0.1, 0.2]), ("quick", &[0.2])], &json!({"devices": "cpu", "slots": 2}));
    let swept = bench.sweep(&plan);
    let study = swept.study.unwrap();
    // 0.1, 0.2, and two replicates of 0.2; what the second model shares is counted as cached.
    assert_eq!(bench.runs().len(), 4);
    assert_eq!(study.counts, Counts { planned: 7, cached: 3, ran: 4, failed: 0 });
    assert_eq!(study.models[1].replicates, study.models[0].replicates);
    let n_cached = swept.events.iter().filter(|e| matches!(e, RunEvent::TrialCached { .. }));
    assert_eq!(n_cached.count(), 3);
}

#[test]
fn two_slots_run_at_the_same_time() {
    let bench = Bench::begin();
    let mut plan = plan(&[("slow", &[0.1, 0.2])], &json!({"devices": "cpu", "slots": 2}));
    plan.seeds.truncate(1);
    let mut running = 0;
    let (sender, most) = std::sync::mpsc::channel();
    bench
        .sweep_until(&plan, &Stop::default(), move |event| {
            match event {
                RunEvent::TrialStarted { .. } => running += 1,
                RunEvent::TrialFinished { .. } => running -= 1,
                _ => {}
            }
            sender.send(running).unwrap();
        })
        .study
        .unwrap();
    assert_eq!(most.iter().max(), Some(2));
}

#[test]
fn replicates_come_before_the_candidates_of_later_models() {
    let bench = Bench::begin();
    let models: &[(&str, &[f64])] = &[("quick", &[0.1]), ("noisy", &[0.2, 0.3])];
    bench.sweep(&plan(models, &json!({"devices": "cpu", "slots": 1}))).study.unwrap();
    let order: Vec<_> = bench.runs().iter().map(|run| run[..9].trim().to_owned()).collect();
    assert_eq!(&order[..4], ["quick 0.1", "quick 0.1", "quick 0.1", "noisy 0.2"]);
}

#[test]
fn trials_in_the_store_are_resolved_quickly() {
    let bench = Bench::begin();
    let values: Vec<f64> = (0..998).map(f64::from).collect();
    let plan = plan(&[("quick", &values)], &json!({}));
    let folder = Folder::at(bench.dir.join("store"));
    let candidates: Vec<Trial> = plan.models[0].grid().collect();
    for trial in candidates.iter().chain(&plan.replicates(candidates.last().unwrap())) {
        let value = trial.model.params["value"].as_f64().unwrap();
        folder.write_outcome(&completed(trial, value)).unwrap();
    }
    let store = bench.store();
    let no_cards = || unreachable!("nothing is to run");
    let options = Options::new("no/dataset", "test", &no_cards);
    let started = Instant::now();
    let study = run(&plan, &store, &options, &mut [], &Stop::default());
    // Printed for people, not asserted: a release build takes 0.35 s for ten times as many.
    eprintln!("1,000 cached trials: {:.3} s", started.elapsed().as_secs_f64());
    assert_eq!(study.unwrap().counts, Counts { planned: 1000, cached: 1000, ran: 0, failed: 0 });
}
