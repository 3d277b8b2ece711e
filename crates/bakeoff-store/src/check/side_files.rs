//! Units, attempts, checkpoints, cards and specs.

use std::path::{Path, PathBuf};

use bakeoff_spec::TrialKey;

use super::checkpoint::{self, Weights};
use super::{Checkup, Known, problem};
use crate::error::{Damage, StoreError};
use crate::folder::{Folder, leading_key, names_in, read_outcome_file};

pub(super) fn check(
    checkup: &mut Checkup,
    folder: &Folder,
    known: &Known,
) -> Result<(), StoreError> {
    each(checkup, folder, "units", |checkup, key, name| {
        if !known.trials.contains(key) {
            checkup.orphaned.push(name);
        }
        folder.read_units(key).map(drop)
    })?;
    each(checkup, folder, "attempts", |checkup, key, name| {
        let path = folder.dir().join(&name);
        if !known.trials.contains(key) {
            checkup.orphaned.push(name);
        }
        read_outcome_file(&path, key).map(drop)
    })?;
    each(checkup, folder, "checkpoints", |checkup, fit, name| {
        let path = folder.dir().join(&name);
        if !known.fits.contains(fit.as_str()) {
            checkup.orphaned.push(name);
        }
        if path.extension().is_none_or(|ending| ending != "safetensors") {
            return Ok(());
        }
        match checkpoint::check(&path) {
            Ok(Ok(weights)) => {
                checkup.checkpoints_hashed += usize::from(weights == Weights::Hashed);
                Ok(())
            }
            Ok(Err(source)) => Err(StoreError::Damaged { path, source }),
            Err(source) => Err(StoreError::Read { path, source }),
        }
    })?;
    each(checkup, folder, "cards", |_, key, name| match folder.read_card(key.as_str())? {
        Some(card) if card.key != key.as_str() => {
            Err(StoreError::Damaged { path: name, source: Damage::Format(None) })
        }
        _ => Ok(()),
    })?;
    each(checkup, folder, "specs", |_, key, _| folder.read_spec(key.as_str()).map(drop))
}

/// Looks at every file in the folder `place` whose name begins with a key.
fn each(
    checkup: &mut Checkup,
    folder: &Folder,
    place: &str,
    mut look: impl FnMut(&mut Checkup, &TrialKey, PathBuf) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut names = names_in(&folder.dir().join(place))?;
    names.sort_unstable();
    for name in names {
        let Some(key) = leading_key(&name) else { continue };
        let path = Path::new(place).join(name);
        if let Err(error) = look(checkup, &key, path.clone()) {
            checkup.add(path, problem(&error));
        }
    }
    Ok(())
}
