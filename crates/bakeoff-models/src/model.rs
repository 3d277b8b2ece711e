//! What a model is to the registry: a name, hyperparameters, the tasks it can do, and how it is built.

use bakeoff_data::Dataset;
use bakeoff_spec::registry::params_of;
use bakeoff_spec::{Entry, Loss, ModelInfo, Params, Plugin, PluginInfo, Task, Training};
use tch::Device;

use crate::error::ModelError;
use crate::network::Network;

/// A model that a spec can name. One file implements it, one line in its family's folder registers it.
pub trait ModelPlugin: Plugin {
    /// The tasks it can be fitted for.
    const TASKS: &'static [Task];

    /// Default training settings for a task; `None` for models that are not trained by gradients.
    fn training(_task: Task) -> Option<Training> {
        None
    }

    /// The losses it can be trained with; empty for models that are not trained by gradients.
    fn losses(_task: Task) -> &'static [Loss] {
        &[]
    }

    /// Makes the model; one that is not trained by gradients is fitted here, on the training part alone.
    ///
    /// # Errors
    /// [`ModelError`] when the dataset cannot serve this configuration.
    fn build(config: &Self::Params, data: &Dataset, setting: &Setting)
    -> Result<Built, ModelError>;
}

/// Where and for what a model is built.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// What is predicted.
    pub task: Task,
    /// Where tensors live.
    pub device: Device,
}

/// A built model.
pub enum Built {
    /// Fitted already, in plain Rust.
    Direct(Box<dyn Direct>),
    /// To be trained.
    Network(Box<dyn Network>),
}

/// A model without gradients: counting, neighbours, means.
pub trait Direct: Send + Sync {
    /// Writes the score of every item, `[n_items]`, for a user whose interactions so far are `history`, oldest first.
    fn score_all(&self, user: u32, history: &[u32], scores: &mut [f32]);

    /// The predicted rating of an item by a user.
    fn rate(&self, user: u32, item: u32) -> f32;

    /// Stored numbers.
    fn n_params(&self) -> u64;
}

/// How a registered model is built.
pub type BuildFn = fn(&Params, &Dataset, &Setting) -> Result<Built, ModelError>;

/// One registered model.
#[derive(Debug, Clone, Copy)]
pub struct ModelEntry {
    plugin: PluginInfo,
    tasks: &'static [Task],
    training: fn(Task) -> Option<Training>,
    losses: fn(Task) -> &'static [Loss],
    /// Makes the model.
    pub build: BuildFn,
}

impl ModelEntry {
    /// The entry of the model `P`.
    pub const fn of<P: ModelPlugin>(build: BuildFn) -> Self {
        Self {
            plugin: Entry::of::<P>(()),
            tasks: P::TASKS,
            training: P::training,
            losses: P::losses,
            build,
        }
    }

    /// The registered name.
    pub fn name(&self) -> &'static str {
        self.plugin.name
    }

    /// What planning needs to know, as a member of a family.
    pub fn info(&self, family: &'static str) -> ModelInfo {
        let Self { plugin, tasks, training, losses, .. } = *self;
        ModelInfo { plugin, family, tasks, training, losses }
    }
}

/// The builder of the model `P`.
///
/// # Errors
/// [`ModelError`] when the parameters are refused or the dataset cannot serve them.
pub fn build<P: ModelPlugin>(
    params: &Params,
    data: &Dataset,
    setting: &Setting,
) -> Result<Built, ModelError> {
    P::build(&params_of::<P>(params)?, data, setting)
}
