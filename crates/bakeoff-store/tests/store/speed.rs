//! Thousands of outcomes: timings are printed for people, not asserted.

use std::time::Instant;

use bakeoff_spec::Outcome;
use bakeoff_store::{Folder, Store};

use crate::samples::{completed, keys};

#[test]
fn thousands_of_outcomes_are_resolved_from_the_index() {
    let dir = tempfile::tempdir().unwrap();
    // The index holds no curves; short ones keep the test short.
    let short = |seed| {
        let mut outcome = completed(seed);
        outcome.curve.truncate(2);
        outcome
    };
    let outcomes: Vec<Outcome> = (0..2_000).map(short).collect();
    let folder = Folder::at(dir.path());
    timed("write 2,000 outcome files", || {
        for outcome in &outcomes {
            folder.write_outcome(outcome).unwrap();
        }
    });
    drop(timed("open, indexing all of them", || Store::open(dir.path()).unwrap()));
    let store = timed("open again", || Store::open(dir.path()).unwrap());
    assert!(store.repairs().is_empty());
    let keys = keys(&outcomes);
    let found = timed("get_many", || store.get_many(&keys).unwrap());
    assert!(found.iter().zip(&keys).all(|(found, key)| found.as_ref().unwrap().key == *key));
    timed("record 100 more", || {
        for seed in 2_000..2_100 {
            store.record(&completed(seed)).unwrap();
        }
    });
}

fn timed<T>(what: &str, act: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let result = act();
    eprintln!("{what}: {:.3} s", started.elapsed().as_secs_f64());
    result
}
