//! From raw interactions to the prepared dataset that every worker maps into memory.
//!
//! ```text
//! Source ──read──▶ Interactions ──steps──▶ Interactions ──encode──▶ Encoded ──split──▶ Dataset (cache/datasets/KEY)
//! ```
//!
//! Read [`mod@prepare`] first: it is that picture as code. [`fingerprint`] says what a source would read without reading
//! it into a table, [`Dataset`] is what workers open, [`mod@export`] writes a dataset for people, [`mod@fetch`] downloads
//! what a named source needs. A source, a step or a split is one file and one line in its folder.

mod archive;
mod arrays;
pub mod audit;
mod cache;
mod card;
mod cells;
pub mod column;
pub mod dataset;
mod delimited;
mod encode;
mod encoding;
pub mod error;
pub mod export;
pub mod fetch;
mod fill;
mod frame;
mod group;
pub mod ids;
pub mod input;
pub mod interactions;
pub mod joins;
mod json_lines;
mod layout;
mod look;
mod lookup;
mod manifest;
mod media;
mod mismatch;
mod named;
mod order;
mod outline;
mod panics;
mod parquet;
mod part;
pub mod prepare;
pub mod privacy_error;
mod redact;
#[cfg(test)]
mod rows_for_tests;
mod sealed;
mod secret;
mod sound;
pub mod sources;
mod spans;
pub mod splits;
mod sql;
mod statistics;
pub mod steps;
pub mod text;
mod wording;

pub use audit::{AuditFinding, Severity, audit};
pub use dataset::{Column, ColumnValues, Dataset};
pub use error::DataError;
pub use export::export;
pub use fetch::fetch;
pub use ids::Ids;
pub use interactions::{Axis, Interactions};
pub use mismatch::MismatchError;
pub use order::Ordered;
pub use part::{Part, Ratings, Timestamps};
pub use prepare::{fingerprint, prepare};
pub use privacy_error::PrivacyError;
pub use splits::Assigned;
