//! `SASRec`: self-attentive sequential recommendation (Kang and `McAuley`, ICDM 2018,
//! <https://arxiv.org/abs/1808.09781>).
//!
//! A causal transformer over the last items of a user; the score of an item is its embedding times the last state.
//! As the widely used re-implementations have it, and unlike the authors' code: blocks normalise after the residual
//! sum, the feed-forward layer is wider than the model and uses GELU, and the loss may be cross-entropy over all items.

use bakeoff_data::Dataset;
use bakeoff_spec::{Loss, Plugin, Task, Training};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use crate::error::ModelError;
use crate::layers::dropout::dropout;
use crate::layers::linear::Linear;
use crate::layers::norm::LayerNorm;
use crate::model::{Built, ModelPlugin, Setting};
use crate::network::{SEQUENCE_LOSSES, SequenceEncoder, Sequential, lookup, sequence_training};
use crate::parameters::{Init, Parameters};

/// Hyperparameters of [`SasRec`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// How many of a user's last items it reads.
    #[schemars(range(min = 1, max = 4096))]
    pub max_len: usize,
    /// Width of embeddings and states; a multiple of `n_heads`.
    #[schemars(range(min = 1, max = 4096))]
    pub hidden: usize,
    /// Transformer blocks.
    #[schemars(range(min = 1, max = 64))]
    pub n_layers: usize,
    /// Attention heads.
    #[schemars(range(min = 1, max = 64))]
    pub n_heads: usize,
    /// Width of the feed-forward layer.
    #[schemars(range(min = 1, max = 16384))]
    pub inner: usize,
    /// Share of values dropped after embeddings and in every block.
    #[schemars(range(min = 0.0, max = 0.95))]
    pub dropout: f64,
    /// Share of attention weights dropped.
    #[schemars(range(min = 0.0, max = 0.95))]
    pub attention_dropout: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_len: 50,
            hidden: 64,
            n_layers: 2,
            n_heads: 2,
            inner: 256,
            dropout: 0.5,
            attention_dropout: 0.5,
        }
    }
}

/// The model's registration.
#[derive(Debug)]
pub struct SasRec;

impl Plugin for SasRec {
    const NAME: &'static str = "sasrec";
    const ABOUT: &'static str =
        "Self-attention over the user's last items (Kang and McAuley, 2018).";
    type Params = Config;

    fn check(config: &Config) -> Result<(), String> {
        if config.hidden.is_multiple_of(config.n_heads) {
            return Ok(());
        }
        let Config { hidden, n_heads, .. } = config;
        Err(format!("hidden {hidden} is not a multiple of n_heads {n_heads}"))
    }
}

impl ModelPlugin for SasRec {
    const TASKS: &'static [Task] = &[Task::TopN];

    fn training(_task: Task) -> Option<Training> {
        Some(sequence_training())
    }

    fn losses(_task: Task) -> &'static [Loss] {
        SEQUENCE_LOSSES
    }

    fn build(config: &Config, data: &Dataset, setting: &Setting) -> Result<Built, ModelError> {
        let encoder = Encoder::new(config, data.n_items(), setting);
        Ok(Built::Network(Box::new(Sequential(encoder))))
    }
}

struct Encoder {
    config: Config,
    n_items: i64,
    items: Tensor,     // [n_items + 1, hidden], the last row for padding
    positions: Tensor, // [max_len, hidden]
    norm: LayerNorm,
    blocks: Vec<Block>,
    parameters: Parameters,
}

impl Encoder {
    fn new(config: &Config, n_items: usize, setting: &Setting) -> Self {
        let (n_items, hidden) = (n_items as i64, config.hidden as i64);
        let mut p = Parameters::on(setting.device);
        let items = p.add("items", &[n_items + 1, hidden], INIT);
        let positions = p.add("positions", &[config.max_len as i64, hidden], INIT);
        let norm = LayerNorm::new(&mut p, "norm", hidden);
        let blocks = (0..config.n_layers).map(|i| Block::new(&mut p, i, config)).collect();
        p.flatten();
        Self { config: config.clone(), n_items, items, positions, norm, blocks, parameters: p }
    }
}

