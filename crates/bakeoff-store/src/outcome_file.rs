//! The format of an outcome: a document with version and checksum, as a file over lines or as one line of many.

use std::io;

use bakeoff_spec::trial::content_key;
use bakeoff_spec::{Outcome, TrialKey};
use serde::Deserialize;
use serde_json::Value;

use crate::error::Damage;
use crate::sealed::{Unsealed, seal, seal_line, unseal};

/// The version that is written, and the newest that can be read.
///
/// 1 had no `pruned`, no `cancelled`, and nothing of resuming and split batches in the cost.
pub const SCHEMA: u32 = 2;

/// The bytes of the file.
pub(crate) fn encode(outcome: &Outcome) -> io::Result<Vec<u8>> {
    let content = serde_json::to_string_pretty(outcome)?;
    Ok(seal("outcome", SCHEMA, &content).into_bytes())
}

/// The same on one line.
pub(crate) fn encode_line(outcome: &Outcome) -> io::Result<String> {
    Ok(seal_line("outcome", SCHEMA, &serde_json::to_string(outcome)?))
}

/// An outcome, and the version of the document that held it.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub(crate) schema: u32,
    pub(crate) outcome: Outcome,
}

/// The outcome in a file, which must be that of the trial `key`.
pub(crate) fn decode(bytes: &[u8], key: &TrialKey) -> Result<Decoded, Unsealed> {
    let decoded = decode_any(bytes)?;
    if decoded.outcome.key != *key {
        return Err(Unsealed::Damaged(Damage::WrongKey(decoded.outcome.key)));
    }
    Ok(decoded)
}

/// The outcome in a document of another store, which is that of the trial `key` if one is promised. Its trial must be
/// the one that its key names, or its scores would be taken for another configuration's.
///
/// A key is made of the trial as it was written. An older bakeoff may have written fewer fields or more than are read
/// now, so what stands in the document may make the key as well as what was read of it. Rewritten since in the newest
/// form, such a document could not be told from a wrong one; no field of a trial has changed yet.
pub(crate) fn decode_foreign(bytes: &[u8], key: Option<&TrialKey>) -> Result<Outcome, Unsealed> {
    let outcome = key.map_or_else(|| decode_any(bytes), |key| decode(bytes, key))?.outcome;
    let trial = outcome.trial.key();
    if outcome.key != trial && outcome.key.as_str() != key_as_written(bytes)? {
        return Err(Unsealed::Damaged(Damage::WrongTrial { key: outcome.key, trial }));
    }
    Ok(outcome)
}

fn key_as_written(bytes: &[u8]) -> Result<String, Unsealed> {
    #[derive(Deserialize)]
    struct Content {
        trial: Value,
    }
    let (_, content) = unseal(bytes, SCHEMA)?;
    let content: Content = serde_json::from_str(content)
        .map_err(|error| Unsealed::Damaged(Damage::Format(Some(error))))?;
    Ok(content_key(&content.trial))
}

/// The outcome in a document whose trial is not known before.
fn decode_any(bytes: &[u8]) -> Result<Decoded, Unsealed> {
    let (schema, content) = unseal(bytes, SCHEMA)?;
    match serde_json::from_str(content) {
        Ok(outcome) => Ok(Decoded { schema, outcome }),
        Err(error) => Err(Unsealed::Damaged(Damage::Format(Some(error)))),
    }
}
