//! Gradient training: batches in, the best epoch's weights out.

pub mod feed;
pub mod fit;
pub mod loss;
mod negatives;
pub mod optimizer;
mod stretches;
pub mod trainer;

pub use fit::{Fit, Progress, State};
pub use trainer::Trainer;
