//! Mean squared error: the mean of (prediction - truth)².

use super::RatingMetric;

/// See the module docs.
#[derive(Debug)]
pub struct Mse;

impl RatingMetric for Mse {
    const NAME: &'static str = "mse";
    const ABOUT: &'static str = "Mean of the squared error of a predicted rating.";
    const ERROR: &'static str = "squared error";

    fn error(difference: f64) -> f64 {
        difference * difference
    }
}
