//! Ctrl-C and going on afterwards.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bakeoff_runner::Stop;
use bakeoff_spec::{Counts, RunEvent};
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::json;

use crate::stub::{Bench, plan};

#[test]
fn a_stopped_sweep_keeps_what_finished_and_goes_on_with_the_rest() {
    let bench = Bench::begin();
    let plan = plan(&[("quick", &[0.1, 0.2, 0.3, 0.4])], &json!({"devices": "cpu", "slots": 1}));
    let stop = Stop::default();
    let wish = stop.clone();
    let mut n_finished = 0;
    let swept = bench.sweep_until(&plan, &stop, move |event| {
        n_finished += u32::from(matches!(event, RunEvent::TrialFinished { .. }));
        if n_finished == 2 {
            wish.request();
        }
    });
    let study = swept.study.unwrap();
    assert_eq!(study.counts, Counts { planned: 6, cached: 0, ran: 2, failed: 0 });
    assert_eq!(study.models[0].chosen, None);
    let last = RunEvent::RunFinished { cached: 0, ran: 2, failed: 0, interrupted: true };
    assert_eq!(swept.events.last(), Some(&last));
    let rest = bench.sweep(&plan).study.unwrap();
    assert_eq!(rest.counts, Counts { planned: 6, cached: 2, ran: 4, failed: 0 });
    assert_eq!(bench.runs().len(), 6);
}

#[test]
fn what_still_runs_after_the_grace_is_ended_and_has_not_run() {
    let bench = Bench::begin();
    let plan = plan(&[("endless", &[0.1])], &json!({"devices": "cpu", "slots": 1}));
    let stop = Stop::default();
    let wish = stop.clone();
    let started = Instant::now();
    let swept = bench.sweep_until(&plan, &stop, move |event| {
        if matches!(event, RunEvent::EpochEnded { .. }) {
            wish.request();
        }
    });
    assert_eq!(swept.study.unwrap().counts, Counts { planned: 3, ..Counts::default() });
    assert!(started.elapsed() < Duration::from_secs(30));
    assert_eq!(bench.store().keys().unwrap(), []);
}

#[test]
fn what_ends_within_the_grace_is_kept_and_a_second_request_waits_for_nothing() {
    let check = |n_requests: u32, n_kept: usize| {
        let bench = Bench::begin();
        let plan = plan(&[("slow", &[0.1])], &json!({"devices": "cpu", "slots": 1}));
        let no_cards = || Ok(0);
        let stop = Stop::default();
        let wish = stop.clone();
        let mut options = bench.options(&no_cards);
        options.grace = Duration::from_secs(60);
        let swept = bench.sweep_with(&plan, &options, &stop, move |event| {
            if matches!(event, RunEvent::EpochEnded { .. }) {
                (0..n_requests).for_each(|_| wish.request());
            }
        });
        assert_eq!(swept.study.unwrap().counts.ran, n_kept);
    };
    check(1, 1);
    check(2, 0);
}

const DIR: &str = "BAKEOFF_TEST_RUNNER_STOP_DIR";

#[test]
fn a_signal_to_the_whole_process_group_stops_the_coordinator_in_order() {
    let bench = Bench::begin();
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "stopping::a_child_sweeps_until_it_is_interrupted", "--nocapture"])
        .env(DIR, &bench.dir)
        .stdout(Stdio::piped())
        // As a shell does for what it starts, so that the signal below reaches whom Ctrl-C would reach.
        .process_group(0)
        .spawn()
        .unwrap();
    let group = Pid::from_child(&child);
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut said = Vec::new();
    for line in lines {
        if line.contains("sweeping") {
            kill_process_group(group, Signal::INT).unwrap();
        }
        said.push(line);
    }
    assert!(child.wait().unwrap().success());
    // The trial that ran was let end within the grace; its worker did not hear the signal.
    let end = "interrupted with 1 finished";
    assert!(said.iter().any(|line| line.contains(end)), "{said:?}");
}

/// Does nothing unless started by the test above.
#[test]
fn a_child_sweeps_until_it_is_interrupted() {
    let Ok(dir) = env::var(DIR) else { return };
    let bench = Bench::in_dir(Path::new(&dir));
    let plan = plan(&[("slow", &[0.1, 0.2])], &json!({"devices": "cpu", "slots": 1}));
    let stop = Stop::on_signals().unwrap();
    let no_cards = || Ok(0);
    let mut options = bench.options(&no_cards);
    options.grace = Duration::from_secs(60);
    let swept = bench.sweep_with(&plan, &options, &stop, |event| {
        if matches!(event, RunEvent::EpochEnded { .. }) {
            writeln!(std::io::stdout().lock(), "sweeping").unwrap();
        }
    });
    let n_ran = swept.study.unwrap().counts.ran;
    let Some(RunEvent::RunFinished { interrupted: true, .. }) = swept.events.last() else { return };
    writeln!(std::io::stdout().lock(), "interrupted with {n_ran} finished").unwrap();
}
