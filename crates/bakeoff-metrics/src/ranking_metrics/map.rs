//! Average precision at k; its mean over users is MAP@k.
//!
//! AP@k = Σ (precision at the target's rank) / min(targets, k), over the targets ranked at most k. With this
//! denominator the perfect ranking has 1 at every k.
//! Source: Manning, Raghavan and Schütze, Introduction to Information Retrieval, 2008, section 8.4, cut at k.

use super::{RankingMetric, n_hits, n_reachable};
use crate::ranking::RankedUser;

/// See the module docs.
#[derive(Debug)]
pub struct Map;

impl RankingMetric for Map {
    const NAME: &'static str = "map";
    const ABOUT: &'static str =
        "Mean of the precision at the rank of each target among the first k.";

    fn of(user: &RankedUser<'_>, k: u32) -> f64 {
        let precisions = (1..)
            .zip(&user.ranks[..n_hits(user, k)])
            .map(|(n_hits, &rank): (u32, _)| f64::from(n_hits) / f64::from(rank));
        precisions.sum::<f64>() / n_reachable(user, k) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precision_is_taken_at_every_hit() {
        let user = RankedUser { ranks: &[1, 4, 8], n_candidates: 9 };
        // (1/1 + 2/4) / 3 at k = 5; (1/1) / min(3, 2) at k = 2.
        assert!((Map::of(&user, 5) - 0.5).abs() < 1e-15);
        assert!((Map::of(&user, 2) - 0.5).abs() < 1e-15);
    }
}
