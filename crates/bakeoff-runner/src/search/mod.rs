//! Every search strategy that a spec can name. To add one: write its file, add its line.
//!
//! A strategy is asked for one proposal at a time and knows nothing but the history it is shown: what was proposed so
//! far, in order, and what became of it. Its own randomness comes from the search's seed, the model and the number of
//! the proposal, so that the same history gives the same proposal, in this process or in the one that goes on after a
//! crash. What it keeps for itself may only save time.

mod gaussian_process;
mod history;
mod nearness;
mod parzen;
mod ranking;
mod rungs;
mod simulation;

use bakeoff_spec::registry::{find, params_of};
use bakeoff_spec::spec::SearchSpec;
use bakeoff_spec::{Dimension, Entry, Params, Plugin, Point, Space};
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus as Rng;

use crate::error::RunError;
pub use history::{History, Seen};
pub use simulation::{Ending, Simulation};

/// Proposes what one model tries next.
pub trait Search {
    /// The next step; `ask.history` holds everything proposed before it.
    fn propose(&mut self, ask: &mut Ask<'_>) -> Step;
}

/// What a strategy may look at.
pub struct Ask<'a> {
    /// What varies.
    pub space: &'a Space,
    /// What was proposed so far and what became of it.
    pub history: History<'a>,
    /// For this proposal alone.
    pub rng: Rng,
    /// For what is numbered otherwise than proposals are, such as the points of a grid.
    pub rng_of: &'a dyn Fn(usize) -> Rng,
    /// The most epochs that the model trains; `None` where it has none or they vary.
    pub epochs: Option<u32>,
    /// Whether the budget still has room for a new configuration. Without it only those that were begun may go on.
    pub may_begin: bool,
    /// How many new configurations the budget has in all, where it counts them.
    pub n_trials: Option<usize>,
    /// The share of the budget that is used up, where it counts seconds.
    pub spent: Option<f64>,
    /// Whether the model and the spec's constraints allow a point.
    pub is_allowed: &'a dyn Fn(&Point) -> bool,
}

/// What a strategy answers.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Try a point.
    Try(Proposal),
    /// Ask again when another result is there.
    Wait,
    /// There is nothing more to try.
    Over,
}

/// A point to try.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// Where in the space.
    pub point: Point,
    /// The epochs of a shorter fit; `None` for the model's own.
    pub epochs: Option<u32>,
    /// The number of the proposal that this one goes on from, with the same point and fewer epochs.
    pub continues: Option<usize>,
}

impl Proposal {
    /// A new configuration, trained for the model's own epochs.
    pub fn of(point: Point) -> Self {
        Self { point, epochs: None, continues: None }
    }
}

/// A strategy that can be built from its parameters.
pub trait SearchPlugin: Plugin + Search + Sized {
    /// Whether proposals depend on results. Those of a strategy that does not learn are all known at the start.
    const LEARNS: bool;

    /// A search that has proposed nothing yet.
    fn begin(params: Self::Params) -> Self;
}

/// A registered strategy.
pub type SearchEntry = Entry<fn() -> Build>;

/// How a strategy is built, and whether it learns.
#[derive(Clone, Copy)]
pub struct Build {
    begin: fn(&Params) -> Result<Box<dyn Search>, String>,
    /// [`SearchPlugin::LEARNS`].
    pub learns: bool,
}

fn build<S: SearchPlugin>() -> Build {
    Build { begin: begin_boxed::<S>, learns: S::LEARNS }
}

fn begin_boxed<S: SearchPlugin>(params: &Params) -> Result<Box<dyn Search>, String> {
    Ok(Box::new(S::begin(params_of::<S>(params).map_err(|error| error.to_string())?)))
}

/// Points drawn before a space counts as used up, or its constraints as leaving nothing.
pub const PATIENCE: usize = 1000;

impl Ask<'_> {
    /// A point drawn from the whole space that is allowed and was not tried; `None` where none is found any more.
    pub fn draw_fresh(&mut self) -> Option<Point> {
        for _ in 0..PATIENCE {
            let point = self.draw();
            if self.is_fresh(&point) {
                return Some(point);
            }
        }
        None
    }

    /// Whether a point was not tried and is allowed.
    pub fn is_fresh(&self, point: &Point) -> bool {
        // In this order: constraints take a hundred times as long.
        !self.history.has_tried(point) && (self.is_allowed)(point)
    }

    /// A point drawn from the whole space.
    pub fn draw(&mut self) -> Point {
        let Self { space, rng, .. } = self;
        space.fill(|_, dimension| Some(draw(dimension, rng)))
    }
}

/// A coordinate drawn from a dimension's domain.
pub fn draw(dimension: &Dimension, rng: &mut Rng) -> f64 {
    dimension.domain.from_unit(rng.random())
}

bakeoff_spec::register! { SearchEntry, build;
    grid::Grid,
    random::Random,
    tpe::Tpe,
    gp::Gp,
    successive_halving::SuccessiveHalving,
    asha::Asha,
    hyperband::Hyperband,
}

/// The search that a spec names, for one model, and whether it learns.
pub(crate) fn begin(spec: &SearchSpec) -> Result<(Box<dyn Search>, bool), RunError> {
    let refused =
        |message| RunError::BadPlugin { kind: "search", name: spec.name.clone(), message };
    let entry = find(ALL, &spec.name).ok_or_else(|| refused("there is no such strategy".into()))?;
    let build = (entry.build)();
    Ok(((build.begin)(&spec.params).map_err(refused)?, build.learns))
}
