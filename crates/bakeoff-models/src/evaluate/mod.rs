//! Scoring a fitted model on validation or test.
//!
//! Ranking is full: every item that the user has not seen competes. What counts as seen, and what a sequence model
//! reads, is all that happened before: at validation the training part, at test the training and validation parts.
//! Where the trial asks for sampled ranking, the targets and a few drawn items compete instead.
//! Ratings are predicted for every row and clipped to the range of the training ratings, for all models alike.

mod candidates;
mod histories;
mod ranks;

use bakeoff_data::{Dataset, Part};
use bakeoff_metrics::{Evaluation, RankedUser, RankingEvaluator, evaluate_ratings};
use bakeoff_spec::{Task, Trial};
use rayon::prelude::*;
use tch::{Device, Tensor, no_grad};

use self::candidates::Candidates;
use self::histories::Histories;
use self::ranks::{Ranks, ranks_among, ranks_among_on_device, ranks_of_row, ranks_on_device};
use crate::error::ModelError;
use crate::memory::floats;
use crate::model::{Built, Direct};
use crate::network::{Network, Queries};
use crate::seen::Seen;
use crate::training::feed::Feed;

/// One part of a dataset, ready to score any number of models on.
#[derive(Debug)]
pub struct Evaluator<'a> {
    trial: &'a Trial,
    data: &'a Dataset,
    part: Part<'a>,
    histories: Histories,
    seen: Seen,
    /// `None` where all unseen items compete.
    candidates: Option<Candidates>,
    micro_batches: usize,
}

impl<'a> Evaluator<'a> {
    /// Scores on the validation part.
    pub fn valid(trial: &'a Trial, data: &'a Dataset) -> Self {
        Self::new(trial, data, &[data.fold_in(), data.train()], ("valid", data.valid()))
    }

    /// Scores on the test part.
    pub fn test(trial: &'a Trial, data: &'a Dataset) -> Self {
        Self::new(trial, data, &[data.fold_in(), data.train(), data.valid()], ("test", data.test()))
    }

