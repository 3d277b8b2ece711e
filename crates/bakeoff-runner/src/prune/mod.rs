//! Every pruner that a spec can name beside a search. To add one: write its file, add its line.
//!
//! A pruner says before a trial begins what it must have reached, epoch by epoch. So any executor can hold a trial to
//! it without asking back, and what a trial is measured against does not depend on how fast the others run.

use bakeoff_spec::registry::{find, params_of};
use bakeoff_spec::spec::PluginSpec;
use bakeoff_spec::trial::content_key;
use bakeoff_spec::{Entry, Params, Plugin, StopRule};

use crate::error::RunError;

/// Validation values of a trial that has ended: for each validated epoch the best so far.
pub type BestSoFar = Box<[(u32, f64)]>;

/// Decides what a trial must reach.
pub trait Pruner {
    /// Epochs, ascending, with the value that must be reached by then; empty to let the trial run.
    fn thresholds(&self, peers: &[&BestSoFar], higher_is_better: bool) -> Vec<(u32, f64)>;
}

/// A pruner that can be built from its parameters.
pub trait PrunerPlugin: Plugin + Pruner + Sized {
    /// From complete parameters.
    fn begin(params: Self::Params) -> Self;
}

/// A registered pruner.
pub type PrunerEntry = Entry<fn(&Params) -> Result<Box<dyn Pruner>, String>>;

fn build<P: PrunerPlugin>(params: &Params) -> Result<Box<dyn Pruner>, String> {
    Ok(Box::new(P::begin(params_of::<P>(params).map_err(|error| error.to_string())?)))
}

bakeoff_spec::register! { PrunerEntry, build;
    median::Median,
}

/// A pruner at work, with the key that its rules carry.
pub(crate) struct Rules {
    pruner: Box<dyn Pruner>,
    pub(crate) key: String,
}

impl Rules {
    /// The pruner that a search names, if it names one.
    pub(crate) fn of(spec: Option<&PluginSpec>) -> Result<Option<Self>, RunError> {
        let Some(spec) = spec else { return Ok(None) };
        let refused =
            |message| RunError::BadPlugin { kind: "pruner", name: spec.name.clone(), message };
        let entry =
            find(ALL, &spec.name).ok_or_else(|| refused("there is no such pruner".into()))?;
        let pruner = (entry.build)(&spec.params).map_err(refused)?;
        let params = (entry.complete)(&spec.params).map_err(|error| refused(error.to_string()))?;
        let key = content_key(&(entry.name, entry.revision, params));
        Ok(Some(Self { pruner, key }))
    }

    /// What a trial must reach beside these peers.
    pub(crate) fn rule(&self, peers: &[&BestSoFar], higher_is_better: bool) -> Option<StopRule> {
        let thresholds = self.pruner.thresholds(peers, higher_is_better);
        let key = self.key.clone();
        (!thresholds.is_empty()).then_some(StopRule { key, thresholds, higher_is_better })
    }
}
