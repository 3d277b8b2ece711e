//! The best that a model of each kind can reach on this world, from the generator's own probabilities.
//!
//! The target is the last item of each user, ranked among the items that the user has not met, as leave-one-out does.
//! What counts is the probability that the target is among the ten items that an oracle ranks first, averaged over
//! users: the hit rate without the luck of the draw.

use rand::RngExt;
use rayon::prelude::*;

use super::Synthetic;
use super::style::Stream;
use super::world::{History, World};

/// Users that the averages are over: enough for two digits.
const MOST_USERS: usize = 4000;
const K: usize = 10;

/// Expected hit rates at 10.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Reach {
    /// Knowing how often each item was met.
    pub(super) popularity: f64,
    /// Knowing tastes, popularity and what follows what, and which items the user met, but not in which order: each of
    /// them counts as the last one with equal probability.
    pub(super) unordered: f64,
    /// Knowing all that, and the order.
    pub(super) ordered: f64,
}

/// What the card says of it.
pub(super) fn notes(world: &World, histories: &[History]) -> Vec<String> {
    let reach = reach(world, histories);
    let note = |what: &str, hit_rate: f64| {
        format!(
            "A model that {what} reaches about hit_rate@10 = {hit_rate:.2} at best on the last item of each user."
        )
    };
    vec![
        note("knows popularity alone", reach.popularity),
        note("knows every taste and habit, but not the order of a user's items,", reach.unordered),
        note("knows the order too", reach.ordered),
    ]
}

/// What the card says of items that nobody met, where users care for style.
pub(super) fn cold_notes(world: &World, histories: &[History], params: &Synthetic) -> Vec<String> {
    if params.style_strength == 0.0 {
        return Vec::new();
    }
    let reach = cold_reach(world, histories, params.seed);
    vec![format!(
        "style_strength = {}: a user takes an item of one of the three styles that are not theirs {:.2} times as likely \
         as one of their own. No column names the style; images, text, audio and prices show it where they are asked for. \
         On a fifth of the items taken as unknown, ranked among themselves, hit_rate@10 is about {:.2} by chance, {:.2} at \
         best by category and {:.2} at best by category and style.",
        params.style_strength,
        1.0 - params.style_strength,
        reach.chance,
        reach.category,
        reach.style,
    )]
}

/// Expected hit rates at 10 among items that nobody met.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ColdReach {
    pub(super) chance: f64,
    /// Knowing tastes and categories.
    pub(super) category: f64,
    /// Knowing styles too.
    pub(super) style: f64,
}

/// What can be reached where a fifth of the items, by lot, is unknown and the last item of each user is one of them.
pub(super) fn cold_reach(world: &World, histories: &[History], seed: u64) -> ColdReach {
    let mut rng = Stream::Cold.rng(seed, 0);
    let is_cold: Vec<bool> = (0..world.n_items()).map(|_| rng.random_bool(0.2)).collect();
    let step = histories.len().div_ceil(MOST_USERS);
    let users: Vec<usize> = (0..histories.len()).step_by(step).collect();
    let of_user = |&user: &usize| {
        let (_, met) = histories[user].split_last()?;
        let met: Vec<u32> = met.iter().copied().filter(|&item| !is_cold[item as usize]).collect();
        let (user, present) = (user as u32, *met.last()?);
        let by_taste = world.by_taste(user, &met);
        let next = next_if_last(world, user, &by_taste, &met, &[present]);
        let cold: Vec<u32> = (0..world.n_items()).filter(|&item| is_cold[item as usize]).collect();
        let total: f64 = cold.iter().map(|&item| next[item as usize]).sum();
        let next: Vec<f64> = cold.iter().map(|&item| next[item as usize] / total).collect();
        let of = |score: &dyn Fn(u32) -> f64| {
            hit_rate(&next, &cold.iter().map(|&item| score(item)).collect::<Vec<f64>>())
        };
        (total > 0.0).then(|| ColdReach {
            chance: (K as f64 / cold.len() as f64).min(1.0),
            category: of(&|item| world.taste(user, item)),
            style: of(&|item| world.taste(user, item) * world.styles.appeal(user, item)),
        })
    };
    let all: Vec<ColdReach> = users.par_iter().filter_map(of_user).collect();
    let mean =
        |of: fn(&ColdReach) -> f64| all.iter().map(of).sum::<f64>() / all.len().max(1) as f64;
    ColdReach {
        chance: mean(|reach| reach.chance),
        category: mean(|reach| reach.category),
        style: mean(|reach| reach.style),
    }
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
    let by_taste = world.by_taste(user, met);
    let next = next_if_last(world, user, &by_taste, met, &[present]);
    let unordered = next_if_last(world, user, &by_taste, met, met);
    let mut new_counts = counts.to_vec();
    for &item in met {
        new_counts[item as usize] = -1.0;
    }
    Reach {
        popularity: hit_rate(&next, &new_counts),
        unordered: hit_rate(&next, &unordered),
        ordered: hit_rate(&next, &next),
    }
}

