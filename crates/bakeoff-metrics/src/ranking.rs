//! Ranks of a user's targets among the candidate items: all that any ranking metric looks at.
//!
//! # The tie rule
//!
//! An item tied with a target is ranked above it: ties count against the model. A NaN score counts as tied with every
//! target. So a model that scores all items alike gets the worst ranks, never credit for the order of the items'
//! numbers. Among the targets of one user, equal scores are ordered by item index and NaN comes last; metrics do not
//! see which target holds which rank, so this order gives no credit either.

/// A user's targets, by rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RankedUser<'a> {
    /// The rank of each target among the candidates: from 1, ascending, all different.
    pub ranks: &'a [u32],
    /// How many items were ranked, the targets included.
    pub n_candidates: u32,
}

/// Ranks the targets of one user among all items that the user has not seen, by score.
///
/// `scores` is `[n_items]`; `seen` is ascending, each item once; an item named twice among the targets counts once. The candidates are all items without the seen ones,
/// and the targets even if seen. Puts the targets' ranks into `ranks` (ascending, from 1) and returns the number of
/// candidates. See the module docs for the tie rule.
///
/// Nothing is sorted and nothing is masked: a target's rank is one more than the candidates that do not score below
/// it, and those are counted in one pass over the row, less the seen ones.
///
/// # Panics
/// When an item is not below `n_items`.
pub fn target_ranks(scores: &[f32], seen: &[u32], targets: &[u32], ranks: &mut Vec<u32>) -> u32 {
    let score = |item: u32| scores[item as usize];
    ranks.clear();
    ranks.extend_from_slice(targets);
    ranks.sort_unstable_by(|&a, &b| descending(score(a), score(b)).then(a.cmp(&b)));
    ranks.dedup();

    let is_seen = |item: u32| seen.binary_search(&item).is_ok();
    let n_unseen_targets = ranks.iter().filter(|&&target| !is_seen(target)).count();
    let n_others = (scores.len() - seen.len() - n_unseen_targets) as u32;

    let mut n_before = 0;
    while n_before < ranks.len() {
        let group_len = GROUP.min(ranks.len() - n_before);
        let mut thresholds = [f32::NAN; GROUP];
        for (threshold, &target) in thresholds.iter_mut().zip(&ranks[n_before..]) {
            *threshold = score(target);
        }
        let below = count_below(scores, &thresholds[..group_len]);
        for (threshold, below) in thresholds.into_iter().zip(below).take(group_len) {
            let is_below = |&&item: &&u32| score(item) < threshold;
            let seen_below = seen.iter().filter(is_below).count();
            // Targets that come earlier in the order do not score below this one.
            let later = &ranks[n_before + 1..];
            let targets_below = later.iter().filter(is_below).filter(|&&t| !is_seen(t)).count();
            let others_below = below - (seen_below + targets_below) as u32;
            ranks[n_before] = 1 + n_before as u32 + n_others - others_below;
            n_before += 1;
        }
    }
    n_others + ranks.len() as u32
}

/// Targets that share one pass over the row, so that a user with many targets costs few passes.
const GROUP: usize = 8;

/// 16 KiB of scores: stays in the first-level cache while every target of a group is compared with it.
const BLOCK: usize = 4096;

/// How many scores lie below each threshold; a NaN on either side is not below.
fn count_below(scores: &[f32], thresholds: &[f32]) -> [u32; GROUP] {
    let mut counts = [0; GROUP];
    for block in scores.chunks(BLOCK) {
        for (count, &threshold) in counts.iter_mut().zip(thresholds) {
            // Becomes a compare and a subtract of whole vectors.
            *count += block.iter().map(|&score| u32::from(score < threshold)).sum::<u32>();
        }
    }
    counts
}

