//! Every outcome file, and what the index says of it.

use bakeoff_spec::Outcome;

use super::index::{Copied, IndexState};
use super::{Checkup, Known, problem};
use crate::error::StoreError;
use crate::folder::{Folder, read_outcome_file};
use crate::reconcile::stamp_of;
use crate::record::number_of;

/// Returns what the readable outcomes say of other files.
pub(super) fn check(checkup: &mut Checkup, folder: &Folder) -> Result<Known, StoreError> {
    let (mut copied, state) = Copied::of(folder);
    checkup.index = state;
    let mut known = Known::default();
    for key in folder.outcome_keys()? {
        let path = folder.outcome_path(&key);
        // Before reading, as when the index takes note of it.
        let stamp = stamp_of(&path)?;
        let read = read_outcome_file(&path, &key);
        let name = path.strip_prefix(folder.dir()).unwrap_or(&path);
        match &read {
            Ok(None) => continue,
            Ok(Some(decoded)) => {
                *checkup.schemas.entry(decoded.schema).or_default() += 1;
                known.fits.insert(decoded.outcome.trial.fit_key());
            }
            Err(error) => checkup.add(name, problem(error)),
        }
        // A trial whose outcome cannot be read is known all the same: its other files are nobody else's.
        known.trials.insert(key.clone());
        if let Some(copy) = &mut copied
            && let Some(stamp) = stamp
            && copy.takes_for(number_of(&key), stamp)
            && let Ok(Some(decoded)) = read
        {
            match copy.index.get(&key) {
                Ok(Some(indexed)) if is_same(&indexed, &decoded.outcome) => {}
                Ok(_) => {
                    checkup.add("index", format!("holds another outcome of trial {}", key.short()));
                }
                Err(error) => checkup.add("index", problem(&error)),
            }
        }
    }
    if let (Some(copy), IndexState::Sound { .. }) = (copied, &checkup.index) {
        checkup.index = copy.state();
    }
    Ok(known)
}

/// By what would be written, since no number equals a NaN.
fn is_same(indexed: &Outcome, outcome: &Outcome) -> bool {
    let outcome = Outcome { curve: Vec::new(), ..outcome.clone() };
    serde_json::to_string(indexed).ok() == serde_json::to_string(&outcome).ok()
}
