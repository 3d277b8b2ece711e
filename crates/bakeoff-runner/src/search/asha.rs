//! Asynchronous successive halving (Li et al., "A system for massively parallel hyperparameter tuning", 2020).

use bakeoff_spec::Plugin;

use crate::search::rungs::{Ladder, RungParams};
use crate::search::{Ask, Search, SearchPlugin, Step};

/// Begins many configurations with few epochs and trains the best of them longer, without waiting.
#[derive(Debug)]
pub struct Asha(RungParams);

impl Plugin for Asha {
    const NAME: &'static str = "asha";
    const ABOUT: &'static str = "Begins many configurations with few epochs and trains the best of them longer, without waiting.";
    type Params = RungParams;
}

impl SearchPlugin for Asha {
    const LEARNS: bool = true;

    fn begin(params: RungParams) -> Self {
        Self(params)
    }
}

impl Search for Asha {
    fn propose(&mut self, ask: &mut Ask<'_>) -> Step {
        let ladder = Ladder::of(&self.0, ask.epochs);
        ladder.climb(ask, 1, &|_| 0)
    }
}
