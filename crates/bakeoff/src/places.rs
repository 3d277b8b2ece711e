//! Where outcomes, prepared data and reports are.

use std::path::PathBuf;

use crate::cli::PlacesArgs;

/// The folders of one call.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    pub(crate) reports: PathBuf,
    pub(crate) store: PathBuf,
    pub(crate) cache: PathBuf,
}

impl From<PlacesArgs> for Places {
    fn from(PlacesArgs { reports, store, cache }: PlacesArgs) -> Self {
        let cache = cache.unwrap_or_else(|| store.join("cache"));
        Self { reports, store, cache }
    }
}
