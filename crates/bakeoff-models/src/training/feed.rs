//! What the training loop draws batches from: interactions one by one, or whole sequences.
//!
//! Batches are assembled as plain numbers, on a thread of their own and ahead of the step, and become tensors at it.

use std::ops::Range;

use bakeoff_data::{Dataset, Part};
use bakeoff_spec::{Loss, Training};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus as Rng;
use tch::{Device, Tensor, no_grad};

use super::loss::{LossValue, sampled_loss};
pub use super::negatives::InBatch;
use super::negatives::{Negatives, OthersTargets};
use super::stretches::{self, Stretch};

/// How a network wants its training data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feed {
    /// One (user, item) at a time.
    Interactions,
    /// Stretches of at most this many inputs of a user's sequence, each input with the next item as its target.
    Sequences {
        /// The longest stretch.
        max_len: usize,
    },
}

/// One training step's data on the device.
#[derive(Debug)]
pub struct Batch {
    /// `[b]`.
    pub users: Tensor,
    /// `[n, 1 + n_drawn]`: the target first, then items drawn against it. `n` is `b` for interactions.
    pub items: Tensor,
    /// Of so many drawn items in turn, the one that scores highest is the negative.
    pub n_candidates: usize,
    /// ln of the probability of each of `items`, where the loss corrects for it.
    pub log_q: Option<Tensor>,
    /// The targets of the whole batch, where they are the negatives.
    pub in_batch: Option<InBatch>,
    /// `[n]`; interactions only.
    pub ratings: Tensor,
    /// `[b, len]`, padded at the end with `n_items`; sequences only.
    pub inputs: Tensor,
    /// `[n]`: where in the flattened `[b · len]` inputs each target's context ends; sequences only.
    pub positions: Tensor,
}

impl Batch {
    /// The items with, of those drawn, the negatives alone, `[n, 1 + n_negatives]`; `score` gives the model's scores
    /// `[n, m]` of items `[n, m]`, without a gradient.
    pub(crate) fn hardest(&self, score: impl FnOnce(&Tensor) -> Tensor) -> Tensor {
        if self.n_candidates == 1 {
            return self.items.shallow_clone();
        }
        let n_drawn = self.items.size()[1] - 1;
        let drawn = self.items.narrow(1, 1, n_drawn);
        let groups = [self.items.size()[0], -1, self.n_candidates as i64];
        let best = no_grad(|| score(&drawn)).reshape(groups).argmax(2, true); // [n, n_negatives, 1]
        let hardest = drawn.reshape(groups).gather(2, &best, false).squeeze_dim(2);
        Tensor::cat(&[self.items.narrow(1, 0, 1), hardest], 1)
    }

    /// The loss of the `scores` `[n, 1 + n_negatives]` of the target and the drawn items; `score_each` gives the scores
    /// `[n, m]` of every item of `[m]` for every pair.
    pub(crate) fn loss(
        &self,
        loss: Loss,
        scores: Tensor,
        score_each: impl FnOnce(&Tensor) -> Tensor,
    ) -> LossValue {
        let scores = match &self.log_q {
            Some(log_q) => scores - log_q,
            None => scores,
        };
        let Some(others) = &self.in_batch else { return sampled_loss(loss, &scores) };
        let negative = score_each(&others.items) - &others.too_high; // [n, m]
        sampled_loss(loss, &Tensor::cat(&[scores, negative], 1))
    }
}

/// Numbers of one step, before they become tensors.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RawBatch {
    users: Vec<i64>,
    items: Vec<i64>,
    ratings: Vec<f32>,
    inputs: Vec<i64>,
    positions: Vec<i64>,
    width: usize,
    n_drawn: usize,
    n_candidates: usize,
    log_q: Vec<f32>,
    others: Option<OthersTargets>,
}

