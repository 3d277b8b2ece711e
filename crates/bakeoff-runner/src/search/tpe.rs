//! The multivariate tree-structured Parzen estimator (Bergstra et al., 2011; Falkner et al., ICML 2018).
//!
//! Departures from there: the better of the good ones count more, the flat component has the weight of two points, and
//! numbers that a choice lists in order are kept in order. All were chosen on functions other than those that figures
//! are reported of.

use bakeoff_spec::{Plugin, Point};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::search::parzen::Parzen;
use crate::search::ranking::{self, Ranking};
use crate::search::{Ask, Search, SearchPlugin, Step};

/// Proposes what is likelier among good configurations than among all others.
#[derive(Debug)]
pub struct Tpe(TpeParams);

/// Parameters of [`Tpe`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TpeParams {
    /// Configurations that are drawn apart from each other before results are looked at.
    #[schemars(range(min = 1, max = 10_000))]
    pub n_startup: u32,
    /// Configurations drawn for each proposal, of which the most promising is taken.
    #[schemars(range(min = 1, max = 10_000))]
    pub n_samples: u32,
    /// The share of results that count as good, 25 of them at most.
    #[schemars(range(min = 0.01, max = 0.5))]
    pub good_share: f64,
}

impl Default for TpeParams {
    fn default() -> Self {
        Self { n_startup: 8, n_samples: 24, good_share: 0.1 }
    }
}

impl Plugin for Tpe {
    const NAME: &'static str = "tpe";
    const ABOUT: &'static str =
        "Proposes what is likelier among good configurations than among others.";
    type Params = TpeParams;

    fn check(params: &TpeParams) -> Result<(), String> {
        let is_share = (0.01..=0.5).contains(&params.good_share);
        is_share.then_some(()).ok_or_else(|| "`good_share` must lie between 0.01 and 0.5".into())
    }
}

impl SearchPlugin for Tpe {
    const LEARNS: bool = true;

    fn begin(params: TpeParams) -> Self {
        Self(params)
    }
}

/// The most that count as good, however long the history is.
const MOST_GOOD: usize = 25;

/// Of the others the latest so many are looked at: the time of a proposal grows with them.
const MOST_BAD: usize = 1000;

impl Search for Tpe {
    fn propose(&mut self, ask: &mut Ask<'_>) -> Step {
        ranking::propose(ask, self.0.n_startup, |ask, ranking| self.most_promising(ask, ranking))
    }
}

impl Tpe {
    /// Of the points drawn around the good ones, the one with the best ratio of densities that can be tried.
    fn most_promising(&self, ask: &mut Ask<'_>, ranking: &Ranking) -> Option<Point> {
        let (history, space) = (ask.history, ask.space);
        let n_good = (self.0.good_share * ranking.ended.len() as f64).ceil() as usize;
        let (good, bad) = ranking.ended.split_at(n_good.min(MOST_GOOD));
        // From 2 for the best down to almost 0.
        let weight = |place: usize| 2.0 * (good.len() - place) as f64 / (good.len() + 1) as f64;
        let good = good.iter().enumerate().map(|(place, &number)| (weight(place), number));
        // A trial under way counts as bad, so that those beside it look elsewhere.
        let mut bad: Vec<usize> = bad.iter().chain(&ranking.pending).copied().collect();
        bad.sort_unstable();
        let bad = bad.iter().rev().take(MOST_BAD).map(|&number| (1.0, number));
        let point = |(weight, number)| Some((weight, history.point(number)?));
        let good = Parzen::around(space, &good.filter_map(point).collect::<Vec<_>>());
        let bad = Parzen::around(space, &bad.filter_map(point).collect::<Vec<_>>());
        let mut drawn: Vec<(f64, Point)> = Vec::new();
        for _ in 0..self.0.n_samples {
            let point = good.draw(&mut ask.rng);
            drawn.push((good.log_density(&point) - bad.log_density(&point), point));
        }
        // Stable: of equals the earlier.
        drawn.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut points = drawn.into_iter().map(|(_, point)| point);
        points.find(|point| ask.is_fresh(point))
    }
}
