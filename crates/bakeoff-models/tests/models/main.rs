//! What every registered model must do, and what some must give.

#![expect(clippy::float_cmp, reason = "the same bits are meant")]

/// Baselines against values worked by hand.
mod baselines;
/// Models that read columns.
mod columns;
/// Where negatives come from: what is drawn, what is corrected, what is learned.
mod negatives;
/// The contract of networks: gradients, causality, padding, overfitting, saving and loading.
mod networks;
/// Fits that a stop rule ends, and those that end because something is no number.
mod pruning;
/// Fits that go on from a checkpoint: the same bits as from the beginning.
mod resuming;
/// Ranking among drawn items.
mod sampled_ranking;
/// Small datasets.
mod samples;
/// Batches split for want of memory.
mod splitting;
/// Whole trials: the same bits for the same seed, test scores from a checkpoint.
mod trials;
