//! `results.json`: the report's numbers for machines, one entry a model.

use std::collections::BTreeMap;

use bakeoff_metrics::{Interval, mean_interval};
use bakeoff_spec::study::Counts;
use bakeoff_spec::{Cost, MetricKey, Outcome, Params, SampledRanking, Scores, TrialKey};
use serde::{Deserialize, Serialize};

use crate::findings::{Findings, ModelFindings};

/// The confidence level of every interval in a report.
pub(crate) const LEVEL: f64 = 0.95;

/// The whole file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Results {
    /// The study's name.
    pub name: String,
    /// Hash of the spec's meaning.
    pub spec_hash: String,
    /// Key of the prepared dataset.
    pub data_hash: String,
    /// The items that targets were ranked among; left out where they were all that the user had not seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidates: Option<SampledRanking>,
    /// How many trials were planned, found and run.
    pub trials: Counts,
    /// The models, in the spec's order, each in its chosen configuration.
    pub models: Vec<ModelResults>,
}

/// The chosen configuration of one model. Cost figures but `peak_rss_mb` are medians over its replicates.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelResults {
    /// The registered name.
    pub model: String,
    /// What the report calls it, where that is not its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// `baseline`, `deep`, `cnn`, `rnn` or `attention`.
    pub family: String,
    /// Its complete hyperparameters and training settings; empty while no configuration is chosen.
    pub params: Params,
    /// How many replicates completed.
    pub replicates: usize,
    /// Whether it failed for good and so has no test scores.
    #[serde(default, skip_serializing_if = "is_false")]
    pub failed: bool,
    /// Validation scores: mean over the replicates and its 95 % interval. Before the first replicate completes: those
    /// of the chosen candidate.
    pub valid: BTreeMap<MetricKey, Interval>,
    /// Test scores of the replicates.
    pub test: BTreeMap<MetricKey, Interval>,
    /// Learned numbers in the model.
    pub n_params: u64,
    /// Epochs trained.
    pub epochs: u32,
    /// Seconds of a training epoch.
    pub epoch_secs: f64,
    /// (context, target) losses taken in an epoch.
    pub pairs_per_epoch: u64,
    /// Seconds of one evaluation.
    pub eval_secs: f64,
    /// Largest resident memory of the worker in any replicate or the search trial, in MiB.
    pub peak_rss_mb: f64,
    /// The completed replicates, in the order of the seeds.
    pub trial_keys: Vec<TrialKey>,
}

impl Results {
    pub(crate) fn of(findings: &Findings<'_>) -> Self {
        let plan = findings.view.plan;
        Self {
            name: plan.name.clone(),
            spec_hash: plan.spec_hash.clone(),
            data_hash: plan.recipe.key(),
            candidates: plan.spec.evaluation.candidates.clone(),
            trials: findings.view.study.counts,
            models: findings.models.iter().map(ModelResults::of).collect(),
        }
    }
}

impl ModelResults {
    fn of(model: &ModelFindings<'_>) -> Self {
        let integer = |of: fn(&Cost) -> u64| model.cost(|cost| of(cost) as f64).round() as u64;
        Self {
            model: model.plan.name.clone(),
            label: Some(model.plan.label.clone()).filter(|label| *label != model.plan.name),
            family: model.plan.family.clone(),
            params: model.chosen.as_ref().map(bakeoff_spec::Trial::all_params).unwrap_or_default(),
            replicates: model.replicates.len(),
            failed: model.has_failed(),
            valid: model.valid.clone(),
            test: model.test.clone(),
            n_params: integer(|cost| cost.n_params),
            epochs: integer(|cost| cost.epochs.into()) as u32,
            epoch_secs: model.cost(|cost| cost.epoch_secs),
            pairs_per_epoch: integer(|cost| cost.pairs_per_epoch),
            eval_secs: model.cost(|cost| cost.eval_secs),
            peak_rss_mb: model.peak_rss_mb(),
            trial_keys: model.replicates.iter().map(|outcome| outcome.key.clone()).collect(),
        }
    }
}

/// Mean and interval of every metric that all of `outcomes` have a finite value of.
pub(crate) fn intervals(
    outcomes: &[&Outcome],
    scores: fn(&Outcome) -> &Scores,
) -> BTreeMap<MetricKey, Interval> {
    let Some(first) = outcomes.first() else { return BTreeMap::new() };
    let interval = |key: &MetricKey| {
        let values: Option<Vec<f64>> =
            outcomes.iter().map(|outcome| scores(outcome).get(key).copied()).collect();
        let values = values?;
        let mut interval = mean_interval(&values, LEVEL).ok()?;
        if values.iter().all(|value| value.to_bits() == values[0].to_bits()) {
            // The mean of equal values is rounded; a model that draws no random numbers has an interval of width 0.
            interval = Interval { mean: values[0], low: values[0], high: values[0] };
        }
        Some((key.clone(), interval))
    };
    scores(first).keys().filter_map(interval).collect()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !value
}
