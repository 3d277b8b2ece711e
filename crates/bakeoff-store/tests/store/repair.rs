//! Damaged outcome files, a damaged index, and folders that changed while nobody looked.

use std::fs;
use std::path::{Path, PathBuf};

use bakeoff_spec::{Outcome, TrialKey};
use bakeoff_store::{Damage, Folder, Repair, Store, StoreError};

use crate::samples::{completed, failed, keys, without_curve};

/// A store with some outcomes, closed again.
fn store_of(outcomes: &[Outcome]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    for outcome in outcomes {
        store.record(outcome).unwrap();
    }
    assert!(store.repairs().is_empty());
    dir
}

fn some_outcomes(n: u64) -> Vec<Outcome> {
    (0..n).map(|seed| if seed % 5 == 0 { failed(seed) } else { completed(seed) }).collect()
}

fn assert_holds(store: &Store, outcomes: &[Outcome]) {
    let expected: Vec<_> = outcomes.iter().map(|outcome| Some(without_curve(outcome))).collect();
    assert_eq!(store.get_many(&keys(outcomes)).unwrap(), expected);
    for outcome in outcomes {
        assert_eq!(store.get(&outcome.key).unwrap().as_ref(), Some(outcome));
    }
    let mut all = keys(outcomes);
    all.sort();
    assert_eq!(store.keys().unwrap(), all);
}

fn outcome_path(dir: &Path, key: &TrialKey) -> PathBuf {
    dir.join(format!("outcomes/{key}.json"))
}

#[test]
fn a_store_that_was_closed_properly_needs_no_repair() {
    let outcomes = some_outcomes(8);
    let dir = store_of(&outcomes);
    let store = Store::open(dir.path()).unwrap();
    assert!(store.repairs().is_empty(), "{:?}", store.repairs());
    assert_holds(&store, &outcomes);
}

#[test]
fn outcomes_that_nobody_took_note_of_are_found() {
    let outcomes = some_outcomes(8);
    let dir = store_of(&outcomes[..5]);
    for outcome in &outcomes[5..] {
        Folder::at(dir.path()).write_outcome(outcome).unwrap();
    }
    let store = Store::open(dir.path()).unwrap();
    let [repair @ Repair::Indexed { keys }] = store.repairs() else { panic!() };
    assert_eq!(keys.len(), 3);
    assert_eq!(repair.to_string(), "found 3 trials finished earlier and not yet in the index");
    assert_holds(&store, &outcomes);
}

#[test]
fn a_failed_outcome_that_was_replaced_meanwhile_is_read_again() {
    let dir = store_of(&[failed(1), failed(2)]);
    Folder::at(dir.path()).write_outcome(&completed(1)).unwrap();
    let store = Store::open(dir.path()).unwrap();
    assert_holds(&store, &[completed(1), failed(2)]);
}

#[test]
fn damaged_outcome_files_are_set_aside_and_count_as_not_run() {
    let outcomes = some_outcomes(8);
    let dir = store_of(&outcomes);
    let [cut, empty, flipped, wrong] =
        [1, 2, 3, 4].map(|i: usize| outcome_path(dir.path(), &outcomes[i].key));
    let bytes = fs::read(&cut).unwrap();
    fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    fs::write(&empty, b"").unwrap();
    let mut bytes = fs::read(&flipped).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&flipped, bytes).unwrap();
    fs::copy(outcome_path(dir.path(), &outcomes[6].key), &wrong).unwrap();

    let store = Store::open(dir.path()).unwrap();
    assert_eq!(store.repairs().len(), 4);
    for repair in store.repairs() {
        let Repair::SetAside { key, moved_to, reason } = repair else { panic!("{repair}") };
        let i = outcomes.iter().position(|outcome| outcome.key == *key).unwrap();
        let as_expected = match i {
            1 | 2 => matches!(reason, Damage::Format(_)),
            3 => matches!(reason, Damage::Checksum | Damage::Format(_)),
            4 => matches!(reason, Damage::WrongKey(holds) if *holds == outcomes[6].key),
            _ => false,
        };
        assert!(as_expected, "{repair}");
        assert!(moved_to.starts_with(dir.path().join("damaged")) && moved_to.exists());
    }
    let whole = [0, 5, 6, 7].map(|i: usize| outcomes[i].clone());
    assert_holds(&store, &whole);
    // Run again, they are as any other.
    for outcome in &outcomes[1..5] {
        assert_eq!(store.get(&outcome.key).unwrap(), None);
        store.record(outcome).unwrap();
    }
    assert_holds(&store, &outcomes);
}

