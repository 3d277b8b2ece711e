//! Trials removed by name, and files that nothing needs.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use bakeoff_spec::trial::Scored;
use bakeoff_spec::{Outcome, Trial};
use bakeoff_store::Store;

use crate::samples::{checkpoint, completed, failed, keys};

/// The outcome of the grid trial that has the same fit as `completed(seed)`.
fn searched(seed: u64) -> Outcome {
    let outcome = completed(seed);
    let trial = Trial { scored: Scored::Valid, ..outcome.trial };
    Outcome { key: trial.key(), trial, test: [].into(), ..outcome }
}

fn store_of(dir: &Path, outcomes: &[Outcome]) -> Store {
    let store = Store::open(dir).unwrap();
    for outcome in outcomes {
        store.folder().write_units(&outcome.key, &[0.5]).unwrap();
        let stem = store.folder().checkpoint_path(&outcome.trial.fit_key()).unwrap();
        fs::write(stem.with_extension("safetensors"), checkpoint(&["a"])).unwrap();
        store.record(outcome).unwrap();
    }
    store
}

fn files(dir: &Path) -> BTreeSet<PathBuf> {
    let places = ["outcomes", "units", "attempts", "checkpoints"];
    let entries = places.iter().filter_map(|place| fs::read_dir(dir.join(place)).ok()).flatten();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.map(|path| path.strip_prefix(dir).unwrap().to_owned()).collect()
}

fn make_old(path: &Path) {
    let two_hours_ago = SystemTime::now() - Duration::from_secs(7200);
    File::options().append(true).open(path).unwrap().set_modified(two_hours_ago).unwrap();
}

#[test]
fn a_removed_trial_is_gone_with_all_that_was_kept_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let outcomes = [completed(1), failed(2), completed(3)];
    let store = store_of(dir.path(), &outcomes);
    store.note_attempt(&failed(2)).unwrap();
    let before = files(dir.path());
    let named = keys(&outcomes[..2]);
    let would = store.remove(&named, true).unwrap();
    assert_eq!(files(dir.path()), before, "a dry run removes nothing");
    let removed = store.remove(&named, false).unwrap();
    assert_eq!(removed, would);
    // An outcome, units and a checkpoint of each, and an attempt.
    assert_eq!(removed.files.len(), 7);
    let left: BTreeSet<_> =
        before.into_iter().filter(|file| !removed.files.contains(file)).collect();
    assert_eq!(files(dir.path()), left);
    assert!(
        left.iter()
            .all(|file| !named.iter().any(|key| file.to_str().unwrap().contains(key.as_str())))
    );
    assert_eq!(store.keys().unwrap(), keys(&outcomes[2..]));
    drop(store);
    let store = Store::open(dir.path()).unwrap();
    assert!(store.repairs().is_empty(), "{:?}", store.repairs());
    assert_eq!(store.get(&outcomes[2].key).unwrap().as_ref(), Some(&outcomes[2]));
}

#[test]
fn a_checkpoint_stays_while_another_trial_has_the_same_fit() {
    let dir = tempfile::tempdir().unwrap();
    let pair = [completed(1), searched(1)];
    let store = store_of(dir.path(), &pair);
    let path = dir.path().join(format!("checkpoints/{}.safetensors", pair[0].trial.fit_key()));
    store.remove(&keys(&pair[..1]), false).unwrap();
    assert!(path.exists());
    store.remove(&keys(&pair[1..]), false).unwrap();
    assert!(!path.exists());
}

#[test]
fn checkpoints_that_are_not_to_be_kept_go_and_outcomes_stay() {
    let dir = tempfile::tempdir().unwrap();
    let outcomes = [completed(1), completed(2), failed(3)];
    let store = store_of(dir.path(), &outcomes);
    let kept = outcomes[1].trial.fit_key();
    let collected = store.collect(&|fit| fit == kept, false).unwrap();
    let mut gone = [0, 2].map(|i: usize| {
        PathBuf::from(format!("checkpoints/{}.safetensors", outcomes[i].trial.fit_key()))
    });
    gone.sort();
    assert_eq!(collected.files, gone);
    assert_eq!(collected.bytes, 2 * checkpoint(&["a"]).len() as u64);
    assert!(gone.iter().all(|file| !dir.path().join(file).exists()));
    assert_eq!(store.keys().unwrap().len(), 3);
    assert!(store.collect(&|fit| fit == kept, false).unwrap().files.is_empty());
}

