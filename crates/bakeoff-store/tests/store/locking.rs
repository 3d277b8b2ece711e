//! One coordinator at a time, and none that is dead.

use std::fs;

use bakeoff_store::{Folder, Store, StoreError};

use crate::samples::completed;

#[test]
fn a_second_coordinator_is_told_at_once_who_has_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let first = Store::open(dir.path()).unwrap();
    let error = Store::open(dir.path()).unwrap_err();
    let StoreError::Locked { pid, since, .. } = &error else { panic!("{error}") };
    assert_eq!(*pid, Some(std::process::id()));
    assert!(since.as_ref().unwrap().ends_with('Z'), "{since:?}");
    let begin = format!(
        "the store {} is in use by process {} since 2",
        dir.path().display(),
        std::process::id()
    );
    assert!(error.to_string().starts_with(&begin), "{error}");
    drop(first);
    Store::open(dir.path()).unwrap();
}

#[test]
fn the_mark_of_a_dead_process_blocks_nobody() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("lock"), "1 2026-01-01T00:00:00Z and a longer line than ours")
        .unwrap();
    let _store = Store::open(dir.path()).unwrap();
    let mark = fs::read_to_string(dir.path().join("lock")).unwrap();
    assert!(
        mark.starts_with(&format!("{} 2", std::process::id())) && mark.ends_with("Z\n"),
        "{mark}"
    );
}

#[test]
fn a_folder_can_be_read_and_written_while_the_store_is_open() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let outcome = completed(1);
    Folder::at(dir.path()).write_outcome(&outcome).unwrap();
    assert_eq!(store.get(&outcome.key).unwrap(), None);
    assert_eq!(store.ingest(&outcome.key).unwrap(), Some(outcome.clone()));
    assert_eq!(store.get(&outcome.key).unwrap(), Some(outcome));
}

#[test]
fn a_store_can_be_opened_again_and_again_in_one_process() {
    let dir = tempfile::tempdir().unwrap();
    for seed in 0..20 {
        let store = Store::open(dir.path()).unwrap();
        assert_eq!(store.keys().unwrap().len() as u64, seed);
        assert!(store.repairs().is_empty(), "{:?}", store.repairs());
        store.record(&completed(seed)).unwrap();
    }
}
