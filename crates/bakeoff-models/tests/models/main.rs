//! What every registered model must do, and what some must give.

#![expect(clippy::float_cmp, reason = "the same bits are meant")]

/// Baselines against values worked by hand.
mod baselines;
/// The contract of networks: gradients, causality, padding, overfitting, saving and loading.
mod networks;
/// Small datasets.
mod samples;
/// Whole trials: the same bits for the same seed, test scores from a checkpoint.
mod trials;
