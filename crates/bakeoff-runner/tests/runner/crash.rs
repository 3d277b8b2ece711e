//! kill -9 of a real coordinator: its workers die with it, and what had finished stays.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use bakeoff_runner::Stop;
use bakeoff_spec::{Cost, CurvePoint, Outcome, Plan, Provenance, RunEvent, Status, Trial};
use serde_json::json;

use crate::stub::{Bench, plan};

const DIR: &str = "BAKEOFF_TEST_RUNNER_DIR";

/// An outcome as a worker would write it.
pub(crate) fn completed(trial: &Trial, value: f64) -> Outcome {
    let point =
        CurvePoint { epoch: 1, train_loss: 0.5, valid_loss: None, valid: Some(value), secs: 0.1 };
    Outcome {
        key: trial.key(),
        trial: trial.clone(),
        attempt: 1,
        status: Status::Completed,
        valid: [(trial.select.clone(), value)].into(),
        test: [(trial.select.clone(), value)].into(),
        curve: vec![point],
        best_epoch: 1,
        cost: Cost::default(),
        provenance: Provenance::default(),
    }
}

#[test]
fn a_killed_coordinator_takes_its_workers_along_and_loses_no_finished_trial() {
    let bench = Bench::begin();
    // Killed while it idles, right after a trial, and in the middle of several.
    for n_finished in [0, 1, 5, 9] {
        let before = bench.store().keys().unwrap().len();
        let reported = sweep_until_killed(&bench.dir, n_finished);
        let dead_by = Instant::now() + Duration::from_secs(10);
        while let Some(pid) = bench.workers().into_iter().find(|&pid| is_alive(pid)) {
            assert!(Instant::now() < dead_by, "worker {pid} outlives its coordinator");
            thread::sleep(Duration::from_millis(10));
        }
        let keys = bench.store().keys().unwrap();
        assert!(keys.len() >= before + n_finished);
        for key in &reported {
            assert!(keys.iter().any(|k| k.as_str() == key), "{key} was reported and is lost");
        }
        let n_runs = || {
            let of_reported = |run: &&String| reported.iter().any(|key| run.ends_with(key));
            bench.runs().iter().filter(of_reported).count()
        };
        let n_runs_before = n_runs();
        let reported_next = sweep_until_killed(&bench.dir, 1);
        assert!(reported_next.iter().all(|key| !reported.contains(key)));
        assert_eq!(n_runs(), n_runs_before, "a trial that had finished ran again");
    }
}

fn the_plan() -> Plan {
    let values: Vec<f64> = (0..40).map(|i| f64::from(i) / 100.0).collect();
    plan(&[("quick", &values), ("endless", &[0.1])], &json!({"devices": "cpu", "slots": 2}))
}

/// Starts a coordinator, kills it after that many of its trials have finished, and returns the keys of those that it
/// reported.
fn sweep_until_killed(dir: &Path, n_finished: usize) -> Vec<String> {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "crash::a_child_sweeps_until_it_is_killed", "--nocapture"])
        .env(DIR, dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut keys = Vec::new();
    for line in lines {
        if let Some((_, key)) = line.split_once("finished ") {
            keys.push(key.to_owned());
        }
        let has_begun = line.contains("sweeping") || !keys.is_empty();
        if has_begun && keys.len() == n_finished {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    keys
}

/// Does nothing unless started by a test above.
#[test]
fn a_child_sweeps_until_it_is_killed() {
    let Ok(dir) = env::var(DIR) else { return };
    Bench::in_dir(Path::new(&dir))
        .sweep_until(&the_plan(), &Stop::default(), |event| {
            let line = match event {
                RunEvent::TrialStarted { .. } => "sweeping".to_owned(),
                RunEvent::TrialFinished { outcome, .. } => format!("finished {}", outcome.key),
                _ => return,
            };
            writeln!(std::io::stdout().lock(), "{line}").unwrap();
        })
        .study
        .unwrap();
}

/// A zombie is dead, too: whoever inherits it may be slow to bury it.
pub(crate) fn is_alive(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    state.is_some_and(|state| state != 'Z')
}