#[test]
fn every_single_flipped_bit_of_an_outcome_file_is_found_or_changes_nothing() {
    let outcome = failed(1);
    let dir = store_of(std::slice::from_ref(&outcome));
    let path = outcome_path(dir.path(), &outcome.key);
    let folder = Folder::at(dir.path());
    let whole = fs::read(&path).unwrap();
    for bit in (0..whole.len() * 8).step_by(7) {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, bytes).unwrap();
        match folder.read_outcome(&outcome.key) {
            Ok(read) => assert_eq!(read.as_ref(), Some(&outcome), "bit {bit}"),
            Err(StoreError::Damaged { .. }) => {}
            Err(error) => panic!("bit {bit}: {error}"),
        }
    }
}

#[test]
fn a_worker_that_left_a_damaged_file_has_not_run_its_trial() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let outcome = completed(1);
    fs::write(outcome_path(dir.path(), &outcome.key), b"{\"schema\": 1").unwrap();
    assert_eq!(store.ingest(&outcome.key).unwrap(), None);
    assert!(dir.path().join(format!("damaged/{}.json", outcome.key)).exists());
    store.record(&outcome).unwrap();
    assert_holds(&store, &[outcome]);
}

#[test]
fn outcome_files_that_are_gone_are_forgotten() {
    let outcomes = some_outcomes(4);
    let dir = store_of(&outcomes);
    fs::remove_file(outcome_path(dir.path(), &outcomes[2].key)).unwrap();
    let store = Store::open(dir.path()).unwrap();
    let [repair @ Repair::Dropped { .. }] = store.repairs() else { panic!() };
    let short = outcomes[2].key.short();
    assert_eq!(
        repair.to_string(),
        format!("the outcome files of trial {short} are gone: counted as not run")
    );
    assert_holds(&store, &[0, 1, 3].map(|i: usize| outcomes[i].clone()));
}

#[test]
fn failed_trials_can_be_forgotten_and_stay_among_the_attempts() {
    let outcomes = [failed(1), completed(2), failed(3)];
    let dir = store_of(&outcomes);
    let store = Store::open(dir.path()).unwrap();
    let unknown = completed(9).key;
    let asked = [outcomes[0].key.clone(), outcomes[1].key.clone(), unknown];
    assert_eq!(store.forget_failed(&asked).unwrap(), 1);
    assert_holds(&store, &outcomes[1..]);
    assert_eq!(store.folder().attempts(&outcomes[0].key).unwrap(), [failed(1)]);
    drop(store);
    let store = Store::open(dir.path()).unwrap();
    assert!(store.repairs().is_empty(), "{:?}", store.repairs());
    assert_holds(&store, &outcomes[1..]);
}

#[test]
fn failures_that_are_forgotten_twice_both_stay_among_the_attempts() {
    let dir = store_of(&[]);
    let store = Store::open(dir.path()).unwrap();
    let failures = [5, 6].map(|best_epoch| Outcome { best_epoch, ..failed(1) });
    for failure in &failures {
        store.record(failure).unwrap();
        assert_eq!(store.forget_failed(std::slice::from_ref(&failure.key)).unwrap(), 1);
    }
    store.record(&completed(1)).unwrap();
    assert_eq!(store.folder().attempts(&failures[0].key).unwrap(), failures);
    let removed = store.remove(std::slice::from_ref(&failures[0].key), false).unwrap();
    assert_eq!(removed.files.len(), 3, "{removed:?}");
}