const INIT: Init = Init::Normal(0.02);

impl SequenceEncoder for Encoder {
    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn max_len(&self) -> usize {
        self.config.max_len
    }

    fn encode(&self, _users: &Tensor, inputs: &Tensor, train: bool) -> Tensor {
        let len = inputs.size()[1];
        let embedded = lookup(&self.items, inputs); // [b, len, hidden]
        let mut x = self.norm.forward(&(embedded + self.positions.narrow(0, 0, len)));
        x = dropout(&x, self.config.dropout, train);
        for block in &self.blocks {
            x = block.forward(&x, &self.config, train);
        }
        x
    }

    fn output(&self) -> (Tensor, Option<Tensor>) {
        (self.items.narrow(0, 0, self.n_items), None)
    }
}

struct Block {
    qkv: Linear,
    out: Linear,
    attention_norm: LayerNorm,
    inner: Linear,
    outer: Linear,
    feed_forward_norm: LayerNorm,
}

impl Block {
    fn new(p: &mut Parameters, i: usize, config: &Config) -> Self {
        let (hidden, inner) = (config.hidden as i64, config.inner as i64);
        let name = |part: &str| format!("block{i}.{part}");
        Self {
            qkv: Linear::new(p, &name("qkv"), hidden, 3 * hidden, INIT),
            out: Linear::new(p, &name("out"), hidden, hidden, INIT),
            attention_norm: LayerNorm::new(p, &name("attention_norm"), hidden),
            inner: Linear::new(p, &name("inner"), hidden, inner, INIT),
            outer: Linear::new(p, &name("outer"), inner, hidden, INIT),
            feed_forward_norm: LayerNorm::new(p, &name("feed_forward_norm"), hidden),
        }
    }

    fn forward(&self, x: &Tensor, config: &Config, train: bool) -> Tensor {
        let (b, len, hidden) = x.size3().expect("states are [b, len, hidden]");
        let n_heads = config.n_heads as i64;
        let qkv = self.qkv.forward(x).view([b, len, 3, n_heads, hidden / n_heads]);
        let qkv = qkv.permute([2, 0, 3, 1, 4]); // [3, b, heads, len, hidden / heads]
        let (q, k, v) = (qkv.get(0), qkv.get(1), qkv.get(2));
        let attended = attend(&q, &k, &v, if train { config.attention_dropout } else { 0.0 });
        let attended = attended.transpose(1, 2).reshape([b, len, hidden]);
        let attended = dropout(&self.out.forward(&attended), config.dropout, train);
        let x = self.attention_norm.forward(&(x + attended));
        let inner = self.inner.forward(&x).gelu("none");
        let outer = dropout(&self.outer.forward(&inner), config.dropout, train);
        self.feed_forward_norm.forward(&(x + outer))
    }
}

/// Causal attention of queries, keys and values `[b, heads, len, d]`. libtorch's own is used where it needs no dropout:
/// with it, it takes the path below, but with a slower generator.
fn attend(q: &Tensor, k: &Tensor, v: &Tensor, p: f64) -> Tensor {
    if p == 0.0 {
        return Tensor::scaled_dot_product_attention(
            q,
            k,
            v,
            None::<&Tensor>,
            0.0,
            true,
            None,
            false,
        );
    }
    let (len, d) = (q.size()[2], q.size()[3]);
    let is_later = Tensor::ones([len, len], (Kind::Bool, q.device())).triu(1);
    let mut scores = (q * (d as f64).sqrt().recip()).matmul(&k.transpose(2, 3)); // [b, heads, len, len]
    let weights = scores.masked_fill_(&is_later, f64::NEG_INFINITY).softmax(-1, Kind::Float);
    dropout(&weights, p, true).matmul(v)
}
