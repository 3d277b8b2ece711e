//! The items that training holds against a target: drawn ones, or the targets of the batch's other rows.

use std::ops::Range;

use bakeoff_data::Dataset;
use bakeoff_spec::{Loss, Sampler, Training};
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus as Rng;
use tch::{Device, Tensor};

use super::feed::Feed;
use crate::alias::{AliasTable, counts};
use crate::seen::Seen;

/// Where the negatives of one training come from.
#[derive(Debug)]
pub(super) struct Negatives {
    seen: Seen,
    n_items: u32,
    /// Those of the training part: what it never shows is not what users have turned down.
    known: Vec<u32>,
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
        let counted = counts(data.train(), data.n_items(), 0);
        let known = (0..).zip(&counted).filter(|(_, n)| **n > 0.0).map(|(item, _)| item).collect();
        let popularity = match sampler {
            Sampler::Uniform | Sampler::Hard => None,
            Sampler::Popularity | Sampler::Mixed => {
                // 0 to the power 0 would be 1.
                let weight = |n: f64| if n > 0.0 { n.powf(training.popularity_power) } else { 0.0 };
                Some(counted.into_iter().map(weight).collect())
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
            known,
            n_drawn: n_negatives * n_candidates,
            n_candidates,
            popularity,
            uniform_share,
            is_in_batch,
            log_q,
        }
    }

    /// An item of the training part that the user does not have there, other than the target.
    pub(super) fn draw(&self, user: u32, target: u32, rng: &mut Rng) -> u32 {
        match &self.popularity {
            Some(table) if !rng.random_bool(self.uniform_share) => {
                self.seen.draw_unseen_from(user as usize, target, (table, &self.known), rng)
            }
            _ => self.seen.draw_unseen(user as usize, target, &self.known, rng),
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
        // An item that is the target of several rows takes one column, as probable as they are together.
        let mut items = targets.to_vec();
        items.sort_unstable();
        let (mut columns, mut log_q) = (vec![NONE; self.n_items as usize], Vec::new());
        for same in items.chunk_by(|a, b| a == b) {
            columns[same[0] as usize] = log_q.len() as u32;
            log_q.push(self.log_q[same[0] as usize] - (same.len() as f32).ln());
        }
        items.dedup();
        let mut hits = Vec::new();
        for (row, &user) in users.iter().enumerate() {
            let seen = self.seen.items_of(user as usize).iter().map(|&item| columns[item as usize]);
            let of_row = seen.filter(|&column| column != NONE);
            hits.extend(of_row.map(|column| (row * items.len()) as i64 + i64::from(column)));
        }
        Some(OthersTargets { items, log_q, hits })
    }
}

const NONE: u32 = u32::MAX;

/// ln of the probabilities of a mixture with uniform draws. Items that training never meets may be targets of
/// validation: they count as met once.
fn log_probabilities(by_popularity: &[f64], uniform_share: f64) -> Vec<f32> {
    let uniform = (by_popularity.iter().filter(|&&p| p > 0.0).count() as f64).recip();
    let least = by_popularity.iter().copied().filter(|&p| p > 0.0).fold(1.0, f64::min);
    let mixed = |&p: &f64| uniform_share * uniform + (1.0 - uniform_share) * p.max(least);
    by_popularity.iter().map(|p| mixed(p).ln() as f32).collect()
}

/// The targets of a whole batch before they become tensors. A part of the batch keeps them all, so that its rows have
/// the same negatives.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct OthersTargets {
    /// Ascending, each once, `[m]`.
    items: Vec<i64>,
    log_q: Vec<f32>,
    /// Where the user of row `i` has item `j` in the training part: `i · m + j`, ascending.
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

    /// For pairs with `targets` `[n]`, the row of each in `rows_of_pairs` `[n]`, or each a row of its own.
    pub(super) fn to_device(
        &self,
        n_rows: usize,
        targets: &[i64],
        rows_of_pairs: Option<&Tensor>,
        device: Device,
    ) -> InBatch {
        let place = |target| self.items.binary_search(target).expect("a target of the whole batch");
        let own: Vec<i64> = targets.iter().map(|target| place(target) as i64).collect();
        let log_q = Tensor::from_slice(&self.log_q).to_device(device);
        let mut too_high = log_q.repeat([n_rows as i64, 1]); // [b, m]
        let hits = Tensor::from_slice(&self.hits).to_device(device);
        let _ = too_high.view([-1]).index_fill_(0, &hits, f64::INFINITY);
        if let Some(rows) = rows_of_pairs {
            too_high = too_high.index_select(0, rows); // [n, m]
        }
        // A target of validation is not met in training, and no negative of its own either.
        let own = Tensor::from_slice(&own).unsqueeze(1).to_device(device);
        let _ = too_high.scatter_value_(1, &own, f64::INFINITY);
        InBatch { items: Tensor::from_slice(&self.items).to_device(device), too_high }
    }
}

/// The targets of a whole batch on the device, as the negatives of its pairs.
#[derive(Debug)]
pub struct InBatch {
    /// `[m]`.
    pub items: Tensor,
    /// How much too high the score of an item is for a pair, `[n, m]`: ln of the probability that a target of the batch
    /// is the item; ∞ where it is the pair's own target or one that its user has in the training part.
    pub too_high: Tensor,
}
