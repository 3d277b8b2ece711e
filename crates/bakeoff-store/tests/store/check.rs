//! What `store check` finds, also in a store that cannot be written.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use bakeoff_spec::Outcome;
use bakeoff_store::{Checkup, Folder, IndexState, Store};

use crate::samples::{checkpoint, completed, failed};
use crate::schema::SCHEMA_1;

/// A store with something of every kind.
fn full_store() -> (tempfile::TempDir, Vec<Outcome>) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let outcomes = vec![completed(1), completed(2), failed(3)];
    for outcome in &outcomes {
        if outcome.is_completed() {
            store.folder().write_units(&outcome.key, &[0.5, 0.25]).unwrap();
            let stem = store.folder().checkpoint_path(&outcome.trial.fit_key()).unwrap();
            fs::write(stem.with_extension("safetensors"), checkpoint(&["a", "b"])).unwrap();
        }
        store.record(outcome).unwrap();
    }
    store.note_attempt(&Outcome { attempt: 1, ..failed(1) }).unwrap();
    store.folder().write_spec(completed(1).key.as_str(), "version: 1\n").unwrap();
    (dir, outcomes)
}

fn check(dir: &Path) -> Checkup {
    Checkup::of(&Folder::at(dir)).unwrap()
}

fn damaged(checkup: &Checkup) -> Vec<&str> {
    checkup.damaged.iter().map(|flaw| flaw.path.to_str().unwrap()).collect()
}

#[test]
fn a_sound_store_is_sound_and_is_left_as_it_is() {
    let (dir, outcomes) = full_store();
    let listing = || {
        let files = walk(dir.path()).into_iter();
        files.map(|path| (fs::read(&path).unwrap_or_default(), path)).collect::<Vec<_>>()
    };
    let before = listing();
    let checkup = check(dir.path());
    assert!(checkup.is_sound(), "{checkup:?}");
    assert_eq!(checkup.index, IndexState::Sound { records: 3 });
    assert_eq!(checkup.schemas, [(2, 3)].into());
    assert_eq!(checkup.checkpoints_hashed, 2);
    assert!(checkup.orphaned.is_empty() && checkup.temporary.is_empty(), "{checkup:?}");
    let sizes = ["outcomes", "units", "attempts", "checkpoints", "specs"];
    let sizes = sizes.map(|kind| checkup.sizes[kind].files);
    // With the file of the lock on replacing, if there had been any replacing.
    assert_eq!(sizes, [outcomes.len(), 2, 1, 2, 1]);
    let unlocked = |list: Vec<(Vec<u8>, PathBuf)>| {
        list.into_iter().filter(|(_, path)| !path.ends_with("lock")).collect::<Vec<_>>()
    };
    assert_eq!(unlocked(before), unlocked(listing()));
}

#[test]
fn every_kind_of_damage_is_named() {
    let (dir, outcomes) = full_store();
    let path = |below: String| dir.path().join(below);
    let [first, second, third] = [0, 1, 2].map(|i: usize| outcomes[i].key.to_string());
    let flip = |path: PathBuf, at: usize| {
        let mut bytes = fs::read(&path).unwrap();
        bytes[at] ^= 1;
        fs::write(path, bytes).unwrap();
    };
    let cut = |path: PathBuf| {
        let file = File::options().write(true).open(path).unwrap();
        // The last byte may only end a line.
        file.set_len(file.metadata().unwrap().len() - 2).unwrap();
    };
    flip(path(format!("outcomes/{third}.json")), 900);
    flip(path(format!("units/{first}.f32")), 35);
    cut(path(format!("attempts/{first}.1.json")));
    let [cut_fit, odd_fit] = [0, 1].map(|i: usize| outcomes[i].trial.fit_key());
    cut(path(format!("checkpoints/{cut_fit}.safetensors")));
    fs::write(path(format!("checkpoints/{odd_fit}.safetensors")), b"0123").unwrap();
    flip(path(format!("specs/{}.yaml", completed(1).key)), 3);
    fs::create_dir_all(path("cards".into())).unwrap();
    fs::write(path(format!("cards/{second}.json")), b"{}").unwrap();

    let checkup = check(dir.path());
    assert!(!checkup.is_sound());
    let mut expected = vec![
        format!("outcomes/{third}.json"),
        format!("units/{first}.f32"),
        format!("attempts/{first}.1.json"),
        format!("checkpoints/{cut_fit}.safetensors"),
        format!("checkpoints/{odd_fit}.safetensors"),
        format!("cards/{second}.json"),
        format!("specs/{}.yaml", completed(1).key),
    ];
    let mut found = damaged(&checkup);
    expected.sort();
    found.sort_unstable();
    assert_eq!(found, expected);
    assert_eq!(checkup.index, IndexState::Behind { records: 3, not_in_it: 1, gone: 0 });
}

