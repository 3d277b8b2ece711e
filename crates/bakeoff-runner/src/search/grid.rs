//! The whole grid in the spec's order, or as many of its points as the budget allows.

use std::collections::HashMap;

use bakeoff_spec::Plugin;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus as Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::search::{Ask, Proposal, Search, SearchPlugin, Step, draw};

/// Proposes every combination of the values that can be counted.
#[derive(Debug)]
pub struct Grid {
    samples: usize,
    /// Where in the grid, times `samples`.
    next: usize,
    /// Where the budget is smaller than the grid: what stands at a place of its permutation, if not the place's number.
    moved: HashMap<usize, usize>,
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
        Self { samples: params.samples as usize, next: 0, moved: HashMap::new() }
    }
}

impl Search for Grid {
    fn propose(&mut self, ask: &mut Ask<'_>) -> Step {
        if !ask.may_begin {
            return Step::Over;
        }
        let space = ask.space;
        let samples = if space.is_countable() { 1 } else { self.samples };
        let n = space.grid_size().unwrap_or(usize::MAX).saturating_mul(samples);
        let is_part = ask.n_trials.is_some_and(|n_trials| n_trials < n);
        // A part of a grid has room for constraints to leave some out.
        let most = |n_trials: usize| n_trials.saturating_mul(OVERDRAW.0).max(OVERDRAW.1).min(n);
        let most = ask.n_trials.map_or(n, most);
        while self.next < most {
            let at = if is_part { self.shuffled(n, ask.rng_of) } else { self.next };
            self.next += 1;
            // By its number in the grid, so that a search that goes on, or has a larger budget, comes to the same points.
            let mut rng = (ask.rng_of)(at);
            let point = space.grid_point(at / samples, |dimension| draw(dimension, &mut rng));
            if let Some(point) = point.filter(|point| ask.is_fresh(point)) {
                return Step::Try(Proposal::of(point));
            }
        }
        Step::Over
    }
}

/// Points of a large grid that are looked at: so many times the budget, and at least so many.
const OVERDRAW: (usize, usize) = (20, 20_000);

impl Grid {
    /// The entry `self.next` of a random permutation of `0..n`, made as far as it is asked for (Fisher and Yates).
    fn shuffled(&mut self, n: usize, rng_of: &dyn Fn(usize) -> Rng) -> usize {
        let from = rng_of(self.next).random_range(self.next..n);
        let here = self.moved.remove(&self.next).unwrap_or(self.next);
        if from == self.next { here } else { self.moved.insert(from, here).unwrap_or(from) }
    }
}
