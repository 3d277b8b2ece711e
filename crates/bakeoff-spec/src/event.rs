//! The interface between running trials and whoever watches: the runner emits these and knows no output.

use serde::{Deserialize, Serialize};

use crate::metric_key::MetricKey;
use crate::outcome::{CurvePoint, Outcome};
use crate::trial::TrialKey;

/// Something that happened during a sweep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum RunEvent {
    /// The sweep begins.
    RunStarted {
        /// Name of the spec.
        name: String,
        /// Trials of the whole sweep, replicates of the winners included.
        planned: usize,
        /// The places where trials run, such as `cpu/0`.
        slots: Vec<String>,
    },
    /// The number of trials of the whole sweep has become known better.
    Planned {
        /// Replicates of the winners included.
        planned: usize,
    },
    /// A trial needs no run: the store has its outcome.
    TrialCached {
        /// Its key.
        key: TrialKey,
    },
    /// A trial was handed to a worker.
    TrialStarted {
        /// Its key.
        key: TrialKey,
        /// Model and varied parameters, for people.
        label: String,
        /// Where it runs.
        slot: String,
        /// From 1.
        attempt: u32,
        /// The most epochs it may train; 0 for models without epochs.
        epochs: u32,
        /// The metric of its curve.
        select: MetricKey,
    },
    /// An epoch of a running trial ended.
    EpochEnded {
        /// The trial.
        key: TrialKey,
        /// Where it runs.
        slot: String,
        /// The epoch's figures.
        point: CurvePoint,
    },
    /// An attempt failed and the trial will be tried again.
    TrialRetried {
        /// The trial.
        key: TrialKey,
        /// The attempt that failed.
        attempt: u32,
        /// What happened.
        reason: String,
    },
    /// A trial ended for good and its outcome is safe on disk.
    TrialFinished {
        /// Where it ran.
        slot: String,
        /// What became of it.
        outcome: Box<Outcome>,
    },
    /// Something that people should know and no trial is to blame for, such as a cluster that does not answer.
    Notice {
        /// What it is.
        message: String,
    },
    /// The sweep ended.
    RunFinished {
        /// Trials that the store had already.
        cached: usize,
        /// Trials that ran now.
        ran: usize,
        /// Those that failed for good, now or before.
        failed: usize,
        /// Whether it was stopped before its end.
        interrupted: bool,
    },
}
