//! Why a metric or a statistic could not be computed.

use bakeoff_spec::{MetricKey, Task};

/// What was asked for and cannot be had.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MetricError {
    /// The name is in no registry.
    #[error("no metric is called `{0}`; `bakeoff list metrics` shows them")]
    Unknown(String),
    /// A rating metric was asked of a ranking, or the other way round.
    #[error("`{metric}` measures the {measures} task and cannot be computed for {asked}")]
    WrongTask {
        /// The metric.
        metric: MetricKey,
        /// The task it measures.
        measures: Task,
        /// The task at hand.
        asked: Task,
    },
    /// The metric looks at the first k ranks and no k was given.
    #[error("`{0}` needs a cutoff, such as `{0}@10`")]
    CutoffMissing(MetricKey),
    /// The metric has no cutoff and one was given.
    #[error("`{0}` takes no cutoff; write `{name}`", name = .0.name)]
    CutoffUnexpected(MetricKey),
    /// Two lists that belong together differ in length.
    #[error("{left} values were compared with {right}; both sides need the same number")]
    LengthMismatch {
        /// Values on the one side.
        left: usize,
        /// Values on the other side.
        right: usize,
    },
    /// There are too few values for the statistic.
    #[error("{got} values are too few: at least {needed} are needed")]
    TooFew {
        /// The least number of values.
        needed: usize,
        /// How many there are.
        got: usize,
    },
    /// A confidence level outside the open interval (0, 1).
    #[error("a confidence level of {0} is impossible: it lies between 0 and 1, such as 0.95")]
    BadLevel(f64),
    /// A value of a statistic is NaN or infinite.
    #[error("value {index} is {value}: statistics need finite numbers")]
    NotFinite {
        /// Position of the value, from 0.
        index: usize,
        /// The value.
        value: f64,
    },
}
