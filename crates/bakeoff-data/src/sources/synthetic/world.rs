//! What the generator knows: categories, popularity, what follows what, tastes; and how a history comes of it.

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_distr::{Distribution, Normal, weighted::WeightedIndex};
use rand_xoshiro::Xoshiro256PlusPlus as Rng;

use super::Synthetic;

/// The items of a user, oldest first, no item twice.
pub(super) type History = Vec<u32>;

/// A generated world.
#[derive(Debug)]
pub(super) struct World {
    sequence_strength: f64,
    /// The category of each item.
    category: Vec<u32>,
    /// The items of each category.
    members: Vec<Vec<u32>>,
    /// The lot by which a member of each category is drawn.
    lots: Vec<WeightedIndex<f64>>,
    /// Share of each item in its category.
    popularity: Vec<f64>,
    /// How good each item is.
    quality: Vec<f64>,
    /// What follows each item, with its probability.
    successors: Vec<[(u32, f64); 3]>,
    /// Share of each category in each user's taste.
    tastes: Vec<Vec<f64>>,
}

/// Probabilities of the first, second and third item that follow an item.
const SUCCESSION: [f64; 3] = [0.6, 0.25, 0.15];

impl World {
    pub(super) fn new(params: &Synthetic, rng: &mut Rng) -> Self {
        let (n_items, n_categories) = (params.n_items as usize, params.n_categories as usize);
        // Numbers say nothing of category or popularity: both are dealt by lot.
        let mut shuffled: Vec<u32> = (0..params.n_items).collect();
        shuffled.shuffle(rng);
        let mut category = vec![0; n_items];
        let mut members = vec![Vec::new(); n_categories];
        for (place, &item) in shuffled.iter().enumerate() {
            category[item as usize] = (place % n_categories) as u32;
            members[place % n_categories].push(item);
        }
        let mut popularity = vec![0.0; n_items];
        let mut lots = Vec::with_capacity(n_categories);
        for members in &members {
            let weights: Vec<f64> = (1..=members.len())
                .map(|rank| (rank as f64).powf(-params.popularity_skew))
                .collect();
            let total: f64 = weights.iter().sum();
            for (&item, weight) in members.iter().zip(&weights) {
                popularity[item as usize] = weight / total;
            }
            lots.push(WeightedIndex::new(weights).expect("the weights are positive"));
        }
        let normal = Normal::new(0.0, 0.6).expect("the deviation is positive");
        let quality = (0..n_items).map(|_| normal.sample(rng)).collect();
        let successors =
            (0..n_items).map(|item| succession(item as u32, &members, &category, rng)).collect();
        let tastes = (0..params.n_users).map(|_| taste(params, rng)).collect();
        let sequence_strength = params.sequence_strength;
        Self { sequence_strength, category, members, lots, popularity, quality, successors, tastes }
    }

    pub(super) fn n_items(&self) -> u32 {
        self.category.len() as u32
    }

    pub(super) fn category(&self, item: u32) -> u32 {
        self.category[item as usize]
    }

    /// The expected rating, before it is rounded.
    pub(super) fn liking(&self, user: u32, item: u32) -> f64 {
        let share = self.tastes[user as usize][self.category(item) as usize];
        3.0 + self.quality[item as usize] + 1.5 * (share - 0.3)
    }

    /// Draws the items of a user.
    pub(super) fn history(&self, user: u32, params: &Synthetic, rng: &mut Rng) -> History {
        let length = rng.random_range(params.mean_length / 2..=params.mean_length * 3 / 2);
        let mut history: History = Vec::with_capacity(length as usize);
        while history.len() < length as usize {
            let next = self.draw(user, &history, rng);
            history.push(next);
        }
        history
    }

    /// Draws by rejection until an item is new to the user: then each new item comes with the probability that
    /// [`World::by_taste`] and [`World::followers`] add up to, over their sum.
    fn draw(&self, user: u32, history: &[u32], rng: &mut Rng) -> u32 {
        let taste = &self.tastes[user as usize];
        let present = history.last().map(|&item| &self.successors[item as usize]);
        for _ in 0..1000 {
            let item = match present {
                Some(successors) if rng.random_bool(self.sequence_strength) => {
                    successors[pick(successors.iter().map(|(_, p)| *p), rng)].0
                }
                _ => {
                    let category = pick(taste.iter().copied(), rng);
                    self.members[category][self.lots[category].sample(rng)]
                }
            };
            if !history.contains(&item) {
                return item;
            }
        }
        // All that was likely is used up: take the first item that is new.
        (0..self.n_items())
            .find(|item| !history.contains(item))
            .expect("histories are shorter than the catalogue")
    }

    /// How likely taste alone makes each item come next, `[n_items]`; what was met comes no more.
    pub(super) fn by_taste(&self, user: u32, met: &[u32]) -> Vec<f64> {
        let taste = &self.tastes[user as usize];
        let mut weights: Vec<f64> = (self.category.iter().zip(&self.popularity))
            .map(|(&category, share)| {
                (1.0 - self.sequence_strength) * taste[category as usize] * share
            })
            .collect();
        for &item in met {
            weights[item as usize] = 0.0;
        }
        weights
    }

    /// How much likelier an item makes those that follow it, without those that were met.
    pub(super) fn followers(&self, item: u32, met: &[u32]) -> impl Iterator<Item = (u32, f64)> {
        let new = self.successors[item as usize].iter().filter(|(next, _)| !met.contains(next));
        new.map(|&(next, p)| (next, self.sequence_strength * p))
    }
}

/// Three other items of the same category.
fn succession(item: u32, members: &[Vec<u32>], category: &[u32], rng: &mut Rng) -> [(u32, f64); 3] {
    let members = &members[category[item as usize] as usize];
    // One more than needed, in case the item itself is among them.
    let drawn = rand::seq::index::sample(rng, members.len(), SUCCESSION.len() + 1);
    let mut others = drawn.into_iter().map(|i| members[i]).filter(|&other| other != item);
    SUCCESSION.map(|p| (others.next().expect("a category has at least four items"), p))
}

/// A favourite category, a second one that has most of the rest, and a little of all.
fn taste(params: &Synthetic, rng: &mut Rng) -> Vec<f64> {
    let n = params.n_categories as usize;
    let favourite = rng.random_range(0..n);
    let second = (favourite + rng.random_range(1..n)) % n;
    let rest = 1.0 - params.taste_strength;
    let mut taste = vec![0.3 * rest / n as f64; n];
    taste[favourite] += params.taste_strength;
    taste[second] += 0.7 * rest;
    taste
}

/// An index by lot, by shares that add up to 1.
fn pick(shares: impl ExactSizeIterator<Item = f64>, rng: &mut Rng) -> usize {
    let last = shares.len() - 1;
    let mut left: f64 = rng.random();
    for (i, share) in shares.enumerate() {
        left -= share;
        if left < 0.0 {
            return i;
        }
    }
    last
}
