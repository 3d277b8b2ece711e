//! What every registered model must do, and what some must give.

/// The contract of networks: gradients, causality, padding, overfitting, saving and loading.
mod networks;
/// Baselines against values worked by hand.
mod baselines;
/// Whole trials: the same bits for the same seed, test scores from a checkpoint.
mod trials;
/// Small datasets.
mod samples;
