//! Caser: convolutions over the embeddings of a user's last items (Tang and Wang, WSDM 2018,
//! <https://arxiv.org/abs/1809.07426>).
//!
//! A window of `window` items is an image `[window, d]`: horizontal filters of every height slide over time and are
//! max-pooled, vertical filters weigh the items of the window. Both are convolutions along time, so all windows of a
//! sequence are taken in one pass; the score of an item is its output row times `[z, p_u]`.

use bakeoff_data::Dataset;
use bakeoff_spec::{Loss, Plugin, Task, Training};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::error::ModelError;
use crate::layers::dropout::dropout;
use crate::layers::linear::Linear;
use crate::model::{Built, ModelPlugin, Setting};
use crate::network::{SEQUENCE_LOSSES, SequenceEncoder, Sequential, lookup, sequence_training};
use crate::parameters::{Init, Parameters};

/// Hyperparameters of [`Caser`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How many of a user's last items it reads (L in the paper).
    #[schemars(range(min = 1, max = 256))]
    pub window: usize,
    /// Width of item and user embeddings.
    #[schemars(range(min = 1, max = 4096))]
    pub embedding_dim: usize,
    /// Horizontal filters of each height from 1 to `window`.
    #[schemars(range(min = 1, max = 1024))]
    pub n_horizontal: usize,
    /// Vertical filters.
    #[schemars(range(min = 1, max = 1024))]
    pub n_vertical: usize,
    /// Share of convolution outputs dropped.
    #[schemars(range(min = 0.0, max = 0.95))]
    pub dropout: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self { window: 5, embedding_dim: 64, n_horizontal: 16, n_vertical: 4, dropout: 0.5 }
    }
}

/// The model's registration.
#[derive(Debug)]
pub struct Caser;

impl Plugin for Caser {
    const NAME: &'static str = "caser";
    const ABOUT: &'static str = "Convolutions over the user's last items (Tang and Wang, 2018).";
    type Params = Config;
}

impl ModelPlugin for Caser {
    const TASKS: &'static [Task] = &[Task::TopN];

    fn training(_task: Task) -> Option<Training> {
        Some(sequence_training())
    }

    fn losses(_task: Task) -> &'static [Loss] {
        SEQUENCE_LOSSES
    }

    fn build(config: &Config, data: &Dataset, setting: &Setting) -> Result<Built, ModelError> {
        let encoder = Encoder::new(config, data, setting);
        Ok(Built::Network(Box::new(Sequential(encoder))))
    }
}

/// Stretches of training sequences are at least this long, so that few windows are cut short at a stretch's start.
const STRETCH: usize = 50;

struct Encoder {
    config: Config,
    users: Tensor,                     // [n_users, d]
    items: Tensor,                     // [n_items + 1, d], the last row for padding
    horizontal: Vec<(Tensor, Tensor)>, // for height h: [n_horizontal, d, h], [n_horizontal]
    vertical: Tensor,                  // [n_vertical, 1, window]
    project: Linear,                   // convolution outputs to d
    output: Tensor,                    // [n_items, 2 d]
    output_bias: Tensor,               // [n_items]
    parameters: Parameters,
}

impl Encoder {
    fn new(config: &Config, data: &Dataset, setting: &Setting) -> Self {
        let (n_users, n_items) = (data.n_users() as i64, data.n_items() as i64);
        let (window, d) = (config.window as i64, config.embedding_dim as i64);
        let (n_h, n_v) = (config.n_horizontal as i64, config.n_vertical as i64);
        let mut p = Parameters::on(setting.device);
        // Layers as in the authors' code, uniform in ±1/√(fan in); embeddings wider than its N(0, 1/d²), from which
        // full cross-entropy takes several epochs to get away.
        let fan_in = |n: i64| Init::Uniform(1.0 / (n as f64).sqrt());
        let users = p.add("users", &[n_users, d], Init::Normal(1.0 / (d as f64).sqrt()));
        let items = p.add("items", &[n_items + 1, d], Init::Normal(1.0 / (d as f64).sqrt()));
        let horizontal = (1..=window)
            .map(|h| {
                let weight = p.add(&format!("horizontal{h}.weight"), &[n_h, d, h], fan_in(d * h));
                (weight, p.add(&format!("horizontal{h}.bias"), &[n_h], Init::Constant(0.0)))
            })
            .collect();
        let vertical = p.add("vertical", &[n_v, 1, window], fan_in(window));
        let n_features = n_h * window + n_v * d;
        let project = Linear::new(&mut p, "project", n_features, d, fan_in(n_features));
        let output =
            p.add("output", &[n_items, 2 * d], Init::Normal(1.0 / (2.0 * d as f64).sqrt()));
        let output_bias = p.add("output_bias", &[n_items], Init::Constant(0.0));
        p.flatten();
        let config = config.clone();
        Self {
            config,
            users,
            items,
            horizontal,
            vertical,
            project,
            output,
            output_bias,
            parameters: p,
        }
    }
}

impl SequenceEncoder for Encoder {
    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn max_len(&self) -> usize {
        self.config.window.max(STRETCH)
    }

    fn encode(&self, users: &Tensor, inputs: &Tensor, train: bool) -> Tensor {
        let (b, len) = inputs.size2().expect("inputs are [b, len]");
        let (window, d) = (self.config.window as i64, self.config.embedding_dim as i64);
        // Zeros before the first item: windows at the start are short, and a position sees no later one.
        let x = lookup(&self.items, inputs).transpose(1, 2); // [b, d, len]
        let x = x.constant_pad_nd([window - 1, 0]); // [b, d, window - 1 + len]
        let mut features: Vec<Tensor> = Vec::with_capacity(self.horizontal.len() + 1);
        for (h, (weight, bias)) in (1..).zip(&self.horizontal) {
            let at_offsets = x.conv1d(weight, Some(bias), 1, 0, 1, 1).relu(); // [b, n_h, len + window - h]
            features.push(at_offsets.unfold(2, window - h + 1, 1).amax([3i64].as_slice(), false));
        }
        let rows = x.reshape([b * d, 1, window - 1 + len]);
        let weighed = rows.conv1d(&self.vertical, None::<&Tensor>, 1, 0, 1, 1); // [b · d, n_v, len]
        features.push(weighed.view([b, d * self.config.n_vertical as i64, len]));
        let features = Tensor::cat(&features, 1).transpose(1, 2); // [b, len, n_features]
        let z = self.project.forward(&dropout(&features, self.config.dropout, train)).relu();
        let user = lookup(&self.users, users).unsqueeze(1).expand([b, len, d], false);
        Tensor::cat(&[z, user], 2) // [b, len, 2 d]
    }

    fn output(&self) -> (Tensor, Option<Tensor>) {
        (self.output.shallow_clone(), Some(self.output_bias.shallow_clone()))
    }
}
