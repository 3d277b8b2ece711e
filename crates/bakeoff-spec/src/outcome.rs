//! What became of a trial: written once by a worker, kept for good by the store, read by the report.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use crate::metric_key::MetricKey;
use crate::trial::{Trial, TrialKey};

/// Metric values by key, such as `ndcg@10: 0.1234`.
pub type Scores = BTreeMap<MetricKey, f64>;

/// The result of one attempt at a trial. A diverged or crashed trial is an outcome too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// The trial's key.
    pub key: TrialKey,
    /// The whole trial, so that a store explains itself.
    pub trial: Trial,
    /// Which attempt this was, from 1.
    pub attempt: u32,
    /// How it ended.
    pub status: Status,
    /// Metrics on validation.
    #[serde(deserialize_with = "scores_with_nan")]
    pub valid: Scores,
    /// Metrics on test; empty unless the trial scores it.
    #[serde(deserialize_with = "scores_with_nan")]
    pub test: Scores,
    /// One point an epoch, in order; empty for models without epochs.
    pub curve: Vec<CurvePoint>,
    /// The epoch (from 1) whose weights were scored; 0 for models without epochs.
    pub best_epoch: u32,
    /// What it took.
    pub cost: Cost,
    /// Where the numbers come from.
    pub provenance: Provenance,
}

impl Outcome {
    /// Whether it ran to its end.
    pub fn is_completed(&self) -> bool {
        self.status == Status::Completed
    }

    /// Whether it failed; a pruned trial did not.
    pub fn is_failed(&self) -> bool {
        matches!(self.status, Status::Failed { .. })
    }

    /// The validation value that selection looks at.
    pub fn selected(&self) -> Option<f64> {
        self.valid.get(&self.trial.select).copied()
    }
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Status {
    /// Ran to its end.
    Completed,
    /// Was stopped early because others did better; what it had reached is kept, and it takes no part in the choice.
    Pruned {
        /// The epoch after which it was stopped.
        epoch: u32,
        /// [`StopRule::key`](crate::StopRule) of the rule that stopped it: to another rule it has not run.
        rule: String,
    },
    /// Gave no usable numbers.
    Failed {
        /// The kind of failure.
        cause: Cause,
        /// What happened, for people.
        message: String,
    },
}

/// Kinds of failure that a spec or a person treats differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The loss became NaN or infinite.
    Diverged,
    /// Host or device memory ran out.
    OutOfMemory,
    /// The trial took longer than the spec allows.
    Timeout,
    /// The worker died or panicked.
    Crash,
    /// The prepared data could not be read.
    Data,
    /// The configuration cannot be built.
    Config,
    /// Somebody cancelled it.
    Cancelled,
}

impl Cause {
    /// Whether trying the same again can help: a NaN or a bad configuration comes back the same.
    pub fn is_worth_retrying(self) -> bool {
        matches!(self, Self::OutOfMemory | Self::Timeout | Self::Crash | Self::Data)
    }
}

/// One epoch of training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// From 1.
    pub epoch: u32,
    /// Mean training loss over the epoch.
    #[serde(deserialize_with = "number_or_nan")]
    pub train_loss: f64,
    /// The same loss on the validation pairs, without dropout; `None` where this epoch was not validated.
    pub valid_loss: Option<f64>,
    /// The selection metric on validation.
    pub valid: Option<f64>,
    /// Seconds of training, validation not counted.
    pub secs: f64,
}

/// What a trial took.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cost {
    /// Learned numbers in the model (for neighbourhood models: stored similarities).
    pub n_params: u64,
    /// Epochs trained.
    pub epochs: u32,
    /// Median seconds of a training epoch.
    pub epoch_secs: f64,
    /// (context, target) losses taken in an epoch.
    pub pairs_per_epoch: u64,
    /// Seconds from the first batch to the last weight update, validation included. Where training went on from a
    /// checkpoint, of a shorter fit or of an earlier attempt, the seconds up to that checkpoint count too.
    pub fit_secs: f64,
    /// Median seconds of one evaluation.
    pub eval_secs: f64,
    /// Seconds of the whole attempt.
    pub wall_secs: f64,
    /// Largest resident memory of the worker while it ran the trial, in MiB.
    pub peak_rss_mb: f64,
    /// Whether the weights came from the checkpoint of an equal fit instead of training again.
    pub from_checkpoint: bool,
    /// The epoch of a shorter fit from whose checkpoint training went on; 0 when it began at the beginning.
    pub resumed_epoch: u32,
    /// Into how many parts each training batch was split for want of memory, their gradients accumulated; 0 and 1 mean
    /// that none was.
    pub micro_batches: u32,
}

/// Where the numbers come from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// Hash of the spec that asked for the trial first.
    pub spec_hash: String,
    /// Key of the prepared dataset.
    pub data_hash: String,
    /// Version of bakeoff, with the git commit where one is known.
    pub code_version: String,
    /// Version of libtorch.
    pub libtorch: String,
    /// `cpu`, or `cuda` with the card's name.
    pub device: String,
    /// CPU threads of the worker.
    pub threads: u32,
    /// When the attempt began, RFC 3339 in UTC.
    pub started_at: String,
    /// When it ended, RFC 3339 in UTC.
    pub ended_at: String,
}

/// JSON has no NaN and no infinity: both are written as `null`. A diverged trial must be readable all the same, so
/// they come back as NaN.
fn number_or_nan<'de, D: Deserializer<'de>>(json: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(json)?.unwrap_or(f64::NAN))
}

fn scores_with_nan<'de, D: Deserializer<'de>>(json: D) -> Result<Scores, D::Error> {
    let scores = BTreeMap::<MetricKey, Option<f64>>::deserialize(json)?;
    Ok(scores.into_iter().map(|(key, value)| (key, value.unwrap_or(f64::NAN))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diverged_curve_survives_json() {
        let point = CurvePoint {
            epoch: 3,
            train_loss: f64::INFINITY,
            valid_loss: Some(f64::NAN),
            valid: Some(0.5),
            secs: 1.0,
        };
        let json = serde_json::to_string(&point).unwrap();
        let read: CurvePoint = serde_json::from_str(&json).unwrap();
        assert!(read.train_loss.is_nan());
        assert_eq!((read.valid_loss, read.valid), (None, Some(0.5)));
    }
}
