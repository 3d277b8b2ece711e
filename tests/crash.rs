use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::shell::{SMALL, Shell};

/// Long enough to be killed in the middle: some seconds.
fn longer() -> String {
    SMALL.replace("epochs: 3,", "epochs: 40, patience: 0,")
}

fn start(shell: &Shell, args: &[&str]) -> Child {
    shell.command(args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
}

/// Events of a running sweep, as they come.
fn events(child: &mut Child) -> impl Iterator<Item = Value> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.map_while(Result::ok).map(|line| serde_json::from_str(&line).unwrap())
}

/// The worker processes of a coordinator.
fn workers(coordinator: u32) -> Vec<i32> {
    let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let is_child = |pid: &i32| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        status.lines().any(|line| line == format!("PPid:\t{coordinator}"))
    };
    pids.filter(is_child).collect()
}

fn is_alive(pid: i32) -> bool {
    // A killed process that nobody has waited for yet is dead all the same.
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

#[test]
fn a_coordinator_killed_again_and_again_loses_no_finished_trial_and_repeats_none() {
    let shell = Shell::new();
    shell.spec("long.yaml", &longer());
    let mut finished: BTreeMap<String, String> = BTreeMap::new();
    for round in 0..4 {
        let mut child = start(&shell, &["sweep", "long.yaml", "--progress", "json"]);
        let mut reported = Vec::new();
        for event in events(&mut child) {
            match event["event"].as_str().unwrap() {
                "trial_finished" => {
                    reported.push(event["outcome"]["key"].as_str().unwrap().to_owned());
                }
                "epoch_ended" if reported.len() >= round % 3 => break,
                _ => {}
            }
        }
        let its_workers = workers(child.id());
        child.kill().unwrap();
        child.wait().unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        while its_workers.iter().any(|&pid| is_alive(pid)) {
            assert!(Instant::now() < deadline, "workers outlive their coordinator");
            std::thread::sleep(Duration::from_millis(20));
        }
        let now: BTreeMap<String, String> = shell.finished().into_iter().collect();
        for key in reported {
            assert!(now.contains_key(&key), "{key} was reported and is lost");
        }
        for (key, started_at) in &finished {
            assert_eq!(now.get(key), Some(started_at), "{key} was lost or ran twice");
        }
        finished = now;
    }
    shell.ok(&["sweep", "long.yaml"]);
    let end: BTreeMap<String, String> = shell.finished().into_iter().collect();
    assert_eq!(end.len(), 13);
    for (key, started_at) in &finished {
        assert_eq!(end.get(key), Some(started_at), "{key} ran twice");
    }
}

#[test]
fn a_killed_worker_costs_its_trial_an_attempt_and_nothing_else() {
    let shell = Shell::new();
    shell.spec("long.yaml", &longer());
    let mut child = start(&shell, &["sweep", "long.yaml", "--progress", "json"]);
    let coordinator = child.id();
    let (mut n_killed, mut epochs_since, mut retried) = (0, 0, Vec::new());
    for event in events(&mut child) {
        match event["event"].as_str().unwrap() {
            // The worker that is hit may be between two trials, so that nothing has to be retried: then another is.
            "epoch_ended" if retried.is_empty() => {
                if n_killed == 0 || epochs_since > 20 {
                    if let Some(pid) = workers(coordinator).first() {
                        // One that is gone already, of the same death, is no attempt.
                        let hit = kill_process(Pid::from_raw(*pid).unwrap(), Signal::KILL);
                        n_killed += usize::from(hit.is_ok());
                    }
                    epochs_since = 0;
                }
                epochs_since += 1;
            }
            "trial_retried" => retried.push(event["reason"].as_str().unwrap().to_owned()),
            _ => {}
        }
    }
    assert!(child.wait().unwrap().success());
    assert!((1..=n_killed).contains(&retried.len()), "{n_killed} killed, retried: {retried:?}");
    for reason in &retried {
        assert!(reason.contains('9') || reason.to_lowercase().contains("kill"), "{reason}");
    }
    assert_eq!(shell.finished().len(), 13);
}

#[test]
fn ctrl_c_ends_with_code_130_and_the_sweep_can_be_resumed() {
    let shell = Shell::new();
    shell.spec("long.yaml", &longer());
    let mut child = start(&shell, &["sweep", "long.yaml", "--progress", "json"]);
    let pid = Pid::from_raw(child.id() as i32).unwrap();
    let mut is_stopped = false;
    for event in events(&mut child) {
        if event["event"] == "epoch_ended" && !is_stopped {
            is_stopped = true;
            kill_process(pid, Signal::INT).unwrap();
        }
    }
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let before = shell.finished();
    assert!(before.len() < 13);
    shell.ok(&["sweep", "long.yaml"]);
    let after = shell.finished();
    assert_eq!(after.len(), 13);
    assert!(before.iter().all(|trial| after.contains(trial)));
}

#[test]
fn a_trial_that_cannot_work_fails_alone_and_the_sweep_ends_with_code_1() {
    let shell = Shell::new();
    // Each step multiplies the weights by 1 - 100 · 10.
    let text = SMALL.replace("learning_rate: [0.001, 0.01]", "learning_rate: [0.00001, 100]");
    let text =
        text.replace("epochs: 3,", "epochs: 3, optimizer: sgd, weight_decay: 10, batch_size: 4,");
    shell.spec("diverges.yaml", &text);
    let ran = shell.run(&["sweep", "diverges.yaml"]);
    let trials = shell.json(&["list", "trials", "--json"]);
    let failed =
        trials.as_array().unwrap().iter().filter(|trial| trial["status"] == "failed").count();
    assert_eq!(ran.code, Some(i32::from(failed > 0)), "{}", ran.stderr);
    assert!(failed >= 1, "nothing diverged");
    let report = fs::read_to_string(shell.path().join("reports/diverges/report.md")).unwrap();
    assert!(report.contains("became"), "the reason is in the report");
    let again = shell.run(&["sweep", "diverges.yaml"]);
    assert_eq!(again.code, Some(1));
    assert_eq!(shell.json(&["list", "trials", "--json"]), trials, "nothing runs twice");
}
