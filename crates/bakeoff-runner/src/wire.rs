//! What coordinator and worker say to each other: one JSON document a line.

use std::path::PathBuf;

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
