//! The format of an outcome: a document with version and checksum, as a file over lines or as one line of many.

use std::io;

use bakeoff_spec::{Outcome, TrialKey};

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

/// The outcome in a document whose trial is not known before.
pub(crate) fn decode_any(bytes: &[u8]) -> Result<Decoded, Unsealed> {
    let (schema, content) = unseal(bytes, SCHEMA)?;
    match serde_json::from_str(content) {
        Ok(outcome) => Ok(Decoded { schema, outcome }),
        Err(error) => Err(Unsealed::Damaged(Damage::Format(Some(error)))),
    }
}
