//! The model zoo, and everything that touches libtorch.
//!
//! ```text
//! Trial + Dataset ──registry──▶ Built ──fit──▶ weights ──evaluate──▶ metrics
//! ```
//!
//! [`run_trial`] is the way in: it builds the model that a trial names, trains it if it is a [`network`], and scores
//! it. A model is one file in its family's folder (`baseline`, `deep`, `cnn`, `rnn`, `attention`) and one line in that
//! folder's `mod.rs`. `rnn/gru4rec.rs` is a good one to read first.

mod alias;
pub mod attention;
pub mod baseline;
pub mod checkpoint;
pub mod cnn;
pub mod deep;
pub mod device;
pub mod error;
pub mod evaluate;
pub mod layers;
mod memory;
pub mod model;
pub mod network;
pub mod parameters;
pub mod registry;
pub mod rnn;
pub mod run_trial;
pub mod seen;
pub mod training;
mod trial_fit;

pub use checkpoint::Checkpoints;
pub use error::ModelError;
pub use model::{Built, Direct, ModelEntry, ModelPlugin, Setting};
pub use registry::{CODE, catalog, find};
pub use run_trial::{TrialResult, run_trial};
