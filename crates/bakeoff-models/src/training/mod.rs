//! Gradient training: batches in, the best epoch's weights out.

pub mod feed;
pub mod fit;
pub mod loss;
pub mod optimizer;
mod stretches;

pub use fit::{Fit, fit};
