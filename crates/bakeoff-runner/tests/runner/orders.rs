//! What one worker makes of its orders: a real process at the ends of two pipes, without a coordinator.

use std::env;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use bakeoff_runner::{TimeLimits, WorkOrder};
use bakeoff_spec::{Fitting, Status, StopRule};
use bakeoff_store::Folder;
use serde_json::Value;

use crate::crash::completed;
use crate::stub::{LOG, trial};

struct Worker {
    process: Child,
    replies: BufReader<ChildStdout>,
}

impl Worker {
    fn start(dir: &Path, backtrace: &str) -> Self {
        let mut process = Command::new(env::current_exe().unwrap())
            .args(["--exact", "stub::a_stub_worker_serves_when_it_is_asked_to", "--nocapture"])
            .env(LOG, dir.join("log"))
            .env("OMP_NUM_THREADS", "1")
            .env("RUST_BACKTRACE", backtrace)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let replies = BufReader::new(process.stdout.take().unwrap());
        Self { process, replies }
    }

    /// The worker's last reply to an order; `None` if it ended without one.
    fn carry_out(&mut self, order: &WorkOrder) -> Option<Value> {
        let line = serde_json::to_string(order).unwrap();
        writeln!(self.process.stdin.as_mut().unwrap(), "{line}").unwrap();
        let lines = self.replies.by_ref().lines().map(Result::unwrap);
        let mut replies = lines.filter_map(|line| serde_json::from_str::<Value>(&line).ok());
        replies.find(|reply| *reply == "completed" || reply.get("failed").is_some())
    }

    fn last_words(mut self) -> (Option<i32>, String) {
        drop(self.process.stdin.take());
        let output = self.process.wait_with_output().unwrap();
        (output.status.signal(), String::from_utf8(output.stderr).unwrap())
    }
}

fn order(dir: &Path, model: &str, value: f64, fitting: Fitting) -> WorkOrder {
    WorkOrder {
        trial: trial(model, value, "d"),
        attempt: 1,
        spec_hash: "h".into(),
        dataset: "no/dataset".into(),
        store: dir.join("store"),
        cuda: false,
        threads: 1,
        fitting,
        limits: TimeLimits::default(),
    }
}

#[test]
fn a_trial_that_takes_memory_without_end_ends_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let limit = |mb| Fitting { memory_limit_mb: Some(mb), ..Fitting::default() };
    let mut worker = Worker::start(dir.path(), "0");
    let within = order(dir.path(), "hungry", 200.0, limit(300));
    assert_eq!(worker.carry_out(&within).unwrap(), "completed");
    // The limit is that of one order.
    let without = order(dir.path(), "hungry", 600.0, Fitting::default());
    assert_eq!(worker.carry_out(&without).unwrap(), "completed");
    // On a card it is not held: addresses are not memory there.
    let on_card = WorkOrder { cuda: true, ..order(dir.path(), "hungry", 600.5, limit(300)) };
    assert_eq!(worker.carry_out(&on_card).unwrap(), "completed");
    // "Without end" ends at 4 GiB, should nothing hold it.
    assert_eq!(worker.carry_out(&order(dir.path(), "hungry", 4096.0, limit(300))), None);
    let (signal, words) = worker.last_words();
    assert_eq!(signal, Some(6), "{words}");
    assert!(words.contains("memory allocation of 1048576 bytes failed"), "{words}");
}

#[test]
fn a_panic_for_want_of_memory_is_told_even_where_a_backtrace_is_printed() {
    let dir = tempfile::tempdir().unwrap();
    let mut worker = Worker::start(dir.path(), "1");
    let fitting = Fitting { memory_limit_mb: Some(200), ..Fitting::default() };
    let reply = worker.carry_out(&order(dir.path(), "overfull", 4096.0, fitting)).unwrap();
    let status = &reply["failed"]["status"];
    assert_eq!(status["cause"], "out_of_memory", "{status}");
    assert_eq!(worker.last_words().0, None);
}

#[test]
fn a_pruned_trial_is_kept_and_takes_no_completed_ones_place() {
    let dir = tempfile::tempdir().unwrap();
    let rule = StopRule { key: "r".into(), thresholds: vec![(1, 0.5)], higher_is_better: true };
    let fitting = Fitting { stop_rule: Some(rule), ..Fitting::default() };
    let order = order(dir.path(), "pruned", 0.25, fitting);
    let mut worker = Worker::start(dir.path(), "0");
    assert_eq!(worker.carry_out(&order).unwrap(), "completed");
    let folder = Folder::at(&order.store);
    let kept = || folder.read_outcome(&order.trial.key()).unwrap().unwrap();
    assert_eq!(kept().status, Status::Pruned { epoch: 1, rule: "r".into() });
    assert_eq!((kept().selected(), kept().curve.len()), (Some(0.25), 1));
    assert_eq!(folder.read_units(&order.trial.key()).unwrap(), None);
    folder.write_outcome(&completed(&order.trial, 0.75)).unwrap();
    assert_eq!(worker.carry_out(&order).unwrap(), "completed");
    assert_eq!(kept().selected(), Some(0.75));
}
