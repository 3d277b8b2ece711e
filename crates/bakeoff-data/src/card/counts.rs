//! How interactions are spread over users or items.

use bakeoff_spec::card::{Bin, Spread};

use crate::order::Ordered;

pub(super) fn spread(counts: &[u64]) -> Spread {
    let counts = ascending(counts);
    let n = counts.len();
    let (Some(&min), Some(&max)) = (counts.first(), counts.last()) else {
        return Spread::default();
    };
    let median = f64::midpoint(counts[(n - 1) / 2] as f64, counts[n / 2] as f64);
    Spread { min, median, mean: counts.iter().sum::<u64>() as f64 / n as f64, max }
}

/// The share of the pairs of a user and an item that has an interaction or more, of the items that have one at all:
/// `per_item` says how many each has.
pub(super) fn density(data: &Ordered, per_item: &[u64]) -> f64 {
    // The last user who has the item: users come one after the other.
    let mut last_user_of = vec![usize::MAX; per_item.len()];
    let mut n_pairs = 0_u64;
    for (user, rows) in data.rows_by_user().enumerate() {
        for &item in &data.table.item[rows] {
            let last = std::mem::replace(&mut last_user_of[item as usize], user);
            n_pairs += u64::from(last != user);
        }
    }
    let n_items = per_item.iter().filter(|&&n| n > 0).count();
    n_pairs as f64 / (data.rows_by_user().len() as f64 * n_items as f64)
}

/// `2 Σ i x_i / (n Σ x_i) − (n + 1) / n` over ascending counts `x`, `i` from 1.
pub(super) fn gini(counts: &[u64]) -> f64 {
    let ascending = ascending(counts);
    let n = ascending.len() as f64;
    let total: u64 = ascending.iter().sum();
    let weighted: f64 =
        ascending.iter().enumerate().map(|(i, &count)| (i + 1) as f64 * count as f64).sum();
    2.0 * weighted / (n * total as f64) - (n + 1.0) / n
}

/// For 0, 1, …, 100 % of the items, rounded to whole items, most popular first.
pub(super) fn popularity_curve(counts: &[u64]) -> Vec<f64> {
    let mut descending = ascending(counts);
    descending.reverse();
    let total: u64 = descending.iter().sum();
    let share = |percent: usize| {
        let n_items = (descending.len() * percent + 50) / 100;
        descending[..n_items].iter().sum::<u64>() as f64 / total as f64
    };
    (0..=100).map(share).collect()
}

/// Rank from 1 and count of the most, at ranks evenly apart on a log scale from the first to the last.
pub(super) fn ranks(counts: &[u64]) -> Vec<(u64, u64)> {
    let mut descending = ascending(counts);
    descending.reverse();
    let n = descending.len();
    let rank = |i: usize| (n as f64).powf(i as f64 / (MOST_RANKS - 1) as f64).round() as usize;
    let mut ranks: Vec<usize> = (0..MOST_RANKS).map(rank).filter(|&rank| rank <= n).collect();
    ranks.dedup();
    ranks.into_iter().map(|rank| (rank as u64, descending[rank - 1])).collect()
}

const MOST_RANKS: usize = 200;

/// Counts in bins that lie evenly on a log scale, ten a decade.
pub(super) fn bins(counts: &[u64]) -> Vec<Bin> {
    let ascending = ascending(counts);
    let (Some(&min), Some(&max)) = (ascending.first(), ascending.last()) else {
        return Vec::new();
    };
    let edges = edges(max);
    let bin = |ends: &[u64]| {
        let below = |edge: u64| ascending.partition_point(|&count| count < edge);
        let n = (below(ends[1]) - below(ends[0])) as u64;
        Bin { from: ends[0], to: ends[1] - 1, n }
    };
    edges.windows(2).map(bin).filter(|bin| bin.to >= min).collect()
}

/// Where bins begin, from 0 to the first edge above `max`: 0, then each power of ten's tenth, rounded (the preferred
/// numbers R10, in which those below 1 decade fall together).
fn edges(max: u64) -> Vec<u64> {
    let mut edges = vec![0];
    let powers = (0..).map(|tenth| 10_f64.powf(f64::from(tenth) / 10.0).round() as u64);
    for edge in powers {
        if edges.last() != Some(&edge) {
            edges.push(edge);
        }
        if edge > max {
            return edges;
        }
    }
    edges
}

fn ascending(counts: &[u64]) -> Vec<u64> {
    let mut ascending = counts.to_vec();
    ascending.sort_unstable();
    ascending
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gini_is_zero_for_equal_counts_and_grows_with_inequality() {
        assert!(gini(&[3, 3, 3]).abs() < 1e-12);
        // Ascending 0, 0, 6: 2 · (3 · 6) / (3 · 6) − 4/3 = 2/3.
        assert!((gini(&[6, 0, 0]) - 2.0 / 3.0).abs() < 1e-12);
        // Ascending 1, 3: 2 · (1 + 6) / (2 · 4) − 3/2 = 1/4.
        assert!((gini(&[3, 1]) - 0.25).abs() < 1e-12);
    }

    #[test]
    fn the_popularity_curve_runs_from_none_to_all() {
        let curve = popularity_curve(&[1, 6, 3]);
        assert_eq!(curve.len(), 101);
        assert_eq!((curve[0], curve[100]), (0.0, 1.0));
        // 33 % of three items is one item, the one with 6 of 10; 67 % are two items.
        assert!((curve[33] - 0.6).abs() < 1e-12 && (curve[67] - 0.9).abs() < 1e-12);
    }

    #[test]
    fn the_spread_of_an_even_number_of_counts_has_its_median_between_two() {
        let spread = spread(&[9, 1, 2, 4]);
        assert_eq!((spread.min, spread.max), (1, 9));
        assert_eq!((spread.median, spread.mean), (3.0, 4.0));
    }

    #[test]
    fn bins_hold_each_count_once_and_small_counts_have_their_own() {
        let counts = [1, 1, 2, 5, 7, 10, 12, 13, 100];
        let bins = bins(&counts);
        let found: Vec<_> = bins.iter().map(|bin| (bin.from, bin.to, bin.n)).collect();
        assert_eq!(found[..5], [(1, 1, 2), (2, 2, 1), (3, 3, 0), (4, 4, 0), (5, 5, 1)]);
        assert_eq!(found[5..9], [(6, 7, 1), (8, 9, 0), (10, 12, 2), (13, 15, 1)]);
        assert_eq!(found.last(), Some(&(100, 125, 1)));
        assert!(bins.windows(2).all(|pair| pair[0].to + 1 == pair[1].from));
    }

    #[test]
    fn bins_begin_and_end_with_what_there_is() {
        assert_eq!(bins(&[]), []);
        assert_eq!(bins(&[0, 0, 1]).iter().map(|bin| bin.n).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(bins(&[7]), [Bin { from: 6, to: 7, n: 1 }]);
    }

    #[test]
    fn ranks_run_from_the_first_to_the_last_and_are_few() {
        assert_eq!(ranks(&[2, 9, 5]), [(1, 9), (2, 5), (3, 2)]);
        let counts: Vec<u64> = (1..=50_000).collect();
        let ranks = ranks(&counts);
        assert!(ranks.len() <= 200);
        assert_eq!((ranks[0], ranks[ranks.len() - 1]), ((1, 50_000), (50_000, 1)));
        assert!(ranks.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 > pair[1].1));
    }
}
