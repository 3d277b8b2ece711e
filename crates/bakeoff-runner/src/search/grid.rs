//! The whole grid in the spec's order, or as many of its points as the budget allows.

use bakeoff_spec::{Plugin, Space};
use rand::seq::index;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::search::{Ask, Proposal, Search, SearchPlugin, Step, draw};

/// Proposes every combination of the values that can be counted.
#[derive(Debug)]
pub struct Grid {
    samples: usize,
    /// Where in the grid, times `samples`.
    next: usize,
    /// The points to visit, where the budget is smaller than the grid.
    drawn: Option<Vec<usize>>,
}

/// Parameters of [`Grid`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GridParams {
    /// Dimensions without countable values are drawn, this many times at each point of the grid over the others.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 10_000))]
    pub samples: u32,
}

fn one() -> u32 {
    1
}

impl Plugin for Grid {
    const NAME: &'static str = "grid";
    const ABOUT: &'static str = "Runs every combination of the values that can be counted.";
    type Params = GridParams;
}

impl SearchPlugin for Grid {
    const LEARNS: bool = false;

    fn begin(params: GridParams) -> Self {
        Self { samples: params.samples as usize, next: 0, drawn: None }
    }
}

impl Search for Grid {
    fn propose(&mut self, ask: &mut Ask<'_>) -> Step {
        if !ask.may_begin {
            return Step::Over;
        }
        let space = ask.space;
        let samples = if is_countable(space) { 1 } else { self.samples };
        let n = space.grid_size().unwrap_or(usize::MAX).saturating_mul(samples);
        if self.next == 0
            && let Some(n_trials) = ask.n_trials.filter(|&n_trials| n_trials < n)
        {
            // More than the budget, since constraints may leave some out.
            let mut drawn = index::sample(&mut ask.rng, n, n.min(n_trials * OVERDRAW)).into_vec();
            drawn.truncate(n);
            self.drawn = Some(drawn);
        }
        loop {
            let at = match &self.drawn {
                Some(drawn) => drawn.get(self.next).copied(),
                None => (self.next < n).then_some(self.next),
            };
            let Some(at) = at else { return Step::Over };
            self.next += 1;
            let point = space.grid_point(at / samples, |dimension| draw(dimension, &mut ask.rng));
            let is_fresh = |point: &bakeoff_spec::Point| {
                (ask.is_allowed)(point) && !ask.history.has_tried(point)
            };
            if let Some(point) = point.filter(is_fresh) {
                return Step::Try(Proposal::of(point));
            }
        }
    }
}

/// How many more points than the budget are drawn from a large grid, for constraints to leave some out.
const OVERDRAW: usize = 20;

fn is_countable(space: &Space) -> bool {
    space.dimensions.iter().all(|dimension| dimension.domain.n_values().is_some())
}
