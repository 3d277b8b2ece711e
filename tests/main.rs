//! Whole commands on small data, as a user types them.

/// Killed workers, killed coordinators, Ctrl-C.
mod crash;
/// Describing and auditing prepared data.
mod data;
/// What a command says to a mistake.
mod errors;
/// Every shipped spec, and the schema beside them.
mod experiments;
/// Planted ids that no byte may show.
mod privacy;
/// Figures on real data that are known from elsewhere.
mod real_data;
/// Running the binary in a folder of its own.
mod shell;
/// Looking after a store: checking, cleaning, exporting, merging.
mod store;
/// From a spec to a report, and a second time.
mod sweep;
mod tidy;
/// Promises about the source itself.
mod trial_files;
/// Where things are.
mod workspace;
