//! Everything a spec can name, gathered from the registries by the binary and handed to planning.

use crate::registry::PluginInfo;
use crate::training::{Loss, Training};
use crate::trial::{CodeRevisions, Task};

/// The registries' contents, without their builders.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// Where interactions come from.
    pub sources: Vec<PluginInfo>,
    /// What is known of users and items from elsewhere.
    pub joins: Vec<PluginInfo>,
    /// What is done to the table.
    pub steps: Vec<PluginInfo>,
    /// Splits.
    pub splits: Vec<PluginInfo>,
    /// Models.
    pub models: Vec<ModelInfo>,
    /// Of the code that all models share.
    pub code: CodeRevisions,
    /// Metrics.
    pub metrics: Vec<MetricInfo>,
    /// Search strategies.
    pub searches: Vec<PluginInfo>,
    /// Pruners.
    pub pruners: Vec<PluginInfo>,
    /// Executors.
    pub executors: Vec<PluginInfo>,
    /// The sources that can give lists of candidates, each with the parameter that names them.
    pub candidates: Vec<(&'static str, &'static str)>,
}

/// What planning needs to know of a model.
#[derive(Debug, Clone, Copy)]
pub struct ModelInfo {
    /// Name, description, hyperparameters.
    pub plugin: PluginInfo,
    /// `baseline`, `deep`, `cnn`, `rnn` or `attention`: the folder it lives in.
    pub family: &'static str,
    /// The tasks it can be fitted for.
    pub tasks: &'static [Task],
    /// Default training settings for a task; `None` for models that are not trained by gradients.
    pub training: fn(Task) -> Option<Training>,
    /// The losses it can be trained with for a task; empty for models that are not trained by gradients.
    pub losses: fn(Task) -> &'static [Loss],
}

/// What planning and reports need to know of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MetricInfo {
    /// The registered name.
    pub name: &'static str,
    /// One sentence.
    pub about: &'static str,
    /// The task it measures.
    pub task: Task,
    /// Whether it is taken at a cutoff, as in `ndcg@10`.
    pub has_cutoff: bool,
    /// Whether a larger value is better.
    pub higher_is_better: bool,
    /// Part of the key of every trial that computes it.
    pub revision: u32,
    /// What the value of one user or row is called; `None` where it is the metric itself.
    pub of_one: Option<&'static str>,
}

impl Catalog {
    /// The model called `name`.
    pub fn model(&self, name: &str) -> Option<&ModelInfo> {
        self.models.iter().find(|model| model.plugin.name == name)
    }

    /// The metric called `name`.
    pub fn metric(&self, name: &str) -> Option<&MetricInfo> {
        self.metrics.iter().find(|metric| metric.name == name)
    }
}
