//! Taking in the outcomes of another store, or of a file of JSON lines.
//!
//! What belongs to a trial comes before its outcome, each file whole or not at all. So a kill at any point leaves
//! trials that are in and trials that are not, and importing again goes on.

mod beside;
mod foreign;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use bakeoff_spec::{MetricKey, Outcome, TrialKey};
use serde::Serialize;

use self::beside::Beside;
use self::foreign::{LARGEST, Place};
use crate::check::{Flaw, problem};
use crate::error::StoreError;
use crate::folder::{Found, Written, outcome_key, unreadable};
use crate::outcome_file::{self, SCHEMA};
use crate::store::Store;

/// What came of it.
#[derive(Debug, Default, Serialize)]
pub struct Imported {
    /// Trials that this store did not have.
    pub new: usize,
    /// Trials that had failed here, and there had not.
    pub replaced: usize,
    /// Trials with the same outcome in both.
    pub same: usize,
    /// Trials that stay as they are here because there they got no further.
    pub kept: usize,
    /// Trials completed in both with different scores: these stay as they are here.
    pub differing: Vec<Differing>,
    /// Files and lines that were passed over.
    pub flawed: Vec<Flaw>,
}

/// A trial with different scores in two stores.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Differing {
    /// The trial.
    pub key: TrialKey,
    /// The largest relative difference of a score; infinite where one has a score that the other lacks.
    pub difference: f64,
    /// Device and threads here.
    pub here: String,
    /// Device and threads there.
    pub there: String,
}

impl Store {
    /// Takes in the outcomes of the store in the folder `from`, with all that belongs to them, or those of a file that
    /// was exported as JSON lines. A completed outcome is never replaced.
    pub fn import(&self, from: &Path) -> Result<Imported, StoreError> {
        let real = |path: &Path| {
            let real = fs::canonicalize(path);
            real.map_err(|source| StoreError::Read { path: path.to_owned(), source })
        };
        let real_from = real(from)?;
        if real_from == real(self.folder.dir())? {
            return Err(StoreError::NoStore { path: from.to_owned(), problem: "it is this store" });
        }
        let imported =
            if real_from.is_dir() { self.import_folder(from) } else { self.import_lines(from) };
        // What is in stays in, whatever stopped the rest.
        self.index.flush()?;
        imported
    }

    fn import_folder(&self, from: &Path) -> Result<Imported, StoreError> {
        let outcomes = Place::of(from, "outcomes")?;
        if !outcomes.is_there() {
            let problem = "it has no folder `outcomes`";
            return Err(StoreError::NoStore { path: from.to_owned(), problem });
        }
        let mut imported = Imported::default();
        let beside = Beside::of(from)?;
        for name in outcomes.names()? {
            let Some(key) = outcome_key(&name) else { continue };
            let path = outcomes.path_of(&name);
            let bytes = match outcomes.read(&name) {
                Ok(Some(bytes)) => bytes,
                Ok(None) => continue,
                Err(error) => {
                    imported.pass_over(path, error.to_string());
                    continue;
                }
            };
            match outcome_file::decode_foreign(&bytes, Some(&key)) {
                Ok(outcome) => self.take_in(outcome, Some(&beside), &mut imported)?,
                Err(error) => {
                    let error = unreadable(&path, error, SCHEMA);
                    imported.pass_over(path, problem(&error));
                }
            }
        }
        beside.take_searches(&self.folder, &mut imported)?;
        Ok(imported)
    }

    fn import_lines(&self, from: &Path) -> Result<Imported, StoreError> {
        let read_error = |source| StoreError::Read { path: from.to_owned(), source };
        let mut reader = BufReader::new(File::open(from).map_err(read_error)?);
        let mut imported = Imported::default();
        for n in 1_u64.. {
            let mut line = Vec::new();
            let mut limited = reader.by_ref().take(LARGEST);
            if limited.read_until(b'\n', &mut line).map_err(read_error)? == 0 {
                break;
            }
            let place = PathBuf::from(format!("{}:{n}", from.display()));
            match outcome_file::decode_foreign(&line, None) {
                Ok(outcome) => self.take_in(outcome, None, &mut imported)?,
                Err(error) => {
                    let error = unreadable(&place, error, SCHEMA);
                    imported.pass_over(place, problem(&error));
                }
            }
        }
        Ok(imported)
    }