/// Higher scores first, NaN last: a total order, unlike the floats' own.
fn descending(a: f32, b: f32) -> std::cmp::Ordering {
    b.partial_cmp(&a).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ranks_of(scores: &[f32], seen: &[u32], targets: &[u32]) -> (Vec<u32>, u32) {
        let mut ranks = vec![99; 3];
        let n_candidates = target_ranks(scores, seen, targets, &mut ranks);
        (ranks, n_candidates)
    }

    #[test]
    fn ranks_count_the_candidates_that_do_not_score_below() {
        // Order of the scores: item 3 (0.9), 1 (0.7), 4 (0.5), 0 (0.2), 2 (0.1).
        let scores = [0.2, 0.7, 0.1, 0.9, 0.5];
        assert_eq!(ranks_of(&scores, &[], &[4]), (vec![3], 5));
        assert_eq!(ranks_of(&scores, &[], &[0, 3]), (vec![1, 4], 5));
        // With item 1 seen, item 4 moves up.
        assert_eq!(ranks_of(&scores, &[1], &[4]), (vec![2], 4));
        // A target stays a candidate even if seen.
        assert_eq!(ranks_of(&scores, &[1, 4], &[4]), (vec![2], 4));
    }

    #[test]
    fn a_constant_scorer_gets_the_worst_rank() {
        assert_eq!(ranks_of(&[0.5; 6], &[0], &[3]), (vec![5], 5));
        assert_eq!(ranks_of(&[0.5; 6], &[0], &[3, 2]), (vec![4, 5], 5));
        assert_eq!(ranks_of(&[f32::NAN; 6], &[0], &[3, 2]), (vec![4, 5], 5));
    }

    #[test]
    fn a_nan_counts_as_tied_with_every_target() {
        let nan = f32::NAN;
        // The NaN of item 0 is above the target; the target with NaN is below everything.
        assert_eq!(ranks_of(&[nan, 1.0, 0.0], &[], &[1]), (vec![2], 3));
        assert_eq!(ranks_of(&[nan, 1.0, 0.0], &[], &[0]), (vec![3], 3));
        assert_eq!(ranks_of(&[nan, 1.0, 0.0], &[], &[0, 2]), (vec![2, 3], 3));
    }

    #[test]
    fn a_target_named_twice_counts_once() {
        assert_eq!(ranks_of(&[0.3, 0.2, 0.1], &[], &[1, 1]), (vec![2], 3));
    }

    #[test]
    fn a_row_of_several_blocks_is_counted_whole() {
        // Item i scores -i: item 9000 has exactly the 9000 items before it above it, less 2 seen ones.
        let scores: Vec<f32> = (0..10_001).map(|i| -(i as f32)).collect();
        assert_eq!(ranks_of(&scores, &[5, 8000, 9500], &[9000]), (vec![8999], 9998));
    }

    /// The definition, by sorting: non-targets that tie come first, NaN ties with all.
    fn reference(scores: &[f32], seen: &[u32], targets: &[u32]) -> (Vec<u32>, u32) {
        let is_target = |item: &u32| targets.contains(item);
        let candidates: Vec<u32> = (0..scores.len() as u32)
            .filter(|item| is_target(item) || !seen.contains(item))
            .collect();
        let key = |item: u32| {
            let score = scores[item as usize];
            // Only targets are ever the lower of a tie, so a non-target's NaN is the best possible score
            // and a target's NaN the worst.
            match (score.is_nan(), is_target(&item)) {
                (true, true) => f32::NEG_INFINITY,
                (true, false) => f32::INFINITY,
                (false, _) => score,
            }
        };
        let mut order = candidates.clone();
        order.sort_by(|&a, &b| {
            let by_score = key(b).partial_cmp(&key(a)).unwrap();
            by_score.then(is_target(&a).cmp(&is_target(&b))).then(a.cmp(&b))
        });
        let ranks = (1..).zip(&order).filter(|(_, item)| is_target(item)).map(|(rank, _)| rank);
        (ranks.collect(), candidates.len() as u32)
    }

    proptest! {
        #[test]
        fn ranks_agree_with_a_sort_on_scores_full_of_ties_and_nan(
            scores in prop::collection::vec(
                prop_oneof![8 => (0_u8..5).prop_map(f32::from), 1 => Just(f32::NAN), 1 => Just(-0.0)],
                1..60,
            ),
            seen in prop::collection::btree_set(0_u32..60, 0..30),
            targets in prop::collection::btree_set(0_u32..60, 1..25),
        ) {
            let n_items = scores.len() as u32;
            let seen: Vec<u32> = seen.into_iter().filter(|&item| item < n_items).collect();
            let mut targets: Vec<u32> = targets.into_iter().filter(|&t| t < n_items).collect();
            prop_assert_eq!(ranks_of(&scores, &seen, &targets), reference(&scores, &seen, &targets));
            targets.reverse();
            prop_assert_eq!(ranks_of(&scores, &seen, &targets), reference(&scores, &seen, &targets));
        }
    }
}
