//! A file from the first mirror that has it whole: tried again where it broke off, then the next.

use std::fs::File;
use std::path::Path;
use std::thread;

use super::checksum::Checksum;
use super::http::{Answer, Patience, append, get};
use super::part::{Origin, Part};
use crate::error::DataError;

/// A try that brought this many bytes is no failure: a slow line that breaks again and again still gets there.
const MUCH: u64 = 1 << 20;

/// A file that is wanted.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    /// The set it belongs to.
    pub(super) set: &'a str,
    /// What it is called here and at mirrors.
    pub(super) file: &'a str,
    /// Where it may be, best first.
    pub(super) urls: Vec<String>,
    /// How many bytes it has, if that is known.
    pub(super) len: Option<u64>,
    /// What it hashes to, if that is known.
    pub(super) checksum: Option<Checksum<'a>>,
    /// Where the checksum was written down at the first download, if that is where it comes from.
    pub(super) pin: Option<&'a Path>,
}

/// Brings the file into its part, whole and of the right checksum.
pub(super) fn bring(
    wanted: &Wanted,
    parts: &Path,
    patience: Patience,
    notice: &mut dyn FnMut(&str),
) -> Result<Part, DataError> {
    let part = Part::of(parts, wanted.file);
    let mut tried = Vec::new();
    for url in &wanted.urls {
        let Some(reason) = from_mirror(wanted, url, &part, patience, notice)? else {
            return Ok(part);
        };
        notice(&format!("{url}: {reason}"));
        tried.push((url.clone(), reason));
    }
    Err(DataError::NoMirror {
        set: wanted.set.to_owned(),
        file: wanted.file.to_owned(),
        tried,
        pin: wanted.pin.map(Path::to_owned),
    })
}

/// Why the mirror did not bring the file, or nothing if it did.
fn from_mirror(
    wanted: &Wanted,
    url: &str,
    part: &Part,
    patience: Patience,
    notice: &mut dyn FnMut(&str),
) -> Result<Option<String>, DataError> {
    let mut failures = 0;
    loop {
        let before = part.len();
        let answer = match url.strip_prefix("file://") {
            Some(path) => copy(wanted, url, Path::new(path), part, patience, notice)?,
            None => get(wanted, url, part, patience, notice)?,
        };
        let reason = match answer {
            Answer::Refused(reason) => return Ok(Some(reason)),
            Answer::Broken(reason) => reason,
            Answer::Whole { resumed } => match mismatch(wanted, &part.path)? {
                None => return Ok(None),
                Some(reason) => {
                    part.remove()?;
                    // Perhaps only what was there before is wrong.
                    if !resumed {
                        return Ok(Some(reason));
                    }
                    reason
                }
            },
        };
        failures = if part.len() >= before + MUCH { 1 } else { failures + 1 };
        if failures >= patience.tries {
            return Ok(Some(reason));
        }
        notice(&format!("{url}: {reason}; trying again"));
        thread::sleep(patience.pause * 2u32.pow(failures - 1));
    }
}

fn mismatch(wanted: &Wanted, path: &Path) -> Result<Option<String>, DataError> {
    let Some(checksum) = wanted.checksum else { return Ok(None) };
    checksum.mismatch(path).map_err(|source| DataError::Read { path: path.to_owned(), source })
}

/// The mirror is a folder.
fn copy(
    wanted: &Wanted,
    url: &str,
    path: &Path,
    part: &Part,
    patience: Patience,
    notice: &mut dyn FnMut(&str),
) -> Result<Answer, DataError> {
    let opened = File::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
    let (total, mut file) = match opened {
        Ok(opened) => opened,
        Err(error) => return Ok(Answer::Refused(error.to_string())),
    };
    if let Some(len) = wanted.len.filter(|len| *len != total) {
        return Ok(Answer::Refused(format!("it has {total} bytes instead of {len}")));
    }
    let origin = Origin { url: url.to_owned(), validator: None, total: Some(total) };
    append(wanted, &mut file, &origin, 0, part, patience, notice)
}

/// Where a mirror, a URL of a folder, has a file.
pub(super) fn under(mirror: &str, file: &str) -> Result<String, DataError> {
    let schemes = ["http://", "https://", "file:///"];
    if !schemes.iter().any(|scheme| mirror.starts_with(scheme) && mirror.len() > scheme.len()) {
        return Err(DataError::Mirror { mirror: mirror.to_owned() });
    }
    Ok(format!("{}/{file}", mirror.trim_end_matches('/')))
}