    fn new(
        trial: &'a Trial,
        data: &'a Dataset,
        before: &[Part<'_>],
        (name, part): (&str, Part<'a>),
    ) -> Self {
        let (histories, seen) = (Histories::of(before), Seen::of(before));
        let sampled = trial.candidates.as_ref();
        let candidates = sampled.map(|sampled| Candidates::of(sampled, data, name, part));
        Self { trial, data, part, histories, seen, candidates, micro_batches: 1 }
    }

    /// The items that a user's targets are ranked among, ascending, in sampled ranking; the targets not included.
    pub fn candidates_of(&self, user: u32) -> Option<&[u32]> {
        self.candidates.as_ref().map(|candidates| candidates.of_user(user))
    }

    /// Scores as many times fewer users or rows at a time, where memory is short.
    #[must_use]
    pub fn in_parts(self, micro_batches: u32) -> Self {
        Self { micro_batches: micro_batches.max(1) as usize, ..self }
    }

    /// Every metric of the trial, and the selecting one by user (ranking) or row (ratings).
    ///
    /// # Errors
    /// [`ModelError::Metric`] when the part has nothing to score.
    pub fn evaluate(&self, model: &Built) -> Result<Evaluation, ModelError> {
        match model {
            Built::Direct(model) => self.evaluate_direct(model.as_ref()),
            Built::Network(network) => self.evaluate_network(network.as_ref()),
        }
    }

    /// The same for a network in training.
    ///
    /// # Errors
    /// As [`Self::evaluate`].
    pub fn evaluate_network(&self, network: &dyn Network) -> Result<Evaluation, ModelError> {
        no_grad(|| match self.trial.task {
            Task::TopN => self.mean_over_users(&self.rank_network(network)),
            Task::Rating => self.errors_over_rows(&self.rate_network(network)),
        })
    }

    fn evaluate_direct(&self, model: &dyn Direct) -> Result<Evaluation, ModelError> {
        match self.trial.task {
            Task::TopN => {
                let users = self.users();
                let rank = |scores: &mut Vec<f32>, &user: &u32| {
                    model.score_all(user, self.histories.of_user(user), scores);
                    self.ranks(scores, user)
                };
                let scratch = || vec![0.0; self.data.n_items()];
                let ranks: Vec<Ranks> = users.par_iter().map_init(scratch, rank).collect();
                self.mean_over_users(&ranks)
            }
            Task::Rating => {
                let rows = self.rows();
                let predictions: Vec<f32> =
                    rows.par_iter().map(|&(user, item)| model.rate(user, item)).collect();
                self.errors_over_rows(&predictions)
            }
        }
    }

    /// The users with something to predict, ascending.
    fn users(&self) -> Vec<u32> {
        let users = 0..self.part.n_users() as u32;
        users.filter(|&user| !self.targets(user).is_empty()).collect()
    }

    fn targets(&self, user: u32) -> &[u32] {
        self.part.items_of(user as usize)
    }

    fn seen(&self, user: u32) -> &[u32] {
        self.seen.items_of(user as usize)
    }

    /// The ranks of one user's targets, from the scores `[n_items]`.
    fn ranks(&self, scores: &[f32], user: u32) -> Ranks {
        match self.candidates_of(user) {
            Some(candidates) => ranks_among(scores, candidates, self.targets(user)),
            None => ranks_of_row(scores, self.seen(user), self.targets(user)),
        }
    }

    /// The same of a block of users, from scores `[b, n_items]` on a device.
    fn ranks_on_device(&self, scores: &Tensor, users: &[u32]) -> Vec<Ranks> {
        let targets: Vec<&[u32]> = users.iter().map(|&user| self.targets(user)).collect();
        if let Some(candidates) = &self.candidates {
            let candidates: Vec<&[u32]> =
                users.iter().map(|&user| candidates.of_user(user)).collect();
            return ranks_among_on_device(scores, &candidates, &targets);
        }
        let seen: Vec<&[u32]> = users.iter().map(|&user| self.seen(user)).collect();
        ranks_on_device(scores, &seen, &targets)
    }

    /// The ranks of each user's targets, in the order of [`Self::users`].
    fn rank_network(&self, network: &dyn Network) -> Vec<Ranks> {
        let device = network.parameters().device();
        let users = self.users();
        // Users with histories of about the same length share a block, so that none pays for another's padding.
        let mut order: Vec<usize> = (0..users.len()).collect();
        let max_len = match network.feed() {
            Feed::Interactions => 0,
            Feed::Sequences { max_len } => max_len,
        };
        order.sort_by_key(|&i| self.histories.of_user(users[i]).len().min(max_len));
        let mut ranks = vec![Ranks::default(); users.len()];
        for block in order.chunks(self.rows_of_block(device)) {
            let in_block: Vec<u32> = block.iter().map(|&i| users[i]).collect();
            let scores = network.score_all(&self.queries(&in_block, max_len, device));
            let of_block: Vec<Ranks> = if device == Device::Cpu {
                let scores = scores.contiguous();
                let rows = floats(&scores).par_chunks_exact(self.data.n_items());
                rows.zip(&in_block).map(|(row, &user)| self.ranks(row, user)).collect()
            } else {
                self.ranks_on_device(&scores, &in_block)
            };
            for (&i, of_user) in block.iter().zip(of_block) {
                ranks[i] = of_user;
            }
        }
        ranks
    }

    fn rows_of_block(&self, device: Device) -> usize {
        let floats = if device == Device::Cpu { CPU_BLOCK_FLOATS } else { DEVICE_BLOCK_FLOATS };
        let rows = (floats / self.data.n_items().max(1)).clamp(64, 4096);
        rows.div_ceil(self.micro_batches)
    }

    fn queries(&self, users: &[u32], max_len: usize, device: Device) -> Queries {
        let last = |&user: &u32| {
            let history = self.histories.of_user(user);
            &history[history.len() - history.len().min(max_len)..]
        };
        let inputs: Vec<&[u32]> = users.iter().map(last).collect();
        // A user without a history still has one input: padding.
        let width = inputs.iter().map(|items| items.len()).max().unwrap_or(0).max(1);
        let padding = self.data.n_items() as i64;
        let mut padded = vec![padding; users.len() * width];
        for (row, items) in padded.chunks_mut(width).zip(&inputs) {
            row.iter_mut().zip(*items).for_each(|(input, &item)| *input = i64::from(item));
        }
        let ends = inputs.iter().enumerate();
        let positions: Vec<i64> =
            ends.map(|(row, items)| (row * width + items.len().max(1) - 1) as i64).collect();
        let users: Vec<i64> = users.iter().map(|&user| i64::from(user)).collect();
        Queries {
            users: Tensor::from_slice(&users).to_device(device),
            inputs: Tensor::from_slice(&padded).view([-1, width as i64]).to_device(device),
            positions: Tensor::from_slice(&positions).to_device(device),
        }
    }

    fn mean_over_users(&self, ranks: &[Ranks]) -> Result<Evaluation, ModelError> {
        let mut evaluator = RankingEvaluator::new(&self.trial.metrics, &self.trial.select)?;
        for Ranks { ranks, n_candidates } in ranks {
            evaluator.add(&RankedUser { ranks, n_candidates: *n_candidates });
        }
        Ok(evaluator.finish()?)
    }

    /// The (user, item) of every row of the part, in its order.
    fn rows(&self) -> Vec<(u32, u32)> {
        let users = 0..self.part.n_users() as u32;
        users.flat_map(|user| self.targets(user).iter().map(move |&item| (user, item))).collect()
    }

    fn rate_network(&self, network: &dyn Network) -> Vec<f32> {
        let device = network.parameters().device();
        let mut predictions = Vec::with_capacity(self.part.n_interactions());
        for block in self.rows().chunks(RATING_BLOCK.div_ceil(self.micro_batches)) {
            let (users, items): (Vec<i64>, Vec<i64>) =
                block.iter().map(|&(user, item)| (i64::from(user), i64::from(item))).unzip();
            let ids = |ids: &[i64]| Tensor::from_slice(ids).to_device(device);
            let rated =
                network.rate(&ids(&users), &ids(&items)).to_device(Device::Cpu).contiguous();
            predictions.extend_from_slice(floats(&rated));
        }
        predictions
    }

    fn errors_over_rows(&self, predictions: &[f32]) -> Result<Evaluation, ModelError> {
        let clip = |rating: f32| match self.data.rating_range() {
            Some((low, high)) => rating.clamp(low, high),
            None => rating,
        };
        let predictions: Vec<f32> = predictions.iter().copied().map(clip).collect();
        let Trial { metrics, select, .. } = self.trial;
        Ok(evaluate_ratings(metrics, select, &predictions, &self.part.ratings.to_vec())?)
    }
}

/// Scores of one block of users on the CPU: 4 MiB, so that ranking finds them still in cache.
const CPU_BLOCK_FLOATS: usize = 1 << 20;
/// On a card: 256 MiB, enough to keep it busy.
const DEVICE_BLOCK_FLOATS: usize = 1 << 26;
/// Rows whose ratings are predicted at a time.
const RATING_BLOCK: usize = 1 << 14;
