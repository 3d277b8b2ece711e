//! Whether one model really is better than another: paired tests over the same users or rows, and Holm's correction
//! for asking several times.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

use crate::error::MetricError;
use crate::statistics::{check_level, spread, students_t};

/// The outcome of a paired t test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PairedTTest {
    /// Mean of a - b.
    pub mean_difference: f64,
    /// Lower end of the mean difference's interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Two-sided: how likely a difference at least this large is if there is none.
    pub p: f64,
}

/// Student's t test of the pairwise differences a - b, with their interval at `level`.
///
/// t = mean / (s / √n) with n - 1 degrees of freedom. Where all differences are equal there is no spread to compare
/// with: p is 1 if they are 0, else 0.
/// Source: Student, The probable error of a mean, Biometrika 6(1), 1908.
///
/// # Errors
/// Sides of different length, fewer than two pairs, a difference that is not finite, a `level` outside (0, 1).
pub fn paired_t_test(a: &[f64], b: &[f64], level: f64) -> Result<PairedTTest, MetricError> {
    check_level(level)?;
    let differences = differences(a, b)?;
    let n = differences.len();
    if n < 2 {
        return Err(MetricError::TooFew { needed: 2, got: n });
    }
    let spread = spread(&differences)?;
    let distribution = students_t(n);
    let half = distribution.inverse_cdf(f64::midpoint(1.0, level)) * spread.standard_error;
    let p = if spread.standard_error > 0.0 {
        let t = spread.mean / spread.standard_error;
        2.0 * distribution.sf(t.abs())
    } else {
        f64::from(u8::from(spread.mean == 0.0))
    };
    let mean_difference = spread.mean;
    Ok(PairedTTest {
        mean_difference,
        low: mean_difference - half,
        high: mean_difference + half,
        p,
    })
}

/// The outcome of Wilcoxon's signed-rank test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Wilcoxon {
    /// Pairs that differ; only they count.
    pub n: usize,
    /// Sum of the ranks of |a - b| where a > b.
    pub rank_sum_plus: f64,
    /// Sum of the ranks of |a - b| where a < b.
    pub rank_sum_minus: f64,
    /// Two-sided, by the normal approximation: 1 where no pair differs. Rough below some 20 pairs.
    pub p: f64,
}

/// Wilcoxon's signed-rank test of a - b: pairs without a difference are dropped, equal differences share their mean
/// rank, and p comes from the normal approximation with the variance corrected for ties.
///
/// It asks no normal distribution of the differences, which per-user metrics hardly ever have.
/// Source: Wilcoxon, Individual comparisons by ranking methods, Biometrics Bulletin 1(6), 1945; ties as in Hollander
/// and Wolfe, Nonparametric Statistical Methods, 1999, section 3.1.
///
/// # Errors
/// Sides of different length, or a difference that is not finite.
pub fn wilcoxon_signed_rank(a: &[f64], b: &[f64]) -> Result<Wilcoxon, MetricError> {
    let mut differences = differences(a, b)?;
    differences.retain(|&difference| difference != 0.0);
    differences.sort_by(|a, b| a.abs().total_cmp(&b.abs()));

    let n = differences.len();
    let mut rank_sums = [0.0; 2];
    let mut ties = 0.0; // Σ (t³ - t) over the groups of t equal differences
    let mut n_before = 0;
    for group in differences.chunk_by(|a, b| a.abs().total_cmp(&b.abs()).is_eq()) {
        let t = group.len() as f64;
        let rank = n_before as f64 + f64::midpoint(1.0, t);
        for &difference in group {
            rank_sums[usize::from(difference < 0.0)] += rank;
        }
        ties += t.powi(3) - t;
        n_before += group.len();
    }

    let [rank_sum_plus, rank_sum_minus] = rank_sums;
    let p = if n == 0 {
        1.0
    } else {
        let m = n as f64;
        let mean = m * (m + 1.0) / 4.0;
        let variance = m * (m + 1.0) * (2.0 * m + 1.0) / 24.0 - ties / 48.0;
        let z = (rank_sum_plus.min(rank_sum_minus) - mean) / variance.sqrt();
        2.0 * Normal::standard().cdf(z)
    };
    Ok(Wilcoxon { n, rank_sum_plus, rank_sum_minus, p })
}

/// Holm's step-down adjustment of p-values of several tests, in the order given: compare each with the level that a
/// single test would use.
///
/// The i-th smallest of m is multiplied by m - i + 1; none may be smaller than one before it, nor above 1.
/// Source: Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6(2),
/// 1979.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut floor: f64 = 0.0;
    for (n_before, &test) in order.iter().enumerate() {
        let factor = (p_values.len() - n_before) as f64;
        floor = floor.max((p_values[test] * factor).min(1.0));
        adjusted[test] = floor;
    }
    adjusted
}

