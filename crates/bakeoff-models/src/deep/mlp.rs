//! A plain deep recommender: embeddings of user, item and their columns through hidden layers to one number
//! (the deep half of Cheng et al., DLRS 2016, <https://arxiv.org/abs/1606.07792>).
//!
//! For ratings the output starts at the training mean, and training is MSE with SGD by default.

use bakeoff_data::Dataset;
use bakeoff_spec::{Loss, Optimizer, Plugin, Task, Training};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::error::ModelError;
use crate::layers::entity::Entity;
use crate::layers::pair_mlp::PairMlp;
use crate::model::{Built, ModelPlugin, Setting};
use crate::network::PairScorer;
use crate::parameters::{Init, Parameters};

/// Hyperparameters of [`Mlp`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Width of user and item embeddings.
    #[schemars(range(min = 1, max = 4096))]
    pub embedding_dim: usize,
    /// Width of the first hidden layer; each further one is half as wide.
    #[schemars(range(min = 4, max = 16384))]
    pub width: usize,
    /// Hidden layers.
    #[schemars(range(min = 2, max = 16))]
    pub n_layers: usize,
    /// Share of values dropped after each hidden layer.
    #[schemars(range(min = 0.0, max = 0.95))]
    pub dropout: f64,
    /// Whether user and item columns are read beside the ids.
    pub columns: bool,
    /// Whether items have an embedding each. Without, they are told apart by their columns alone, so that those that
    /// training never meets are scored like all others; it goes with `columns: true`.
    pub item_ids: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            embedding_dim: 32,
            width: 64,
            n_layers: 2,
            dropout: 0.0,
            columns: false,
            item_ids: true,
        }
    }
}

/// The model's registration.
#[derive(Debug)]
pub struct Mlp;

impl Plugin for Mlp {
    const NAME: &'static str = "mlp";
    const ABOUT: &'static str =
        "Embeddings through at least two hidden layers, for ratings and for ranking.";
    const REVISION: u32 = 2;
    type Params = Config;

    fn check(config: &Config) -> Result<(), String> {
        if !config.item_ids && !config.columns {
            return Err(
                "item_ids: false leaves nothing to tell items apart; it needs columns: true".into(),
            );
        }
        Ok(())
    }
}

impl ModelPlugin for Mlp {
    const TASKS: &'static [Task] = &[Task::Rating, Task::TopN];

    fn training(task: Task) -> Option<Training> {
        Some(match task {
            Task::Rating => Training {
                loss: Loss::Mse,
                optimizer: Optimizer::Sgd,
                learning_rate: 0.02,
                momentum: 0.9,
                batch_size: 256,
                ..Training::default()
            },
            Task::TopN => Training { loss: Loss::Bce, ..Training::default() },
        })
    }

    fn losses(task: Task) -> &'static [Loss] {
        match task {
            Task::Rating => &[Loss::Mse],
            Task::TopN => &[Loss::Bce, Loss::Bpr, Loss::SampledCrossEntropy],
        }
    }

    fn build(config: &Config, data: &Dataset, setting: &Setting) -> Result<Built, ModelError> {
        let d = config.embedding_dim as i64;
        let mut p = Parameters::on(setting.device);
        let init = Init::Normal(EMBEDDING_STD);
        let (user_columns, item_columns) = if config.columns {
            (data.user_columns(), data.item_columns())
        } else {
            (Vec::new(), Vec::new())
        };
        let train = data.train();
        let is_user: Vec<bool> =
            (0..data.n_users()).map(|user| !train.items_of(user).is_empty()).collect();
        let mut is_item = vec![false; data.n_items()];
        train.items.iter().for_each(|&item| is_item[item as usize] = true);
        if !config.item_ids && item_columns.is_empty() {
            return Err(ModelError::Dataset(
                "items have no columns to be told apart by; join some, or set item_ids: true"
                    .into(),
            ));
        }
        let d_item = config.item_ids.then_some(d);
        let users = Entity::new(&mut p, "users", Some(d), &user_columns, &is_user, init)?;
        let items = Entity::new(&mut p, "items", d_item, &item_columns, &is_item, init)?;
        let widths: Vec<usize> = (0..config.n_layers).map(|i| (config.width >> i).max(1)).collect();
        let mlp = PairMlp::new(&mut p, (users.width(), items.width()), &widths, config.dropout);
        let last = widths[config.n_layers - 1] as i64;
        let weight = p.add("output.weight", &[last], Init::Normal((1.0 / last as f64).sqrt()));
        let start = match setting.task {
            Task::Rating => mean_rating(data),
            Task::TopN => 0.0,
        };
        let bias = p.add("output.bias", &[1], Init::Constant(start));
        p.flatten();
        let network = Perceptron { users, items, mlp, weight, bias, parameters: p };
        Ok(Built::Network(Box::new(network)))
    }
}

const EMBEDDING_STD: f64 = 0.1;

fn mean_rating(data: &Dataset) -> f64 {
    let ratings = data.train().ratings;
    ratings.iter().map(f64::from).sum::<f64>() / ratings.len().max(1) as f64
}

struct Perceptron {
    users: Entity,
    items: Entity,
    mlp: PairMlp,
    weight: Tensor, // [last width]
    bias: Tensor,   // [1]
    parameters: Parameters,
}

impl PairScorer for Perceptron {
    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn scores(&self, users: &Tensor, items: &Tensor, train: bool) -> Tensor {
        let hidden = self.mlp.pairs((&self.users, users), (&self.items, items), train);
        hidden.matmul(&self.weight) + &self.bias
    }

    fn score_all(&self, users: &Tensor) -> Tensor {
        let score = |hidden: &Tensor| hidden.matmul(&self.weight);
        self.mlp.all_pairs((&self.users, users), &self.items, score) + &self.bias
    }
}
