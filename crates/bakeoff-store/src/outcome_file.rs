//! The format of an outcome file: JSON for people and `jq`, with a version and a checksum.
//!
//! ```json
//! {
//!   "schema": 1,
//!   "checksum": "…",
//!   "outcome": { "key": "…", "trial": { … }, … }
//! }
//! ```
//!
//! The checksum is BLAKE3 over the version and the bytes of `outcome` as they stand in the file, so that a flipped
//! bit is found without any canonical form. A file in which only the three fields outside are as here can be told
//! from a damaged one by any later version.

use std::io;

use bakeoff_spec::{Outcome, TrialKey};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::error::Damage;

/// The version that is written, and the newest that can be read.
pub const SCHEMA: u32 = 1;

/// The bytes of the file.
pub(crate) fn encode(outcome: &Outcome) -> io::Result<Vec<u8>> {
    let text = serde_json::to_string_pretty(outcome)?;
    let checksum = checksum(SCHEMA, &text);
    let outcome = RawValue::from_string(text)?;
    let mut bytes = serde_json::to_vec_pretty(&Written { schema: SCHEMA, checksum, outcome })?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// The outcome in the file, which must be that of the trial `key`.
pub(crate) fn decode(bytes: &[u8], key: &TrialKey) -> Result<Outcome, Undecodable> {
    let damaged = |error| Undecodable::Damaged(Damage::Format(Some(error)));
    let file: Read<'_> = serde_json::from_slice(bytes).map_err(damaged)?;
    if file.checksum != checksum(file.schema, file.outcome.get()) {
        return Err(Undecodable::Damaged(Damage::Checksum));
    }
    if file.schema > SCHEMA {
        return Err(Undecodable::NewerSchema(file.schema));
    }
    let outcome: Outcome = serde_json::from_str(file.outcome.get()).map_err(damaged)?;
    if outcome.key != *key {
        return Err(Undecodable::Damaged(Damage::WrongKey(outcome.key)));
    }
    Ok(outcome)
}

/// Why bytes are no outcome.
#[derive(Debug)]
pub(crate) enum Undecodable {
    Damaged(Damage),
    NewerSchema(u32),
}

#[derive(Serialize)]
struct Written {
    schema: u32,
    checksum: String,
    outcome: Box<RawValue>,
}

#[derive(Deserialize)]
struct Read<'a> {
    schema: u32,
    checksum: String,
    #[serde(borrow)]
    outcome: &'a RawValue,
}

fn checksum(schema: u32, outcome: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&schema.to_le_bytes()).update(outcome.as_bytes());
    hasher.finalize().to_hex().to_string()
}
