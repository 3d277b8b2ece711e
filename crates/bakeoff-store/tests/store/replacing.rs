//! Workers that put an outcome in place of another just when the coordinator takes that one away.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use bakeoff_spec::Outcome;
use bakeoff_store::{Folder, Store};

use crate::samples::{completed, failed, without_curve};

fn outcome_path(dir: &Path, outcome: &Outcome) -> PathBuf {
    dir.join(format!("outcomes/{}.json", outcome.key))
}

/// Runs `act` while a worker has the right to replace, which replaces the outcome once `is_begun`, and then gives it
/// back.
fn while_replaced<T: Send>(
    dir: &Path,
    by: &Outcome,
    is_begun: impl Fn() -> bool,
    act: impl FnOnce() -> T + Send,
) -> T {
    let fresh = tempfile::tempdir().unwrap();
    Folder::at(fresh.path()).write_outcome(by).unwrap();
    let lock = File::options().create(true).append(true).open(dir.join("outcomes/.replacing"));
    let lock = lock.unwrap();
    lock.lock().unwrap();
    thread::scope(|scope| {
        let acting = scope.spawn(act);
        while !is_begun() && !acting.is_finished() {
            thread::sleep(Duration::from_millis(1));
        }
        // That it has read the file by now is likely, and if not, it finds the fresh one at once.
        thread::sleep(Duration::from_millis(100));
        // On one file system, as a worker's rename is.
        let staged = dir.join("staged");
        fs::copy(outcome_path(fresh.path(), by), &staged).unwrap();
        fs::rename(&staged, outcome_path(dir, by)).unwrap();
        lock.unlock().unwrap();
        acting.join().unwrap()
    })
}

#[test]
fn an_outcome_that_completes_while_failures_are_forgotten_stays() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    store.record(&failed(1)).unwrap();
    let keys = [failed(1).key];
    let n = while_replaced(dir.path(), &completed(1), || true, || store.forget_failed(&keys));
    assert_eq!(n.unwrap(), 0);
    assert_eq!(store.folder().read_outcome(&keys[0]).unwrap(), Some(completed(1)));
}

#[test]
fn a_good_file_in_place_of_a_damaged_one_is_not_set_aside() {
    let dir = tempfile::tempdir().unwrap();
    let good = completed(1);
    let damage = || fs::write(outcome_path(dir.path(), &good), b"{").unwrap();
    let store = Store::open(dir.path()).unwrap();
    damage();
    let noted = while_replaced(dir.path(), &good, || true, || store.ingest(&good.key));
    assert_eq!(noted.unwrap().as_ref(), Some(&good));

    let other = dir.path().join("other");
    Folder::at(&other).write_outcome(&good).unwrap();
    damage();
    let imported = while_replaced(dir.path(), &good, || true, || store.import(&other)).unwrap();
    assert_eq!((imported.new, imported.same), (0, 1), "{imported:?}");

    drop(store);
    damage();
    let store = while_replaced(dir.path(), &good, || true, || Store::open(dir.path())).unwrap();
    assert!(store.repairs().is_empty(), "{:?}", store.repairs());
    assert_eq!(store.get(&good.key).unwrap().as_ref(), Some(&good));
    assert!(!dir.path().join("damaged").exists());
}

#[test]
fn of_a_trial_that_completes_while_it_is_imported_the_index_has_what_the_file_has() {
    let dir = tempfile::tempdir().unwrap();
    let (ours, other) = (dir.path().join("ours"), dir.path().join("other"));
    let theirs = Outcome { attempt: 7, ..completed(1) };
    Folder::at(&other).write_units(&theirs.key, &[0.5]).unwrap();
    Folder::at(&other).write_outcome(&theirs).unwrap();
    let store = Store::open(&ours).unwrap();
    store.record(&failed(1)).unwrap();
    // They come before the outcome.
    let units = ours.join(format!("units/{}.f32", theirs.key));
    let imported =
        while_replaced(&ours, &completed(1), || units.exists(), || store.import(&other)).unwrap();
    assert_eq!((imported.replaced, imported.kept), (0, 1), "{imported:?}");
    let indexed = store.get_many(&[theirs.key]).unwrap();
    assert_eq!(indexed, [Some(without_curve(&completed(1)))]);
}
