//! A spec, fully meant: defaults filled in, names checked, grids expanded, keys known.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::metric_key::MetricKey;
use crate::outcome::Outcome;
use crate::registry::Params;
use crate::spec::Spec;
use crate::trial::{Recipe, Scored, Trial};

/// Everything that a sweep will do, before any of it is done. Same spec and data, same plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The study's name: its report goes to `REPORTS/NAME/`.
    pub name: String,
    /// The spec as written.
    pub spec: Spec,
    /// Hash of the spec's meaning: comments, order of keys and paths do not change it.
    pub spec_hash: String,
    /// How the dataset is made.
    pub recipe: Recipe,
    /// The source's parameters with their paths resolved: what reading it needs and no key may hold.
    pub source_params: Params,
    /// Every metric that trials compute.
    pub metrics: Vec<MetricKey>,
    /// The validation metric that stops training and chooses.
    pub select: MetricKey,
    /// Whether a larger value of `select` is better.
    pub higher_is_better: bool,
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
    /// The grid: values by axis.
    pub axes: BTreeMap<String, Vec<Value>>,
    /// The grid's trials, in order, each scored on validation alone.
    pub candidates: Vec<Trial>,
}

impl ModelPlan {
    /// The varied parameters of one of its trials, such as `hidden=64 learning_rate=0.001`; empty without a grid.
    pub fn describe(&self, trial: &Trial) -> String {
        let params = trial.all_params();
        let varied =
            self.axes.keys().filter_map(|axis| Some(format!("{axis}={}", params.get(axis)?)));
        varied.collect::<Vec<_>>().join(" ")
    }
}

impl Plan {
    /// Trials of the whole sweep: the search, then one a model and seed for the test scores.
    pub fn n_trials(&self) -> usize {
        let candidates: usize = self.models.iter().map(|model| model.candidates.len()).sum();
        candidates + self.models.len() * self.seeds.len()
    }

    /// The trials that score the chosen configuration on test, one a seed.
    pub fn replicates(&self, chosen: &Trial) -> Vec<Trial> {
        let replicate = |&seed| Trial { scored: Scored::ValidAndTest, seed, ..chosen.clone() };
        self.seeds.iter().map(replicate).collect()
    }

    /// Index of the candidate with the best validation value: of equal ones the first, of failed ones none.
    /// `outcomes` stand in the order of the model's candidates.
    pub fn choose(&self, outcomes: &[Option<Outcome>]) -> Option<usize> {
        let mut best: Option<(usize, f64)> = None;
        for (i, outcome) in outcomes.iter().enumerate() {
            let completed = outcome.as_ref().filter(|outcome| outcome.is_completed());
            let Some(value) = completed.and_then(Outcome::selected).filter(|v| v.is_finite())
            else {
                continue;
            };
            if best.is_none_or(
                |(_, best)| if self.higher_is_better { value > best } else { value < best },
            ) {
                best = Some((i, value));
            }
        }
        best.map(|(i, _)| i)
    }
}
