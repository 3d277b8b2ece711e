//! The Slurm executor against a pretended cluster. `tools/test_slurm.py` does the same with a real one.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};
use std::{fs, thread};

use bakeoff_runner::executors::slurm::element_files;
use bakeoff_runner::executors::{self, Executor, SlotEvent};
use bakeoff_runner::{RunError, Stop, TimeLimits, WorkOrder, carry_out_files};
use bakeoff_spec::registry::find;
use bakeoff_spec::{Cause, Fitting, Plan, RunEvent, Status, Trial};
use serde_json::{Value, json};

use crate::crash::is_alive;
use crate::slurm_cluster::{Cluster, notices, retried, schedule, stub_options};
use crate::stub::{Swept, plan};

#[test]
fn a_sweep_is_one_array_for_the_grid_and_one_for_the_replicates() {
    let cluster = Cluster::new("run");
    let params = json!({"partition": "long", "array_limit": 2, "extra": ["--exclude=n9"]});
    let plan = plan(&[("quick", &[0.1, 0.2, 0.3])], &schedule(params, json!({"threads": 2})));
    let swept = cluster.sweep(&plan);
    let study = swept.study.unwrap();
    assert_eq!((study.counts.ran, study.counts.failed), (5, 0));
    let calls = cluster.calls("sbatch");
    assert_eq!(calls.len(), 2, "{calls:?}");
    for words in ["--array=0-2%2 ", "--partition=long --cpus-per-task=2 --exclude=n9 "] {
        assert!(calls[0].contains(words), "{}", calls[0]);
    }
    let best = study.models[0].replicates[0].as_ref().unwrap();
    assert_eq!(best.provenance.libtorch, "2", "the stub tells its OMP_NUM_THREADS there");
    let is_epoch = |event: &&RunEvent| matches!(event, RunEvent::EpochEnded { .. });
    assert_eq!(swept.events.iter().filter(is_epoch).count(), 5);
}

#[test]
fn trials_share_an_element_and_its_worker() {
    let cluster = Cluster::new("run");
    let params = json!({"trials_per_element": 2});
    let plan = plan(&[("quick", &[0.1, 0.2, 0.3])], &schedule(params, json!({})));
    assert_eq!(cluster.sweep(&plan).study.unwrap().counts.ran, 5);
    assert!(cluster.calls("sbatch")[0].contains("--array=0-1 "));
    assert_eq!(cluster.bench.workers().len(), 3, "two for the grid, one for both replicates");
}

#[test]
fn what_goes_wrong_inside_an_element_is_told_as_by_a_worker_here() {
    let cluster = Cluster::new("run");
    let models: [(&str, &[f64]); 3] =
        [("killed_once", &[0.1]), ("diverging", &[0.1]), ("endless", &[0.1])];
    let more = json!({"timeout_secs": 2, "retries": 1});
    let swept = cluster.sweep(&plan(&models, &schedule(json!({}), more)));
    let reasons = retried(&swept);
    assert!(reasons.iter().any(|reason| reason.contains("signal 9")), "{reasons:?}");
    let late = "the attempt took longer than timeout_secs: 2";
    assert_eq!(reasons.iter().filter(|reason| *reason == late).count(), 1, "{reasons:?}");
    let study = swept.study.unwrap();
    assert_eq!(study.counts.failed, 2);
    let status = |model: usize| {
        let key = &study.models[model].candidates[0].key;
        cluster.bench.store().get(key).unwrap().unwrap().status
    };
    assert_eq!(status(0), Status::Completed);
    assert!(matches!(status(1), Status::Failed { cause: Cause::Diverged, .. }));
    assert!(matches!(status(2), Status::Failed { cause: Cause::Timeout, .. }));
}

