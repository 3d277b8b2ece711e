//! Cleaning steps, applied in the order of the spec, before ids are encoded and parts are split off. To add a step:
//! write its file, add its line.

use bakeoff_spec::registry::{find, params_of};
use bakeoff_spec::{Entry, Params, Plugin};

use crate::error::DataError;
use crate::interactions::Interactions;

bakeoff_spec::register! { StepEntry, build;
    fill_missing::FillMissing,
    deduplicate::Deduplicate,
    min_rating::MinRating,
    k_core::KCore,
}

/// A step with its parameters.
pub trait Step {
    /// The cleaned table, and how many values were filled in or changed; removed rows are not counted.
    fn apply(&self, table: Interactions) -> Result<(Interactions, u64), DataError>;
}

/// One registered step.
pub type StepEntry = Entry<fn(&Params) -> Result<Box<dyn Step>, DataError>>;

/// The step called `name` with these parameters.
pub fn step(name: &str, params: &Params) -> Result<Box<dyn Step>, DataError> {
    let unknown = || DataError::Unknown { kind: "step", name: name.to_owned() };
    (find(ALL, name).ok_or_else(unknown)?.build)(params)
}

fn build<P: Plugin<Params: Step>>(params: &Params) -> Result<Box<dyn Step>, DataError> {
    let params =
        params_of::<P>(params).map_err(|source| DataError::Params { plugin: P::NAME, source })?;
    Ok(Box::new(params))
}
