//! Hit rate at k: 1 if any target is among the first k, else 0.
//!
//! Source: Deshpande and Karypis, Item-based top-N recommendation algorithms, ACM TOIS 22(1), 2004.

use super::{RankingMetric, n_hits};
use crate::ranking::RankedUser;

/// See the module docs.
#[derive(Debug)]
pub struct HitRate;

impl RankingMetric for HitRate {
    const NAME: &'static str = "hit_rate";
    const ABOUT: &'static str = "Share of users with at least one target among the first k.";

    fn of(user: &RankedUser<'_>, k: u32) -> f64 {
        f64::from(u8::from(n_hits(user, k) > 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cutoff_itself_still_counts() {
        let user = RankedUser { ranks: &[3, 7], n_candidates: 9 };
        assert_eq!([2, 3, 9].map(|k| HitRate::of(&user, k) as u8), [0, 1, 1]);
    }
}
