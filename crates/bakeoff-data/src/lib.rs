//! From raw interactions to the prepared dataset that every worker maps into memory.
//!
//! ```text
//! Source ──read──▶ Interactions ──steps──▶ Interactions ──encode──▶ Encoded ──split──▶ Dataset (cache/datasets/KEY)
//! ```
//!
//! Read [`mod@prepare`] first: it is that picture as code. [`fingerprint`] says what a source would read without reading
//! it into a table, [`Dataset`] is what workers open, [`mod@export`] writes a dataset for people, [`mod@fetch`] downloads
//! what a named source needs. A source, a step or a split is one file and one line in its folder.

mod arrays;
mod cache;
mod card;
pub mod dataset;
mod delimited;
mod encode;
pub mod error;
pub mod export;
pub mod fetch;
mod fill;
pub mod interactions;
mod layout;
mod manifest;
pub mod prepare;
mod side_table;
pub mod sources;
pub mod splits;
pub mod steps;

pub use dataset::{Column, ColumnValues, Dataset, Part};
pub use encode::Encoded;
pub use error::DataError;
pub use export::export;
pub use fetch::fetch;
pub use interactions::Interactions;
pub use prepare::{fingerprint, prepare};
