//! `GRU4Rec`: a recurrent network over a user's items (Hidasi et al., ICLR 2016, <https://arxiv.org/abs/1511.06939>),
//! with dropout on the embeddings as in the improved version (Tan, Xu and Liu, DLRS 2016).
//!
//! Unlike the authors' session-parallel batches, a batch holds stretches of user sequences, and the last state is
//! mapped back to the embedding space, where items share their input embeddings.

use bakeoff_data::Dataset;
use bakeoff_spec::{Loss, Plugin, Task, Training};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use crate::error::ModelError;
use crate::layers::dropout::dropout;
use crate::layers::linear::Linear;
use crate::model::{Built, ModelPlugin, Setting};
use crate::network::{SEQUENCE_LOSSES, SequenceEncoder, Sequential, lookup, sequence_training};
use crate::parameters::{Init, Parameters};

/// Hyperparameters of [`Gru4Rec`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How many of a user's last items it reads.
    #[schemars(range(min = 1, max = 4096))]
    pub max_len: usize,
    /// Width of item embeddings.
    #[schemars(range(min = 1, max = 4096))]
    pub embedding_dim: usize,
    /// Width of the recurrent state.
    #[schemars(range(min = 1, max = 4096))]
    pub hidden: usize,
    /// Recurrent layers.
    #[schemars(range(min = 1, max = 16))]
    pub n_layers: usize,
    /// Share of embedding values dropped.
    #[schemars(range(min = 0.0, max = 0.95))]
    pub dropout: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self { max_len: 50, embedding_dim: 64, hidden: 128, n_layers: 1, dropout: 0.3 }
    }
}

/// The model's registration.
#[derive(Debug)]
pub struct Gru4Rec;

impl Plugin for Gru4Rec {
    const NAME: &'static str = "gru4rec";
    const ABOUT: &'static str =
        "A gated recurrent network over the user's items (Hidasi et al., 2016).";
    type Params = Config;
}

impl ModelPlugin for Gru4Rec {
    const TASKS: &'static [Task] = &[Task::TopN];

    fn training(_task: Task) -> Option<Training> {
        Some(sequence_training())
    }

    fn losses(_task: Task) -> &'static [Loss] {
        SEQUENCE_LOSSES
    }

    fn build(config: &Config, data: &Dataset, setting: &Setting) -> Result<Built, ModelError> {
        let encoder = Encoder::new(config, data.n_items() as i64, setting);
        Ok(Built::Network(Box::new(Sequential(encoder))))
    }
}

struct Encoder {
    config: Config,
    n_items: i64,
    items: Tensor,    // [n_items + 1, embedding_dim], the last row for padding
    gru: Vec<Tensor>, // a layer: [3 hidden, in], [3 hidden, hidden], [3 hidden], [3 hidden]
    project: Linear,  // hidden to embedding_dim
    parameters: Parameters,
}

impl Encoder {
    fn new(config: &Config, n_items: i64, setting: &Setting) -> Self {
        let (dim, hidden) = (config.embedding_dim as i64, config.hidden as i64);
        let mut p = Parameters::on(setting.device);
        let items = p.add("items", &[n_items + 1, dim], Init::Xavier);
        let mut gru = Vec::new();
        for layer in 0..config.n_layers {
            let n_in = if layer == 0 { dim } else { hidden };
            let zero = Init::Constant(0.0);
            let mut add = |part: &str, shape: &[i64], init| {
                gru.push(p.add(&format!("gru{layer}.{part}"), shape, init));
            };
            add("input", &[3 * hidden, n_in], Init::Xavier);
            add("state", &[3 * hidden, hidden], Init::Xavier);
            add("input_bias", &[3 * hidden], zero);
            add("state_bias", &[3 * hidden], zero);
        }
        let project = Linear::new(&mut p, "project", hidden, dim, Init::Xavier);
        p.flatten();
        Self { config: config.clone(), n_items, items, gru, project, parameters: p }
    }
}

impl SequenceEncoder for Encoder {
    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn max_len(&self) -> usize {
        self.config.max_len
    }

    fn encode(&self, _users: &Tensor, inputs: &Tensor, train: bool) -> Tensor {
        let Config { hidden, n_layers, .. } = self.config;
        let embedded = dropout(&lookup(&self.items, inputs), self.config.dropout, train);
        let shape = [n_layers as i64, inputs.size()[0], hidden as i64];
        let start = Tensor::zeros(shape, (Kind::Float, inputs.device()));
        let (states, _) =
            embedded.gru(&start, &self.gru, true, n_layers as i64, 0.0, train, false, true);
        self.project.forward(&states) // [b, len, embedding_dim]
    }

    fn output(&self) -> (Tensor, Option<Tensor>) {
        (self.items.narrow(0, 0, self.n_items), None)
    }
}
