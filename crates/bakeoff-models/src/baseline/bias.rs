//! User and item means with damping: `rating(u, i) = μ + b_i + b_u`.
//!
//! `b_i = Σ (r - μ) / (n_i + item_damping)` over the item's ratings, then
//! `b_u = Σ (r - μ - b_i) / (n_u + user_damping)` over the user's (Koren, Factor in the neighbors, TKDD 2010, §2.1).

use bakeoff_data::Dataset;
use bakeoff_spec::{Plugin, Task};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::ModelError;
use crate::model::{Built, Direct, ModelPlugin, Setting};

/// Hyperparameters of [`Bias`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How many average ratings an item's mean is mixed with.
    #[schemars(range(min = 0.0, max = 1e6))]
    pub item_damping: f64,
    /// How many average ratings a user's mean is mixed with.
    #[schemars(range(min = 0.0, max = 1e6))]
    pub user_damping: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self { item_damping: 10.0, user_damping: 10.0 }
    }
}

/// The model's registration.
#[derive(Debug)]
pub struct Bias;

impl Plugin for Bias {
    const NAME: &'static str = "bias";
    const ABOUT: &'static str = "The mean rating plus damped item and user deviations.";
    type Params = Config;
}

impl ModelPlugin for Bias {
    const TASKS: &'static [Task] = &[Task::Rating];

    fn build(config: &Config, data: &Dataset, _setting: &Setting) -> Result<Built, ModelError> {
        Ok(Built::Direct(Box::new(Deviations::fit(config, data))))
    }
}

struct Deviations {
    mean: f64,
    by_user: Vec<f64>,
    by_item: Vec<f64>,
}

impl Deviations {
    fn fit(config: &Config, data: &Dataset) -> Self {
        let train = data.train();
        let n = train.n_interactions().max(1) as f64;
        let mean = train.ratings.iter().map(f64::from).sum::<f64>() / n;
        let mut by_item = vec![(0.0, 0.0); data.n_items()];
        for (&item, rating) in train.items.iter().zip(train.ratings.iter()) {
            let (sum, count) = &mut by_item[item as usize];
            *sum += f64::from(rating) - mean;
            *count += 1.0;
        }
        let by_item: Vec<f64> =
            by_item.iter().map(|(sum, n)| damped(*sum, *n, config.item_damping)).collect();
        let by_user = (0..data.n_users()).map(|user| {
            let items = train.items_of(user);
            let deviations = items
                .iter()
                .zip(train.ratings_of(user).iter())
                .map(|(&item, rating)| f64::from(rating) - mean - by_item[item as usize]);
            damped(deviations.sum(), items.len() as f64, config.user_damping)
        });
        Self { mean, by_user: by_user.collect(), by_item }
    }
}

/// Zero for whom nothing is known, even without damping.
fn damped(sum: f64, n: f64, damping: f64) -> f64 {
    if n == 0.0 { 0.0 } else { sum / (n + damping) }
}

impl Direct for Deviations {
    fn score_all(&self, user: u32, _history: &[u32], scores: &mut [f32]) {
        for (item, score) in scores.iter_mut().enumerate() {
            *score = self.rate(user, item as u32);
        }
    }

    fn rate(&self, user: u32, item: u32) -> f32 {
        (self.mean + self.by_item[item as usize] + self.by_user[user as usize]) as f32
    }

    fn n_params(&self) -> u64 {
        1 + self.by_user.len() as u64 + self.by_item.len() as u64
    }
}
