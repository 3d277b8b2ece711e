//! An index written anew, by hand and by itself, and killed meanwhile.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use bakeoff_spec::Outcome;
use bakeoff_store::{Repair, Store};

use crate::samples::{completed, failed, keys, record_all, without_curve};

const DIR: &str = "BAKEOFF_TEST_COMPACT_DIR";

fn some_outcomes() -> Vec<Outcome> {
    (0..40).map(|seed| if seed % 5 == 0 { failed(seed) } else { completed(seed) }).collect()
}

fn assert_holds(store: &Store, outcomes: &[Outcome]) {
    let expected: Vec<_> = outcomes.iter().map(|outcome| Some(without_curve(outcome))).collect();
    assert_eq!(store.get_many(&keys(outcomes)).unwrap(), expected);
    assert_eq!(store.keys().unwrap().len(), outcomes.len());
}

fn names_in(dir: &Path) -> Vec<String> {
    let names = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_compacted_index_holds_what_it_held_and_leaves_nothing_beside_it() {
    let dir = tempfile::tempdir().unwrap();
    let outcomes = some_outcomes();
    let store = Store::open(dir.path()).unwrap();
    record_all(&store, &outcomes);
    let (store, sizes) = store.compact().unwrap();
    assert!(sizes.before > 0 && sizes.after > 0, "{sizes:?}");
    assert_holds(&store, &outcomes);
    store.record(&completed(100)).unwrap();
    drop(store);
    assert_eq!(names_in(dir.path()), ["index", "lock", "outcomes"]);
    let store = Store::open(dir.path()).unwrap();
    assert!(store.repairs().is_empty(), "{:?}", store.repairs());
    assert_eq!(store.keys().unwrap().len(), 41);
}

#[test]
fn an_index_far_too_large_for_its_records_is_compacted_when_it_is_opened() {
    let dir = tempfile::tempdir().unwrap();
    let outcomes = some_outcomes();
    let store = Store::open(dir.path()).unwrap();
    record_all(&store, &outcomes);
    drop(store);
    // Room that nothing in it needs.
    let grown = fs::File::create(dir.path().join("index/grown")).unwrap();
    grown.set_len(64 << 20).unwrap();
    let store = Store::open(dir.path()).unwrap();
    let [Repair::Compacted { sizes }] = store.repairs() else { panic!("{:?}", store.repairs()) };
    assert!(sizes.before > 64 << 20 && sizes.after < 8 << 20, "{sizes:?}");
    assert_holds(&store, &outcomes);
    drop(store);
    assert!(Store::open(dir.path()).unwrap().repairs().is_empty());
}

#[test]
fn damaged_indexes_that_were_set_aside_go_when_asked() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    fs::create_dir(dir.path().join("index.damaged-1")).unwrap();
    fs::write(dir.path().join("index.damaged-1/db"), [0; 100]).unwrap();
    assert_eq!(store.remove_damaged_indexes().unwrap().bytes, 100);
    assert!(!dir.path().join("index.damaged-1").exists());
}

#[test]
fn killed_while_it_compacts_the_store_opens_with_everything() {
    let dir = tempfile::tempdir().unwrap();
    let outcomes = some_outcomes();
    record_all(&Store::open(dir.path()).unwrap(), &outcomes);
    let mut n_left_behind = 0;
    for round in 0..24 {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "compact::a_child_compacts_until_it_is_killed", "--nocapture"])
            .env(DIR, dir.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // The first compaction has begun when there is anything new, and the rest is chance.
        let started = Instant::now();
        let compacting = dir.path().join("index.compacting");
        while !compacting.exists() && started.elapsed() < Duration::from_secs(10) {
            thread::sleep(Duration::from_micros(200));
        }
        thread::sleep(Duration::from_micros(700 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        n_left_behind += u32::from(compacting.exists());
        let store = Store::open(dir.path()).unwrap();
        assert!(store.repairs().is_empty(), "round {round}: {:?}", store.repairs());
        assert_holds(&store, &outcomes);
        assert!(!compacting.exists());
    }
    assert!(n_left_behind > 0, "no kill fell into a compaction");
}

/// Does nothing unless started by the test above.
#[test]
fn a_child_compacts_until_it_is_killed() {
    let Ok(dir) = env::var(DIR) else { return };
    let mut store = Store::open(dir).unwrap();
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(20) {
        store = store.compact().unwrap().0;
    }
}
