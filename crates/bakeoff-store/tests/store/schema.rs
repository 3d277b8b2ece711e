//! Files of earlier versions. The fixtures were written by the code of their time.

use std::fs;

use bakeoff_spec::outcome::{Cause, Status};
use bakeoff_spec::{Outcome, TrialKey};
use bakeoff_store::Folder;

use crate::samples::{completed, failed};

/// File names and contents of schema 1.
pub(crate) const SCHEMA_1: [(&str, &str); 2] = [
    ("235971a708b3e45c536eef8ae2f06bb6", include_str!("fixtures/schema_1_completed.json")),
    ("af00b393fe1e9668c412964b09850159", include_str!("fixtures/schema_1_failed.json")),
];

#[test]
fn outcomes_of_schema_1_are_read_with_what_they_lack_at_nothing() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("outcomes")).unwrap();
    for (key, text) in SCHEMA_1 {
        fs::write(dir.path().join(format!("outcomes/{key}.json")), text).unwrap();
    }
    let folder = Folder::at(dir.path());
    let read = |key| folder.read_outcome(&TrialKey::parse(key).unwrap()).unwrap().unwrap();
    let done = read(SCHEMA_1[0].0);
    assert_eq!((done.cost.resumed_epoch, done.cost.micro_batches), (0, 0));
    assert_eq!((done.cost.wall_secs, done.cost.from_checkpoint), (93.25, true));
    assert_eq!((done.curve.len(), done.curve[2].valid_loss), (3, None));
    assert_eq!(done.provenance.started_at, "2026-01-02T03:04:05Z");
    let (cost, provenance) = (done.cost.clone(), done.provenance.clone());
    let curve = done.curve.clone();
    assert_eq!(done, Outcome { cost, provenance, curve, ..completed(1) });
    let bad = read(SCHEMA_1[1].0);
    let Status::Failed { cause: Cause::OutOfMemory, message } = &bad.status else { panic!() };
    assert_eq!((message.as_str(), bad.trial), ("no memory left", failed(2).trial));
    assert!(bad.curve[1].train_loss.is_nan());
}
