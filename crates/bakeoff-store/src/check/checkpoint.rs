//! A checkpoint's file, without knowing the model that it is of.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use safetensors::tensor::Metadata;

use crate::error::Damage;

/// What can be said of a checkpoint's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weights {
    /// They are as they were written.
    Hashed,
    /// They are as many as they should be. Their checksum goes through them in the model's own order, which the file
    /// does not tell.
    Counted,
}

/// Reads the header, and the weights against their checksum where they lie in the order in which it was taken.
pub(crate) fn check(path: &Path) -> io::Result<Result<Weights, Damage>> {
    let mut file = File::open(path)?;
    let len = file.metadata()?.len();
    let mut n_header = [0; 8];
    if file.read_exact(&mut n_header).is_err() {
        return Ok(Err(Damage::Format(None)));
    }
    let n_header = u64::from_le_bytes(n_header);
    if n_header.checked_add(8).is_none_or(|begin| begin > len) {
        return Ok(Err(Damage::Format(None)));
    }
    let mut header = Vec::new();
    file.by_ref().take(n_header).read_to_end(&mut header)?;
    let header: Metadata = match serde_json::from_slice(&header) {
        Ok(header) => header,
        Err(error) => return Ok(Err(Damage::Format(Some(error)))),
    };
    if 8 + n_header + header.data_len() as u64 != len {
        return Ok(Err(Damage::Format(None)));
    }
    let Some(checksum) = header.metadata().as_ref().and_then(|metadata| metadata.get("blake3"))
    else {
        return Ok(Ok(Weights::Counted));
    };
    let hash = blake3::Hasher::new().update_reader(file)?.finalize();
    Ok(Ok(if hash.to_hex().as_str() == checksum { Weights::Hashed } else { Weights::Counted }))
}
