//! What a folder gives back, what it refuses, and who wins when several write.

use std::fs;

use bakeoff_spec::Outcome;
use bakeoff_spec::card::{DatasetCard, Spread};
use bakeoff_spec::trial::{Recipe, Task, Use};
use bakeoff_store::{Folder, Store, StoreError, Written};
use serde_json::json;

use crate::samples::{completed, failed, pruned};

#[test]
fn an_outcome_is_read_as_it_was_written() {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::at(dir.path());
    let outcome = completed(1);
    assert_eq!(folder.read_outcome(&outcome.key).unwrap(), None);
    assert_eq!(folder.write_outcome(&outcome).unwrap(), Written::New);
    assert_eq!(folder.read_outcome(&outcome.key).unwrap(), Some(outcome));
}

#[test]
fn an_outcome_file_is_json_that_people_can_read() {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::at(dir.path());
    let outcome = completed(1);
    folder.write_outcome(&outcome).unwrap();
    let path = dir.path().join(format!("outcomes/{}.json", outcome.key));
    let text = fs::read_to_string(path).unwrap();
    assert!(text.lines().any(|line| line.trim() == r#""best_epoch": 21,"#), "{text}");
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["schema"], 2);
    assert_eq!(json["outcome"]["trial"]["model"]["name"], "sasrec");
    // BLAKE3 over the version and the bytes as they stand in the file, which nobody needs our code to check.
    let start = text.find(r#""outcome": "#).unwrap() + r#""outcome": "#.len();
    let body = text[start..].trim_end().strip_suffix('}').unwrap().trim_end();
    let checksum = blake3::hash(&[&2_u32.to_le_bytes(), body.as_bytes()].concat());
    assert_eq!(json["checksum"], checksum.to_hex().as_str());
}

#[test]
fn a_late_twin_cannot_overwrite_a_completed_outcome() {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::at(dir.path());
    let first = completed(1);
    folder.write_outcome(&first).unwrap();
    for twin in [Outcome { attempt: 2, ..completed(1) }, failed(1)] {
        assert_eq!(folder.write_outcome(&twin).unwrap(), Written::AlreadyCompleted);
        assert_eq!(folder.read_outcome(&first.key).unwrap(), Some(first.clone()));
    }
    folder.write_units(&first.key, &[0.5]).unwrap();
    assert_eq!(folder.read_units(&first.key).unwrap(), None);
}

#[test]
fn a_failed_outcome_gives_way_to_a_later_one() {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::at(dir.path());
    folder.write_outcome(&failed(1)).unwrap();
    let again = Outcome { attempt: 2, ..failed(1) };
    assert_eq!(folder.write_outcome(&again).unwrap(), Written::Replaced);
    assert_eq!(folder.write_outcome(&completed(1)).unwrap(), Written::Replaced);
    assert_eq!(folder.read_outcome(&again.key).unwrap(), Some(completed(1)));
}

#[test]
fn a_pruned_outcome_is_not_lost_to_the_failure_of_another_spec() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    assert_eq!(store.record(&pruned(1, "a")).unwrap(), Written::New);
    assert_eq!(store.record(&failed(1)).unwrap(), Written::AlreadyPruned);
    assert_eq!(store.get(&failed(1).key).unwrap(), Some(pruned(1, "a")));
    assert_eq!(store.folder().attempts(&failed(1).key).unwrap(), [failed(1)]);
    for better in [pruned(1, "b"), completed(1)] {
        assert_eq!(store.record(&better).unwrap(), Written::Replaced);
        assert_eq!(store.get(&better.key).unwrap(), Some(better));
    }
}

#[test]
fn of_many_twins_at_once_exactly_one_completes_the_trial() {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::at(dir.path());
    for seed in 0..20 {
        if seed % 2 == 0 {
            folder.write_outcome(&failed(seed)).unwrap();
        }
        let write =
            |attempt| folder.write_outcome(&Outcome { attempt, ..completed(seed) }).unwrap();
        let written: Vec<Written> = std::thread::scope(|scope| {
            let twins = [10, 11, 12, 13].map(|attempt| scope.spawn(move || write(attempt)));
            twins.into_iter().map(|twin| twin.join().unwrap()).collect()
        });
        let winner = written.iter().position(|written| *written != Written::AlreadyCompleted);
        assert_eq!(written.iter().filter(|w| **w == Written::AlreadyCompleted).count(), 3);
        let kept = folder.read_outcome(&completed(seed).key).unwrap().unwrap();
        assert_eq!(kept.attempt, 10 + winner.unwrap() as u32);
    }
    // 20 outcomes and the lock's file; nothing half written.
    assert_eq!(fs::read_dir(dir.path().join("outcomes")).unwrap().count(), 21);
}

#[test]
fn a_diverged_trial_can_be_kept_although_json_has_no_nan() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let mut outcome = failed(1);
    outcome.curve = completed(1).curve;
    outcome.curve[1].train_loss = f64::NAN;
    store.record(&outcome).unwrap();
    let read = store.get(&outcome.key).unwrap().unwrap();
    assert!(read.curve[1].train_loss.is_nan());
    assert_eq!(read.status, outcome.status);
}

