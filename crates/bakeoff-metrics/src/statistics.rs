//! A mean with its confidence interval.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

use crate::error::MetricError;

/// A mean and where the true mean lies, at some confidence level.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The arithmetic mean.
    pub mean: f64,
    /// Lower end; the mean itself where one value says nothing of the spread.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The mean of `values` with its two-sided Student t interval: mean ± t(n - 1) · s / √n.
///
/// Of a single value `low` and `high` are the value itself: there is no interval to speak of.
/// Source: Student, The probable error of a mean, Biometrika 6(1), 1908.
///
/// # Errors
/// No values, a value that is not finite, or a `level` outside (0, 1).
pub fn mean_interval(values: &[f64], level: f64) -> Result<Interval, MetricError> {
    check_level(level)?;
    let Spread { mean, standard_error } = spread(values)?;
    let half = match values.len() {
        1 => 0.0,
        n => students_t(n).inverse_cdf(f64::midpoint(1.0, level)) * standard_error,
    };
    Ok(Interval { mean, low: mean - half, high: mean + half })
}

/// A mean and the standard error s / √n of it; 0 for a single value.
pub(crate) struct Spread {
    pub(crate) mean: f64,
    pub(crate) standard_error: f64,
}

/// In two passes, since the textbook formula loses all digits where values differ little.
pub(crate) fn spread(values: &[f64]) -> Result<Spread, MetricError> {
    if values.is_empty() {
        return Err(MetricError::TooFew { needed: 1, got: 0 });
    }
    if let Some((index, &value)) = values.iter().enumerate().find(|(_, value)| !value.is_finite()) {
        return Err(MetricError::NotFinite { index, value });
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let standard_error = if values.len() == 1 { 0.0 } else { (squares / (n - 1.0) / n).sqrt() };
    Ok(Spread { mean, standard_error })
}

/// The t distribution of a mean of `n` values.
pub(crate) fn students_t(n: usize) -> StudentsT {
    StudentsT::new(0.0, 1.0, n as f64 - 1.0).expect("only called for two values or more")
}

pub(crate) fn check_level(level: f64) -> Result<(), MetricError> {
    if level > 0.0 && level < 1.0 { Ok(()) } else { Err(MetricError::BadLevel(level)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_agrees_with_a_worked_example_and_scipy() {
        // Mean 3, s² = (4 + 1 + 0 + 1 + 4) / 4 = 2.5, s / √5 = √0.5; t(4) at 97.5 % = 2.776445105197793.
        // SciPy 1.17.1: t.interval(0.95, 4, loc=3, scale=sem([1, 2, 3, 4, 5])).
        let interval = mean_interval(&[1.0, 2.0, 3.0, 4.0, 5.0], 0.95).unwrap();
        assert!((interval.mean - 3.0).abs() < 1e-12);
        assert!((interval.low - 1.036_756_838_522_442_8).abs() < 1e-9, "{}", interval.low);
        assert!((interval.high - 4.963_243_161_477_557).abs() < 1e-9, "{}", interval.high);
    }

    #[test]
    fn a_single_value_is_its_own_interval() {
        let interval = mean_interval(&[0.25], 0.95).unwrap();
        assert_eq!(interval, Interval { mean: 0.25, low: 0.25, high: 0.25 });
    }

    #[test]
    fn values_that_differ_in_the_last_digits_keep_their_spread() {
        // Around 1e9 with s² = 1: a one-pass formula in f64 gives 0 or worse.
        let interval = mean_interval(&[1e9 - 1.0, 1e9, 1e9 + 1.0], 0.95).unwrap();
        // t(2) at 97.5 % = 4.302652729749464, over √3.
        assert!((interval.high - 1e9 - 2.484_137_715_1).abs() < 1e-6, "{}", interval.high - 1e9);
    }

    #[test]
    fn what_has_no_mean_is_refused() {
        assert_eq!(mean_interval(&[], 0.95), Err(MetricError::TooFew { needed: 1, got: 0 }));
        assert_eq!(mean_interval(&[1.0], 1.0), Err(MetricError::BadLevel(1.0)));
        let error = mean_interval(&[1.0, f64::INFINITY], 0.95).unwrap_err();
        assert_eq!(error, MetricError::NotFinite { index: 1, value: f64::INFINITY });
    }
}
