//! Users' sequences cut into stretches that a causal network reads in one pass.
//!
//! A stretch of `len` inputs takes `len` losses, one a position: the same (prefix, next item) pairs as one padded
//! sample a prefix, at a fraction of the work.

use bakeoff_data::Part;
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus as Rng;

/// Part of a user's training sequence: `len` inputs from `start`, each with the item after it as target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) user: u32,
    pub(super) start: u32,
    pub(super) len: u32,
}

/// Cuts every user's sequence so that each (prefix, next item) pair is in exactly one stretch.
/// The first cut falls at random, anew in each epoch, so that no pair keeps a short context.
pub(super) fn cut(train: Part<'_>, max_len: usize, rng: &mut Rng) -> Vec<Stretch> {
    let mut stretches = Vec::new();
    for user in 0..train.n_users() {
        let n_inputs = train.items_of(user).len().saturating_sub(1);
        let mut end = if n_inputs > max_len { rng.random_range(1..=max_len) } else { n_inputs };
        let mut start = 0;
        while start < n_inputs {
            stretches.push(Stretch {
                user: user as u32,
                start: start as u32,
                len: (end - start) as u32,
            });
            start = end;
            end = (end + max_len).min(n_inputs);
        }
    }
    stretches
}

/// Batches of stretches of about equal length, in random order: no step pays for padding that none of its rows needs.
pub(super) fn bucket<'a>(
    stretches: &'a mut [Stretch],
    rows: usize,
    rng: &mut Rng,
) -> Vec<&'a [Stretch]> {
    stretches.shuffle(rng);
    stretches.sort_by_key(|stretch| stretch.len); // stable: equal lengths stay shuffled
    let mut batches: Vec<_> = stretches.chunks(rows).collect();
    batches.shuffle(rng);
    batches
}

/// The last `max_len` inputs of a user's history.
pub(super) fn last(user: u32, history: &[u32], max_len: usize) -> Stretch {
    let start = history.len().saturating_sub(max_len);
    Stretch { user, start: start as u32, len: (history.len() - start) as u32 }
}

#[cfg(test)]
mod tests {
    use bakeoff_data::{Ratings, Timestamps};
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn every_pair_is_in_exactly_one_stretch_of_at_most_the_longest_length() {
        let lengths = [0u64, 1, 2, 7, 8, 9, 40];
        let offsets: Vec<u64> = std::iter::once(0)
            .chain(lengths.iter().scan(0, |end, n| {
                *end += n;
                Some(*end)
            }))
            .collect();
        let n = lengths.iter().sum::<u64>() as usize;
        let items: Vec<u32> = (0..n as u32).collect();
        let (ratings, timestamps) = (Ratings::None(n), Timestamps::None(n));
        let train = Part { offsets: &offsets, items: &items, ratings, timestamps };
        for seed in 0..50 {
            let mut inputs = vec![0; n];
            for stretch in cut(train, 7, &mut Rng::seed_from_u64(seed)) {
                assert!((1..=7).contains(&stretch.len));
                let first = offsets[stretch.user as usize] as usize + stretch.start as usize;
                inputs[first..first + stretch.len as usize]
                    .iter_mut()
                    .for_each(|count| *count += 1);
            }
            for (user, &length) in lengths.iter().enumerate() {
                for i in 0..length {
                    // The last item of a user is no input: nothing follows it.
                    let expected = i32::from(i + 1 < length);
                    assert_eq!(inputs[(offsets[user] + i) as usize], expected);
                }
            }
        }
    }
}