#[test]
fn an_outcome_of_a_newer_version_is_refused_and_left_alone() {
    let outcome = completed(1);
    let dir = store_of(std::slice::from_ref(&outcome));
    let path = outcome_path(dir.path(), &outcome.key);
    let body = r#"{"of": "another shape"}"#;
    let checksum = blake3::hash(&[&7_u32.to_le_bytes(), body.as_bytes()].concat()).to_hex();
    let newer =
        format!(r#"{{"schema": 7, "checksum": "{checksum}", "outcome": {body}, "more": 1}}"#);
    fs::write(&path, newer).unwrap();
    let error = Store::open(dir.path()).unwrap_err();
    assert!(matches!(error, StoreError::NewerSchema { found: 7, known: 2, .. }));
    assert!(error.to_string().contains("schema version 7"), "{error}");
    assert!(path.exists());
}

#[test]
fn an_index_that_is_gone_is_made_again() {
    let outcomes = some_outcomes(8);
    let dir = store_of(&outcomes);
    fs::remove_dir_all(dir.path().join("index")).unwrap();
    let store = Store::open(dir.path()).unwrap();
    let [repair] = store.repairs() else { panic!() };
    assert_eq!(repair.to_string(), "the index was rebuilt from 8 outcome files: there was none");
    assert_holds(&store, &outcomes);
}

#[test]
fn a_process_killed_while_it_opened_the_index_leaves_nothing_to_repair() {
    let outcomes = some_outcomes(8);
    let dir = store_of(&outcomes);
    // As sled names and begins a snapshot, with a later place in its log than any before.
    let half = dir.path().join("index/snap.0000000000FFFFFF.generating");
    fs::write(&half, [7; 20]).unwrap();
    let store = Store::open(dir.path()).unwrap();
    assert!(store.repairs().is_empty(), "{:?}", store.repairs());
    assert_holds(&store, &outcomes);
    assert!(!half.exists());
}

#[test]
fn whatever_happens_to_the_files_of_the_index_no_outcome_is_lost() {
    let outcomes = some_outcomes(40);
    let mut n_rebuilt = 0;
    for seed in 0..60 {
        let dir = store_of(&outcomes);
        let damage = damage_index(&dir.path().join("index"), seed);
        let store = Store::open(dir.path()).unwrap_or_else(|error| panic!("{damage}: {error:?}"));
        assert_holds(&store, &outcomes);
        let moved: Vec<_> = store
            .repairs()
            .iter()
            .filter_map(|repair| match repair {
                Repair::IndexRebuilt { moved_to, .. } => Some(moved_to.clone().unwrap()),
                _ => None,
            })
            .collect();
        assert!(moved.iter().all(|path| path.exists()));
        n_rebuilt += moved.len();
        store.record(&completed(1000)).unwrap();
        drop(store);
        let store = Store::open(dir.path()).unwrap();
        assert!(store.repairs().is_empty(), "{damage}: {:?}", store.repairs());
        assert_eq!(store.keys().unwrap().len(), 41);
    }
    eprintln!("60 kinds of damage, {n_rebuilt} of them made a new index necessary");
    assert!(n_rebuilt > 10);
}

/// Garbles, cuts, empties or removes one of the index's files, or flips some of its bytes.
fn damage_index(dir: &Path, seed: u64) -> String {
    let hash = blake3::hash(&seed.to_le_bytes());
    let random = hash.as_bytes();
    let mut files: Vec<PathBuf> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    let file = &files[seed as usize / 5 % files.len()];
    let mut bytes = fs::read(file).unwrap();
    let kind = ["garbled", "cut", "emptied", "removed", "flipped"][seed as usize % 5];
    match kind {
        "garbled" => blake3::Hasher::new().update(random).finalize_xof().fill(&mut bytes),
        "cut" => bytes.truncate(bytes.len() * usize::from(random[0]) / 256),
        "emptied" => bytes.clear(),
        "removed" => {}
        _ => {
            for place in random[..8].chunks(2) {
                let place = usize::from(u16::from_le_bytes([place[0], place[1]]));
                let n_bytes = bytes.len();
                bytes[place % n_bytes.min(40_000)] ^= 0x55;
            }
        }
    }
    if kind == "removed" { fs::remove_file(file) } else { fs::write(file, bytes) }.unwrap();
    format!("{} {kind}", file.display())
}
