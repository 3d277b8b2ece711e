//! What lies beside the outcomes: units, failed attempts, checkpoints, dataset cards, specs.

use std::path::{Path, PathBuf};

use bakeoff_spec::{DatasetCard, Outcome, TrialKey};

use crate::atomic_file::{create_folder, write_atomically, write_first};
use crate::error::{Damage, StoreError};
use crate::folder::{Folder, names_in, read_if_there, read_outcome_file, unreadable};
use crate::outcome_file;
use crate::sealed::{Unsealed, seal, unseal};

impl Folder {
    /// Keeps what the trial's selecting metric is the mean of: a value a user, or a row. To be written before the
    /// outcome, so that a finished trial has them; the units of a trial that has completed are left as they are.
    pub fn write_units(&self, key: &TrialKey, units: &[f32]) -> Result<(), StoreError> {
        if matches!(self.read_outcome(key), Ok(Some(outcome)) if outcome.is_completed()) {
            return Ok(());
        }
        let values: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let mut bytes = blake3::hash(&values).as_bytes().to_vec();
        bytes.extend(values);
        write(&self.units_path(key), &bytes)
    }

    /// The units of a trial, if it has any.
    pub fn read_units(&self, key: &TrialKey) -> Result<Option<Vec<f32>>, StoreError> {
        let path = self.units_path(key);
        let Some(bytes) = read_if_there(&path)? else { return Ok(None) };
        decode_units(&bytes).map(Some).map_err(|source| StoreError::Damaged { path, source })
    }

    /// Where the weights of a fit are kept, without the extension `.safetensors`. Creates the folder.
    pub fn checkpoint_path(&self, fit_key: &str) -> Result<PathBuf, StoreError> {
        let dir = self.dir().join("checkpoints");
        create_folder(&dir).map_err(|source| StoreError::Write { path: dir.clone(), source })?;
        Ok(dir.join(checked(fit_key)?))
    }

    /// Keeps a dataset's card under its key.
    pub fn write_card(&self, card: &DatasetCard) -> Result<(), StoreError> {
        let path = self.card_path(&card.key)?;
        let json = serde_json::to_string_pretty(card)
            .map_err(|error| StoreError::Write { path: path.clone(), source: error.into() })?;
        write(&path, seal("card", CARD_SCHEMA, &json).as_bytes())
    }

    /// The card of the dataset `key`, if it was ever prepared for this store.
    pub fn read_card(&self, key: &str) -> Result<Option<DatasetCard>, StoreError> {
        let path = self.card_path(key)?;
        let Some(bytes) = read_if_there(&path)? else { return Ok(None) };
        decode_card(&bytes).map(Some).map_err(|error| unreadable(&path, error, CARD_SCHEMA))
    }

    /// Gives a card of old a checksum; whether it had none.
    pub(crate) fn seal_card(&self, key: &str) -> Result<bool, StoreError> {
        let bytes = read_if_there(&self.card_path(key)?)?;
        let is_bare = bytes.is_some_and(|bytes| unseal(&bytes, CARD_SCHEMA).is_err());
        match self.read_card(key)? {
            Some(card) if is_bare => self.write_card(&card).map(|()| true),
            _ => Ok(false),
        }
    }

    /// Keeps the text of a spec under its hash. Its last line is a comment with the checksum of those before.
    pub fn write_spec(&self, hash: &str, text: &str) -> Result<(), StoreError> {
        let checksum = blake3::hash(text.as_bytes()).to_hex();
        write(&self.spec_path(hash)?, format!("{text}{SPEC_MARK}{checksum}\n").as_bytes())
    }

    /// The text of the spec `hash`, if it was ever run with this store.
    pub fn read_spec(&self, hash: &str) -> Result<Option<String>, StoreError> {
        let path = self.spec_path(hash)?;
        let Some(bytes) = read_if_there(&path)? else { return Ok(None) };
        decode_spec(bytes).map(Some).map_err(|source| StoreError::Damaged { path, source })
    }

    /// Gives a spec of old a checksum; whether it had none.
    pub(crate) fn seal_spec(&self, hash: &str) -> Result<bool, StoreError> {
        let bytes = read_if_there(&self.spec_path(hash)?)?.unwrap_or_default();
        match self.read_spec(hash)? {
            Some(text) if text.len() == bytes.len() => self.write_spec(hash, &text).map(|()| true),
            _ => Ok(false),
        }
    }

