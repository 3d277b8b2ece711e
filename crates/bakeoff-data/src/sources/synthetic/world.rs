//! What the generator knows: categories, popularity, what follows what, tastes; and how a history comes of it.

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_distr::{Distribution, Normal, weighted::WeightedIndex};
use rand_xoshiro::Xoshiro256PlusPlus as Rng;

use super::Synthetic;
use super::style::Styles;

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
    /// Whether each item is among the worst, the middle or the best third by quality.
    grades: Vec<u32>,
    /// What only media show.
    pub(super) styles: Styles,
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
        let quality: Vec<f64> = (0..n_items).map(|_| normal.sample(rng)).collect();
        let successors =
            (0..n_items).map(|item| succession(item as u32, &members, &category, rng)).collect();
        let tastes = (0..params.n_users).map(|_| taste(params, rng)).collect();
        let sequence_strength = params.sequence_strength;
        let styles =
            Styles::new(params.seed, params.style_strength, params.n_items, params.n_users);
        let grades = grades(&quality);
        Self {
            sequence_strength,
            category,
            members,
            lots,
            popularity,
            quality,
            successors,
            tastes,
            grades,
            styles,
        }
    }

    pub(super) fn n_items(&self) -> u32 {
        self.category.len() as u32
    }

    pub(super) fn category(&self, item: u32) -> u32 {
        self.category[item as usize]
    }

    pub(super) fn n_categories(&self) -> u32 {
        self.members.len() as u32
    }

    /// 0, 1 or 2 for the worst, the middle and the best third of items by quality.
    pub(super) fn grade(&self, item: u32) -> u32 {
        self.grades[item as usize]
    }

    /// The share of an item's category in a user's taste.
    pub(super) fn taste(&self, user: u32, item: u32) -> f64 {
        self.tastes[user as usize][self.category(item) as usize]
    }

    /// The expected rating, before it is rounded.
    pub(super) fn liking(&self, user: u32, item: u32) -> f64 {
        let share = self.taste(user, item);
        3.0 + self.quality[item as usize] + 1.5 * (share - 0.3) + self.styles.rating(user, item)
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

    /// Draws by rejection until an item is new to the user and of a style that they take: then each new item comes with
    /// the probability that [`World::by_taste`] and [`World::followers`] add up to, over their sum.
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
            if !history.contains(&item) && self.is_taken(user, item, rng) {
                return item;
            }
        }
        // All that was likely is used up: take the first item that is new.
        (0..self.n_items())
            .find(|item| !history.contains(item))
            .expect("histories are shorter than the catalogue")
    }

    /// Nothing is drawn where style does not matter.
    fn is_taken(&self, user: u32, item: u32, rng: &mut Rng) -> bool {
        let appeal = self.styles.appeal(user, item);
        appeal >= 1.0 || rng.random_bool(appeal)
    }

    /// How likely taste alone makes each item come next, `[n_items]`; what was met comes no more.
    pub(super) fn by_taste(&self, user: u32, met: &[u32]) -> Vec<f64> {
        let taste = &self.tastes[user as usize];
        let mut weights: Vec<f64> = (0..)
            .zip(self.category.iter().zip(&self.popularity))
            .map(|(item, (&category, share))| {
                let by_category = (1.0 - self.sequence_strength) * taste[category as usize] * share;
                by_category * self.styles.appeal(user, item)
            })
            .collect();
        for &item in met {
            weights[item as usize] = 0.0;
        }
        weights
    }

    /// How much likelier an item makes those that follow it with this user, without those that were met.
    pub(super) fn followers(
        &self,
        user: u32,
        item: u32,
        met: &[u32],
    ) -> impl Iterator<Item = (u32, f64)> {
        let new = self.successors[item as usize].iter().filter(|(next, _)| !met.contains(next));
        new.map(move |&(next, p)| {
            (next, self.sequence_strength * p * self.styles.appeal(user, next))
        })
    }
}

/// The third of all that each is in, ascending by quality.
fn grades(quality: &[f64]) -> Vec<u32> {
    let mut ascending: Vec<usize> = (0..quality.len()).collect();
    ascending.sort_by(|&a, &b| quality[a].total_cmp(&quality[b]));
    let mut grades = vec![0; quality.len()];
    for (place, item) in ascending.into_iter().enumerate() {
        grades[item] = (3 * place / quality.len()) as u32;
    }
    grades
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

#[cfg(test)]
pub(super) mod tests {
    use rand::SeedableRng;

    use super::*;

    /// A world and the histories of its users, as the source draws them.
    pub(in super::super) fn generate(params: &Synthetic) -> (World, Vec<History>) {
        let mut rng = Rng::seed_from_u64(params.seed);
        let world = World::new(params, &mut rng);
        let histories =
            (0..params.n_users).map(|user| world.history(user, params, &mut rng)).collect();
        (world, histories)
    }

    #[test]
    fn users_take_items_of_their_style_as_often_as_its_strength_says() {
        let own = |style_strength: f64| {
            // Every item alike, and so many that no style is used up.
            let params = Synthetic {
                style_strength,
                n_items: 3000,
                sequence_strength: 0.0,
                popularity_skew: 0.0,
                ..Synthetic::default()
            };
            let (world, histories) = generate(&params);
            let taken = (0..)
                .zip(&histories)
                .flat_map(|(user, items)| items.iter().map(move |&item| (user, item)));
            let taken: Vec<bool> =
                taken.map(|(user, item)| world.styles.rating(user, item) > 0.0).collect();
            taken.iter().filter(|&&is_own| is_own).count() as f64 / taken.len() as f64
        };
        // With styles dealt by lot, own : others = 1 : 3 · (1 − strength).
        for (strength, share) in [(0.5, 1.0 / 2.5), (0.9, 1.0 / 1.3)] {
            let own = own(strength);
            assert!((own - share).abs() < 0.02, "{strength}: {own} and {share}");
        }
    }

    #[test]
    fn a_third_of_all_items_is_of_each_grade_and_better_ones_are_of_higher() {
        assert_eq!(grades(&[0.5, -1.0, 2.0, 0.0, 3.0, -2.0]), [1, 0, 2, 1, 2, 0]);
    }
}
