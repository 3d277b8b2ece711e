//! Why a model could not be built, trained or scored.

use std::path::PathBuf;

use bakeoff_data::DataError;
use bakeoff_metrics::MetricError;
use bakeoff_spec::Cause;
use bakeoff_spec::registry::ParamError;

/// What went wrong in a trial.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The name is in no registry.
    #[error("no model is called `{0}`; `bakeoff list models` shows them")]
    UnknownModel(String),
    /// The parameters do not fit the model.
    #[error("the parameters do not fit the model")]
    Params(#[from] ParamError),
    /// The dataset lacks what the configuration needs.
    #[error("the dataset cannot serve this model: {0}")]
    Dataset(String),
    /// The prepared dataset could not be read.
    #[error("the prepared dataset could not be read")]
    Data(#[from] DataError),
    /// A metric could not be computed.
    #[error("a metric could not be computed")]
    Metric(#[from] MetricError),
    /// The loss, or what validation says, is no longer a number.
    #[error(
        "{what} became {value} in epoch {epoch}; a smaller learning_rate or clip_norm usually helps"
    )]
    Diverged {
        /// The epoch, from 1.
        epoch: u32,
        /// What is no number, for people.
        what: String,
        /// NaN or infinite.
        value: f64,
    },
    /// A checkpoint could not be written.
    #[error("could not write the checkpoint {path}")]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl ModelError {
    /// The kind of failure, for the outcome.
    pub fn cause(&self) -> Cause {
        match self {
            // A dataset that lacks what the model needs lacks it at the next attempt too.
            Self::UnknownModel(_) | Self::Params(_) | Self::Metric(_) | Self::Dataset(_) => {
                Cause::Config
            }
            Self::Data(_) => Cause::Data,
            Self::Diverged { .. } => Cause::Diverged,
            Self::Checkpoint { .. } => Cause::Crash,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_otherwise_the_next_time_is_not_tried_again() {
        let lacking = ModelError::Dataset("it has no ratings".into());
        assert!(!lacking.cause().is_worth_retrying());
        let unread = DataError::Damaged { dir: "data".into(), reason: "no manifest".into() };
        assert!(ModelError::from(unread).cause().is_worth_retrying());
    }
}
