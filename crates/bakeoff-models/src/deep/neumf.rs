//! `NeuMF`: a generalised matrix factorisation beside a multi-layer perceptron, each with embeddings of its own
//! (He et al., WWW 2017, <https://arxiv.org/abs/1708.05031>). Trained from scratch, without the paper's pre-training.

use bakeoff_data::Dataset;
use bakeoff_spec::{Loss, Plugin, Task, Training};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::error::ModelError;
use crate::layers::pair_mlp::PairMlp;
use crate::model::{Built, ModelPlugin, Setting};
use crate::network::{PairScorer, dot, lookup};
use crate::parameters::{Init, Parameters};

/// Hyperparameters of [`NeuMf`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Width of the embeddings of both halves.
    #[schemars(range(min = 1, max = 4096))]
    pub embedding_dim: usize,
    /// Widths of the hidden layers.
    #[schemars(length(min = 1, max = 16), inner(range(min = 1, max = 16384)))]
    pub layers: Vec<usize>,
    /// Share of values dropped after each hidden layer.
    #[schemars(range(min = 0.0, max = 0.95))]
    pub dropout: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self { embedding_dim: 64, layers: vec![128, 64], dropout: 0.1 }
    }
}

/// The model's registration.
#[derive(Debug)]
pub struct NeuMf;

impl Plugin for NeuMf {
    const NAME: &'static str = "neumf";
    const ABOUT: &'static str = "Matrix factorisation beside a perceptron (He et al., 2017).";
    type Params = Config;
}

impl ModelPlugin for NeuMf {
    const TASKS: &'static [Task] = &[Task::TopN];

    fn training(_task: Task) -> Option<Training> {
        Some(Training { loss: Loss::Bce, ..Training::default() })
    }

    fn losses(_task: Task) -> &'static [Loss] {
        &[Loss::Bce, Loss::Bpr, Loss::SampledCrossEntropy]
    }

    fn build(config: &Config, data: &Dataset, setting: &Setting) -> Result<Built, ModelError> {
        let (n_users, n_items) = (data.n_users() as i64, data.n_items() as i64);
        let d = config.embedding_dim as i64;
        let mut p = Parameters::on(setting.device);
        let embedding = Init::Normal(0.01); // as in the authors' code
        let factor_users = p.add("factor_users", &[n_users, d], embedding);
        let factor_items = p.add("factor_items", &[n_items, d], embedding);
        let users = p.add("users", &[n_users, d], embedding);
        let items = p.add("items", &[n_items, d], embedding);
        let mlp = PairMlp::new(&mut p, (d, d), &config.layers, config.dropout);
        let last = config.layers.last().map_or(0, |&width| width as i64);
        let init = Init::Uniform((3.0 / (d + last) as f64).sqrt()); // LeCun uniform over both halves
        let factor_weight = p.add("factor_weight", &[d], init);
        let mlp_weight = p.add("mlp_weight", &[last], init);
        let bias = p.add("bias", &[1], Init::Constant(0.0));
        p.flatten();
        Ok(Built::Network(Box::new(TwoTowers {
            factor_users,
            factor_items,
            users,
            items,
            mlp,
            factor_weight,
            mlp_weight,
            bias,
            parameters: p,
        })))
    }
}

struct TwoTowers {
    factor_users: Tensor, // [n_users, d]
    factor_items: Tensor, // [n_items, d]
    users: Tensor,        // [n_users, d]
    items: Tensor,        // [n_items, d]
    mlp: PairMlp,
    factor_weight: Tensor, // [d]
    mlp_weight: Tensor,    // [last width]
    bias: Tensor,          // [1]
    parameters: Parameters,
}

impl TwoTowers {
    /// The factorisation's user side with its output weights, `[b, d]`.
    fn weighted_users(&self, users: &Tensor) -> Tensor {
        lookup(&self.factor_users, users) * &self.factor_weight
    }
}

impl PairScorer for TwoTowers {
    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn scores(&self, users: &Tensor, items: &Tensor, train: bool) -> Tensor {
        let factors = lookup(&self.factor_items, items); // [b, m, d]
        let linear = dot(&self.weighted_users(users), &factors);
        let hidden = self.mlp.pairs((&self.users, users), (&self.items, items), train);
        linear + hidden.matmul(&self.mlp_weight) + &self.bias
    }

    fn score_all(&self, users: &Tensor) -> Tensor {
        let linear = self.weighted_users(users).mm(&self.factor_items.tr()); // [b, n_items]
        let score = |hidden: &Tensor| hidden.matmul(&self.mlp_weight);
        linear + self.mlp.all_pairs((&self.users, users), &self.items, score) + &self.bias
    }
}
