//! What lies beside the outcomes of another store: units, attempts, checkpoints, cards, specs, searches.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;

use bakeoff_spec::{Outcome, TrialKey};

use super::Imported;
use super::foreign::Place;
use crate::atomic_file::{create_folder, stage_with, sync_folder_of};
use crate::check::{checkpoint, problem};
use crate::error::{Damage, StoreError};
use crate::folder::{Folder, leading_key, unreadable};
use crate::journal::Journaled;
use crate::outcome_file::{self, SCHEMA};
use crate::side_files;

pub(super) struct Beside {
    units: Place,
    attempts: Place,
    checkpoints: Place,
    cards: Place,
    specs: Place,
    searches: Place,
    attempts_of: BTreeMap<TrialKey, Vec<String>>,
    checkpoints_of: BTreeMap<TrialKey, Vec<String>>,
}

impl Beside {
    pub(super) fn of(other: &Path) -> Result<Self, StoreError> {
        let (attempts, checkpoints) =
            (Place::of(other, "attempts")?, Place::of(other, "checkpoints")?);
        let mut numbered = attempts.names()?;
        numbered.sort_by_key(|name| side_files::attempt_number(name));
        Ok(Self {
            units: Place::of(other, "units")?,
            cards: Place::of(other, "cards")?,
            specs: Place::of(other, "specs")?,
            searches: Place::of(other, "searches")?,
            attempts_of: by_key(numbered),
            checkpoints_of: by_key(checkpoints.names()?),
            attempts,
            checkpoints,
        })
    }

    /// Takes what belongs to an outcome of theirs that is about to be taken.
    pub(super) fn take(
        &self,
        outcome: &Outcome,
        ours: &Folder,
        imported: &mut Imported,
    ) -> Result<(), StoreError> {
        let (key, trial) = (&outcome.key, &outcome.trial);
        let units = format!("{key}.f32");
        if let Some(bytes) = read(&self.units, &units, imported) {
            match side_files::decode_units(&bytes) {
                Ok(units) => ours.write_units(key, &units)?,
                Err(damage) => pass_over(&self.units, &units, damage, imported),
            }
        }
        for name in self.attempts_of.get(key).into_iter().flatten() {
            let Some(bytes) = read(&self.attempts, name, imported) else { continue };
            match outcome_file::decode_foreign(&bytes, Some(key)) {
                Ok(attempt) => ours.write_attempt(&attempt)?,
                Err(error) => {
                    let path = self.attempts.path_of(name);
                    let error = unreadable(&path, error, SCHEMA);
                    imported.pass_over(path, problem(&error));
                }
            }
        }
        let fit = TrialKey::parse(&trial.fit_key());
        for name in fit.iter().filter_map(|fit| self.checkpoints_of.get(fit)).flatten() {
            self.take_checkpoint(name, ours, imported)?;
        }
        let card = format!("{}.json", trial.data);
        if ours.read_card(&trial.data).is_ok_and(|card| card.is_none())
            && let Some(bytes) = read(&self.cards, &card, imported)
        {
            match side_files::decode_card(&bytes) {
                Ok(card) if card.key == trial.data => ours.write_card(&card)?,
                _ => pass_over(&self.cards, &card, Damage::Format(None), imported),
            }
        }
        let hash = &outcome.provenance.spec_hash;
        let spec = format!("{hash}.yaml");
        if ours.read_spec(hash).is_ok_and(|spec| spec.is_none())
            && let Some(bytes) = read(&self.specs, &spec, imported)
        {
            match side_files::decode_spec(bytes) {
                Ok(text) => ours.write_spec(hash, &text)?,
                Err(damage) => pass_over(&self.specs, &spec, damage, imported),
            }
        }
        Ok(())
    }

    /// Takes what searches proposed there, where this store has nothing of them or only how they began.
    ///
    /// What a search did in two stores by itself cannot be put together: then this store's stays.
    pub(super) fn take_searches(
        &self,
        ours: &Folder,
        imported: &mut Imported,
    ) -> Result<(), StoreError> {
        for name in self.searches.names()? {
            let Some(key) = name.strip_suffix(".lines").and_then(TrialKey::parse) else { continue };
            let Some(bytes) = read(&self.searches, &name, imported) else { continue };
            let theirs = Journaled::of(&bytes);
            // One line is what a dying writer leaves.
            if theirs.n_damaged > 1 {
                let n = theirs.n_damaged;
                let problem = format!("its last {n} lines cannot be trusted and were left out");
                imported.pass_over(self.searches.path_of(&name), problem);
            }
            let there = ours.read_journal(key.as_str())?.entries;
            if theirs.entries.len() > there.len() && theirs.entries.starts_with(&there) {
                ours.replace_journal(key.as_str(), &theirs)?;
            } else if !there.starts_with(&theirs.entries) {
                let problem = "this store has another one, which stays".to_owned();
                imported.pass_over(self.searches.path_of(&name), problem);
            }
        }
        Ok(())
    }

    fn take_checkpoint(
        &self,
        name: &str,
        ours: &Folder,
        imported: &mut Imported,
    ) -> Result<(), StoreError> {
        let path = ours.dir().join("checkpoints").join(name);
        if path.exists() {
            return Ok(());
        }
        let mut theirs = match self.checkpoints.open(name) {
            Ok(Some(file)) => file,
            Ok(None) => return Ok(()),
            Err(error) => {
                imported.pass_over(self.checkpoints.path_of(name), error.to_string());
                return Ok(());
            }
        };
        let write_error = |source| StoreError::Write { path: path.clone(), source };
        create_folder(&ours.dir().join("checkpoints")).map_err(write_error)?;
        let staged = stage_with(&path, |file: &mut File| io::copy(&mut theirs, file).map(drop));
        let staged = staged.map_err(write_error)?;
        if name.ends_with(".safetensors")
            && let Err(damage) = checkpoint::check(staged.path()).map_err(write_error)?
        {
            pass_over(&self.checkpoints, name, damage, imported);
            return Ok(());
        }
        staged.persist(&path).map_err(|error| write_error(error.error))?;
        sync_folder_of(&path).map_err(write_error)
    }
}

fn by_key(names: Vec<String>) -> BTreeMap<TrialKey, Vec<String>> {
    let mut by_key = BTreeMap::<_, Vec<_>>::new();
    for name in names {
        if let Some(key) = leading_key(&name) {
            by_key.entry(key).or_default().push(name);
        }
    }
    by_key
}

/// A file's content; what cannot be read is passed over. Only for names made of keys.
fn read(place: &Place, name: &str, imported: &mut Imported) -> Option<Vec<u8>> {
    place.read(name).unwrap_or_else(|error| {
        imported.pass_over(place.path_of(name), error.to_string());
        None
    })
}

fn pass_over(place: &Place, name: &str, damage: Damage, imported: &mut Imported) {
    let path = place.path_of(name);
    let error = StoreError::Damaged { path: path.clone(), source: damage };
    imported.pass_over(path, problem(&error));
}
