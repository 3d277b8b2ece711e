//! How a fit went, and what it goes on from.

use bakeoff_spec::CurvePoint;
use rand_xoshiro::Xoshiro256PlusPlus as Rng;
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

/// How a training went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// One point an epoch.
    pub curve: Vec<CurvePoint>,
    /// The epoch with the best validation value, from 1; 0 before the first.
    pub best_epoch: u32,
    /// (context, target) losses of an epoch.
    pub pairs_per_epoch: u64,
    /// Seconds of the whole, validation included, and those before a checkpoint that it went on from.
    pub secs: f64,
    /// The epoch of a shorter fit that it went on from; 0 for none.
    pub resumed_epoch: u32,
    /// The most parts that its batches were split into.
    pub micro_batches: u32,
}

/// All that a fit needs to go on after an epoch: as it stands where more epochs are to come, so without the validation
/// that its last epoch gets in any case.
#[derive(Debug)]
pub struct State {
    /// What is not a tensor.
    pub progress: Progress,
    /// Weights after the last step, `[n_params]`.
    pub weights: Tensor,
    /// Weights of the best epoch, `[n_params]`; `None` before the first validation.
    pub best_weights: Option<Tensor>,
    /// Moments of the optimizer; empty where its rule has none.
    pub moments: [Tensor; 2],
}

/// The numbers of a [`State`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The fit so far.
    pub fit: Fit,
    /// The best validation value.
    pub best: Option<f64>,
    /// Validations since then.
    pub stale: u32,
    /// Steps of the optimizer.
    pub steps: i64,
    /// Where the generator of dropout masks stands. On a card it is libtorch's own, which each epoch seeds anew.
    pub dropout: Rng,
}

const WEIGHTS: &str = "resume.weights";
const BEST: &str = "resume.best";
pub(crate) const MOMENTS: [&str; 2] = ["resume.first", "resume.second"];

impl State {
    /// The tensors under the names that a checkpoint keeps them by.
    pub(crate) fn tensors(&self) -> Vec<(&'static str, &Tensor)> {
        let best = self.best_weights.iter().map(|best| (BEST, best));
        let rest = std::iter::once((WEIGHTS, &self.weights)).chain(best);
        rest.chain(MOMENTS.into_iter().zip(&self.moments)).collect()
    }

    /// The state again, from the tensors that are kept beside a checkpoint's weights. Weights that are not kept apart
    /// equal those, and moments that are not kept are empty. `None` where a tensor is of another size.
    pub(crate) fn of_tensors(
        progress: Progress,
        weights: &Tensor,
        kept: impl Fn(&str) -> Option<Tensor>,
    ) -> Option<Self> {
        let or_weights = |name| kept(name).unwrap_or_else(|| weights.shallow_clone());
        let empty = || Tensor::empty([0], (Kind::Float, weights.device()));
        let state = Self {
            best_weights: progress.best.map(|_| or_weights(BEST)),
            weights: or_weights(WEIGHTS),
            moments: MOMENTS.map(|name| kept(name).unwrap_or_else(empty)),
            progress,
        };
        let is_sound = |tensor: &Tensor| [0, weights.numel()].contains(&tensor.numel());
        state.tensors().iter().all(|(_, tensor)| is_sound(tensor)).then_some(state)
    }
}