#[test]
fn an_array_that_slurm_forgets_is_submitted_again_and_costs_no_attempt() {
    for mode in ["forget", "unheard"] {
        let cluster = Cluster::new(mode);
        let plan = plan(&[("quick", &[0.1, 0.2])], &schedule(json!({}), json!({"retries": 0})));
        let swept = cluster.sweep(&plan);
        assert_eq!(cluster.calls("sbatch").len(), 3);
        assert_eq!(retried(&swept), [""; 0]);
        let lost = "slurm has lost 2 waiting trials: submitting them again";
        assert!(notices(&swept).iter().any(|notice| notice == lost), "{:?}", notices(&swept));
        let study = swept.study.unwrap();
        assert_eq!((study.counts.ran, study.counts.failed), (4, 0));
        let mut briefs = study.models[0].candidates.iter().map(|one| one.brief.as_ref().unwrap());
        assert!(briefs.all(|brief| brief.attempt == 1));
    }
}

#[test]
fn elements_that_slurm_ends_are_retried_or_not_by_how_they_ended() {
    // Nothing of theirs began, so only the last kind is a trial's own end; the others are tried again for nothing.
    for (mode, n_retried, n_failed) in [
        ("NODE_FAIL", 0, 0),
        ("PREEMPTED", 0, 0),
        ("TIMEOUT", 0, 0),
        ("FAILED", 1, 0),
        ("CANCELLED", 0, 1),
    ] {
        let cluster = Cluster::new(mode);
        let plan = plan(&[("quick", &[0.1])], &schedule(json!({}), json!({"retries": 0})));
        let swept = cluster.sweep(&plan);
        assert_eq!(retried(&swept).len(), n_retried, "{mode}");
        for reason in retried(&swept) {
            let told = "a worker ended before it could take a trial: slurm ended element 7_0: FAILED (exit code 3:0); \
                        its last words:\nit says FAILED";
            assert_eq!(reason, told);
        }
        assert_eq!(swept.study.unwrap().counts.failed, n_failed, "{mode}");
    }
}

#[test]
fn a_program_that_no_element_can_begin_ends_the_sweep_with_its_words() {
    let cluster = Cluster::new("run");
    cluster.script(
        "program",
        "#!/bin/sh\necho 'libtorch_cpu.so: cannot open shared object file' >&2\nexit 127\n",
    );
    let values: Vec<f64> = (0..9).map(f64::from).collect();
    let swept = cluster.sweep(&plan(&[("quick", &values)], &schedule(json!({}), json!({}))));
    let Err(RunError::WorkerStart(message)) = swept.study else { panic!() };
    assert!(
        message.ends_with("its last words:\nlibtorch_cpu.so: cannot open shared object file"),
        "{message}"
    );
}

#[test]
fn a_refusal_ends_the_sweep_with_slurms_words_and_a_full_queue_does_not() {
    let plan = plan(&[("quick", &[0.1])], &schedule(json!({}), json!({})));
    let swept = Cluster::new("refuse").sweep(&plan);
    let error = swept.study.unwrap_err().to_string();
    assert_eq!(error, "slurm: sbatch: error: invalid partition specified: gpu");
    let swept = Cluster::new("busy").sweep(&plan);
    let waits = "slurm: sbatch: error: AssocMaxSubmitJobLimit; trials wait, trying again";
    assert_eq!(notices(&swept), [waits]);
    assert_eq!(swept.study.unwrap().counts.ran, 3);
}

#[test]
fn a_controller_that_does_not_answer_is_told_once_and_no_trial_fails() {
    let cluster = Cluster::new("run");
    fs::write(cluster.dir.join("down"), "").unwrap();
    let plan = plan(&[("slow", &[0.1, 0.2])], &schedule(json!({}), json!({"retries": 0})));
    let swept = cluster.sweep(&plan);
    assert_eq!(notices(&swept).len(), 1, "{:?}", notices(&swept));
    assert!(notices(&swept)[0].contains("Unable to contact slurm controller"));
    assert_eq!(swept.study.unwrap().counts.failed, 0);
}

