//! Every search strategy that a spec can name. To add one: write its file, add its line.

use bakeoff_spec::registry::{find, params_of};
use bakeoff_spec::spec::PluginSpec;
use bakeoff_spec::{Entry, ModelPlan, Outcome, Params, Plugin};

use crate::error::RunError;

/// Decides which candidates of one model run, and when.
pub trait Search {
    /// What to run next, as indices into the model's candidates; each index at most once in the search's life.
    ///
    /// Asked at the start and after every outcome. `outcomes` stand in the order of the candidates, without curves. The
    /// search is over when it proposes nothing and all that it proposed has an outcome.
    fn propose(&mut self, model: &ModelPlan, outcomes: &[Option<Outcome>]) -> Vec<usize>;
}

/// A strategy that can be built from its parameters.
pub trait SearchPlugin: Plugin + Search + Sized {
    /// A search that has proposed nothing yet.
    fn begin(params: Self::Params) -> Self;
}

/// A registered strategy.
pub type SearchEntry = Entry<fn(&Params) -> Result<Box<dyn Search>, String>>;

fn build<S: SearchPlugin>(params: &Params) -> Result<Box<dyn Search>, String> {
    Ok(Box::new(S::begin(params_of::<S>(params).map_err(|error| error.to_string())?)))
}

bakeoff_spec::register! { SearchEntry, build;
    grid::Grid,
}

/// The search that a spec names, for one model.
pub(crate) fn begin(spec: &PluginSpec) -> Result<Box<dyn Search>, RunError> {
    let refused =
        |message| RunError::BadPlugin { kind: "search", name: spec.name.clone(), message };
    let entry = find(ALL, &spec.name).ok_or_else(|| refused("there is no such strategy".into()))?;
    (entry.build)(&spec.params).map_err(refused)
}
