//! Successive halving (Jamieson and Talwalkar, AISTATS 2016).

use bakeoff_spec::Plugin;

use crate::search::rungs::{Ladder, RungParams};
use crate::search::{Ask, Search, SearchPlugin, Step};

/// Begins all configurations with few epochs, then trains the best part of them longer, rung by rung.
#[derive(Debug)]
pub struct SuccessiveHalving(RungParams);

impl Plugin for SuccessiveHalving {
    const NAME: &'static str = "successive_halving";
    const ABOUT: &'static str = "Begins all configurations with few epochs, then trains the best part of them longer, rung by rung.";
    type Params = RungParams;
}

impl SearchPlugin for SuccessiveHalving {
    const LEARNS: bool = true;

    fn begin(params: RungParams) -> Self {
        Self(params)
    }
}

impl Search for SuccessiveHalving {
    fn propose(&mut self, ask: &mut Ask<'_>) -> Step {
        let ladder = Ladder::of(&self.0, ask.epochs);
        ladder.climb_together(ask)
    }
}
