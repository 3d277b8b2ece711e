//! Small JSON files that are written on one machine and read on another: with a version and a checksum, so that what
//! is cut short, mangled or of another version is refused instead of believed.
//!
//! ```json
//! { "schema": 1, "checksum": "…", "content": { … } }
//! ```
//!
//! The checksum is BLAKE3 over the content in canonical JSON: a program in another language may format it as it likes.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use bakeoff_spec::trial::content_key;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version that is written, and the only one that is read.
const SCHEMA: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Sealed {
    schema: u32,
    checksum: String,
    content: Value,
}

/// The bytes of the file.
pub(crate) fn seal(content: &impl Serialize) -> io::Result<Vec<u8>> {
    let content = serde_json::to_value(content)?;
    let mut bytes = serde_json::to_vec_pretty(&Sealed {
        schema: SCHEMA,
        checksum: content_key(&content),
        content,
    })?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// The content of the file at `path`; `None` if there is no file.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> io::Result<Option<T>> {
    let bytes = match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        bytes => bytes?,
    };
    let refused = |message: String| io::Error::new(ErrorKind::InvalidData, message);
    let sealed: Sealed = serde_json::from_slice(&bytes)?;
    if sealed.schema != SCHEMA {
        return Err(refused(format!("it has version {}, not {SCHEMA}", sealed.schema)));
    }
    if sealed.checksum != content_key(&sealed.content) {
        return Err(refused("its checksum does not match its content".into()));
    }
    Ok(Some(serde_json::from_value(sealed.content)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_changed_or_cut_short_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.json");
        let content = (0.1_f64, u64::MAX, "a film".to_owned());
        let read = || read::<(f64, u64, String)>(&path);
        assert!(read().unwrap().is_none());
        let bytes = seal(&content).unwrap();
        fs::write(&path, &bytes).unwrap();
        assert_eq!(read().unwrap(), Some(content));
        fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        assert!(read().is_err());
        let changed = String::from_utf8(bytes).unwrap().replace("film", "firm");
        fs::write(&path, changed).unwrap();
        assert_eq!(read().unwrap_err().to_string(), "its checksum does not match its content");
    }
}
