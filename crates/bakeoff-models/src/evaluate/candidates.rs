//! The items that targets are ranked among where a trial asks for sampled ranking.
//!
//! They depend on the dataset, the part, the user and the trial's [`SampledRanking`], and on nothing else: every model
//! and every seed ranks the same lists.

use bakeoff_data::{Dataset, Part};
use bakeoff_spec::{DrawnBy, SampledRanking};
use rand::SeedableRng;
use rand::seq::index;
use rand_xoshiro::Xoshiro256PlusPlus as Rng;
use rayon::prelude::*;

use crate::alias::{AliasTable, counts};
use crate::seen::Seen;

/// Items by user, ascending.
#[derive(Debug)]
pub(super) struct Candidates(Seen);

impl Candidates {
    /// For every user with a row in `part`, which is called `name`.
    pub(super) fn of(sampled: &SampledRanking, data: &Dataset, name: &str, part: Part<'_>) -> Self {
        let met = Seen::of(&[data.fold_in(), data.train(), data.valid(), data.test()]);
        let popularity = match sampled.by {
            DrawnBy::Uniform | DrawnBy::Given => None,
            DrawnBy::Popularity => Some(AliasTable::new(&counts(data.train(), data.n_items(), 0))),
        };
        let n = sampled.n as usize;
        let mut seeded = blake3::Hasher::new();
        seeded.update(data.key().as_bytes()).update(&sampled.seed.to_le_bytes());
        seeded.update(name.as_bytes());
        let is_given = sampled.by == DrawnBy::Given && name == "test";
        let draw = |user: usize| {
            if part.items_of(user).is_empty() {
                return Vec::new();
            }
            if let Some(given) = data.candidates(user).filter(|_| is_given) {
                let is_met = |item: &u32| met.items_of(user).binary_search(item).is_ok();
                let mut list: Vec<u32> = given.iter().copied().filter(|i| !is_met(i)).collect();
                list.sort_unstable();
                list.dedup();
                return list;
            }
            let seed = seeded.clone().update(&(user as u64).to_le_bytes()).finalize();
            let mut rng = Rng::from_seed(*seed.as_bytes());
            match &popularity {
                None => draw_uniformly(n, met.items_of(user), data.n_items(), &mut rng),
                Some(table) => draw_from(table, n, met.items_of(user), &mut rng),
            }
        };
        let lists: Vec<Vec<u32>> = (0..data.n_users()).into_par_iter().map(draw).collect();
        Self(Seen::of_lists(&lists))
    }

    /// The items of one user.
    pub(super) fn of_user(&self, user: u32) -> &[u32] {
        self.0.items_of(user as usize)
    }
}

/// `n` of the items that are not in `met`, or all of them; ascending.
fn draw_uniformly(n: usize, met: &[u32], n_items: usize, rng: &mut Rng) -> Vec<u32> {
    let n_unmet = n_items - met.len();
    let mut places = index::sample(rng, n_unmet, n.min(n_unmet)).into_vec();
    places.sort_unstable();
    // The item at a place among the unmet: as many met ones lie before it as have been passed.
    let mut n_before = 0;
    let item = |place: usize| {
        while met.get(n_before).is_some_and(|&item| item as usize <= place + n_before) {
            n_before += 1;
        }
        (place + n_before) as u32
    };
    places.into_iter().map(item).collect()
}

/// The same one after the other in proportion to the weights of those that are left; items without weight come last.
fn draw_from(table: &AliasTable, n: usize, met: &[u32], rng: &mut Rng) -> Vec<u32> {
    let weights = table.probabilities();
    let n = n.min(weights.len() - met.len());
    let mut drawn: Vec<u32> = Vec::with_capacity(n);
    for _ in 0..TRIES_PER_ITEM * n {
        if drawn.len() == n {
            break;
        }
        let item = table.draw(rng);
        if let (Err(_), Err(place)) = (met.binary_search(&item), drawn.binary_search(&item)) {
            drawn.insert(place, item);
        }
    }
    if drawn.len() < n {
        // What is left is too rare to wait for.
        let is_free =
            |item: &u32| met.binary_search(item).is_err() && drawn.binary_search(item).is_err();
        let free: Vec<u32> = (0..weights.len() as u32).filter(is_free).collect();
        let weight = |place: usize| weights[free[place] as usize].max(f64::MIN_POSITIVE);
        let places = index::sample_weighted(rng, free.len(), weight, n - drawn.len())
            .expect("every weight is positive, and there are enough");
        drawn.extend(places.into_iter().map(|place| free[place]));
        drawn.sort_unstable();
    }
    drawn
}

const TRIES_PER_ITEM: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_hold_no_item_that_is_met_and_all_others_where_more_are_asked_for() {
        let mut rng = Rng::seed_from_u64(1);
        let table = AliasTable::new(&[0.0, 5.0, 1.0, 1.0, 0.0, 90.0, 3.0, 0.0]);
        for met in [vec![], vec![0], vec![7], vec![0, 1, 5], vec![2, 3, 4, 6, 7], (0..8).collect()]
        {
            let unmet: Vec<u32> = (0..8).filter(|item| !met.contains(item)).collect();
            for n in 0..10 {
                let of =
                    [draw_uniformly(n, &met, 8, &mut rng), draw_from(&table, n, &met, &mut rng)];
                for list in of {
                    assert!(list.is_sorted_by(|a, b| a < b), "{list:?}");
                    assert!(list.iter().all(|item| unmet.contains(item)), "{list:?}");
                    assert_eq!(list.len(), n.min(unmet.len()));
                }
            }
        }
    }

    #[test]
    fn items_are_drawn_alike_or_by_their_weights() {
        let mut rng = Rng::seed_from_u64(2);
        let n = 40_000;
        let mut of = [[0.0; 6]; 2];
        let table = AliasTable::new(&[8.0, 1.0, 2.0, 5.0, 1.0, 0.0]);
        for _ in 0..n {
            for item in draw_uniformly(2, &[0, 3], 6, &mut rng) {
                of[0][item as usize] += 1.0 / f64::from(n);
            }
            for item in draw_from(&table, 2, &[0, 3], &mut rng) {
                of[1][item as usize] += 1.0 / f64::from(n);
            }
        }
        // Uniformly, two of four. By weights 1, 2, 1: item 2 first with 1/2, else second with 2/3 after either other:
        // 1/2 + 1/2 · 2/3 = 5/6; the others share the rest of two.
        let expected =
            [[0.0, 0.5, 0.5, 0.0, 0.5, 0.5], [0.0, 7.0 / 12.0, 5.0 / 6.0, 0.0, 7.0 / 12.0, 0.0]];
        for (share, expected) in of.iter().flatten().zip(expected.iter().flatten()) {
            assert!((share - expected).abs() < 0.015, "{share} instead of {expected}");
        }
    }
}
