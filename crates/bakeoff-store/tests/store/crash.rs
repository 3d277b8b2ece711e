//! The child is this test binary itself, told by an environment variable to write until it is killed.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use bakeoff_spec::TrialKey;
use bakeoff_store::{Folder, Repair, Store};

use crate::samples::{completed, without_curve};

const DIR: &str = "BAKEOFF_TEST_CRASH_DIR";
const FIRST: &str = "BAKEOFF_TEST_CRASH_FIRST_SEED";
const INGEST: &str = "BAKEOFF_TEST_CRASH_INGEST";

#[test]
fn nothing_acknowledged_is_lost_when_the_coordinator_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..8 {
        acknowledged.extend(write_until_killed(dir.path(), round, true));
        let store = Store::open(dir.path()).unwrap();
        assert_all_there(&store, &acknowledged);
    }
}

#[test]
fn what_a_killed_worker_wrote_is_found_at_the_next_opening() {
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..4 {
        acknowledged.extend(write_until_killed(dir.path(), round, false));
    }
    let store = Store::open(dir.path()).unwrap();
    let rebuilt = matches!(store.repairs(), [Repair::IndexRebuilt { moved_to: None, .. }]);
    assert!(rebuilt, "{:?}", store.repairs());
    assert_all_there(&store, &acknowledged);
}

fn assert_all_there(store: &Store, acknowledged: &[u64]) {
    let keys: Vec<TrialKey> = acknowledged.iter().map(|&seed| completed(seed).key).collect();
    let outcomes = store.get_many(&keys).unwrap();
    for (&seed, outcome) in acknowledged.iter().zip(outcomes) {
        assert_eq!(outcome, Some(without_curve(&completed(seed))), "seed {seed}");
    }
    let all = store.folder().outcomes().unwrap();
    assert!(all.damaged.is_empty());
    assert_eq!(store.keys().unwrap().len(), all.outcomes.len());
}

/// Starts a writer, kills it with SIGKILL, and returns the seeds whose outcome it had acknowledged. Even rounds kill it
/// at a time that may well fall into its start; odd ones wait until it has written something.
fn write_until_killed(dir: &Path, round: u64, ingest: bool) -> Vec<u64> {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "crash::a_child_writes_until_it_is_killed", "--nocapture"])
        .env(DIR, dir)
        .env(FIRST, (round * 1_000_000).to_string())
        .env(INGEST, ingest.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let seed = |line: String| Some(line.split_once("written ")?.1.parse().unwrap());
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut seeds = lines.map_while(Result::ok).filter_map(seed);
    let mut acknowledged: Vec<u64> = Vec::new();
    if round % 2 == 1 {
        acknowledged.extend(seeds.next());
        assert_eq!(acknowledged.len(), 1, "the writer ended by itself");
    }
    // What it writes meanwhile must be read, or it would wait for room in the pipe.
    let reader = thread::spawn(move || seeds.collect::<Vec<u64>>());
    thread::sleep(Duration::from_millis(29 + 37 * round));
    child.kill().unwrap();
    child.wait().unwrap();
    acknowledged.extend(reader.join().unwrap());
    acknowledged
}

/// Does nothing unless started by a test above.
#[test]
fn a_child_writes_until_it_is_killed() {
    let Ok(dir) = env::var(DIR) else { return };
    let first: u64 = env::var(FIRST).unwrap().parse().unwrap();
    let store = (env::var(INGEST).unwrap() == "true").then(|| Store::open(&dir).unwrap());
    let folder = Folder::at(&dir);
    let started = Instant::now();
    // Ends by itself if the test that started it is gone.
    for seed in (first..).take_while(|_| started.elapsed() < Duration::from_secs(20)) {
        let outcome = completed(seed);
        folder.write_outcome(&outcome).unwrap();
        if let Some(store) = &store {
            store.ingest(&outcome.key).unwrap().unwrap();
        }
        writeln!(std::io::stdout().lock(), "written {seed}").unwrap();
    }
}
