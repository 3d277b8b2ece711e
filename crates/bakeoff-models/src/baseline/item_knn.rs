//! Item-based nearest neighbours (Sarwar et al., WWW 2001; Deshpande and Karypis, TOIS 2004).
//!
//! `sim(i, j) = |U_i ∩ U_j| / (√|U_i| √|U_j| + shrink)` with `U_i` the training users of an item; each item keeps its
//! `k` most similar. A user's score of an item is the sum of its similarities to the user's items that keep it.

use bakeoff_data::Dataset;
use bakeoff_spec::{Plugin, Task};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::ModelError;
use crate::model::{Built, Direct, ModelPlugin, Setting};
use crate::seen::Seen;

/// Hyperparameters of [`ItemKnn`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Neighbours kept for each item.
    #[schemars(range(min = 1, max = 100_000))]
    pub k: usize,
    /// Added to the denominator: larger values trust rare items less.
    #[schemars(range(min = 0.0, max = 1e6))]
    pub shrink: f32,
}

impl Default for Config {
    fn default() -> Self {
        Self { k: 100, shrink: 0.0 }
    }
}

/// The model's registration.
#[derive(Debug)]
pub struct ItemKnn;

impl Plugin for ItemKnn {
    const NAME: &'static str = "item_knn";
    const ABOUT: &'static str = "Items that the same users chose, by cosine similarity.";
    type Params = Config;
}

impl ModelPlugin for ItemKnn {
    const TASKS: &'static [Task] = &[Task::TopN];

    fn build(config: &Config, data: &Dataset, _setting: &Setting) -> Result<Built, ModelError> {
        Ok(Built::Direct(Box::new(Neighbours::fit(config, data))))
    }
}

/// For every item its neighbours with their similarities.
struct Neighbours(Vec<Vec<(u32, f32)>>);

impl Neighbours {
    fn fit(config: &Config, data: &Dataset) -> Self {
        let items_of = Seen::of(&[data.train()]);
        let mut users_of: Vec<Vec<u32>> = vec![Vec::new(); data.n_items()];
        for user in 0..data.n_users() {
            for &item in items_of.items_of(user) {
                users_of[item as usize].push(user as u32);
            }
        }
        let root: Vec<f32> = users_of.iter().map(|users| (users.len() as f32).sqrt()).collect();
        let of_item = |(counts, touched): &mut (Vec<f32>, Vec<u32>), item: usize| {
            for &user in &users_of[item] {
                for &other in items_of.items_of(user as usize) {
                    if counts[other as usize] == 0.0 {
                        touched.push(other);
                    }
                    counts[other as usize] += 1.0;
                }
            }
            let similarity = |other: u32| {
                let other = other as usize;
                counts[other] / (root[item] * root[other] + config.shrink)
            };
            let others = touched.iter().filter(|&&other| other as usize != item);
            let mut neighbours: Vec<(u32, f32)> =
                others.map(|&other| (other, similarity(other))).collect();
            // Of equally similar items the one with the smaller index is kept, whatever the order of counting.
            let nearest = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
            if neighbours.len() > config.k {
                neighbours.select_nth_unstable_by(config.k, nearest);
                neighbours.truncate(config.k);
            }
            neighbours.sort_unstable_by(nearest);
            touched.drain(..).for_each(|other| counts[other as usize] = 0.0);
            neighbours
        };
        let scratch = || (vec![0.0; data.n_items()], Vec::new());
        Self((0..data.n_items()).into_par_iter().map_init(scratch, of_item).collect())
    }
}

impl Direct for Neighbours {
    fn score_all(&self, _user: u32, history: &[u32], scores: &mut [f32]) {
        scores.fill(0.0);
        for &item in history {
            for &(other, similarity) in &self.0[item as usize] {
                scores[other as usize] += similarity;
            }
        }
    }

    fn rate(&self, _user: u32, _item: u32) -> f32 {
        unreachable!("item_knn is registered for the top_n task alone")
    }

    fn n_params(&self) -> u64 {
        self.0.iter().map(|neighbours| neighbours.len() as u64).sum()
    }
}
