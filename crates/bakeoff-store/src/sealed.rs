//! JSON documents with a version and a checksum, which people and `jq` read too.
//!
//! ```json
//! {
//!   "schema": 2,
//!   "checksum": "…",
//!   "outcome": { "key": "…", "trial": { … }, … }
//! }
//! ```
//!
//! The checksum is BLAKE3 over the version and the bytes of the content as they stand there, so that a flipped bit is
//! found without any canonical form. A document in which only these three fields are as here can be told from a
//! damaged one by any later version.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::Damage;

/// The document, over lines, with the JSON `content` under `name`.
pub(crate) fn seal(name: &str, schema: u32, content: &str) -> String {
    let checksum = checksum(schema, content);
    format!(
        "{{\n  \"schema\": {schema},\n  \"checksum\": \"{checksum}\",\n  \"{name}\": {content}\n}}\n"
    )
}

/// The same on one line, for JSON `content` that is on one line itself.
pub(crate) fn seal_line(name: &str, schema: u32, content: &str) -> String {
    let checksum = checksum(schema, content);
    format!("{{\"schema\":{schema},\"checksum\":\"{checksum}\",\"{name}\":{content}}}\n")
}

/// The version and the content of a document, which may not be newer than `newest`.
pub(crate) fn unseal(bytes: &[u8], newest: u32) -> Result<(u32, &str), Unsealed> {
    let document: Document<'_> = serde_json::from_slice(bytes)
        .map_err(|error| Unsealed::Damaged(Damage::Format(Some(error))))?;
    if document.checksum != checksum(document.schema, document.content.get()) {
        return Err(Unsealed::Damaged(Damage::Checksum));
    }
    match document.schema {
        0 => Err(Unsealed::Damaged(Damage::Format(None))),
        schema if schema > newest => Err(Unsealed::NewerSchema(schema)),
        schema => Ok((schema, document.content.get())),
    }
}

/// Why bytes are no document.
#[derive(Debug)]
pub(crate) enum Unsealed {
    Damaged(Damage),
    NewerSchema(u32),
}

#[derive(Deserialize)]
struct Document<'a> {
    schema: u32,
    checksum: String,
    #[serde(borrow, rename = "outcome", alias = "card")]
    content: &'a RawValue,
}

fn checksum(schema: u32, content: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&schema.to_le_bytes()).update(content.as_bytes());
    hasher.finalize().to_hex().to_string()
}