#[test]
fn weights_in_another_order_than_their_checksum_are_held_against_their_length() {
    let (dir, outcomes) = full_store();
    let fit = outcomes[0].trial.fit_key();
    let path = dir.path().join(format!("checkpoints/{fit}.safetensors"));
    fs::write(&path, checkpoint(&["b", "a"])).unwrap();
    let checkup = check(dir.path());
    assert!(checkup.is_sound(), "{checkup:?}");
    assert_eq!(checkup.checkpoints_hashed, 1);
}

#[test]
fn what_nobody_needs_is_named_and_is_no_damage() {
    let (dir, outcomes) = full_store();
    drop(outcomes);
    let stray = completed(77);
    let folder = Folder::at(dir.path());
    folder.write_units(&stray.key, &[1.0]).unwrap();
    let stem = folder.checkpoint_path(&stray.trial.fit_key()).unwrap();
    fs::write(stem.with_extension("safetensors"), checkpoint(&["a"])).unwrap();
    fs::write(dir.path().join("outcomes/.writing-abc.tmp"), b"{").unwrap();
    let checkup = check(dir.path());
    assert!(checkup.is_sound());
    let expected = [
        format!("units/{}.f32", stray.key),
        format!("checkpoints/{}.safetensors", stray.trial.fit_key()),
    ];
    assert_eq!(checkup.orphaned, expected.map(PathBuf::from));
    assert_eq!(checkup.temporary, [PathBuf::from("outcomes/.writing-abc.tmp")]);
}

#[test]
fn the_index_is_held_against_the_files() {
    let (dir, outcomes) = full_store();
    fs::remove_file(dir.path().join(format!("outcomes/{}.json", outcomes[0].key))).unwrap();
    Folder::at(dir.path()).write_outcome(&completed(9)).unwrap();
    let checkup = check(dir.path());
    assert_eq!(checkup.index, IndexState::Behind { records: 3, not_in_it: 1, gone: 1 });
    assert!(checkup.is_sound(), "opening the store mends it");

    let db = dir.path().join("index/db");
    let mut bytes = fs::read(&db).unwrap();
    let n_bytes = bytes.len().min(4096);
    bytes[..n_bytes].fill(0x5a);
    fs::write(&db, bytes).unwrap();
    let checkup = check(dir.path());
    assert!(
        matches!(checkup.index, IndexState::Damaged { .. } | IndexState::Behind { .. }),
        "{:?}",
        checkup.index
    );
    fs::remove_dir_all(dir.path().join("index")).unwrap();
    assert_eq!(check(dir.path()).index, IndexState::Missing);
}

#[test]
fn a_sweep_that_runs_is_not_disturbed() {
    let (dir, _) = full_store();
    let store = Store::open(dir.path()).unwrap();
    let checkup = check(dir.path());
    let IndexState::Unchecked { reason } = &checkup.index else { panic!("{:?}", checkup.index) };
    assert!(reason.contains(&format!("is in use by process {}", std::process::id())), "{reason}");
    assert!(checkup.is_sound());
    store.record(&completed(5)).unwrap();
}

#[test]
fn files_of_older_versions_are_counted_and_can_be_migrated() {
    let (dir, _) = full_store();
    // The fixtures take the places of two outcomes.
    for (key, text) in SCHEMA_1 {
        fs::write(dir.path().join(format!("outcomes/{key}.json")), text).unwrap();
    }
    let bare = dir.path().join(format!("specs/{}.yaml", completed(2).key));
    fs::write(&bare, "version: 1\n").unwrap();
    assert_eq!(check(dir.path()).schemas, [(1, 2), (2, 1)].into());
    let before = Folder::at(dir.path()).outcomes().unwrap().outcomes;

    let store = Store::open(dir.path()).unwrap();
    let migrated = store.migrate().unwrap();
    assert_eq!((migrated.outcomes, migrated.attempts, migrated.specs), (2, 0, 1));
    assert_eq!(store.migrate().unwrap().outcomes, 0);
    drop(store);
    let checkup = check(dir.path());
    assert_eq!(checkup.schemas, [(2, 3)].into());
    assert_eq!(checkup.index, IndexState::Sound { records: 3 });
    let after = Folder::at(dir.path()).outcomes().unwrap().outcomes;
    // By their text, since no NaN equals another.
    assert_eq!(serde_json::to_string(&before).unwrap(), serde_json::to_string(&after).unwrap());
    let text = Folder::at(dir.path()).read_spec(completed(2).key.as_str()).unwrap().unwrap();
    assert_eq!(text, "version: 1\n");
}

fn walk(dir: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let below = paths.iter().filter(|path| path.is_dir()).flat_map(|path| walk(path));
    let below: Vec<_> = below.collect();
    paths.into_iter().chain(below).collect()
}
