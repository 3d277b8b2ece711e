//! A spec, fully meant: defaults filled in, names checked, spaces known.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::metric_key::MetricKey;
use crate::objective::Objective;
use crate::registry::Params;
use crate::space::{Point, Space};
use crate::spec::Spec;
use crate::trial::{ReadParams, Recipe, Scored, Trial};

/// Everything that a sweep is about, before any of it is done. Same spec and data, same plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The study's name: its report goes to `REPORTS/NAME/`.
    pub name: String,
    /// The spec as written.
    pub spec: Spec,
    /// Hash of the spec's meaning: comments, order of keys and paths do not change it.
    pub spec_hash: String,
    /// The search strategy and the pruner beside it, complete and with their revisions: what decides what is proposed.
    pub search: Value,
    /// How the dataset is made.
    pub recipe: Recipe,
    /// What reading the data needs and no key may hold.
    pub read_params: ReadParams,
    /// Every metric that trials compute.
    pub metrics: Vec<MetricKey>,
    /// The validation metric that stops training and chooses.
    pub select: MetricKey,
    /// Whether a larger value of `select` is better.
    pub higher_is_better: bool,
    /// What is weighed against `select`, if the spec names a second objective.
    pub against: Option<Objective>,
    /// Seeds of the replicates; the search runs under the first.
    pub seeds: Vec<u64>,
    /// The models, in the spec's order.
    pub models: Vec<ModelPlan>,
}

/// One model of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelPlan {
    /// The registered name.
    pub name: String,
    /// Unique within the plan; what reports print.
    pub label: String,
    /// `baseline`, `deep`, `cnn`, `rnn` or `attention`.
    pub family: String,
    /// What a search varies.
    pub space: Space,
    /// Configurations that the spec lists; they are tried before the search proposes any.
    pub listed: Vec<Params>,
    /// Whether the listed configurations are all there is to try.
    pub is_listed_only: bool,
    /// The most epochs that it trains; `None` where it has none or they vary.
    pub epochs: Option<u32>,
    /// Makes its trials.
    pub maker: Maker,
}

/// What of a model a trial tries.
#[derive(Debug, Clone, PartialEq)]
pub enum Choice {
    /// A point of its space.
    Point(Point),
    /// An entry of its list.
    Listed(usize),
}

/// Makes a model's trials from what varies. Two makers with the same key make the same trials.
#[derive(Clone)]
pub struct Maker {
    key: String,
    make: Arc<Make>,
}

/// Complete parameters from those that vary, or why the model refuses them.
pub type Make = dyn Fn(&Params) -> Result<Trial, String> + Send + Sync;

impl Maker {
    /// A maker; `key` is the content key of all that it is made of.
    pub fn new(
        key: String,
        make: impl Fn(&Params) -> Result<Trial, String> + Send + Sync + 'static,
    ) -> Self {
        Self { key, make: Arc::new(make) }
    }

    /// The content key of all that trials of this model share.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl PartialEq for Maker {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl fmt::Debug for Maker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Maker").field(&self.key).finish()
    }
}

impl ModelPlan {
    /// The parameters that vary and their values in a choice.
    pub fn varied(&self, choice: &Choice) -> Params {
        match choice {
            Choice::Point(point) => self.space.params(point),
            Choice::Listed(i) => self.listed[*i].clone(),
        }
    }

    /// The parameters that vary, in the space or in the list, in alphabetical order.
    pub fn varied_names(&self) -> Vec<&str> {
        let listed = self.listed.iter().flat_map(|listed| listed.keys().map(String::as_str));
        let names: BTreeSet<&str> = self.space.names().chain(listed).collect();
        names.into_iter().collect()
    }

    /// The search trial of a choice, scored on validation alone; `epochs` of a shorter fit take the place of its own.
    ///
    /// # Errors
    /// Why the model, or a constraint, refuses the configuration.
    pub fn trial(&self, choice: &Choice, epochs: Option<u32>) -> Result<Trial, String> {
        let mut trial = (self.maker.make)(&self.varied(choice))?;
        if let (Some(training), Some(epochs)) = (&mut trial.training, epochs) {
            training.epochs = epochs;
        }
        Ok(trial)
    }

    /// Every trial of the grid over the countable dimensions, in order; those that a constraint refuses left out.
    pub fn grid(&self) -> impl Iterator<Item = Trial> {
        let points = (0..self.space.grid_size().unwrap_or(0))
            .filter_map(|i| self.space.grid_point(i, |dimension| dimension.domain.coordinate(0)));
        points.filter_map(|point| self.trial(&Choice::Point(point), None).ok())
    }

    /// The varied parameters of one of its trials, such as `hidden=64 learning_rate=0.001`; empty where nothing varies.
    pub fn describe(&self, trial: &Trial) -> String {
        let params = trial.all_params();
        let names = self.varied_names();
        let varied =
            names.iter().filter_map(|name| Some(format!("{name}={}", shown(params.get(*name)?))));
        varied.collect::<Vec<_>>().join(" ")
    }
}

/// A parameter's value for people: a number that a model keeps in 32 bits has no more digits than it has there.
pub fn shown(value: &Value) -> String {
    let narrow = value.as_f64().map(|wide| (wide, wide as f32));
    match (value, narrow) {
        (Value::String(text), _) => text.clone(),
        (Value::Number(number), Some((wide, narrow)))
            if number.is_f64() && f64::from(narrow).to_bits() == wide.to_bits() =>
        {
            format!("{narrow:?}")
        }
        _ => value.to_string(),
    }
}

impl Plan {
    /// The trials that score the chosen configuration on test, one a seed.
    pub fn replicates(&self, chosen: &Trial) -> Vec<Trial> {
        let replicate = |&seed| Trial { scored: Scored::ValidAndTest, seed, ..chosen.clone() };
        self.seeds.iter().map(replicate).collect()
    }

    /// Whether the first value of `select` is better than the second.
    pub fn is_better(&self, a: f64, b: f64) -> bool {
        if self.higher_is_better { a > b } else { a < b }
    }
}
