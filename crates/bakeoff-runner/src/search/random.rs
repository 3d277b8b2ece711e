//! Random search (Bergstra and Bengio, JMLR 2012).

use bakeoff_spec::Plugin;
use bakeoff_spec::registry::NoParams;

use crate::search::{Ask, Proposal, Search, SearchPlugin, Step};

/// Draws points from the whole space, none twice.
#[derive(Debug)]
pub struct Random;

impl Plugin for Random {
    const NAME: &'static str = "random";
    const ABOUT: &'static str = "Draws configurations from the whole space, none of them twice.";
    type Params = NoParams;
}

impl SearchPlugin for Random {
    const LEARNS: bool = false;

    fn begin(_params: NoParams) -> Self {
        Self
    }
}

impl Search for Random {
    fn propose(&mut self, ask: &mut Ask<'_>) -> Step {
        if !ask.may_begin {
            return Step::Over;
        }
        ask.draw_fresh().map_or(Step::Over, |point| Step::Try(Proposal::of(point)))
    }
}
