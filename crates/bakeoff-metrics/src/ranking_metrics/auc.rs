//! Area under the ROC curve: the share of (target, other candidate) pairs in which the target scores higher.
//!
//! Ties count against the model, as everywhere here: a constant scorer has 0, not the customary 0.5. Where every
//! candidate is a target no pair can be in the wrong order and the value is 1.
//! Source: Fawcett, An introduction to ROC analysis, Pattern Recognition Letters 27(8), 2006.

use super::RankingMetric;
use crate::ranking::RankedUser;

/// See the module docs.
#[derive(Debug)]
pub struct Auc;

impl RankingMetric for Auc {
    const NAME: &'static str = "auc";
    const ABOUT: &'static str =
        "Share of (target, other item) pairs in which the target is ranked first.";
    const HAS_CUTOFF: bool = false;

    fn of(user: &RankedUser<'_>, _k: u32) -> f64 {
        let n_targets = user.ranks.len() as u64;
        let n_others = u64::from(user.n_candidates) - n_targets;
        if n_others == 0 {
            return 1.0;
        }
        // Ahead of the target at `rank` are `rank` - 1 items, of which `i` are targets.
        let others_ahead = |(i, &rank): (u64, &u32)| u64::from(rank) - 1 - i;
        let wrong: u64 = (0..).zip(user.ranks).map(others_ahead).sum();
        1.0 - wrong as f64 / (n_targets * n_others) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_in_the_wrong_order_costs_its_share() {
        let auc = |ranks: &[u32]| Auc::of(&RankedUser { ranks, n_candidates: 6 }, 0);
        // Others at ranks 1, 3, 4, 6: target at 2 has one ahead, target at 5 three; 4 of 8 pairs are wrong.
        assert!((auc(&[2, 5]) - 0.5).abs() < 1e-15);
        assert!((auc(&[1, 2]) - 1.0).abs() < 1e-15);
        assert!(auc(&[5, 6]).abs() < 1e-15);
        assert!((auc(&[1, 2, 3, 4, 5, 6]) - 1.0).abs() < 1e-15);
    }
}
