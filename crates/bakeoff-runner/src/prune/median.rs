//! Median stopping, after Golovin et al. (KDD 2017, section 3.2.2): a trial stops whose best value so far is worse than
//! what the median of the others had reached by the same epoch.
//!
//! There, the median is over running averages of completed trials. Here it is over best values so far, since early
//! stopping keeps the best epoch's weights; and stopped trials count with what they had reached, since without them the
//! threshold would rise with each stop until nothing but the winner passes.

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::prune::{BestSoFar, Pruner, PrunerPlugin};

/// Stops trials below the median of the others, or another percentile.
#[derive(Debug)]
pub struct Median(MedianParams);

/// Parameters of [`Median`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MedianParams {
    /// Trials of the model that must have ended before any is stopped.
    #[schemars(range(min = 1, max = 10_000))]
    pub n_startup: u32,
    /// Epochs in which no trial is stopped.
    #[schemars(range(min = 0, max = 100_000))]
    pub warmup_epochs: u32,
    /// The share of the others, in percent, that a trial must do at least as well as: 50 is the median.
    #[schemars(range(min = 1.0, max = 99.0))]
    pub percentile: f64,
}

impl Default for MedianParams {
    fn default() -> Self {
        Self { n_startup: 5, warmup_epochs: 0, percentile: 50.0 }
    }
}

impl Plugin for Median {
    const NAME: &'static str = "median";
    const ABOUT: &'static str =
        "Stops trials that are worse than the median of the others at the same epoch.";
    type Params = MedianParams;
}

impl PrunerPlugin for Median {
    fn begin(params: MedianParams) -> Self {
        Self(params)
    }
}

impl Pruner for Median {
    fn thresholds(&self, peers: &[&BestSoFar], higher_is_better: bool) -> Vec<(u32, f64)> {
        let n_startup = self.0.n_startup as usize;
        if peers.len() < n_startup {
            return Vec::new();
        }
        let mut epochs: Vec<u32> =
            peers.iter().flat_map(|peer| peer.iter().map(|(epoch, _)| *epoch)).collect();
        epochs.sort_unstable();
        epochs.dedup();
        let at = |epoch: u32| {
            // A peer that ended earlier keeps what it had reached; one that had not begun to validate says nothing.
            let reached = |peer: &&BestSoFar| {
                peer.iter().rev().find(|(of, _)| *of <= epoch).map(|(_, value)| *value)
            };
            let mut values: Vec<f64> = peers.iter().filter_map(reached).collect();
            values.sort_by(f64::total_cmp);
            if !higher_is_better {
                values.reverse();
            }
            (values.len() >= n_startup).then(|| (epoch, percentile(&values, self.0.percentile)))
        };
        epochs.into_iter().filter(|&epoch| epoch > self.0.warmup_epochs).filter_map(at).collect()
    }
}

/// Of values from the worst to the best, with linear interpolation.
fn percentile(values: &[f64], percent: f64) -> f64 {
    let at = (values.len() - 1) as f64 * percent / 100.0;
    let (below, above) = (values[at.floor() as usize], values[at.ceil() as usize]);
    below + (above - below) * at.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curves(curves: &[&[(u32, f64)]]) -> Vec<BestSoFar> {
        curves.iter().map(|curve| (*curve).into()).collect()
    }

    #[test]
    fn the_threshold_is_the_median_of_what_the_others_had_reached() {
        let curves = curves(&[
            &[(1, 0.1), (2, 0.4)],
            &[(1, 0.2), (2, 0.3), (3, 0.9)],
            &[(1, 0.3), (2, 0.5)],
        ]);
        let peers: Vec<&BestSoFar> = curves.iter().collect();
        let median = |params| Median(params).thresholds(&peers, true);
        let params = MedianParams { n_startup: 3, ..MedianParams::default() };
        // In epoch 3: 0.4, 0.9, 0.5.
        assert_eq!(median(params.clone()), [(1, 0.2), (2, 0.4), (3, 0.5)]);
        assert_eq!(median(MedianParams { warmup_epochs: 2, ..params.clone() }), [(3, 0.5)]);
        assert_eq!(median(MedianParams { n_startup: 4, ..params.clone() }), []);
        // A quarter of the way from the worst: of an error, from the largest.
        let lenient = Median(MedianParams { percentile: 25.0, ..params });
        assert_eq!(lenient.thresholds(&peers, true)[0], (1, f64::midpoint(0.1, 0.2)));
        assert_eq!(lenient.thresholds(&peers, false)[0], (1, 0.25));
    }
}