    /// Keeps an attempt that failed beside the trial, for whoever asks why it was tried again, unless that very one is
    /// kept already.
    ///
    /// Its file has the next number that is free, which is not the attempt's: a sweep that begins again, and a retry of
    /// what failed for good, count from 1 anew.
    pub(crate) fn write_attempt(&self, outcome: &Outcome) -> Result<(), StoreError> {
        let dir = self.attempts_dir();
        let write_error = |source| StoreError::Write { path: dir.clone(), source };
        let bytes = outcome_file::encode(outcome).map_err(write_error)?;
        create_folder(&dir).map_err(write_error)?;
        let mut paths = (1_u32..).map(|n| dir.join(format!("{}.{n}.json", outcome.key)));
        loop {
            let path = paths.next().expect("no trial is tried four billion times");
            let there = match read_outcome_file(&path, &outcome.key) {
                Err(StoreError::Damaged { .. } | StoreError::NewerSchema { .. }) => continue,
                there => there?,
            };
            let is_kept = match there {
                // By what would be written, since no number equals a NaN.
                Some(there) => outcome_file::encode(&there.outcome).map_err(write_error)? == bytes,
                None => write_first(&path, &bytes).map_err(write_error)?,
            };
            if is_kept {
                return Ok(());
            }
        }
    }

    /// The failed attempts at a trial that were noted, in the order of their files.
    pub fn attempts(&self, key: &TrialKey) -> Result<Vec<Outcome>, StoreError> {
        let dir = self.attempts_dir();
        let mut names = names_in(&dir)?;
        names.retain(|name| name.starts_with(key.as_str()));
        names.sort_by_key(|name| attempt_number(name));
        let mut attempts = Vec::new();
        for name in names {
            let attempt = read_outcome_file(&dir.join(name), key)?;
            attempts.extend(attempt.map(|attempt| attempt.outcome));
        }
        Ok(attempts)
    }

    fn attempts_dir(&self) -> PathBuf {
        self.dir().join("attempts")
    }

    fn units_path(&self, key: &TrialKey) -> PathBuf {
        self.dir().join("units").join(format!("{key}.f32"))
    }

    fn card_path(&self, key: &str) -> Result<PathBuf, StoreError> {
        Ok(self.dir().join("cards").join(format!("{}.json", checked(key)?)))
    }

    fn spec_path(&self, hash: &str) -> Result<PathBuf, StoreError> {
        Ok(self.dir().join("specs").join(format!("{}.yaml", checked(hash)?)))
    }
}

/// The version of cards that is written, and the newest that can be read.
const CARD_SCHEMA: u32 = 1;
/// Begins with the end of a line, since a spec need not end with one.
const SPEC_MARK: &str = "\n# blake3 of all before this line: ";

/// The number in the name of an attempt's file; the last of all where there is none.
pub(crate) fn attempt_number(name: &str) -> u32 {
    name.split('.').nth(1).and_then(|number| number.parse().ok()).unwrap_or(u32::MAX)
}

/// The values in a file of units, which are as they were written.
pub(crate) fn decode_units(bytes: &[u8]) -> Result<Vec<f32>, Damage> {
    let Some((checksum, values)) = bytes.split_first_chunk::<{ blake3::OUT_LEN }>() else {
        return Err(Damage::Format(None));
    };
    let (values, rest) = values.as_chunks::<4>();
    if !rest.is_empty() {
        return Err(Damage::Format(None));
    }
    if blake3::hash(values.as_flattened()) != *checksum {
        return Err(Damage::Checksum);
    }
    Ok(values.iter().map(|&value| f32::from_le_bytes(value)).collect())
}

/// The card in a file. The first were written bare.
pub(crate) fn decode_card(bytes: &[u8]) -> Result<DatasetCard, Unsealed> {
    let content = match unseal(bytes, CARD_SCHEMA) {
        Ok((_, content)) => content.as_bytes(),
        Err(Unsealed::Damaged(Damage::Format(_))) => bytes,
        Err(error) => return Err(error),
    };
    serde_json::from_slice(content).map_err(|error| Unsealed::Damaged(Damage::Format(Some(error))))
}

/// The text in a spec's file. The first were written without a checksum.
pub(crate) fn decode_spec(bytes: Vec<u8>) -> Result<String, Damage> {
    let mut text = String::from_utf8(bytes).map_err(|_| Damage::Format(None))?;
    if let Some((before, checksum)) = text.rsplit_once(SPEC_MARK) {
        if blake3::hash(before.as_bytes()).to_hex().as_str() != checksum.trim_end() {
            return Err(Damage::Checksum);
        }
        text.truncate(before.len());
    }
    Ok(text)
}

/// A key becomes a file name: nothing but hex may pass.
pub(crate) fn checked(key: &str) -> Result<&str, StoreError> {
    if TrialKey::parse(key).is_some() { Ok(key) } else { Err(StoreError::BadKey(key.to_owned())) }
}

/// Writes a file atomically, and its folder if there is none.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    path.parent()
        .map_or(Ok(()), create_folder)
        .and_then(|()| write_atomically(path, bytes))
        .map_err(|source| StoreError::Write { path: path.to_owned(), source })
}
