//! Matrix factorisation: `score(u, i) = p_u · q_i + b_i`, by default with the BPR loss
//! (Rendle et al., UAI 2009, <https://arxiv.org/abs/1205.2618>).

use bakeoff_data::Dataset;
use bakeoff_spec::{Loss, Plugin, Task, Training};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::error::ModelError;
use crate::model::{Built, ModelPlugin, Setting};
use crate::network::{PairScorer, dot, lookup};
use crate::parameters::{Init, Parameters};

/// Hyperparameters of [`BprMf`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Width of the factors.
    #[schemars(range(min = 1, max = 4096))]
    pub embedding_dim: usize,
    /// Whether items have a bias of their own.
    pub item_bias: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self { embedding_dim: 64, item_bias: false }
    }
}

/// The model's registration.
#[derive(Debug)]
pub struct BprMf;

impl Plugin for BprMf {
    const NAME: &'static str = "bpr_mf";
    const ABOUT: &'static str = "Matrix factorisation with the BPR loss (Rendle et al., 2009).";
    type Params = Config;
}

impl ModelPlugin for BprMf {
    const TASKS: &'static [Task] = &[Task::TopN];

    fn training(_task: Task) -> Option<Training> {
        Some(Training { loss: Loss::Bpr, ..Training::default() })
    }

    fn losses(_task: Task) -> &'static [Loss] {
        &[Loss::Bpr, Loss::Bce, Loss::SampledCrossEntropy, Loss::CrossEntropy]
    }

    fn build(config: &Config, data: &Dataset, setting: &Setting) -> Result<Built, ModelError> {
        let (n_users, n_items) = (data.n_users() as i64, data.n_items() as i64);
        let d = config.embedding_dim as i64;
        let mut p = Parameters::on(setting.device);
        // As for a linear layer that maps ids to factors, and small enough that training starts near 0.
        let init = |n: i64| Init::Normal((2.0 / (n + d) as f64).sqrt());
        let users = p.add("users", &[n_users, d], init(n_users));
        let items = p.add("items", &[n_items, d], init(n_items));
        let bias = config.item_bias.then(|| p.add("item_bias", &[n_items, 1], Init::Constant(0.0)));
        p.flatten();
        Ok(Built::Network(Box::new(Factors { users, items, bias, parameters: p })))
    }
}

struct Factors {
    users: Tensor,        // [n_users, d]
    items: Tensor,        // [n_items, d]
    bias: Option<Tensor>, // [n_items, 1]
    parameters: Parameters,
}

impl PairScorer for Factors {
    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn scores(&self, users: &Tensor, items: &Tensor, _train: bool) -> Tensor {
        let scores = dot(&lookup(&self.users, users), &lookup(&self.items, items)); // [b, m]
        match &self.bias {
            Some(bias) => scores + lookup(bias, items).squeeze_dim(2),
            None => scores,
        }
    }

    fn scores_of_each(&self, users: &Tensor, items: &Tensor, _train: bool) -> Tensor {
        let (p, q) = (lookup(&self.users, users), lookup(&self.items, items).tr());
        match &self.bias {
            Some(bias) => lookup(bias, items).tr().addmm(&p, &q),
            None => p.mm(&q),
        }
    }

    fn score_all(&self, users: &Tensor) -> Tensor {
        let p = lookup(&self.users, users); // [b, d]
        match &self.bias {
            Some(bias) => bias.tr().addmm(&p, &self.items.tr()),
            None => p.mm(&self.items.tr()),
        }
    }
}