/// Sweeps until that many trials have finished and their successors are in Slurm's hands.
fn sweep_until_stopped(cluster: &Cluster, plan: &Plan, n_finished: usize) -> Swept {
    let stop = Stop::default();
    let wish = stop.clone();
    let n = Rc::new(Cell::new(0));
    cluster.sweep_until(plan, &stop, move |event| {
        n.set(n.get() + usize::from(matches!(event, RunEvent::TrialFinished { .. })));
        let is_epoch = matches!(event, RunEvent::EpochEnded { .. });
        if n.get() >= n_finished && (n_finished > 0 || is_epoch) {
            wish.request();
        }
    })
}

#[test]
fn a_stopped_coordinator_leaves_the_array_alone_and_the_next_takes_it_up() {
    let cluster = Cluster::new("run");
    let plan = plan(&[("slow", &[0.1, 0.2, 0.3])], &schedule(json!({}), json!({})));
    let swept = sweep_until_stopped(&cluster, &plan, 0);
    assert!(matches!(swept.events.last(), Some(RunEvent::RunFinished { interrupted: true, .. })));
    let swept = cluster.sweep(&plan);
    let study = swept.study.unwrap();
    assert_eq!((study.counts.cached + study.counts.ran, study.counts.failed), (5, 0));
    assert_eq!(cluster.calls("scancel"), [""; 0]);
    assert_eq!(cluster.calls("sbatch").len(), 2, "the grid's array was not submitted again");
    assert_eq!(cluster.bench.runs().len(), 5, "no trial ran twice");
}

#[test]
fn what_died_while_nobody_looked_is_submitted_again() {
    let cluster = Cluster::new("PENDING");
    let plan = plan(&[("quick", &[0.1, 0.2])], &schedule(json!({}), json!({"retries": 0})));
    let stop = Stop::default();
    let (wish, calls) = (stop.clone(), cluster.dir.join("calls"));
    let watcher = thread::spawn(move || {
        let patience = Instant::now() + Duration::from_secs(20);
        while !fs::read_to_string(&calls).is_ok_and(|calls| calls.contains("squeue")) {
            assert!(Instant::now() < patience);
            thread::sleep(Duration::from_millis(20));
        }
        wish.request();
    });
    cluster.sweep_until(&plan, &stop, |_| {});
    watcher.join().unwrap();
    // Somebody cancels the array.
    for state in fs::read_dir(cluster.dir.join("states")).unwrap() {
        let path = state.unwrap().path();
        let text = fs::read_to_string(&path).unwrap().replace("PENDING", "CANCELLED");
        fs::write(path, text).unwrap();
    }
    cluster.set_mode("run");
    let study = cluster.sweep(&plan).study.unwrap();
    assert_eq!((study.counts.ran, study.counts.failed), (4, 0));
}

#[test]
fn a_finished_element_that_runs_again_changes_nothing() {
    let cluster = Cluster::new("run");
    let plan = plan(&[("quick", &[0.1, 0.2])], &schedule(json!({}), json!({})));
    cluster.sweep(&plan).study.unwrap();
    let outcomes = || {
        let folder = cluster.bench.dir.join("store/outcomes");
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<_> = files.map(|path| (fs::read(&path).unwrap(), path)).collect();
        files.sort();
        files
    };
    let before = outcomes();
    assert!(before.len() >= 4);
    let slurm = cluster.bench.dir.join("store/slurm");
    let arrays = fs::read_dir(slurm).unwrap().map(|entry| entry.unwrap().path().join("array.json"));
    let no_cards = || Ok(0);
    for array in arrays.filter(|array| array.exists()).collect::<Vec<_>>() {
        let files = element_files(&array, 0).unwrap();
        assert!(carry_out_files(&files, &stub_options(&no_cards)).unwrap());
        // Even without the verdict: the outcome is there.
        fs::remove_file(files[0].with_extension("verdict.json")).unwrap();
        assert!(carry_out_files(&files, &stub_options(&no_cards)).unwrap());
        assert!(element_files(&array, 7).is_err());
    }
    assert_eq!(outcomes(), before);
    assert_eq!(cluster.bench.runs().len(), 4);
}