#[test]
fn units_keep_every_bit_and_damage_is_found() {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::at(dir.path());
    let key = completed(1).key;
    let units = [0.1, -0.0, f32::INFINITY, f32::MIN_POSITIVE];
    folder.write_units(&key, &units).unwrap();
    let bits = |units: &[f32]| units.iter().map(|unit| unit.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&folder.read_units(&key).unwrap().unwrap()), bits(&units));
    let path = dir.path().join(format!("units/{key}.f32"));
    let whole = fs::read(&path).unwrap();
    assert_eq!(whole.len(), 32 + 4 * 4);
    let mut flipped = whole.clone();
    flipped[40] ^= 1;
    for damaged in [&whole[..44], &whole[..43], &whole[..20], &flipped] {
        fs::write(&path, damaged).unwrap();
        assert!(matches!(folder.read_units(&key), Err(StoreError::Damaged { .. })));
    }
}

#[test]
fn cards_specs_checkpoints_and_attempts_have_their_places() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let folder = store.folder();
    let card = card();
    folder.write_card(&card).unwrap();
    assert_eq!(folder.read_card(&card.key).unwrap(), Some(card));
    let hash = completed(2).key;
    assert_eq!(folder.read_spec(hash.as_str()).unwrap(), None);
    for text in ["name: x # why\n", "name: x", ""] {
        folder.write_spec(hash.as_str(), text).unwrap();
        assert_eq!(folder.read_spec(hash.as_str()).unwrap().unwrap(), text);
    }
    let stem = folder.checkpoint_path(&completed(3).trial.fit_key()).unwrap();
    fs::write(stem.with_extension("safetensors"), b"weights").unwrap();
    // A sweep that begins again counts from 1 anew.
    let attempts = [(1, 5), (2, 6), (1, 7)].map(|(attempt, best_epoch)| Outcome {
        attempt,
        best_epoch,
        ..failed(4)
    });
    for attempt in &attempts {
        store.note_attempt(attempt).unwrap();
    }
    store.note_attempt(&attempts[0]).unwrap();
    assert_eq!(folder.attempts(&attempts[0].key).unwrap(), attempts, "each of them, and once");
}

#[test]
fn damaged_cards_and_specs_are_found_and_those_of_old_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::at(dir.path());
    let card = card();
    folder.write_card(&card).unwrap();
    folder.write_spec(&card.key, "name: x\n").unwrap();
    let path = |name: &str, ending: &str| dir.path().join(format!("{name}/{}.{ending}", card.key));
    let (card_path, spec_path) = (path("cards", "json"), path("specs", "yaml"));
    let flip = |path: &std::path::Path, before: &str, after: &str| {
        let text = fs::read_to_string(path).unwrap();
        assert!(text.contains(before), "{text}");
        fs::write(path, text.replace(before, after)).unwrap();
    };
    flip(&card_path, "\"n_users\": 3", "\"n_users\": 2");
    flip(&spec_path, "name: x", "name: y");
    assert!(matches!(folder.read_card(&card.key), Err(StoreError::Damaged { .. })));
    assert!(matches!(folder.read_spec(&card.key), Err(StoreError::Damaged { .. })));

    fs::write(&card_path, serde_json::to_vec(&card).unwrap()).unwrap();
    fs::write(&spec_path, "name: x\n").unwrap();
    assert_eq!(folder.read_card(&card.key).unwrap().unwrap(), card);
    assert_eq!(folder.read_spec(&card.key).unwrap().unwrap(), "name: x\n");
}

#[test]
fn a_key_that_would_leave_the_folder_is_refused() {
    let folder = Folder::at("nowhere");
    for key in ["../../x", "", "ABCDEF0123456789ABCDEF0123456789"] {
        assert!(matches!(folder.read_spec(key), Err(StoreError::BadKey(_))));
        assert!(matches!(folder.read_card(key), Err(StoreError::BadKey(_))));
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a_file");
    fs::write(&file, b"").unwrap();
    let error = Store::open(file.join("store")).unwrap_err();
    let expected = format!("cannot write {}", file.join("store/outcomes").display());
    assert_eq!(error.to_string(), expected);
    let error = Folder::at(&file).write_outcome(&completed(1)).unwrap_err();
    assert!(error.to_string().starts_with("cannot write ") && error.to_string().contains("a_file"));
}

fn card() -> DatasetCard {
    let used = |name: &str| Use { name: name.into(), revision: 1, params: [].into() };
    let recipe = Recipe {
        task: Task::TopN,
        source: used("synthetic"),
        content: "c".into(),
        joins: Vec::new(),
        steps: Vec::new(),
        split: used("leave_one_out"),
    };
    // As the first version wrote it: fields that were added since are left at their defaults.
    let card = json!({
        "key": recipe.key(),
        "recipe": recipe,
        "n_users": 3,
        "n_items": 4,
        "n_interactions": 5,
        "density": 5.0 / 12.0,
        "steps": [{ "step": "synthetic", "rows": 5, "users": 3, "items": 4, "changed": 0 }],
        "parts": [{ "part": "train", "interactions": 5, "users": 3, "items": 4 }],
        "per_user": Spread::default(),
        "per_item": Spread::default(),
        "item_gini": 0.1,
        "popularity_curve": [0.0, 1.0],
        "ratings": [[0.5, 2]],
        "time_span": null,
        "columns": [],
        "notes": [],
    });
    serde_json::from_value(card).unwrap()
}
