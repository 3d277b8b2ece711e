//! What the index notices although sled does not, and indexes of other versions. Here alone, sled is used past it.

use std::path::Path;
use std::thread;
use std::time::Duration;

use bakeoff_spec::Outcome;
use bakeoff_store::{Repair, Store};

use crate::samples::{completed, failed, keys, without_curve};

/// Does something to the tree with the outcomes of a closed store.
fn with_tree(dir: &Path, act: impl FnOnce(&sled::Db, &sled::Tree)) {
    // Its lock may outlive the store for a moment.
    let mut opened = sled::open(dir.join("index"));
    for _ in 0..200 {
        if opened.is_err() {
            thread::sleep(Duration::from_millis(10));
            opened = sled::open(dir.join("index"));
        }
    }
    let database = opened.unwrap();
    let names = database.tree_names();
    let name = names.iter().find(|name| name.starts_with(b"outcomes-")).unwrap();
    act(&database, &database.open_tree(name).unwrap());
    database.flush().unwrap();
}

fn store_of(outcomes: &[Outcome]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    for outcome in outcomes {
        store.record(outcome).unwrap();
    }
    dir
}

fn assert_rebuilt(dir: &Path, outcomes: &[Outcome], reason: &str) {
    let store = Store::open(dir).unwrap();
    let [repair] = store.repairs() else { panic!("{reason}: {:?}", store.repairs()) };
    assert!(matches!(repair, Repair::IndexRebuilt { .. }), "{repair}");
    let told = format!("the index was rebuilt from {} outcome files: {reason}", outcomes.len());
    assert!(repair.to_string().starts_with(&told), "{repair}");
    let expected: Vec<_> = outcomes.iter().map(|outcome| Some(without_curve(outcome))).collect();
    assert_eq!(store.get_many(&keys(outcomes)).unwrap(), expected);
    assert_eq!(store.keys().unwrap().len(), outcomes.len());
}

#[test]
fn a_bit_that_flips_in_a_record_is_found_wherever_it_is() {
    let outcomes = [completed(1), failed(2), completed(3)];
    let n_bits = {
        let dir = store_of(&outcomes);
        let mut n_bits = 0;
        with_tree(dir.path(), |_, tree| n_bits = tree.first().unwrap().unwrap().1.len() * 8);
        n_bits
    };
    // Version, checksum, stamp, length, deflated outcome: each is hit.
    for bit in (0..400).step_by(57).chain((400..n_bits).step_by(499)) {
        let dir = store_of(&outcomes);
        with_tree(dir.path(), |_, tree| {
            let (key, record) = tree.first().unwrap().unwrap();
            let mut record = record.to_vec();
            record[bit / 8] ^= 1 << (bit % 8);
            tree.insert(key, record).unwrap();
        });
        let first = keys(&outcomes).into_iter().min().unwrap();
        let short = first.short();
        let reason = format!("the record of trial {short} is damaged; the old one is kept in ");
        assert_rebuilt(dir.path(), &outcomes, &reason);
    }
}

#[test]
fn a_record_under_another_key_or_no_key_at_all_is_found() {
    let outcomes = [completed(1), completed(2)];
    let dir = store_of(&outcomes);
    with_tree(dir.path(), |_, tree| {
        let [first, last] = [tree.first(), tree.last()].map(|entry| entry.unwrap().unwrap());
        tree.insert(first.0, last.1).unwrap();
    });
    assert_rebuilt(dir.path(), &outcomes, "the record of trial ");
    with_tree(dir.path(), |_, tree| drop(tree.insert(b"short", b"x").unwrap()));
    assert_rebuilt(dir.path(), &outcomes, "the record of trial ");
}

#[test]
fn an_index_of_another_version_is_made_again_without_being_asked() {
    let outcomes = [completed(1), failed(2)];
    let dir = store_of(&outcomes);
    with_tree(dir.path(), |database, tree| {
        let old = database.open_tree("outcomes-1").unwrap();
        old.insert(outcomes[0].key.as_str(), b"a record of an older form").unwrap();
        database.drop_tree(tree.name()).unwrap();
    });
    assert_rebuilt(dir.path(), &outcomes, "it was of another version");
    assert!(Store::open(dir.path()).unwrap().repairs().is_empty());
}
