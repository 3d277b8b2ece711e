//! Bayesian optimization: a Gaussian process and the expected improvement (Jones et al., 1998).

use std::cmp::Reverse;

use bakeoff_spec::{Plugin, Point};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

use crate::search::gaussian_process::GaussianProcess;
use crate::search::ranking::{self, Ranking};
use crate::search::{Ask, Search, SearchPlugin, Step};

/// Proposes where a Gaussian process expects the largest improvement.
#[derive(Debug)]
pub struct Gp(GpParams);

/// Parameters of [`Gp`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GpParams {
    /// Configurations that are drawn apart from each other before results are looked at.
    #[schemars(range(min = 2, max = 10_000))]
    pub n_startup: u32,
    /// Configurations drawn from the whole space for each proposal, beside those near the best.
    #[schemars(range(min = 1, max = 100_000))]
    pub n_samples: u32,
}

impl Default for GpParams {
    fn default() -> Self {
        Self { n_startup: 8, n_samples: 500 }
    }
}

impl Plugin for Gp {
    const NAME: &'static str = "gp";
    const ABOUT: &'static str =
        "Proposes where a Gaussian process expects the largest improvement.";
    type Params = GpParams;

    fn check(params: &GpParams) -> Result<(), String> {
        (params.n_startup >= 2).then_some(()).ok_or_else(|| "`n_startup` must be at least 2".into())
    }
}

impl SearchPlugin for Gp {
    const LEARNS: bool = true;

    fn begin(params: GpParams) -> Self {
        Self(params)
    }
}

/// Results that are looked at: the time of a proposal grows with their cube.
const MOST_SEEN: usize = 100;

/// The best so far are moved by these shares of a domain, the best of what that gives by ever smaller ones.
const RADII: [f64; 6] = [0.2, 0.1, 0.04, 0.016, 0.006, 0.003];

impl Search for Gp {
    fn propose(&mut self, ask: &mut Ask<'_>) -> Step {
        ranking::propose(ask, self.0.n_startup, |ask, ranking| self.most_promising(ask, ranking))
    }
}

impl Gp {
    /// The point of the largest expected improvement that is found and can be tried.
    fn most_promising(&self, ask: &mut Ask<'_>, ranking: &Ranking) -> Option<Point> {
        let history = ask.history;
        let losses = tamed(&ranking.losses);
        // The best and the latest, best first.
        let mut seen: Vec<usize> = (0..losses.len()).collect();
        let mut rest = seen.split_off(seen.len().min(MOST_SEEN / 2));
        rest.sort_by_key(|&place| Reverse(ranking.ended[place]));
        seen.extend(rest.into_iter().take(MOST_SEEN / 2));
        let losses: Vec<f64> = seen.iter().map(|&place| losses[place]).collect();
        let point = |number: usize| history.point(number);
        let seen: Vec<&Point> = seen.iter().filter_map(|&at| point(ranking.ended[at])).collect();
        let pending: Vec<&Point> = ranking.pending.iter().filter_map(|&at| point(at)).collect();
        let process = GaussianProcess::fit(ask.space, &seen, &losses, &pending)?;
        let least = process.least();
        let score = |point: Point| (log_improvement(process.at(&point), least), point);
        let mut scored: Vec<(f64, Point)> =
            (0..self.0.n_samples).map(|_| score(ask.draw())).collect();
        let mut bases: Vec<Point> = seen.iter().take(5).copied().cloned().collect();
        for radius in RADII {
            for base in &bases {
                scored.extend((0..20).map(|_| score(ask.draw_near(base, radius))));
            }
            // Stable: of equals the earlier.
            scored.sort_by(|a, b| b.0.total_cmp(&a.0));
            let allowed = scored.iter().map(|one| &one.1).filter(|point| (ask.is_allowed)(point));
            bases = allowed.take(3).cloned().collect();
        }
        let mut points = scored.into_iter().map(|(_, point)| point);
        points.find(|point| ask.is_fresh(point))
    }
}

/// Losses, best first, as a Gaussian process can follow them: of the better half how far they are from the median, of the
/// worse their rank alone, as if they were normal (Song et al., arXiv:2408.11527). So neither a diverged nor a failed
/// trial flattens the rest.
fn tamed(losses: &[f64]) -> Vec<f64> {
    let n = losses.len();
    let n_completed = losses.partition_point(|loss| loss.is_finite());
    let better = &losses[..n.div_ceil(2).min(n_completed)];
    let median = better.last().copied().unwrap_or(f64::NEG_INFINITY);
    let squares = better.iter().map(|loss| (loss - median).powi(2));
    let spread = (squares.sum::<f64>() / better.len() as f64).sqrt().max(f64::MIN_POSITIVE);
    let tame = |&loss: &f64| {
        if loss <= median {
            return (loss - median) / spread;
        }
        // Equals share the middle of their ranks.
        let before = losses.partition_point(|one| *one < loss);
        let until = losses.partition_point(|one| *one <= loss);
        Normal::standard().inverse_cdf((before + until) as f64 / (2 * n) as f64)
    };
    losses.iter().map(tame).collect()
}

/// Logarithm of the improvement on `least` to expect of a loss that is believed to have a mean and a deviation.
fn log_improvement((mean, sd): (f64, f64), least: f64) -> f64 {
    let z = (least - mean) / sd;
    let log_density = -0.5 * z * z - 0.5 * (2.0 * std::f64::consts::PI).ln();
    if z < -6.0 {
        // The first term of its series: the difference below has no digits left.
        return sd.ln() + log_density - 2.0 * (-z).ln();
    }
    sd.ln() + (log_density.exp() + z * Normal::standard().cdf(z)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_losses_keep_their_rank_alone() {
        let inf = f64::INFINITY;
        let tame = tamed(&[1.0, 2.0, 3.0, 1e9, inf, inf]);
        // Around the median of 3 the better half lies 2, 1 and 0 off: their root mean square is √(5/3).
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-3, "{tame:?}");
        near(tame[0], -2.0 / (5.0_f64 / 3.0).sqrt());
        near(tame[2], 0.0);
        // Shares 7/12 and 10/12 of the normal distribution.
        near(tame[3], 0.2104);
        near(tame[4], 0.9674);
        near(tame[5], tame[4]);
        // Where nothing completed, nothing is better than anything.
        assert_eq!(tamed(&[inf, inf]), [0.0, 0.0]);
    }

    #[test]
    fn improvement_grows_with_a_lower_mean_and_a_larger_deviation_and_does_so_far_out() {
        for mean in [-1.0, 0.0, 3.0, 5.9, 6.1, 40.0] {
            let at = log_improvement((mean, 1.0), 0.0);
            assert!(at.is_finite());
            assert!(at > log_improvement((mean + 0.1, 1.0), 0.0));
            assert!(at < log_improvement((mean, 1.1), 0.0));
        }
        // Of a standard normal loss on 0: its density there.
        let at_zero = log_improvement((0.0, 1.0), 0.0).exp();
        assert!((at_zero - 0.3989).abs() < 1e-4);
    }
}
