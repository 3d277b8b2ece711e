//! Reports of a study: what its outcomes say, in words, tables and figures, and as JSON.
//!
//! ```text
//! StudyView ──Findings::of──▶ Findings ──sections──▶ report.md
//!                                │ ├─────figures───▶ figures/*.svg, *.png
//!                                └───────results───▶ results.json
//! ```
//!
//! [`write()`] is the whole flow. A figure is one file and one line in `figures/mod.rs`, a section of the report one
//! file and one line in `sections/mod.rs`; plotters and the font are named under `drawing/` alone. Nothing here runs a trial, and
//! the same view gives the same bytes.

mod chart;
mod comparison;
mod drawing;
pub mod error;
mod figures;
mod findings;
mod format;
pub mod results;
mod sections;
mod table;
pub mod view;
pub mod write;

pub use error::ReportError;
pub use results::{ModelResults, Results};
pub use view::StudyView;
pub use write::write;
