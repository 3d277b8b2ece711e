//! What coordinator and worker say to each other: one JSON document a line.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use bakeoff_spec::{CurvePoint, Fitting, Outcome, Trial};
use serde::{Deserialize, Serialize};

/// Coordinator to worker: run this. One at a time; the end of the worker's input is the end of its work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WorkOrder {
    /// What to run.
    pub trial: Trial,
    /// From 1.
    pub attempt: u32,
    /// Hash of the spec that asks for it.
    pub spec_hash: String,
    /// Folder of the prepared dataset.
    pub dataset: PathBuf,
    /// Folder of the store.
    pub store: PathBuf,
    /// Whether to use the one CUDA card that the worker sees.
    pub cuda: bool,
    /// CPU threads to use.
    pub threads: u32,
    /// How it is fitted.
    #[serde(default)]
    pub fitting: Fitting,
    /// How long it may take. Whoever sees when it begins holds it to them: the worker itself never does.
    #[serde(default)]
    pub limits: TimeLimits,
}

/// How long an attempt may take, in seconds; without end where nothing is said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeLimits {
    /// In all.
    pub timeout_secs: Option<u64>,
    /// Until its first epoch ends, and from each to the next.
    pub stall_secs: Option<u64>,
}

impl TimeLimits {
    /// Which limit has been passed, if any, by an attempt that began at one moment and last showed a sign at another.
    pub(crate) fn passed(self, began: Instant, last_sign: Instant) -> Option<String> {
        let is_past = |since: Instant, secs: u64| since.elapsed() >= Duration::from_secs(secs);
        if let Some(secs) = self.timeout_secs.filter(|&secs| is_past(began, secs)) {
            return Some(format!("the attempt took longer than timeout_secs: {secs}"));
        }
        let secs = self.stall_secs.filter(|&secs| is_past(last_sign, secs))?;
        Some(format!("no epoch ended for longer than stall_secs: {secs}"))
    }
}

/// Worker to coordinator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reply {
    /// Said once, before the first order is read: the program and its libraries could be loaded.
    Ready,
    /// An epoch ended.
    Epoch(CurvePoint),
    /// The trial completed or was pruned, and its outcome is in the store's folder.
    Completed,
    /// The attempt failed. Its outcome is not written: whether the trial is tried again is the coordinator's decision.
    Failed(Box<Outcome>),
}
