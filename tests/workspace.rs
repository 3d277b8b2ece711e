//! Where things are.

use std::path::{Path, PathBuf};

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// A file of the real data (`BAKEOFF_DATA`, by default `../shared/data`); `None`, and a word about it, where it is not.
pub(crate) fn real_data(path: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("BAKEOFF_DATA")
        .map_or_else(|| root().join("../shared/data"), PathBuf::from);
    let file = folder.join(path);
    if file.exists() {
        return Some(std::path::absolute(file).unwrap());
    }
    eprintln!(
        "SKIPPED: {} is not there; set BAKEOFF_DATA to the folder of the real data",
        file.display()
    );
    None
}
