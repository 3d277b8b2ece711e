//! How a gradient-trained model is fitted: one struct, shared by every such model.
//!
//! Its fields and a model's own hyperparameters share one namespace in a spec, so that `grid:` can name either.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Settings of gradient training. A model gives its own defaults; a spec overrides them, for all models under
/// `training:` or for one under `params:` and `grid:`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// The most epochs to train.
    #[schemars(range(min = 1, max = 100_000))]
    pub epochs: u32,
    /// Rows of a training step: interactions, or sequences for the models that read sequences.
    #[schemars(range(min = 1, max = 1_048_576))]
    pub batch_size: u32,
    /// The update rule.
    pub optimizer: Optimizer,
    /// Step size.
    #[schemars(range(min = 1e-9, max = 100.0))]
    pub learning_rate: f64,
    /// L2 penalty (sgd, adam) or decoupled decay (adamw).
    #[schemars(range(min = 0.0, max = 10.0))]
    pub weight_decay: f64,
    /// Heavy-ball momentum of sgd; the others ignore it.
    #[schemars(range(min = 0.0, max = 0.9999))]
    pub momentum: f64,
    /// What is minimised.
    pub loss: Loss,
    /// Items drawn per positive for bce, bpr and `sampled_cross_entropy`.
    #[schemars(range(min = 1, max = 65_536))]
    pub n_negatives: u32,
    /// How many validations in a row may fail to improve before training stops; 0 never stops early.
    #[schemars(range(min = 0, max = 100_000))]
    pub patience: u32,
    /// Epochs between validations.
    #[schemars(range(min = 1, max = 100_000))]
    pub eval_every: u32,
    /// Largest allowed norm of the whole gradient; 0 does not clip.
    #[schemars(range(min = 0.0, max = 1e9))]
    pub clip_norm: f64,
}

impl Default for Training {
    fn default() -> Self {
        Self {
            epochs: 100,
            batch_size: 2048,
            optimizer: Optimizer::Adam,
            learning_rate: 1e-3,
            weight_decay: 0.0,
            momentum: 0.0,
            loss: Loss::CrossEntropy,
            n_negatives: 1,
            patience: 10,
            eval_every: 1,
            clip_norm: 0.0,
        }
    }
}

/// The update rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Optimizer {
    /// Stochastic gradient descent, with momentum if asked.
    Sgd,
    /// Adam (Kingma and Ba, ICLR 2015).
    Adam,
    /// Adam with decoupled weight decay (Loshchilov and Hutter, ICLR 2019).
    Adamw,
}

/// What training minimises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// Mean squared error of a rating.
    Mse,
    /// Binary cross-entropy of a positive and its drawn negatives.
    Bce,
    /// Bayesian personalised ranking: -ln sigmoid(positive - negative) (Rendle et al., UAI 2009).
    Bpr,
    /// Softmax cross-entropy over the whole catalogue.
    CrossEntropy,
    /// Softmax cross-entropy over the positive and its drawn negatives.
    SampledCrossEntropy,
}