fn differences(a: &[f64], b: &[f64]) -> Result<Vec<f64>, MetricError> {
    if a.len() != b.len() {
        return Err(MetricError::LengthMismatch { left: a.len(), right: b.len() });
    }
    let difference = |(index, (a, b)): (usize, (&f64, &f64))| {
        let value = a - b;
        if value.is_finite() { Ok(value) } else { Err(MetricError::NotFinite { index, value }) }
    };
    a.iter().zip(b).enumerate().map(difference).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_near(value: f64, expected: f64) {
        assert!((value - expected).abs() < 1e-9, "{value}, not {expected}");
    }

    #[test]
    fn the_paired_t_test_agrees_with_scipy() {
        // SciPy 1.17.1: ttest_rel(a, b), its confidence_interval(0.95).
        let a = [0.50, 0.63, 0.43, 1.0, 0.0, 0.39, 0.36, 0.63, 0.33, 0.50, 0.0, 0.25];
        let b = [0.43, 0.50, 0.43, 0.63, 0.0, 0.43, 0.30, 0.50, 0.39, 0.43, 0.10, 0.18];
        let test = paired_t_test(&a, &b, 0.95).unwrap();
        assert_near(test.mean_difference, 0.058_333_333_333_333_35);
        assert_near(test.low, -0.019_097_132_610_554_277);
        assert_near(test.high, 0.135_763_799_277_221);
        assert_near(test.p, 0.125_501_494_338_895_51);
    }

    #[test]
    fn differences_without_spread_are_certain_or_nothing() {
        let test = paired_t_test(&[1.0, 2.0, 3.0], &[1.0, 2.0, 3.0], 0.95).unwrap();
        assert_eq!(test, PairedTTest { mean_difference: 0.0, low: 0.0, high: 0.0, p: 1.0 });
        let test = paired_t_test(&[2.0, 3.0, 4.0], &[1.0, 2.0, 3.0], 0.95).unwrap();
        assert_eq!(test, PairedTTest { mean_difference: 1.0, low: 1.0, high: 1.0, p: 0.0 });
    }

    #[test]
    fn the_signed_rank_test_agrees_with_scipy_on_ties_and_zeros() {
        // Differences 2 0 2 4 -1 3 0 2 -2 1 4 -1 3 1. Of the 12 that are not 0, |1| four times share rank 2.5,
        // |2| four times 6.5, |3| twice 9.5, |4| twice 11.5: minus 2.5 + 2.5 + 6.5 = 11.5, plus 78 - 11.5.
        // SciPy 1.17.1: wilcoxon(a, b, zero_method="wilcox", correction=False, method="asymptotic").
        let a = [8, 6, 5, 9, 4, 7, 3, 6, 2, 8, 5, 1, 7, 4].map(f64::from);
        let b = [6, 6, 3, 5, 5, 4, 3, 4, 4, 7, 1, 2, 4, 3].map(f64::from);
        let test = wilcoxon_signed_rank(&a, &b).unwrap();
        assert_eq!((test.n, test.rank_sum_minus, test.rank_sum_plus), (12, 11.5, 66.5));
        assert_near(test.p, 0.029_572_734_297_477_744);
        // Turned round, the same evidence.
        assert_near(wilcoxon_signed_rank(&b, &a).unwrap().p, test.p);
    }

    #[test]
    fn equal_sides_show_no_difference() {
        assert_near(wilcoxon_signed_rank(&[1.0, 2.0], &[1.0, 2.0]).unwrap().p, 1.0);
    }

    #[test]
    fn holm_multiplies_the_smallest_most_and_never_reorders() {
        // Sorted 0.01, 0.02, 0.03, 0.04 times 4, 3, 2, 1 = 0.04, 0.06, 0.06, 0.04; the last is lifted to 0.06.
        let adjusted = holm(&[0.04, 0.01, 0.03, 0.02]);
        for (value, expected) in adjusted.into_iter().zip([0.06, 0.04, 0.06, 0.06]) {
            assert_near(value, expected);
        }
        assert_eq!(holm(&[0.6, 0.9]), [1.0, 1.0]);
        assert_eq!(holm(&[]), [0.0; 0]);
    }

    #[test]
    fn sides_that_cannot_be_paired_are_refused() {
        let error = paired_t_test(&[1.0], &[1.0, 2.0], 0.95).unwrap_err();
        assert_eq!(error, MetricError::LengthMismatch { left: 1, right: 2 });
        let error = paired_t_test(&[1.0], &[2.0], 0.95).unwrap_err();
        assert_eq!(error, MetricError::TooFew { needed: 2, got: 1 });
        let error = wilcoxon_signed_rank(&[1.0, f64::INFINITY], &[2.0, 0.0]).unwrap_err();
        assert_eq!(error, MetricError::NotFinite { index: 1, value: f64::INFINITY });
    }
}
