//! Every metric of a ranking. To add one: write its file, add its line.
//!
//! A metric sees the ranks of one user's targets and gives one number between 0 and 1, 1 for the perfect ranking;
//! an evaluation is the mean over the users that have a target.

use crate::ranking::RankedUser;

/// A metric of one user's ranking; better rankings give higher values.
pub trait RankingMetric: 'static {
    /// The name in a spec.
    const NAME: &'static str;
    /// One sentence for `bakeoff list metrics`.
    const ABOUT: &'static str;
    /// Whether it looks at the first k ranks alone.
    const HAS_CUTOFF: bool = true;
    /// Part of the key of every trial that computes it: bump it when the code gives other numbers than before.
    const REVISION: u32 = 1;

    /// The value for one user with at least one target. `k` is the cutoff; metrics without one ignore it.
    fn of(user: &RankedUser<'_>, k: u32) -> f64;
}

/// A registered ranking metric.
#[derive(Debug, Clone, Copy)]
pub struct RankingEntry {
    /// [`RankingMetric::NAME`].
    pub name: &'static str,
    /// [`RankingMetric::ABOUT`].
    pub about: &'static str,
    /// [`RankingMetric::HAS_CUTOFF`].
    pub has_cutoff: bool,
    /// [`RankingMetric::REVISION`].
    pub revision: u32,
    /// [`RankingMetric::of`].
    pub of: fn(&RankedUser<'_>, u32) -> f64,
}

impl RankingEntry {
    const fn of<M: RankingMetric>(of: fn(&RankedUser<'_>, u32) -> f64) -> Self {
        let (has_cutoff, revision) = (M::HAS_CUTOFF, M::REVISION);
        Self { name: M::NAME, about: M::ABOUT, has_cutoff, revision, of }
    }
}

fn value<M: RankingMetric>(user: &RankedUser<'_>, k: u32) -> f64 {
    M::of(user, k)
}

bakeoff_spec::register! { RankingEntry, value;
    ndcg::Ndcg,
    hit_rate::HitRate,
    recall::Recall,
    precision::Precision,
    mrr::Mrr,
    map::Map,
    auc::Auc,
}

/// How many targets are among the first k.
fn n_hits(user: &RankedUser<'_>, k: u32) -> usize {
    user.ranks.partition_point(|&rank| rank <= k)
}

/// How many targets the first k ranks could hold at best.
fn n_reachable(user: &RankedUser<'_>, k: u32) -> usize {
    user.ranks.len().min(k as usize)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ranking::target_ranks;

    proptest! {
        #[test]
        fn every_metric_stays_in_range_and_rewards_the_perfect_ranking(
            ranks in prop::collection::btree_set(1_u32..50, 1..20),
            k in 1_u32..60,
        ) {
            let n_targets = ranks.len() as u32;
            let ranks: Vec<u32> = ranks.into_iter().collect();
            let perfect: Vec<u32> = (1..=n_targets).collect();
            let worst: Vec<u32> = (51 - n_targets..=50).collect();
            let [user, best, last] =
                [&ranks, &perfect, &worst].map(|ranks| RankedUser { ranks, n_candidates: 50 });
            for metric in ALL {
                let [value, best, last] = [user, best, last].map(|user| (metric.of)(&user, k));
                prop_assert!((0.0..=1.0).contains(&value), "{} gave {value}", metric.name);
                prop_assert!(last <= value && value <= best, "{}: {last} {value} {best}", metric.name);
            }
        }
    }

    /// scikit-learn 1.9.1: `ndcg_score`, `precision_score` and `recall_score` of the first k predicted positive,
    /// `average_precision_score` (no cutoff: k = all 12 items), `roc_auc_score`.
    #[test]
    fn metrics_agree_with_scikit_learn() {
        let check = |scores: [f32; 12], targets: &[u32], expected: &[(&str, u32, f64)]| {
            let mut ranks = Vec::new();
            let n_candidates = target_ranks(&scores, &[], targets, &mut ranks);
            let user = RankedUser { ranks: &ranks, n_candidates };
            for &(name, k, expected) in expected {
                let metric = ALL.iter().find(|metric| metric.name == name).unwrap();
                let value = (metric.of)(&user, k);
                assert!((value - expected).abs() < 1e-12, "{name}@{k}: {value}, not {expected}");
            }
        };
        check(
            [0.4, 1.0, 0.6, 0.3, 0.0, 1.1, 0.5, 0.2, 0.8, 0.7, 0.1, 0.9],
            &[4, 5, 6],
            &[
                ("ndcg", 1, 1.0),
                ("ndcg", 5, 0.469_278_726_022_756_44),
                ("precision", 5, 0.2),
                ("recall", 5, 0.333_333_333_333_333_3),
                ("map", 12, 0.511_904_761_904_761_9),
                ("auc", 12, 0.481_481_481_481_481_45),
            ],
        );
        check(
            [0.0, 1.1, 0.9, 0.4, 0.5, 0.1, 1.0, 0.6, 0.2, 0.7, 0.3, 0.8],
            &[0, 1, 4, 8, 9, 10],
            &[
                ("ndcg", 5, 0.470_365_282_785_957_9),
                ("precision", 5, 0.4),
                ("recall", 1, 0.166_666_666_666_666_66),
                ("recall", 5, 0.333_333_333_333_333_3),
                ("map", 12, 0.545_502_645_502_645_5),
                ("auc", 12, 0.361_111_111_111_111_1),
            ],
        );
    }
}