impl RawBatch {
    /// Copies the numbers to a device.
    pub fn to_device(&self, device: Device) -> Batch {
        let ids = |ids: &[i64]| Tensor::from_slice(ids).to_device(device);
        let shape = [-1, 1 + self.n_drawn as i64];
        let (items, positions) = (ids(&self.items).view(shape), ids(&self.positions));
        let in_batch = self.others.as_ref().map(|others| {
            let width = self.width as i64;
            let rows = (width > 0).then(|| positions.divide_scalar_mode(width, "floor"));
            others.to_device(self.users.len(), &self.items, rows.as_ref(), device)
        });
        let log_q = || Tensor::from_slice(&self.log_q).view(shape).to_device(device);
        Batch {
            users: ids(&self.users),
            items,
            n_candidates: self.n_candidates,
            log_q: (!self.log_q.is_empty()).then(log_q),
            in_batch,
            ratings: Tensor::from_slice(&self.ratings).to_device(device),
            inputs: ids(&self.inputs).view([self.users.len() as i64, self.width as i64]),
            positions,
        }
    }

    /// How many (context, target) losses the step takes.
    pub fn n_pairs(&self) -> usize {
        self.items.len() / (1 + self.n_drawn)
    }

    /// The same rows in `n_parts` batches of about equal size, or one a row where there are fewer rows.
    pub fn split(self, n_parts: usize) -> Vec<Self> {
        let n_rows = self.users.len();
        let n_parts = n_parts.min(n_rows);
        if n_parts <= 1 {
            return vec![self];
        }
        let bound = |part: usize| part * n_rows / n_parts;
        (0..n_parts).map(|part| self.part(bound(part)..bound(part + 1))).collect()
    }

    fn part(&self, rows: Range<usize>) -> Self {
        let inputs = rows.start * self.width..rows.end * self.width;
        // Positions ascend, and interactions have none: there, a row is a pair.
        let pair = |input: usize| self.positions.partition_point(|&at| (at as usize) < input);
        let pairs = match self.width {
            0 => rows.clone(),
            _ => pair(inputs.start)..pair(inputs.end),
        };
        let each = 1 + self.n_drawn;
        let items = pairs.start * each..pairs.end * each;
        let positions = self.positions.get(pairs.clone()).unwrap_or_default();
        Self {
            users: self.users[rows.clone()].to_vec(),
            items: self.items[items.clone()].to_vec(),
            log_q: self.log_q.get(items).unwrap_or_default().to_vec(),
            others: self.others.as_ref().map(|others| others.part(&rows)),
            ratings: self.ratings.get(rows).unwrap_or_default().to_vec(),
            inputs: self.inputs[inputs.clone()].to_vec(),
            positions: positions.iter().map(|at| at - inputs.start as i64).collect(),
            width: self.width,
            n_drawn: self.n_drawn,
            n_candidates: self.n_candidates,
        }
    }
}

/// Assembles the batches of one network.
#[derive(Debug)]
pub struct Feeder<'a> {
    data: &'a Dataset,
    negatives: Negatives,
    feed: Feed,
    /// Interactions or sequences of a step.
    rows: usize,
}

impl<'a> Feeder<'a> {
    /// A feeder over the training part of `data`.
    pub fn new(data: &'a Dataset, feed: Feed, training: &Training) -> Self {
        let negatives = Negatives::new(data, feed, training);
        Self { data, negatives, feed, rows: training.batch_size as usize }
    }

    /// Passes the batches of one epoch to `send`, until it returns false. A seed gives the same batches always.
    pub fn epoch(&self, seed: u64, mut send: impl FnMut(RawBatch) -> bool) {
        let mut rng = Rng::seed_from_u64(seed);
        let train = self.data.train();
        match self.feed {
            Feed::Interactions => {
                let owners = owners(train);
                let mut rows: Vec<u32> = (0..owners.len() as u32).collect();
                rows.shuffle(&mut rng);
                rows.chunks(self.rows)
                    .all(|rows| send(self.interactions(train, &owners, rows, &mut rng)));
            }
            Feed::Sequences { max_len } => {
                let mut cuts = stretches::cut(train, max_len, &mut rng);
                stretches::bucket(&mut cuts, self.rows, &mut rng)
                    .into_iter()
                    .all(|rows| send(self.stretches(rows, &mut rng)));
            }
        }
    }

