//! The best that a model of each kind can reach on this world, from the generator's own probabilities.
//!
//! The target is the last item of each user, ranked among the items that the user has not met, as leave-one-out does.
//! What counts is the probability that the target is among the ten items that an oracle ranks first, averaged over
//! users: the hit rate without the luck of the draw.

use rayon::prelude::*;

use super::world::{History, World};

/// Users that the averages are over: enough for two digits.
const MOST_USERS: usize = 4000;
const K: usize = 10;

/// Expected hit rates at 10.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Reach {
    /// Knowing how often each item was met.
    pub(super) popularity: f64,
    /// Knowing tastes, popularity and what follows what, and which items the user met, but not in which order.
    pub(super) unordered: f64,
    /// Knowing all that, and the order.
    pub(super) ordered: f64,
}

/// What the card says of it.
pub(super) fn notes(world: &World, histories: &[History]) -> Vec<String> {
    let reach = reach(world, histories);
    let note = |what: &str, hit_rate: f64| {
        format!(
            "A model that {what} reaches at most hit_rate@10 ≈ {hit_rate:.2} on the last item of each user."
        )
    };
    vec![
        note("knows popularity alone", reach.popularity),
        note("knows every taste and habit, but not the order of a user's items,", reach.unordered),
        note("knows the order too", reach.ordered),
    ]
}

pub(super) fn reach(world: &World, histories: &[History]) -> Reach {
    let mut counts = vec![0.0; world.n_items() as usize];
    for &item in
        histories.iter().filter_map(|history| history.split_last()).flat_map(|(_, met)| met)
    {
        counts[item as usize] += 1.0;
    }
    let step = histories.len().div_ceil(MOST_USERS);
    let users: Vec<usize> = (0..histories.len()).step_by(step).collect();
    let of_user = |&user: &usize| {
        let (_, met) = histories[user].split_last().expect("every history has items");
        reach_of_user(world, user as u32, met, &counts)
    };
    let all: Vec<Reach> = users.par_iter().map(of_user).collect();
    let mean = |of: fn(&Reach) -> f64| all.iter().map(of).sum::<f64>() / all.len() as f64;
    Reach {
        popularity: mean(|reach| reach.popularity),
        unordered: mean(|reach| reach.unordered),
        ordered: mean(|reach| reach.ordered),
    }
}

fn reach_of_user(world: &World, user: u32, met: &[u32], counts: &[f64]) -> Reach {
    let present = *met.last().expect("every history has at least three items");
    let next = world.next(user, met, present);
    let mut unordered = vec![0.0; next.len()];
    for &present in met {
        for (sum, p) in unordered.iter_mut().zip(world.next(user, met, present)) {
            *sum += p;
        }
    }
    let new_counts: Vec<f64> = counts
        .iter()
        .zip(0..)
        .map(|(&count, item)| if met.contains(&item) { -1.0 } else { count })
        .collect();
    Reach {
        popularity: hit_rate(&next, &new_counts),
        unordered: hit_rate(&next, &unordered),
        ordered: hit_rate(&next, &next),
    }
}

/// The probability that the next item is among the first `K` by score.
fn hit_rate(next: &[f64], scores: &[f64]) -> f64 {
    let mut items: Vec<usize> = (0..next.len()).collect();
    let k = K.min(items.len() - 1);
    items.select_nth_unstable_by(k, |&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
    items[..k].iter().map(|&item| next[item]).sum()
}
