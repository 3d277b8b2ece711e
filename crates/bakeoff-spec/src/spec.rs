//! What a user writes: one struct a section of the YAML file. Doc comments here are the schema's descriptions.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::registry::Params;
use crate::trial::Task;

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
    /// How configurations are proposed.
    #[serde(default = "grid_search")]
    pub search: PluginSpec,
    /// The seeds under which each model's chosen configuration is run.
    #[serde(default)]
    pub replicates: ReplicatesSpec,
    /// Where and how trials run. Nothing here changes a number or a key.
    #[serde(default)]
    pub schedule: ScheduleSpec,
    /// What the report shows.
    #[serde(default)]
    pub report: ReportSpec,
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

fn grid_search() -> PluginSpec {
    PluginSpec { name: "grid".into(), params: Params::new() }
}

/// Which interactions, how cleaned, how split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DataSpec {
    /// Where the interactions come from.
    pub source: PluginSpec,
    /// Cleaning steps, applied in order.
    #[serde(default)]
    pub steps: Vec<PluginSpec>,
    /// How interactions are divided into train, validation and test.
    pub split: PluginSpec,
}

/// A model, its fixed parameters and its grid.
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

/// Where and how trials run. Nothing here changes a number or a key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleSpec {
    /// Who runs the trials.
    #[serde(default = "local_executor")]
    pub executor: PluginSpec,
    /// `auto` (CUDA cards if there are any, else the CPU), `cpu`, `cuda`, or cards such as `cuda:0,2`.
    #[serde(default = "auto_devices")]
    #[schemars(regex(pattern = r"^(auto|cpu|cuda(:\d+(,\d+)*)?)$"))]
    pub devices: String,
    /// Trials at a time on each device; by default 1 a card, and cores ÷ threads on the CPU.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1024))]
    pub slots: Option<u32>,
    /// CPU threads of each worker.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 1024))]
    pub threads: u32,
    /// How often a trial that crashed, ran out of memory or timed out is tried again.
    #[serde(default = "one")]
    #[schemars(range(min = 0, max = 100))]
    pub retries: u32,
    /// Seconds after which a trial is stopped; by default never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 31_536_000))]
    pub timeout_secs: Option<u64>,
}

impl Default for ScheduleSpec {
    fn default() -> Self {
        Self {
            executor: local_executor(),
            devices: auto_devices(),
            slots: None,
            threads: 1,
            retries: 1,
            timeout_secs: None,
        }
    }
}

fn local_executor() -> PluginSpec {
    PluginSpec { name: "local".into(), params: Params::new() }
}

fn auto_devices() -> String {
    "auto".into()
}

fn one() -> u32 {
    1
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