#[test]
fn what_a_worker_may_be_writing_is_left_for_an_hour() {
    let dir = tempfile::tempdir().unwrap();
    let store = store_of(dir.path(), &[completed(1)]);
    let stray = completed(9);
    let units = format!("units/{}.f32", stray.key);
    let weights = format!("checkpoints/{}.safetensors", stray.trial.fit_key());
    let attempt = format!("attempts/{}.1.json", stray.key);
    store.folder().write_units(&stray.key, &[0.5]).unwrap();
    store.note_attempt(&failed(9)).unwrap();
    fs::write(dir.path().join(&weights), checkpoint(&["a"])).unwrap();
    let half = "checkpoints/.tmpAbCdEf".to_owned();
    fs::write(dir.path().join(&half), b"half").unwrap();
    let nothing = store.collect(&|_| true, false).unwrap();
    assert!(nothing.files.is_empty(), "{nothing:?}");
    let nothing = store.collect(&|_| false, true).unwrap();
    assert_eq!(nothing.files.len(), 1, "the checkpoint of the trial that is done: {nothing:?}");

    let strays = [units, weights, attempt, half];
    for file in &strays {
        make_old(&dir.path().join(file));
    }
    let would = store.collect(&|fit| fit == completed(1).trial.fit_key(), true).unwrap();
    assert!(strays.iter().all(|file| dir.path().join(file).exists()));
    let collected = store.collect(&|fit| fit == completed(1).trial.fit_key(), false).unwrap();
    assert_eq!(collected, would);
    let found: BTreeSet<_> = collected.files.iter().map(|file| file.to_str().unwrap()).collect();
    assert_eq!(found, strays.iter().map(String::as_str).collect());
}

#[test]
fn a_fit_that_the_next_attempt_goes_on_from_stays_for_a_month() {
    let dir = tempfile::tempdir().unwrap();
    let store = store_of(dir.path(), &[completed(1), failed(2)]);
    let partial = |outcome: &Outcome, days: u64| {
        let fit = outcome.trial.fit_key();
        let path = dir.path().join(format!("checkpoints/{fit}.partial.safetensors"));
        fs::write(&path, checkpoint(&["a"])).unwrap();
        let then = SystemTime::now() - Duration::from_secs(days * 24 * 3600);
        File::options().append(true).open(&path).unwrap().set_modified(then).unwrap();
        path
    };
    // Of a trial that is done, of one that failed, and of those that were interrupted.
    let [done, failed, recent, old] =
        [(completed(1), 2), (failed(2), 2), (completed(8), 29), (completed(9), 31)]
            .map(|(outcome, days)| partial(&outcome, days));
    store.collect(&|_| true, false).unwrap();
    assert!([&done, &failed, &recent, &old].iter().all(|path| path.exists()));
    store.collect(&|_| false, false).unwrap();
    assert!(failed.exists() && recent.exists());
    assert!(!done.exists() && !old.exists());
}

#[test]
fn fits_are_in_use_if_they_were_tested_or_their_search_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let of_spec = |mut outcome: Outcome, spec: &str| {
        outcome.provenance.spec_hash = spec.into();
        outcome
    };
    let mut of_another_model = searched(4).trial;
    of_another_model.model.name = "gru4rec".into();
    let another = Outcome { key: of_another_model.key(), trial: of_another_model, ..searched(4) };
    let outcomes = [
        of_spec(completed(1), "ended"),
        of_spec(searched(1), "ended"),
        of_spec(searched(2), "ended"),
        of_spec(searched(3), "going on"),
        of_spec(another, "ended"),
    ];
    let store = store_of(dir.path(), &outcomes);
    let expected = [0, 3, 4].map(|i: usize| outcomes[i].trial.fit_key());
    assert_eq!(store.fits_in_use().unwrap(), expected.into());
}