    fn take_in(
        &self,
        theirs: Outcome,
        beside: Option<&Beside>,
        imported: &mut Imported,
    ) -> Result<(), StoreError> {
        if let Found::Outcome(ours) = self.folder.read_or_set_aside(&theirs.key)? {
            if ours.is_completed() && theirs.is_completed() {
                match difference(&ours, &theirs) {
                    difference if difference > TOLERANCE => imported.differing.push(Differing {
                        difference,
                        here: place_of(&ours),
                        there: place_of(&theirs),
                        key: theirs.key,
                    }),
                    _ => imported.same += 1,
                }
                return Ok(());
            }
            if progress(&theirs) <= progress(&ours) {
                let is_same = theirs.status == ours.status;
                imported.same += usize::from(is_same);
                imported.kept += usize::from(!is_same);
                return Ok(());
            }
        }
        if let Some(beside) = beside {
            beside.take(&theirs, &self.folder, imported)?;
        }
        match self.folder.write_outcome(&theirs)? {
            Written::New => imported.new += 1,
            Written::Replaced => imported.replaced += 1,
            Written::AlreadyCompleted | Written::AlreadyPruned => imported.kept += 1,
        }
        // What is there now, which is ours if a worker was faster.
        self.take_note(&theirs.key)?;
        Ok(())
    }
}

impl Imported {
    fn pass_over(&mut self, path: PathBuf, problem: String) {
        self.flawed.push(Flaw { path, problem });
    }
}

/// Scores of one trial on other devices or another number of threads differ by their rounding.
const TOLERANCE: f64 = 1e-9;

/// An outcome gives way to one that got further.
fn progress(outcome: &Outcome) -> u8 {
    match (outcome.is_completed(), outcome.is_failed()) {
        (true, _) => 2,
        (false, false) => 1,
        (false, true) => 0,
    }
}

fn place_of(outcome: &Outcome) -> String {
    let from = &outcome.provenance;
    format!("{} with {} threads", from.device, from.threads)
}

fn difference(ours: &Outcome, theirs: &Outcome) -> f64 {
    let scores = |outcome: &Outcome| -> BTreeMap<(bool, MetricKey), f64> {
        let valid = outcome.valid.iter().map(|(key, value)| ((false, key.clone()), *value));
        let test = outcome.test.iter().map(|(key, value)| ((true, key.clone()), *value));
        valid.chain(test).collect()
    };
    let (ours, theirs) = (scores(ours), scores(theirs));
    if !ours.keys().eq(theirs.keys()) {
        return f64::INFINITY;
    }
    let pairs = ours.values().zip(theirs.values());
    pairs.map(|(&a, &b)| relative_difference(a, b)).fold(0.0, f64::max)
}

fn relative_difference(a: f64, b: f64) -> f64 {
    let difference = (a - b).abs();
    match (a.is_finite(), b.is_finite()) {
        (true, true) if difference > 0.0 => difference / a.abs().max(b.abs()),
        (true, true) => 0.0,
        _ if a.total_cmp(&b).is_eq() || a.is_nan() && b.is_nan() => 0.0,
        _ => f64::INFINITY,
    }
}

#[cfg(test)]
mod tests {
    use super::relative_difference;

    #[test]
    fn differences_are_relative_and_two_nans_are_alike() {
        assert!((relative_difference(2.0, 1.5) - 0.25).abs() < 1e-12);
        assert!((relative_difference(-1e-6, 1e-6) - 2.0).abs() < 1e-12);
        for (a, b) in [(0.0, -0.0), (f64::NAN, f64::NAN), (f64::INFINITY, f64::INFINITY)] {
            assert_eq!(relative_difference(a, b).to_bits(), 0);
        }
        assert!(relative_difference(f64::NAN, 1.0).is_infinite());
    }
}
