//! `schedule`: where and how trials run, and what becomes of failures.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::PluginSpec;
use crate::outcome::Cause;
use crate::registry::Params;

/// Where and how trials run. Nothing here changes a trial's numbers or its key; `stop_at` changes how many there are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleSpec {
    /// Who runs the trials.
    #[serde(default = "local_executor")]
    pub executor: PluginSpec,
    /// `auto` (CUDA cards if there are any, else the CPU), `cpu`, `cuda`, or cards such as `cuda:0,2`.
    #[serde(default = "auto_devices")]
    #[schemars(regex(pattern = r"^(auto|cpu|cuda(:\d+(,\d+)*)?)$"))]
    pub devices: String,
    /// Trials at a time on each device; by default 1 a card, and cores ÷ threads on the CPU.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1024))]
    pub slots: Option<u32>,
    /// CPU threads of each worker.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 1024))]
    pub threads: u32,
    /// How often a trial that crashed, ran out of memory or timed out is tried again.
    #[serde(default = "one")]
    #[schemars(range(min = 0, max = 100))]
    pub retries: u32,
    /// Seconds before the second attempt; each further one waits twice as long. 0 tries again at once.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 86_400.0))]
    pub backoff_secs: f64,
    /// Whether another attempt avoids the device of the one before, where there is another.
    #[serde(default = "yes")]
    pub retry_elsewhere: bool,
    /// Seconds after which a trial is stopped; by default never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 31_536_000))]
    pub timeout_secs: Option<u64>,
    /// Seconds without a finished epoch after which a trial is stopped; by default never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 31_536_000))]
    pub stall_secs: Option<u64>,
    /// MiB that a trial takes: it waits until its card, or the host for a trial on the CPU, has them to spare.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_048_576))]
    pub memory_mb: Option<u64>,
    /// MiB of a worker on the CPU beyond which an allocation fails, so that a trial that takes too much ends alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 64, max = 1_048_576))]
    pub memory_limit_mb: Option<u64>,
    /// What to do when a trial fails, by cause.
    #[serde(default)]
    pub on_failure: FailureSpec,
    /// Trials that may fail for good before the sweep stops; by default any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max_failures: Option<u32>,
    /// The validation value of `select` at which the search ends for all models: the target is reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_at: Option<f64>,
    /// Limits and priorities of single models, by label.
    #[serde(default)]
    pub models: BTreeMap<String, ModelLimits>,
}

/// What holds for the trials of one model alone.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ModelLimits {
    /// Trials of it that may run at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1024))]
    pub slots: Option<u32>,
    /// Trials of larger priority run first; by default 0, and equals in the order of the spec.
    #[serde(default)]
    #[schemars(range(min = -1000, max = 1000))]
    pub priority: i32,
    /// In place of `memory_mb` of the schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_048_576))]
    pub memory_mb: Option<u64>,
    /// In place of `timeout_secs` of the schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 31_536_000))]
    pub timeout_secs: Option<u64>,
}

/// What to do when a trial fails, by cause. Attempts are limited by `retries`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FailureSpec {
    /// The host's or a card's memory ran out.
    #[serde(default)]
    pub out_of_memory: OnOutOfMemory,
    /// It took too long, or an epoch did.
    #[serde(default)]
    pub timeout: OnFailure,
    /// The loss became NaN or infinite: again, it would be the same.
    #[serde(default = "skip")]
    pub diverged: OnFailure,
    /// The worker died or panicked.
    #[serde(default)]
    pub crash: OnFailure,
    /// The prepared data could not be read.
    #[serde(default)]
    pub data: OnFailure,
}

/// What to do when a trial fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// Try it again.
    #[default]
    Retry,
    /// Try it again while nothing else runs on its device.
    RetryAlone,
    /// Let it fail and go on with the others.
    Skip,
    /// Stop the sweep.
    Stop,
}

/// What to do when memory runs out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnOutOfMemory {
    /// Try it again with batches in half as large parts and their gradients accumulated: the same steps in less memory.
    #[default]
    Split,
    /// Try it again as it is.
    Retry,
    /// Try it again while nothing else runs on its device.
    RetryAlone,
    /// Let it fail and go on with the others.
    Skip,
    /// Stop the sweep.
    Stop,
}

impl Default for FailureSpec {
    fn default() -> Self {
        Self {
            out_of_memory: OnOutOfMemory::Split,
            timeout: OnFailure::Retry,
            diverged: OnFailure::Skip,
            crash: OnFailure::Retry,
            data: OnFailure::Retry,
        }
    }
}

fn skip() -> OnFailure {
    OnFailure::Skip
}

impl FailureSpec {
    /// What to do about a cause. Memory that ran out is tried again by splitting where that is said.
    pub fn of(&self, cause: Cause) -> OnFailure {
        match cause {
            Cause::OutOfMemory => match self.out_of_memory {
                OnOutOfMemory::Split | OnOutOfMemory::Retry => OnFailure::Retry,
                OnOutOfMemory::RetryAlone => OnFailure::RetryAlone,
                OnOutOfMemory::Skip => OnFailure::Skip,
                OnOutOfMemory::Stop => OnFailure::Stop,
            },
            Cause::Timeout => self.timeout,
            Cause::Diverged => self.diverged,
            Cause::Crash => self.crash,
            Cause::Data => self.data,
            Cause::Config | Cause::Cancelled => OnFailure::Skip,
        }
    }
}

impl Default for ScheduleSpec {
    fn default() -> Self {
        Self {
            executor: local_executor(),
            devices: auto_devices(),
            slots: None,
            threads: 1,
            retries: 1,
            backoff_secs: 0.0,
            retry_elsewhere: true,
            timeout_secs: None,
            stall_secs: None,
            memory_mb: None,
            memory_limit_mb: None,
            on_failure: FailureSpec::default(),
            max_failures: None,
            stop_at: None,
            models: BTreeMap::new(),
        }
    }
}

fn local_executor() -> PluginSpec {
    PluginSpec { name: "local".into(), params: Params::new() }
}

fn auto_devices() -> String {
    "auto".into()
}

fn one() -> u32 {
    1
}

fn yes() -> bool {
    true
}
