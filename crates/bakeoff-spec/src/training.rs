//! How a gradient-trained model is fitted: one struct, shared by every such model.
//!
//! Its fields and a model's own hyperparameters share one namespace in a spec, so that `grid:` can name either.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::registry::Params;

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
    /// Where the negatives of bce, bpr and `sampled_cross_entropy` come from.
    #[serde(default, skip_serializing_if = "Sampler::is_default")]
    pub sampler: Sampler,
    /// The samplers popularity and mixed draw an item by its training count to this power.
    #[serde(default = "popularity_power", skip_serializing_if = "is_popularity_power")]
    #[schemars(range(min = 0.0, max = 10.0))]
    pub popularity_power: f64,
    /// The share of uniform negatives of the sampler mixed; the rest are drawn by popularity.
    #[serde(default = "mixed_share", skip_serializing_if = "is_mixed_share")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub mixed_share: f64,
    /// Of how many drawn items the sampler hard keeps the one that scores highest.
    #[serde(default = "n_candidates", skip_serializing_if = "is_n_candidates")]
    #[schemars(range(min = 1, max = 65_536))]
    pub n_candidates: u32,
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
            sampler: Sampler::Uniform,
            popularity_power: popularity_power(),
            mixed_share: mixed_share(),
            n_candidates: n_candidates(),
            patience: 10,
            eval_every: 1,
            clip_norm: 0.0,
        }
    }
}

impl Training {
    /// Every setting by name, those too that are in no key while they have their default.
    pub fn params(&self) -> Params {
        let mut params = match json!(self) {
            Value::Object(settings) => settings.into_iter().collect(),
            _ => Params::new(),
        };
        params.extend([
            ("sampler".to_owned(), json!(self.sampler)),
            ("popularity_power".to_owned(), json!(self.popularity_power)),
            ("mixed_share".to_owned(), json!(self.mixed_share)),
            ("n_candidates".to_owned(), json!(self.n_candidates)),
        ]);
        params
    }

    /// Whether the loss can be taken of what the sampler gives.
    ///
    /// # Errors
    /// Why not, as the end of "`MODEL` refuses it: …".
    pub fn check(&self) -> Result<(), String> {
        let word = |value: Value| format!("`{}`", value.as_str().unwrap_or_default());
        let (sampler, loss) = (word(json!(self.sampler)), word(json!(self.loss)));
        match (self.sampler, self.loss) {
            (Sampler::Uniform, _) | (Sampler::InBatch, Loss::SampledCrossEntropy) => Ok(()),
            (_, Loss::Mse | Loss::CrossEntropy) => Err(format!(
                "the loss {loss} draws no negatives, so that it takes no sampler {sampler}"
            )),
            (Sampler::InBatch, _) => Err(format!(
                "the correction of the sampler {sampler} is for `sampled_cross_entropy`, not for the loss {loss}"
            )),
            (Sampler::Popularity | Sampler::Mixed | Sampler::Hard, _) => Ok(()),
        }
    }
}

fn popularity_power() -> f64 {
    0.75
}

fn mixed_share() -> f64 {
    0.5
}

fn n_candidates() -> u32 {
    10
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_popularity_power(value: &f64) -> bool {
    value.to_bits() == popularity_power().to_bits()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_mixed_share(value: &f64) -> bool {
    value.to_bits() == mixed_share().to_bits()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_n_candidates(value: &u32) -> bool {
    *value == n_candidates()
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

/// Where negatives come from. None is an item that the user has in the training part, nor the target.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sampler {
    /// All items alike.
    #[default]
    Uniform,
    /// Items by their training count to a power.
    Popularity,
    /// The targets of the batch's other rows, each score corrected by the item's probability of being one
    /// (Yi et al., `RecSys` 2019).
    InBatch,
    /// Some uniform, the others by popularity (Yang et al., WWW 2020).
    Mixed,
    /// The one of several uniform items that the model scores highest (Zhang et al., SIGIR 2013).
    Hard,
}

impl Sampler {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A store holds trials from before there were samplers.
    #[test]
    fn samplers_are_in_no_key_while_they_have_their_defaults() {
        let written = json!({
            "epochs": 100, "batch_size": 2048, "optimizer": "adam", "learning_rate": 0.001, "weight_decay": 0.0,
            "momentum": 0.0, "loss": "cross_entropy", "n_negatives": 1, "patience": 10, "eval_every": 1,
            "clip_norm": 0.0,
        });
        let training: Training = serde_json::from_value(written.clone()).unwrap();
        assert_eq!((&training, json!(training)), (&Training::default(), written));
        let changes = [
            ("sampler", json!("hard")),
            ("popularity_power", json!(1.0)),
            ("mixed_share", json!(0.1)),
            ("n_candidates", json!(5)),
        ];
        for (name, value) in changes {
            let mut changed = json!(training);
            changed[name] = value.clone();
            let changed: Training = serde_json::from_value(changed).unwrap();
            assert_eq!((&json!(changed)[name], &changed.params()[name]), (&value, &value));
            assert!(training.params().contains_key(name) && json!(training).get(name).is_none());
        }
    }
}