/// The probability of each item to come next, `[n_items]`, if each of `lasts` is the last one with equal probability.
fn next_if_last(
    world: &World,
    user: u32,
    by_taste: &[f64],
    met: &[u32],
    lasts: &[u32],
) -> Vec<f64> {
    let taste_total: f64 = by_taste.iter().sum();
    let mut taste_weight = 0.0;
    let mut next = vec![0.0; by_taste.len()];
    for &last in lasts {
        let total = taste_total + world.followers(user, last, met).map(|(_, p)| p).sum::<f64>();
        // Without taste, an item whose followers were all met leaves nothing to expect.
        if total > 0.0 {
            let weight = 1.0 / (total * lasts.len() as f64);
            taste_weight += weight;
            for (item, p) in world.followers(user, last, met) {
                next[item as usize] += weight * p;
            }
        }
    }
    for (next, by_taste) in next.iter_mut().zip(by_taste) {
        *next += taste_weight * by_taste;
    }
    next
}

/// The probability that the next item is among the first `K` by score.
fn hit_rate(next: &[f64], scores: &[f64]) -> f64 {
    let mut items: Vec<usize> = (0..next.len()).collect();
    let k = K.min(items.len() - 1);
    items.select_nth_unstable_by(k, |&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
    items[..k].iter().map(|&item| next[item]).sum()
}

#[cfg(test)]
mod tests {
    use super::super::world::tests::generate;
    use super::*;

    #[test]
    fn the_defaults_plant_wide_margins_between_the_kinds_of_models() {
        let (world, histories) = generate(&Synthetic::default());
        let reach = reach(&world, &histories);
        assert!(reach.popularity > 0.05, "{reach:?}");
        assert!(reach.unordered > 3.0 * reach.popularity, "{reach:?}");
        assert!(reach.ordered > 1.8 * reach.unordered, "{reach:?}");
    }

    #[test]
    fn without_planted_order_knowing_it_helps_nobody() {
        let params = Synthetic { sequence_strength: 0.0, ..Synthetic::default() };
        let (world, histories) = generate(&params);
        let reach = reach(&world, &histories);
        assert!((reach.ordered - reach.unordered).abs() < 1e-9, "{reach:?}");
    }

    /// The drawn last items are hit as often as the probabilities say.
    #[test]
    fn the_expected_hit_rate_is_that_of_what_was_drawn() {
        let params = Synthetic { n_users: 4000, ..Synthetic::default() };
        let (world, histories) = generate(&params);
        let is_hit = |(user, history): (usize, &History)| {
            let (&target, met) = history.split_last().unwrap();
            let by_taste = world.by_taste(user as u32, met);
            let next = next_if_last(&world, user as u32, &by_taste, met, &met[met.len() - 1..]);
            let above = next.iter().filter(|&&p| p > next[target as usize]).count();
            above < K
        };
        let n_hits = histories.iter().enumerate().filter(|&pair| is_hit(pair)).count();
        let drawn = n_hits as f64 / histories.len() as f64;
        // Four standard errors of a share of 4000.
        assert!((drawn - reach(&world, &histories).ordered).abs() < 4.0 * 0.4 / 63.0, "{drawn}");
    }

    #[test]
    fn only_style_tells_more_than_the_category_of_an_item_that_nobody_met() {
        let reach = |style_strength: f64| {
            let params = Synthetic { style_strength, n_items: 1200, ..Synthetic::default() };
            let (world, histories) = generate(&params);
            cold_reach(&world, &histories, params.seed)
        };
        let (none, strong) = (reach(0.0), reach(0.9));
        assert!((none.style - none.category).abs() < 1e-9, "{none:?}");
        assert!(none.category > 2.0 * none.chance, "{none:?}");
        assert!(strong.style > 1.8 * strong.category, "{strong:?}");
    }

    #[test]
    fn a_hit_rate_counts_the_ten_best_by_score() {
        // Probability i / 66 for items 0 to 11: by their own order 2 + … + 11 = 65 of 66.
        let next: Vec<f64> = (0..12).map(|i| f64::from(i) / 66.0).collect();
        let reversed: Vec<f64> = next.iter().map(|p| -p).collect();
        assert!((hit_rate(&next, &next) - 65.0 / 66.0).abs() < 1e-12);
        assert!((hit_rate(&next, &reversed) - 45.0 / 66.0).abs() < 1e-12);
    }
}
