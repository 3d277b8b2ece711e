//! How a trial is fitted where that does not change what it is: it goes with an order and never into a key.

use serde::{Deserialize, Serialize};

use crate::stop_rule::StopRule;

/// What a worker is told about a fit beyond the trial itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fitting {
    /// Fit keys of shorter fits of the same configuration, the longest first. Training goes on from the first whose
    /// checkpoint can be read, and begins at the beginning without one; the numbers are the same.
    pub continues: Vec<String>,
    /// Whether the checkpoint must hold what training on needs, beside the best weights.
    pub is_resumable: bool,
    /// When to give up.
    pub stop_rule: Option<StopRule>,
    /// Into how many parts to split each batch; gradients are accumulated, so that the step stays the same.
    pub micro_batches: u32,
    /// The most memory that the worker may take, in MiB.
    pub memory_limit_mb: Option<u64>,
}

impl Default for Fitting {
    fn default() -> Self {
        Self {
            continues: Vec::new(),
            is_resumable: false,
            stop_rule: None,
            micro_batches: 1,
            memory_limit_mb: None,
        }
    }
}
