//! Normalised discounted cumulative gain at k, with binary gains.
//!
//! DCG@k = Σ 1 / log2(1 + rank) over the targets ranked at most k; NDCG@k is its share of the DCG of the perfect
//! ranking, which has min(targets, k) targets in front.
//! Source: Järvelin and Kekäläinen, Cumulated gain-based evaluation of IR techniques, ACM TOIS 20(4), 2002; discount
//! log2(1 + rank) as in Burges et al., ICML 2005.

use super::{RankingMetric, n_hits, n_reachable};
use crate::ranking::RankedUser;

/// See the module docs.
#[derive(Debug)]
pub struct Ndcg;

impl RankingMetric for Ndcg {
    const NAME: &'static str = "ndcg";
    const ABOUT: &'static str =
        "Share of the best possible gain among the first k, later ranks counting less.";

    fn of(user: &RankedUser<'_>, k: u32) -> f64 {
        let gain = |rank: u32| 1.0 / (1.0 + f64::from(rank)).log2();
        let dcg: f64 = user.ranks[..n_hits(user, k)].iter().map(|&rank| gain(rank)).sum();
        let ideal: f64 = (1..=n_reachable(user, k) as u32).map(gain).sum();
        dcg / ideal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gains_shrink_with_the_logarithm_of_the_rank() {
        let ndcg = |ranks: &[u32], k| Ndcg::of(&RankedUser { ranks, n_candidates: 9 }, k);
        // 1 / log2(1 + 3) = 1 / 2 of the 1 / log2(2) = 1 that rank 1 gives.
        assert!((ndcg(&[3], 5) - 0.5).abs() < 1e-15);
        assert!(ndcg(&[6], 5).abs() < 1e-15);
        // Ranks 2 and 3: (1/log2(3) + 1/2) / (1 + 1/log2(3)) = 1.1309297536 / 1.6309297536 = 0.6934264036.
        assert!((ndcg(&[2, 3], 5) - 0.693_426_403_6).abs() < 1e-10);
        // At k = 1 the perfect ranking holds one of the two targets.
        assert!((ndcg(&[1, 9], 1) - 1.0).abs() < 1e-15);
    }
}
