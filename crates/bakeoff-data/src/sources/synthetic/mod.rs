//! A generator whose structure is known, so that a report can be held against what was planted.
//!
//! Every item belongs to a category, is popular within it by a power law, and makes a few others of its category likely
//! to come next. Every user has a favourite category and a second one. A user's next item is one of those that follow
//! the present one with probability `sequence_strength`, else one of the user's taste; no user meets an item twice.
//! Ratings follow taste and the item's quality. What the best model of each kind can reach stands in the card's notes.

mod oracle;
mod world;

use bakeoff_spec::Plugin;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Normal};
use rand_xoshiro::Xoshiro256PlusPlus as Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::oracle::notes;
use self::world::{History, World};
use super::Source;
use crate::column::{RawColumn, Texts, Values};
use crate::error::DataError;
use crate::input::InputFiles;
use crate::interactions::Interactions;

/// The size of the generated data and the strength of its structure.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Synthetic {
    /// Another seed gives another world with the same structure.
    pub seed: u64,
    /// Users.
    #[schemars(range(min = 10, max = 1_000_000))]
    pub n_users: u32,
    /// Items.
    #[schemars(range(min = 20, max = 100_000))]
    pub n_items: u32,
    /// Mean number of interactions of a user; each has between half of it and half more.
    #[schemars(range(min = 6, max = 1000))]
    pub mean_length: u32,
    /// Categories of items.
    #[schemars(range(min = 2, max = 100))]
    pub n_categories: u32,
    /// Probability that the next item is one of those that follow the present one: 0 plants no order at all.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub sequence_strength: f64,
    /// Probability that an item which is chosen by taste is of the user's favourite category.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub taste_strength: f64,
    /// Exponent of popularity within a category: 0 makes all items alike.
    #[schemars(range(min = 0.0, max = 3.0))]
    pub popularity_skew: f64,
}

impl Default for Synthetic {
    fn default() -> Self {
        Self {
            seed: 1,
            n_users: 1000,
            n_items: 300,
            mean_length: 24,
            n_categories: 6,
            sequence_strength: 0.7,
            taste_strength: 0.7,
            popularity_skew: 1.0,
        }
    }
}

impl Plugin for Synthetic {
    const NAME: &'static str = "synthetic";
    const ABOUT: &'static str = "Generated data with planted tastes, order, popularity and item columns; nothing to download.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        if params.n_items < 2 * params.mean_length {
            return Err(format!(
                "n_items: {} items are too few for users with {} on average; at least {} are needed",
                params.n_items,
                params.mean_length,
                2 * params.mean_length
            ));
        }
        if params.n_items < 4 * params.n_categories {
            return Err(format!(
                "n_categories: {} are too many for {} items; at most {} can be",
                params.n_categories,
                params.n_items,
                params.n_items / 4
            ));
        }
        Ok(())
    }
}

impl Source for Synthetic {
    fn read(&self, _files: &InputFiles) -> Result<Interactions, DataError> {
        let mut rng = Rng::seed_from_u64(self.seed);
        let world = World::new(self, &mut rng);
        let histories: Vec<History> =
            (0..self.n_users).map(|user| world.history(user, self, &mut rng)).collect();
        let mut table = Interactions::new("", true, true);
        let bias = Normal::new(0.0, 0.4).expect("the deviation is positive");
        let noise = Normal::new(0.0, 0.5).expect("the deviation is positive");
        for (user, history) in histories.iter().enumerate() {
            let name = format!("u{}", user + 1);
            let mut time = FIRST_DAY + rng.random_range(0..300 * DAY);
            let user_bias: f64 = bias.sample(&mut rng);
            for &item in history {
                let liking = world.liking(user as u32, item) + user_bias + noise.sample(&mut rng);
                let rating = liking.round().clamp(1.0, 5.0);
                let line = table.len() as u32 + 1;
                table.push(&name, &item_name(item), rating, time as f64, line);
                time += rng.random_range(60..2 * DAY);
            }
        }
        table.item_columns = item_columns(&world, &table, &mut rng);
        table.notes = notes(&world, &histories);
        Ok(table)
    }
}

/// 2024-01-01, in seconds since 1970.
const FIRST_DAY: i64 = 1_704_067_200;
const DAY: i64 = 86_400;

fn item_name(item: u32) -> String {
    format!("i{}", item + 1)
}

/// Category, title and price of the items that somebody met.
fn item_columns(world: &World, table: &Interactions, rng: &mut Rng) -> Vec<RawColumn> {
    let mut columns = (Texts::default(), Texts::default(), Vec::new());
    // Drawn for every item, so that an item's price does not depend on who met which.
    let factors: Vec<f64> = (0..world.n_items()).map(|_| rng.random_range(0.5..2.0)).collect();
    let mut described: Vec<(u32, u32)> = (0..world.n_items())
        .filter_map(|item| Some((table.items.index(&item_name(item))?, item)))
        .collect();
    described.sort_unstable();
    for (_, item) in described {
        let category = world.category(item);
        let noun = NOUNS[category as usize % NOUNS.len()];
        let adjective = ADJECTIVES[item as usize % ADJECTIVES.len()];
        columns.0.push(&format!("{noun}s {}", category + 1));
        columns.1.push(&format!("{adjective} {noun} no. {}", item + 1));
        let price = f64::from(category + 1) * 4.0 * factors[item as usize];
        columns.2.push((price * 100.0).round() / 100.0);
    }
    vec![
        RawColumn::new("category", Values::Text(columns.0)),
        RawColumn::new("title", Values::Text(columns.1)),
        RawColumn::new("price", Values::Number(columns.2)),
    ]
}

const NOUNS: [&str; 8] = ["lamp", "kettle", "novel", "scarf", "drill", "guitar", "tent", "puzzle"];
const ADJECTIVES: [&str; 7] = ["red", "small", "folding", "classic", "quiet", "bright", "heavy"];
