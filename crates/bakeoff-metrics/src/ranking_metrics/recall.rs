//! Recall at k: the targets among the first k, over all targets.
//!
//! Source: Herlocker et al., Evaluating collaborative filtering recommender systems, ACM TOIS 22(1), 2004.

use super::{RankingMetric, n_hits};
use crate::ranking::RankedUser;

/// See the module docs.
#[derive(Debug)]
pub struct Recall;

impl RankingMetric for Recall {
    const NAME: &'static str = "recall";
    const ABOUT: &'static str = "Share of a user's targets that are among the first k.";

    fn of(user: &RankedUser<'_>, k: u32) -> f64 {
        n_hits(user, k) as f64 / user.ranks.len() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_behind_the_cutoff_count_as_missed() {
        let user = RankedUser { ranks: &[1, 5, 6, 40], n_candidates: 50 };
        assert!((Recall::of(&user, 5) - 0.5).abs() < 1e-15); // 2 of 4
    }
}
