//! Takes named files out of a zip archive, and nothing else.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use super::cannot_write;
use crate::error::DataError;

/// Tables of ratings shrink to a fifth; what grows by more than this is made to fill a disk.
const GROWTH_LIMIT: u64 = 100;

/// Writes each member of the archive into the folder `to`, under the last part of its name, which is ours and not the
/// archive's: no archive can write anywhere else.
pub(super) fn unzip(
    set: &str,
    archive: &Path,
    members: &[&'static str],
    to: &Path,
) -> Result<(), DataError> {
    let refused = |reason: String| DataError::Archive { set: set.to_owned(), reason };
    let file = File::open(archive)
        .map_err(|source| DataError::Read { path: archive.to_owned(), source })?;
    let mut zip = ZipArchive::new(file).map_err(|error| refused(error.to_string()))?;
    for &member in members {
        let damaged = |error: &dyn std::fmt::Display| refused(format!("{member}: {error}"));
        let entry = zip.by_name(member).map_err(|error| damaged(&error))?;
        if !entry.is_file() {
            return Err(damaged(&"it is no file"));
        }
        let limit = entry.compressed_size().saturating_mul(GROWTH_LIMIT).max(1 << 20);
        let path = to.join(last_part(member));
        let mut out = File::create(&path).map_err(|source| cannot_write(&path, source))?;
        // The size that the archive declares may be a lie.
        let n_bytes = copy(&mut entry.take(limit + 1), &mut out, &path, &damaged)?;
        if n_bytes > limit {
            return Err(damaged(&format!("unpacked it is more than {limit} bytes, too much")));
        }
        out.sync_all().map_err(|source| cannot_write(&path, source))?;
    }
    Ok(())
}

/// Reading fails for the archive's sake, writing for the disk's.
fn copy(
    from: &mut dyn Read,
    to: &mut dyn io::Write,
    path: &Path,
    damaged: &dyn Fn(&dyn std::fmt::Display) -> DataError,
) -> Result<u64, DataError> {
    let (mut buffer, mut n_bytes) = (vec![0; 1 << 16], 0);
    loop {
        match from.read(&mut buffer).map_err(|error| damaged(&error))? {
            0 => return Ok(n_bytes),
            n => {
                to.write_all(&buffer[..n]).map_err(|source| cannot_write(path, source))?;
                n_bytes += n as u64;
            }
        }
    }
}

/// What a member of an archive is called here.
pub(super) fn last_part(member: &str) -> PathBuf {
    Path::new(member).file_name().expect("a member that is asked for has a name").into()
}
