//! What a user writes: one struct a section of the YAML file. Doc comments here are the schema's descriptions.

mod schedule;
mod search;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::registry::Params;
use crate::sampled_ranking::SampledRanking;
use crate::trial::{Side, Task};
pub use schedule::{FailureSpec, ModelLimits, OnFailure, OnOutOfMemory, ScheduleSpec};
pub use search::{BudgetSpec, DimensionSpec, KeepSpec, KeptCheckpoints, SearchSpec};

/// A study: data, models, grids, metrics, and how to run and report them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// Version of this format.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// Names the report's folder; by default the spec file's name without its ending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"))]
    pub name: Option<String>,
    /// The question that the study answers, printed on top of its report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// What is predicted.
    pub task: Task,
    /// Which interactions, how cleaned, how split.
    pub data: DataSpec,
    /// The models to compare, each with its grid.
    #[schemars(length(min = 1))]
    pub models: Vec<ModelSpec>,
    /// Training settings for all gradient-trained models; each may override them under `params` or `grid`.
    #[serde(default)]
    pub training: Params,
    /// Which metrics, at which cutoffs, and the one that chooses.
    #[serde(default)]
    pub evaluation: EvaluationSpec,
    /// What every search varies in each model that has such a parameter and does not set it itself.
    #[serde(default)]
    pub space: BTreeMap<String, DimensionSpec>,
    /// How configurations are proposed.
    #[serde(default)]
    pub search: SearchSpec,
    /// What each model's search may spend: the same for every model, so that none is left untuned.
    #[serde(default)]
    pub budget: BudgetSpec,
    /// The seeds under which each model's chosen configuration is run.
    #[serde(default)]
    pub replicates: ReplicatesSpec,
    /// Where and how trials run. Nothing here changes a number or a key.
    #[serde(default)]
    pub schedule: ScheduleSpec,
    /// What the report shows.
    #[serde(default)]
    pub report: ReportSpec,
    /// What stays in the store when `bakeoff gc` has run.
    #[serde(default)]
    pub keep: KeepSpec,
}

/// A plug-in by name, with its parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PluginSpec {
    /// The registered name; `bakeoff list` shows them.
    pub name: String,
    /// Its parameters; what is left out has its default.
    #[serde(default)]
    pub params: Params,
}

/// Which interactions, how cleaned, how split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DataSpec {
    /// Where the interactions come from.
    pub source: PluginSpec,
    /// What is known of users and items from tables and files beside the interactions.
    #[serde(default)]
    pub join: Vec<JoinSpec>,
    /// What is done to the table, in order. Steps that learn from values come after those that remove rows: the split
    /// is made between them, and only the training part is learned from.
    #[serde(default)]
    pub steps: Vec<PluginSpec>,
    /// How interactions are divided into train, validation and test.
    pub split: PluginSpec,
    /// Encrypts the prepared data on disk: `{}`, or with another variable for the key. It changes no number and no key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    // Not nullable: `encrypt:` with nothing after it must not mean that nothing is encrypted.
    #[schemars(with = "EncryptSpec")]
    pub encrypt: Option<EncryptSpec>,
}

/// How prepared data is encrypted on disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EncryptSpec {
    /// The environment variable that holds the key, here and for every worker: a random text of at least 32 characters,
    /// such as what `openssl rand -hex 32` prints.
    #[serde(default = "data_key")]
    #[schemars(regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]{0,63}$"))]
    pub key_env: String,
}

fn data_key() -> String {
    "BAKEOFF_DATA_KEY".into()
}

/// A table or folder about users or items.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JoinSpec {
    /// Whom it is about.
    pub to: Side,
    /// The registered name; `bakeoff list joins` shows them.
    pub name: String,
    /// Its parameters; what is left out has its default.
    #[serde(default)]
    pub params: Params,
    /// What is put before the names of its columns.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub prefix: String,
}

/// A model, its fixed parameters, and what its search varies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelSpec {
    /// The registered name; `bakeoff list models` shows them.
    pub name: String,
    /// How reports call it; needed when one model stands in a spec twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 40))]
    pub label: Option<String>,
    /// Fixed hyperparameters and training settings.
    #[serde(default)]
    pub params: Params,
    /// Axes of the grid: a list of values for a hyperparameter or training setting.
    #[serde(default)]
    pub grid: BTreeMap<String, Vec<Value>>,
    /// What the search varies beside the grid's axes.
    #[serde(default)]
    pub space: BTreeMap<String, DimensionSpec>,
    /// Axes that advance together: every list of a mapping has the same length.
    #[serde(default)]
    pub zip: Vec<BTreeMap<String, Vec<Value>>>,
    /// Conditions that every configuration must meet, such as `hidden % n_heads == 0`.
    #[serde(default)]
    pub constraints: Vec<String>,
    /// Configurations to try first; without grid and space, the only ones.
    #[serde(default)]
    pub configurations: Vec<Params>,
}

/// Which metrics, at which cutoffs, and the one that chooses.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvaluationSpec {
    /// Metric names; by default every metric of the task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub metrics: Option<Vec<String>>,
    /// Cutoffs for the metrics that have one; by default 5, 10 and 20.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1), inner(range(min = 1, max = 10_000)))]
    pub k: Option<Vec<u32>>,
    /// The validation metric that stops training and chooses; by default `ndcg@10`, or `rmse` for ratings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub select: Option<String>,
    /// A second objective, weighed against `select` on a Pareto front: `latency`, `size`, `fit_time`, `memory`, or another
    /// metric. Every configuration on a model's front is scored on test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against: Option<String>,
    /// Ranks targets among drawn items; by default among all that the user has not seen. Such figures can order models
    /// otherwise than full ranking does (Krichene and Rendle, KDD 2020).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidates: Option<SampledRanking>,
}

/// The seeds under which each model's chosen configuration is run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplicatesSpec {
    /// One replicate a seed. The search itself runs under the first.
    #[serde(default = "one_seed")]
    #[schemars(length(min = 1, max = 1000))]
    pub seeds: Vec<u64>,
}

impl Default for ReplicatesSpec {
    fn default() -> Self {
        Self { seeds: one_seed() }
    }
}

fn one_seed() -> Vec<u64> {
    vec![1]
}

/// What the report shows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportSpec {
    /// Heading of the report; by default the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Test metrics in the comparison table and the bar charts, such as `ndcg@10`; by default a few usual ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub metrics: Option<Vec<String>>,
}
