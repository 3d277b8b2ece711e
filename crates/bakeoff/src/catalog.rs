//! Gathers every registry, and says which code this is.

use bakeoff_spec::{Catalog, Entry};

/// The version, with the commit where the build knew it.
pub(crate) const CODE_VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), env!("BAKEOFF_COMMIT"));

/// Everything that a spec can name.
pub(crate) fn catalog() -> Catalog {
    Catalog {
        sources: bakeoff_data::sources::ALL.iter().map(Entry::info).collect(),
        joins: bakeoff_data::joins::ALL.iter().map(Entry::info).collect(),
        steps: bakeoff_data::steps::ALL.iter().map(Entry::info).collect(),
        splits: bakeoff_data::splits::ALL.iter().map(Entry::info).collect(),
        models: bakeoff_models::catalog(),
        code: bakeoff_models::CODE,
        metrics: bakeoff_metrics::catalog(),
        searches: bakeoff_runner::search::ALL.iter().map(Entry::info).collect(),
        pruners: bakeoff_runner::prune::ALL.iter().map(Entry::info).collect(),
        executors: bakeoff_runner::executors::ALL.iter().map(Entry::info).collect(),
        candidates: bakeoff_data::sources::CANDIDATES.to_vec(),
    }
}
