//! A generator whose structure is known, so that a report can be held against what was planted.
//!
//! Every item belongs to a category, is popular within it by a power law, and makes a few others of its category likely
//! to come next. Every user has a favourite category and a second one. A user's next item is one of those that follow
//! the present one with probability `sequence_strength`, else one of the user's taste; no user meets an item twice.
//! Ratings follow taste and the item's quality. What the best model of each kind can reach stands in the card's notes.
//!
//! With `style_strength`, items have a style that users care for and that stands in no column; pictures, texts, sounds and
//! prices show it, so that a model of content can place items that nobody met.

mod oracle;
mod pictures;
mod prices;
mod sounds;
mod style;
mod words;
mod world;

use bakeoff_spec::Plugin;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Normal};
use rand_xoshiro::Xoshiro256PlusPlus as Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::oracle::{cold_notes, notes};
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
    /// How much less likely a user takes an item of one of the three styles that are not theirs: 0 makes all styles alike.
    /// No column names the style; `images`, `text`, `audio` and `prices` show it.
    #[schemars(range(min = 0.0, max = 0.95))]
    #[serde(skip_serializing_if = "is_zero")]
    pub style_strength: f64,
    /// Pictures of items, the column `image`: the colour shows the category, stripes or dots, wide or narrow, the style,
    /// and a circle, square or triangle whether the item is of the worst, the middle or the best third by quality.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub images: Option<SyntheticImages>,
    /// Texts: a `description` of each item, whose words tell category, style and quality, and a `review` of each row, whose
    /// words tell the rating; 85 % of the words are true.
    #[serde(skip_serializing_if = "is_false")]
    pub text: bool,
    /// Log-mel frames of a sound of each item, the column `audio`: the pitch tells the category, the pace the style.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio: Option<SyntheticAudio>,
    /// A price a day of each item, the column `price_history`: seasons go with the category, the rhythm of sales tells the
    /// style. What users take does not depend on it.
    #[serde(skip_serializing_if = "is_false")]
    pub prices: bool,
}

/// Generated pictures.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SyntheticImages {
    /// Height and width in pixels.
    #[schemars(range(min = 32, max = 256))]
    pub size: usize,
}

/// Generated sounds, of 8000 samples a second in frames of 512, 128 apart.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SyntheticAudio {
    /// Length.
    #[schemars(range(min = 0.5, max = 30.0))]
    pub seconds: f64,
    /// Mel filters.
    #[schemars(range(min = 8, max = 64))]
    pub mels: usize,
}

// Parameters that came later are left out of keys where they say nothing: older data keeps its key.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Default for SyntheticImages {
    fn default() -> Self {
        Self { size: 32 }
    }
}

impl Default for SyntheticAudio {
    fn default() -> Self {
        Self { seconds: 2.0, mels: 32 }
    }
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
            style_strength: 0.0,
            images: None,
            text: false,
            audio: None,
            prices: false,
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
        if let Some(SyntheticImages { size }) = params.images {
            let n_bytes = params.n_items as usize * 3 * size * size;
            if n_bytes > MOST_PIXELS {
                let gib = n_bytes >> 30;
                return Err(format!(
                    "images: size {size} makes {gib} GiB of pixels, at most 4 can be"
                ));
            }
        }
        if let Some(SyntheticAudio { mels, .. }) = params.audio
            && sounds::settings(mels).empty_filter().is_some()
        {
            return Err(format!(
                "audio: {mels} mels are more than frames of 512 samples tell apart"
            ));
        }
        Ok(())
    }
}

impl Source for Synthetic {
    fn columns(&self, _files: &InputFiles) -> Result<Option<Vec<String>>, DataError> {
        let names = [
            (&["rating", "timestamp", "category", "title", "price"][..], true),
            (&["image"], self.images.is_some()),
            (&["description", "review"], self.text),
            (&["audio"], self.audio.is_some()),
            (&["price_history"], self.prices),
        ];
        let there = names.into_iter().filter(|(_, is_there)| *is_there);
        Ok(Some(there.flat_map(|(names, _)| names).map(|&name| name.to_owned()).collect()))
    }

    fn has_images(&self) -> bool {
        self.images.is_some()
    }

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
        let items = met_items(&world, &table);
        table.item_columns = item_columns(&world, &items, &mut rng);
        table.notes = notes(&world, &histories);
        table.notes.extend(cold_notes(&world, &histories, self));
        self.add_media(&world, &items, &mut table);
        Ok(table)
    }
}

impl Synthetic {
    /// The columns of the media that are asked for. Each draws from streams of its own, so that none changes another.
    fn add_media(&self, world: &World, items: &[u32], table: &mut Interactions) {
        let mut columns = Vec::new();
        if let Some(SyntheticImages { size }) = self.images {
            let pictures = pictures::pictures(world, items, size, self.seed);
            columns.push(RawColumn::new("image", Values::Dense(pictures)));
            table.notes.push(pictures::NOTE.to_owned());
        }
        if self.text {
            let descriptions = words::descriptions(world, items, self.seed);
            columns.push(RawColumn::new("description", Values::Text(descriptions)));
            let rated = table.item.iter().zip(table.rating.iter().flatten());
            let rated = rated.map(|(&item, &rating)| (items[item as usize], rating));
            let reviews = words::reviews(rated, world, self.seed);
            table.columns.push(RawColumn::new("review", Values::Text(reviews)));
            table.notes.push(words::NOTE.to_owned());
        }
        if let Some(SyntheticAudio { seconds, mels }) = self.audio {
            let sounds = sounds::sounds(world, items, (seconds, mels), self.seed);
            columns.push(RawColumn::new("audio", Values::Dense(sounds)));
            table.notes.push(sounds::NOTE.to_owned());
        }
        if self.prices {
            let regular = table.item_columns.iter().find_map(|column| match &column.values {
                Values::Number(prices) if column.name == "price" => Some(prices),
                _ => None,
            });
            let regular = regular.expect("every world has prices");
            let histories = prices::histories(world, items, regular, self.seed);
            columns.push(RawColumn::new("price_history", Values::Series(histories)));
            table.notes.push(prices::NOTE.to_owned());
        }
        table.item_columns.extend(columns);
    }
}

/// 2024-01-01, in seconds since 1970.
const FIRST_DAY: i64 = 1_704_067_200;
const DAY: i64 = 86_400;
const MOST_PIXELS: usize = 1 << 32;

fn item_name(item: u32) -> String {
    format!("i{}", item + 1)
}

/// The items that somebody met, in the order of the table.
fn met_items(world: &World, table: &Interactions) -> Vec<u32> {
    let mut met: Vec<(u32, u32)> = (0..world.n_items())
        .filter_map(|item| Some((table.items.index(&item_name(item))?, item)))
        .collect();
    met.sort_unstable();
    met.into_iter().map(|(_, item)| item).collect()
}

/// Category, title and price of `items`.
fn item_columns(world: &World, items: &[u32], rng: &mut Rng) -> Vec<RawColumn> {
    let mut columns = (Texts::default(), Texts::default(), Vec::new());
    // Drawn for every item, so that an item's price does not depend on who met which.
    let factors: Vec<f64> = (0..world.n_items()).map(|_| rng.random_range(0.5..2.0)).collect();
    for &item in items {
        let category = world.category(item);
        let noun = words::noun(category);
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

const ADJECTIVES: [&str; 7] = ["red", "small", "folding", "classic", "quiet", "bright", "heavy"];
