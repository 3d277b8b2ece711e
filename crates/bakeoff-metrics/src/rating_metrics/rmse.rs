//! Root mean squared error: √ of the mean of (prediction - truth)², on the scale of the ratings.
//!
//! Source: Herlocker et al., Evaluating collaborative filtering recommender systems, ACM TOIS 22(1), 2004.

use super::RatingMetric;

/// See the module docs.
#[derive(Debug)]
pub struct Rmse;

impl RatingMetric for Rmse {
    const NAME: &'static str = "rmse";
    const ABOUT: &'static str =
        "Square root of the mean squared error of a predicted rating, on the ratings' own scale.";
    const ERROR: &'static str = "squared error";

    fn error(difference: f64) -> f64 {
        difference * difference
    }

    fn of_mean(mean_error: f64) -> f64 {
        mean_error.sqrt()
    }
}
