//! What a second objective weighs against the selecting metric: a cost, or another metric on validation.

use std::fmt;

use crate::metric_key::MetricKey;
use crate::outcome::Outcome;

/// A second objective.
#[derive(Debug, Clone, PartialEq)]
pub enum Objective {
    /// Seconds of one evaluation: ranking for every user, or rating every row.
    Latency,
    /// Learned (or stored) numbers.
    Size,
    /// Seconds of fitting.
    FitTime,
    /// Largest resident memory of the worker, in MiB.
    Memory,
    /// Another metric on validation.
    Metric {
        /// Which.
        key: MetricKey,
        /// Whether a larger value is better.
        higher_is_better: bool,
    },
}

impl Objective {
    /// Those that are no metrics.
    pub const COSTS: [Self; 4] = [Self::Latency, Self::Size, Self::FitTime, Self::Memory];

    /// The cost called `name`.
    pub fn cost(name: &str) -> Option<Self> {
        Self::COSTS.into_iter().find(|cost| cost.to_string() == name)
    }

    /// Whether a larger value is better.
    pub fn higher_is_better(&self) -> bool {
        matches!(self, Self::Metric { higher_is_better: true, .. })
    }

    /// Its value for an outcome.
    pub fn of(&self, outcome: &Outcome) -> Option<f64> {
        let cost = &outcome.cost;
        match self {
            Self::Latency => Some(cost.eval_secs),
            Self::Size => Some(cost.n_params as f64),
            Self::FitTime => Some(cost.fit_secs),
            Self::Memory => Some(cost.peak_rss_mb),
            Self::Metric { key, .. } => outcome.valid.get(key).copied(),
        }
    }
}

impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latency => f.write_str("latency"),
            Self::Size => f.write_str("size"),
            Self::FitTime => f.write_str("fit_time"),
            Self::Memory => f.write_str("memory"),
            Self::Metric { key, .. } => key.fmt(f),
        }
    }
}