    /// The validation pairs, with the negatives that `seed` draws.
    pub fn validation(&self, seed: u64) -> Vec<RawBatch> {
        let mut rng = Rng::seed_from_u64(seed);
        let (train, valid) = (self.data.train(), self.data.valid());
        let owners = owners(valid);
        match self.feed {
            Feed::Interactions => {
                let rows: Vec<u32> = (0..owners.len() as u32).collect();
                let batch = |rows| self.interactions(valid, &owners, rows, &mut rng);
                rows.chunks(self.rows).map(batch).collect()
            }
            Feed::Sequences { max_len } => {
                let mut rows: Vec<(Stretch, u32)> = owners
                    .iter()
                    .zip(valid.items)
                    .map(|(&user, &target)| {
                        (stretches::last(user, train.items_of(user as usize), max_len), target)
                    })
                    .filter(|(stretch, _)| stretch.len > 0)
                    .collect();
                rows.sort_by_key(|(stretch, _)| stretch.len);
                rows.chunks(self.rows).map(|rows| self.last_targets(rows, &mut rng)).collect()
            }
        }
    }

    fn interactions(
        &self,
        part: Part<'_>,
        owners: &[u32],
        rows: &[u32],
        rng: &mut Rng,
    ) -> RawBatch {
        let mut batch = self.empty();
        batch.items.reserve(rows.len() * (1 + batch.n_drawn));
        for &row in rows {
            let user = owners[row as usize];
            batch.users.push(i64::from(user));
            batch.ratings.push(part.ratings.get(row as usize));
            self.push_target(&mut batch, user, part.items[row as usize], rng);
        }
        self.finished(batch)
    }

    fn stretches(&self, rows: &[Stretch], rng: &mut Rng) -> RawBatch {
        let mut batch = self.padded_inputs(rows);
        for (row, stretch) in rows.iter().enumerate() {
            let items = self.data.train().items_of(stretch.user as usize);
            for i in 0..stretch.len as usize {
                batch.positions.push((row * batch.width + i) as i64);
                self.push_target(
                    &mut batch,
                    stretch.user,
                    items[stretch.start as usize + i + 1],
                    rng,
                );
            }
        }
        self.finished(batch)
    }

    fn last_targets(&self, rows: &[(Stretch, u32)], rng: &mut Rng) -> RawBatch {
        let stretches: Vec<Stretch> = rows.iter().map(|&(stretch, _)| stretch).collect();
        let mut batch = self.padded_inputs(&stretches);
        for (row, &(stretch, target)) in rows.iter().enumerate() {
            batch.positions.push((row * batch.width + stretch.len as usize - 1) as i64);
            self.push_target(&mut batch, stretch.user, target, rng);
        }
        self.finished(batch)
    }

    fn padded_inputs(&self, rows: &[Stretch]) -> RawBatch {
        let width = rows.iter().map(|stretch| stretch.len).max().unwrap_or(0) as usize;
        let mut inputs = vec![self.data.n_items() as i64; rows.len() * width];
        for (stretch, inputs) in rows.iter().zip(inputs.chunks_mut(width.max(1))) {
            let items =
                &self.data.train().items_of(stretch.user as usize)[stretch.start as usize..];
            for (input, &item) in inputs.iter_mut().zip(&items[..stretch.len as usize]) {
                *input = i64::from(item);
            }
        }
        RawBatch {
            users: rows.iter().map(|stretch| i64::from(stretch.user)).collect(),
            inputs,
            width,
            ..self.empty()
        }
    }

    fn empty(&self) -> RawBatch {
        let Negatives { n_drawn, n_candidates, .. } = self.negatives;
        RawBatch { n_drawn, n_candidates, ..RawBatch::default() }
    }

    fn push_target(&self, batch: &mut RawBatch, user: u32, target: u32, rng: &mut Rng) {
        batch.items.push(i64::from(target));
        for _ in 0..batch.n_drawn {
            batch.items.push(i64::from(self.negatives.draw(user, target, rng)));
        }
    }

    /// With what can be told once all targets are there.
    fn finished(&self, mut batch: RawBatch) -> RawBatch {
        batch.log_q.extend(self.negatives.log_q(&batch.items));
        batch.others = self.negatives.of_batch(&batch.users, &batch.items);
        batch
    }
}

/// The user of every interaction of a part.
fn owners(part: Part<'_>) -> Vec<u32> {
    let mut owners = vec![0; part.n_interactions()];
    for (user, bounds) in part.offsets.windows(2).enumerate() {
        owners[bounds[0] as usize..bounds[1] as usize].fill(user as u32);
    }
    owners
}