fn open(cluster: &Cluster, plan: &Plan) -> Box<dyn Executor> {
    let no_cards = || Ok(0);
    let executor = find(executors::ALL, "slurm").unwrap();
    let schedule = &plan.spec.schedule;
    (executor.build)(&schedule.executor.params, schedule, &cluster.options(&no_cards)).unwrap()
}

fn order(cluster: &Cluster, plan: &Plan, trial: Trial) -> WorkOrder {
    WorkOrder {
        trial,
        attempt: 1,
        spec_hash: plan.spec_hash.clone(),
        dataset: "none".into(),
        store: cluster.bench.dir.join("store"),
        cuda: false,
        threads: 1,
        fitting: Fitting::default(),
        limits: TimeLimits::default(),
    }
}

/// As when an element ends after a new coordinator has looked at the store, and before it looks at what is under way.
#[test]
fn what_has_ended_meanwhile_is_not_submitted_again() {
    let cluster = Cluster::new("run");
    let plan = plan(&[("quick", &[0.1])], &schedule(json!({}), json!({})));
    cluster.sweep(&plan).study.unwrap();
    let n_arrays = cluster.calls("sbatch").len();
    let mut executor = open(&cluster, &plan);
    let trial = plan.models[0].grid().next().unwrap();
    executor.start(0, &order(&cluster, &plan, trial)).unwrap();
    let event = executor.wait(Duration::from_millis(20)).unwrap();
    assert!(matches!(event, Some((0, SlotEvent::Completed))), "{event:?}");
    assert_eq!(cluster.calls("sbatch").len(), n_arrays);
}

#[test]
fn a_cancelled_trial_ends_and_those_that_share_its_element_do_not() {
    for (n_shared, n_cancelled) in [(1, 1), (2, 0)] {
        let cluster = Cluster::new("run");
        let params = json!({"trials_per_element": n_shared});
        let plan = plan(&[("endless", &[0.1]), ("quick", &[0.2])], &schedule(params, json!({})));
        let mut executor = open(&cluster, &plan);
        for (slot, model) in plan.models.iter().enumerate() {
            executor.start(slot, &order(&cluster, &plan, model.grid().next().unwrap())).unwrap();
        }
        let mut has_completed = false;
        let mut is_cancelled = false;
        let patience = Instant::now() + Duration::from_secs(30);
        while !(has_completed && is_cancelled) {
            assert!(Instant::now() < patience);
            match executor.wait(Duration::from_millis(20)).unwrap() {
                Some((0, SlotEvent::Epoch(_))) => {
                    executor.cancel(0);
                    is_cancelled = true;
                }
                Some((0, event)) => panic!("{event:?} of a cancelled trial"),
                Some((1, SlotEvent::Completed)) => has_completed = true,
                _ => {}
            }
        }
        let calls = cluster.calls("scancel");
        assert_eq!(calls.len(), n_cancelled, "{calls:?}");
        assert!(
            calls.iter().all(|call| call.contains(" --name=bakeoff-") && call.ends_with(" 7_0"))
        );
        // The pretended scancel ends nothing: the worker itself has seen that it was called back.
        while cluster.bench.workers().into_iter().any(is_alive) {
            assert!(Instant::now() < patience);
            thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn settings_that_mean_nothing_to_slurm_are_refused() {
    let check = |more: Value, expected: &str| {
        let plan = plan(&[("quick", &[0.1])], &schedule(json!({}), more));
        let error = Cluster::new("run").sweep(&plan).study.unwrap_err().to_string();
        assert_eq!(error, format!("executor `slurm`: {expected}"));
    };
    check(json!({"devices": "cuda"}), "`devices: cuda` needs a card: say `gres: gpu:1`");
    let expected = "cards are given out by Slurm: say `gres: gpu:1` and leave `devices` out";
    check(json!({"devices": "cuda:0"}), expected);
    let expected = "`slots` are no places here: say `array_limit` for how many run at a time";
    check(json!({"slots": 4}), expected);
}
