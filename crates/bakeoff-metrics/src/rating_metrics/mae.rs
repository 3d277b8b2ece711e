//! Mean absolute error: the mean of |prediction - truth|.
//!
//! Source: Herlocker et al., Evaluating collaborative filtering recommender systems, ACM TOIS 22(1), 2004.

use super::RatingMetric;

/// See the module docs.
#[derive(Debug)]
pub struct Mae;

impl RatingMetric for Mae {
    const NAME: &'static str = "mae";
    const ABOUT: &'static str = "Mean of the absolute error of a predicted rating.";
    const ERROR: &'static str = "absolute error";

    fn error(difference: f64) -> f64 {
        difference.abs()
    }
}
