//! Precision at k: the targets among the first k, over k.
//!
//! k stays the denominator where a user has fewer than k targets or candidates.
//! Source: Herlocker et al., Evaluating collaborative filtering recommender systems, ACM TOIS 22(1), 2004.

use super::{RankingMetric, n_hits};
use crate::ranking::RankedUser;

/// See the module docs.
#[derive(Debug)]
pub struct Precision;

impl RankingMetric for Precision {
    const NAME: &'static str = "precision";
    const ABOUT: &'static str = "Share of the first k that are targets.";

    fn of(user: &RankedUser<'_>, k: u32) -> f64 {
        n_hits(user, k) as f64 / f64::from(k)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_are_counted_against_the_cutoff() {
        let user = RankedUser { ranks: &[1, 5, 6], n_candidates: 50 };
        assert!((Precision::of(&user, 5) - 0.4).abs() < 1e-15); // 2 of 5
    }
}
