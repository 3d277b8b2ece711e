//! The items that training holds against a target: drawn ones, or the targets of the batch's other rows.

use std::ops::Range;

use bakeoff_data::Dataset;
use bakeoff_spec::{Loss, Sampler, Training};
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus as Rng;
use tch::{Device, Kind, Tensor};

use super::feed::Feed;
use crate::alias::{AliasTable, counts};
use crate::seen::Seen;

/// Where the negatives of one training come from.
#[derive(Debug)]
pub(super) struct Negatives {
    seen: Seen,
    n_items: u32,
    /// Items drawn for each target; 0 where the loss or the sampler needs none.
    pub(super) n_drawn: usize,
    /// Of so many of them, one becomes a negative.
    pub(super) n_candidates: usize,
    /// `None` where all items are alike.
    popularity: Option<AliasTable>,
    uniform_share: f64,
    is_in_batch: bool,
    /// ln of the probability of each item, `[n_items]`; empty where scores need no correction.
    log_q: Vec<f32>,
}

impl Negatives {
    pub(super) fn new(data: &Dataset, feed: Feed, training: &Training) -> Self {
        let needs_none = matches!(training.loss, Loss::Mse | Loss::CrossEntropy);
        let sampler = if needs_none { Sampler::Uniform } else { training.sampler };
        let is_in_batch = sampler == Sampler::InBatch;
        let n_candidates =
            if sampler == Sampler::Hard { training.n_candidates as usize } else { 1 };
        let n_negatives = if needs_none || is_in_batch { 0 } else { training.n_negatives as usize };
        let popularity = match sampler {
            Sampler::Uniform | Sampler::Hard => None,
            Sampler::Popularity | Sampler::Mixed => {
                // 0 to the power 0 would be 1.
                let weight = |n: f64| if n > 0.0 { n.powf(training.popularity_power) } else { 0.0 };
                Some(counts(data.train(), data.n_items(), 0).into_iter().map(weight).collect())
            }
            Sampler::InBatch => {
                // The first item of a sequence is nobody's target.
                let skip = usize::from(feed != Feed::Interactions);
                Some(counts(data.train(), data.n_items(), skip))
            }
        };
        let popularity = popularity.map(|weights: Vec<f64>| AliasTable::new(&weights));
        let uniform_share = if sampler == Sampler::Mixed { training.mixed_share } else { 0.0 };
        let log_q = match &popularity {
            Some(table) if training.loss == Loss::SampledCrossEntropy => {
                log_probabilities(table.probabilities(), uniform_share)
            }
            _ => Vec::new(),
        };
        Self {
            seen: Seen::of(&[data.train()]),
            n_items: data.n_items() as u32,
            n_drawn: n_negatives * n_candidates,
            n_candidates,
            popularity,
            uniform_share,
            is_in_batch,
            log_q,
        }
    }

    /// An item that the user does not have in the training part, other than the target.
    pub(super) fn draw(&self, user: u32, target: u32, rng: &mut Rng) -> u32 {
        match &self.popularity {
            Some(table) if !rng.random_bool(self.uniform_share) => {
                self.seen.draw_unseen_from(user as usize, target, table, rng)
            }
            _ => self.seen.draw_unseen(user as usize, target, self.n_items, rng),
        }
    }

    /// What the score of each of the items is too high by; nothing where none needs a correction.
    pub(super) fn log_q<'a>(&'a self, items: &'a [i64]) -> impl Iterator<Item = f32> + 'a {
        let items = if self.log_q.is_empty() { &[] } else { items };
        items.iter().map(|&item| self.log_q[item as usize])
    }

    /// The targets of a whole batch, as the negatives of its rows.
    pub(super) fn of_batch(&self, users: &[i64], targets: &[i64]) -> Option<OthersTargets> {
        if !self.is_in_batch {
            return None;
        }
        // By item, its last place among the targets; by place, the place before.
        let mut last = vec![NONE; self.n_items as usize];
        let before: Vec<u32> = (0..)
            .zip(targets)
            .map(|(place, &item)| std::mem::replace(&mut last[item as usize], place))
            .collect();
        let mut hits = Vec::new();
        for (row, &user) in users.iter().enumerate() {
            for &item in self.seen.items_of(user as usize) {
                let mut place = last[item as usize];
                while place != NONE {
                    hits.push((row * targets.len()) as i64 + i64::from(place));
                    place = before[place as usize];
                }
            }
        }
        hits.sort_unstable();
        Some(OthersTargets { items: targets.to_vec(), log_q: self.log_q(targets).collect(), hits })
    }
}

const NONE: u32 = u32::MAX;

/// ln of the probabilities of a mixture with uniform draws. Items that training never meets may be targets of
/// validation: they count as met once.
fn log_probabilities(by_popularity: &[f64], uniform_share: f64) -> Vec<f32> {
    let uniform = (by_popularity.len() as f64).recip();
    let least = by_popularity.iter().copied().filter(|&p| p > 0.0).fold(1.0, f64::min);
    let mixed = |&p: &f64| uniform_share * uniform + (1.0 - uniform_share) * p.max(least);
    by_popularity.iter().map(|p| mixed(p).ln() as f32).collect()
}

/// The targets of a whole batch before they become tensors. A part of the batch keeps them all, so that its rows have
/// the same negatives.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct OthersTargets {
    items: Vec<i64>,
    log_q: Vec<f32>,
    /// Where the user of row `i` has target `j` in the training part: `i · m + j`, ascending.
    hits: Vec<i64>,
}

impl OthersTargets {
    /// For some rows of the batch alone.
    pub(super) fn part(&self, rows: &Range<usize>) -> Self {
        let m = self.items.len();
        let place = |row: usize| self.hits.partition_point(|&hit| (hit as usize) < row * m);
        let hits = &self.hits[place(rows.start)..place(rows.end)];
        let hits = hits.iter().map(|hit| hit - (rows.start * m) as i64).collect();
        Self { hits, ..self.clone() }
    }

    /// For pairs with `targets` `[n]`, the row of each in `rows_of_pairs` `[n]`, or each a row.
    pub(super) fn to_device(
        &self,
        n_rows: usize,
        targets: &Tensor,
        rows_of_pairs: Option<&Tensor>,
        device: Device,
    ) -> InBatch {
        let items = Tensor::from_slice(&self.items).to_device(device);
        let shape = [n_rows as i64, self.items.len() as i64];
        let has_met = Tensor::zeros(shape, (Kind::Bool, device));
        let hits = Tensor::from_slice(&self.hits).to_device(device);
        let _ = has_met.view([-1]).index_fill_(0, &hits, 1);
        let has_met =
            rows_of_pairs.map_or(has_met.shallow_clone(), |rows| has_met.index_select(0, rows));
        // A target of validation is not met in training, and no negative of its own either.
        let is_hit = has_met.logical_or(&targets.unsqueeze(1).eq_tensor(&items));
        InBatch { items, log_q: Tensor::from_slice(&self.log_q).to_device(device), is_hit }
    }
}

/// The targets of a whole batch on the device, as the negatives of its pairs.
#[derive(Debug)]
pub struct InBatch {
    /// `[m]`.
    pub items: Tensor,
    /// ln of the probability of each as a target, `[m]`.
    pub log_q: Tensor,
    /// Whether an item is the pair's own target or one that its user has in the training part, `[n, m]`.
    pub is_hit: Tensor,
}
