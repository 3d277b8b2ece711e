//! The whole grid, in the spec's order.

use bakeoff_spec::registry::NoParams;
use bakeoff_spec::{ModelPlan, Outcome, Plugin};

use crate::search::{Search, SearchPlugin};

/// Proposes every candidate at once.
#[derive(Debug)]
pub struct Grid {
    is_proposed: bool,
}

impl Plugin for Grid {
    const NAME: &'static str = "grid";
    const ABOUT: &'static str = "Runs every combination of the grid's values.";
    type Params = NoParams;
}

impl SearchPlugin for Grid {
    fn begin(_params: NoParams) -> Self {
        Self { is_proposed: false }
    }
}

impl Search for Grid {
    fn propose(&mut self, model: &ModelPlan, _outcomes: &[Option<Outcome>]) -> Vec<usize> {
        if std::mem::replace(&mut self.is_proposed, true) {
            return Vec::new();
        }
        (0..model.candidates.len()).collect()
    }
}
