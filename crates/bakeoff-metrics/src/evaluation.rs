//! What an evaluation gives: the means that outcomes hold, and the single values that significance tests need.

use bakeoff_spec::Scores;

/// The metrics of one part of the data.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Every metric asked for and the selecting one: means over users, or over rows for ratings.
    pub scores: Scores,
    /// What the selecting metric is the mean of, so that two models can be compared pair by pair.
    ///
    /// Top-n: its value for every user with a target, in user order. Ratings: the squared (`mse`, `rmse`) or
    /// absolute (`mae`) error of every row, in row order.
    pub units: Vec<f32>,
}
