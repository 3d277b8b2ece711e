//! Evaluation of predicted ratings: every metric over all rows.

use bakeoff_spec::{MetricKey, Scores};

use crate::catalog::rating_entry;
use crate::error::MetricError;
use crate::evaluation::Evaluation;

/// Computes `metrics`, and `select` even if it is not among them, over rows of prediction and truth.
///
/// Sums are taken in row order and double precision: the same rows give the same bits.
///
/// # Errors
/// A metric that does not exist or does not measure ratings; sides of different length; no rows at all.
pub fn evaluate_ratings(
    metrics: &[MetricKey],
    select: &MetricKey,
    predictions: &[f32],
    truth: &[f32],
) -> Result<Evaluation, MetricError> {
    if predictions.len() != truth.len() {
        return Err(MetricError::LengthMismatch { left: predictions.len(), right: truth.len() });
    }
    if truth.is_empty() {
        return Err(MetricError::TooFew { needed: 1, got: 0 });
    }
    let selecting = rating_entry(select)?;
    let differences = || predictions.iter().zip(truth).map(|(&p, &t)| f64::from(p) - f64::from(t));
    let scores = metrics
        .iter()
        .chain([select])
        .map(|key| {
            let metric = rating_entry(key)?;
            let mean_error = differences().map(metric.error).sum::<f64>() / truth.len() as f64;
            Ok((key.clone(), (metric.of_mean)(mean_error)))
        })
        .collect::<Result<Scores, MetricError>>()?;
    let units = differences().map(|difference| (selecting.error)(difference) as f32).collect();
    Ok(Evaluation { scores, units })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(names: &[&str]) -> Vec<MetricKey> {
        names.iter().map(|name| MetricKey::plain(name)).collect()
    }

    #[test]
    fn errors_are_averaged_over_rows() {
        // Differences 1, -2, 0.5, 0: squares 1, 4, 0.25, 0 sum to 5.25, absolutes to 3.5; 4 rows.
        let evaluation = evaluate_ratings(
            &keys(&["mse", "rmse", "mae"]),
            &MetricKey::plain("rmse"),
            &[4.0, 1.0, 3.5, 2.0],
            &[3.0, 3.0, 3.0, 2.0],
        )
        .unwrap();
        let of = |name| evaluation.scores[&MetricKey::plain(name)];
        assert!((of("mse") - 1.3125).abs() < 1e-12);
        assert!((of("rmse") - 1.145_643_923_738_96).abs() < 1e-12); // √1.3125
        assert!((of("mae") - 0.875).abs() < 1e-12);
        assert_eq!(evaluation.units, [1.0, 4.0, 0.25, 0.0]);
    }

    #[test]
    fn the_units_follow_the_selecting_metric_even_if_nobody_asked_for_it() {
        let select = MetricKey::plain("mae");
        let evaluation = evaluate_ratings(&keys(&["mse"]), &select, &[1.0], &[3.0]).unwrap();
        assert_eq!(evaluation.units, [2.0]);
        assert_eq!(evaluation.scores.len(), 2);
    }

    #[test]
    fn rows_that_do_not_match_are_refused() {
        let select = MetricKey::plain("mse");
        let error = evaluate_ratings(&[], &select, &[1.0], &[1.0, 2.0]).unwrap_err();
        assert_eq!(error, MetricError::LengthMismatch { left: 1, right: 2 });
        let error = evaluate_ratings(&[], &select, &[], &[]).unwrap_err();
        assert_eq!(error, MetricError::TooFew { needed: 1, got: 0 });
    }
}
