//! Reciprocal rank at k: 1 over the rank of the first target if that is at most k, else 0.
//!
//! Source: Voorhees, The TREC-8 question answering track report, 1999.

use super::{RankingMetric, n_hits};
use crate::ranking::RankedUser;

/// See the module docs.
#[derive(Debug)]
pub struct Mrr;

impl RankingMetric for Mrr {
    const NAME: &'static str = "mrr";
    const ABOUT: &'static str =
        "Mean of 1 / rank of the first target, 0 if it is not among the first k.";

    fn of(user: &RankedUser<'_>, k: u32) -> f64 {
        if n_hits(user, k) == 0 { 0.0 } else { 1.0 / f64::from(user.ranks[0]) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_target_counts() {
        let user = RankedUser { ranks: &[4, 5], n_candidates: 9 };
        assert!((Mrr::of(&user, 5) - 0.25).abs() < 1e-15);
        assert!(Mrr::of(&user, 3).abs() < 1e-15);
    }
}
