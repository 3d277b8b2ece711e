//! Gradient training: batches in, the best epoch's weights out.

pub mod feed;
pub mod fit;
pub mod loss;
pub mod optimizer;
mod stretches;
pub mod trainer;

pub use fit::{Fit, Progress, State};
pub use trainer::Trainer;
