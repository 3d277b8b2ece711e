//! What the strategies that stop weak configurations early share: rungs of epochs, who stands on which, who goes up.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::search::history::Result;
use crate::search::{Ask, History, Proposal, Step};

/// Parameters of the strategies with rungs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RungParams {
    /// Epochs of the lowest rung, at least; by default two rungs below the model's own. Fewer save more, and judge
    /// slow starters too early.
    #[schemars(range(min = 1, max = 100_000))]
    pub min_epochs: Option<u32>,
    /// One in so many goes up a rung, and trains so many times as long there.
    #[schemars(range(min = 2, max = 16))]
    pub eta: u32,
}

impl Default for RungParams {
    fn default() -> Self {
        Self { min_epochs: None, eta: 3 }
    }
}

/// Epochs of the rungs, ascending; the last is the model's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ladder {
    pub(super) epochs: Vec<u32>,
    eta: usize,
}

/// A configuration's place: the rung of its longest fit.
#[derive(Debug, Clone, Copy)]
struct Climber {
    /// Number of the proposal that stands on the rung.
    number: usize,
    loss: Option<f64>,
    is_pending: bool,
    has_gone_up: bool,
}

impl Ladder {
    /// The rungs for a model that trains `most` epochs: a model without epochs, or whose epochs vary, has one.
    pub(super) fn of(params: &RungParams, most: Option<u32>) -> Self {
        let eta = params.eta as usize;
        let Some(most) = most else { return Self { epochs: Vec::new(), eta } };
        let mut epochs = vec![most];
        let mut factor = u64::from(params.eta);
        let is_rung = |factor: u64| match params.min_epochs {
            Some(least) => u64::from(most) >= u64::from(least) * factor,
            None => factor <= u64::from(params.eta).pow(2) && u64::from(most) >= factor,
        };
        while is_rung(factor) {
            epochs.push(u64::from(most).div_ceil(factor) as u32);
            factor *= u64::from(params.eta);
        }
        epochs.reverse();
        Self { epochs, eta }
    }

    pub(super) fn n_rungs(&self) -> usize {
        self.epochs.len().max(1)
    }

    /// The epochs of a proposal for a rung: `None` on the highest, where a trial is as it would be without rungs.
    fn epochs_at(&self, rung: usize) -> Option<u32> {
        self.epochs.get(rung).copied().filter(|_| rung + 1 < self.epochs.len())
    }

    fn rung_of(&self, history: &History<'_>, number: usize) -> usize {
        let epochs = history.epochs(number);
        epochs
            .and_then(|of| self.epochs.iter().position(|&one| one == of))
            .unwrap_or(self.n_rungs() - 1)
    }

    /// Who stands or stood on each rung, bracket by bracket. `bracket_of` is told how many configurations began before.
    fn standing(
        &self,
        history: &History<'_>,
        n_brackets: usize,
        bracket_of: &dyn Fn(usize) -> usize,
    ) -> Vec<Vec<Vec<Climber>>> {
        let mut standing: Vec<Vec<Vec<Climber>>> =
            vec![vec![Vec::new(); self.n_rungs()]; n_brackets];
        // By proposal: its bracket, rung and place there.
        let mut places: Vec<Option<(usize, usize, usize)>> = Vec::with_capacity(history.len());
        let mut n_begun = 0;
        for number in 0..history.len() {
            if history.is_listed(number) {
                places.push(None);
                continue;
            }
            let earlier = history.continues(number).and_then(|earlier| places[earlier]);
            let bracket = if let Some((bracket, rung, at)) = earlier {
                standing[bracket][rung][at].has_gone_up = true;
                bracket
            } else {
                n_begun += 1;
                bracket_of(n_begun - 1)
            };
            let rung = self.rung_of(history, number);
            let result = history.result(number);
            let loss = if let Result::Loss(loss) = result { Some(loss) } else { None };
            let is_pending = result == Result::Pending;
            let on_rung: &mut Vec<Climber> = &mut standing[bracket][rung];
            places.push(Some((bracket, rung, on_rung.len())));
            on_rung.push(Climber { number, loss, is_pending, has_gone_up: false });
        }
        standing
    }

    /// Asynchronous promotion (Li et al., 2020, algorithm 2), the highest rung first: whoever is among the best
    /// one in `eta` of those that have a result on its rung goes up; without anybody a new configuration begins.
    pub(super) fn climb(
        &self,
        ask: &mut Ask<'_>,
        n_brackets: usize,
        bracket_of: &dyn Fn(usize) -> usize,
    ) -> Step {
        let standing = self.standing(&ask.history, n_brackets, bracket_of);
        if ask.spent.is_some_and(|spent| spent >= 1.0) {
            return Self::rest(&standing);
        }
        for rung in (0..self.n_rungs() - 1).rev() {
            for bracket in &standing {
                let n_ended = bracket[rung].iter().filter(|one| !one.is_pending).count();
                if let Some(best) = Self::next_up(&bracket[rung], n_ended / self.eta) {
                    return self.up(&ask.history, best, rung);
                }
            }
        }
        if ask.may_begin {
            let n_begun = (0..ask.history.len())
                .filter(|&i| ask.history.continues(i).is_none() && !ask.history.is_listed(i))
                .count();
            let rung = bracket_of(n_begun).min(self.n_rungs() - 1);
            if let Some(point) = ask.draw_fresh() {
                let epochs = self.epochs_at(rung);
                return Step::Try(Proposal { point, epochs, continues: None });
            }
        }
        Self::rest(&standing)
    }

    /// Synchronous promotion (Jamieson and Talwalkar, AISTATS 2016): a rung is judged when all of it has ended.
    pub(super) fn climb_together(&self, ask: &mut Ask<'_>) -> Step {
        let standing = self.standing(&ask.history, 1, &|_| 0);
        if ask.spent.is_some_and(|spent| spent >= 1.0) {
            return Self::rest(&standing);
        }
        // All rungs together take about as long each, so the lowest gets its part of a budget of seconds; once another
        // was begun, it is closed.
        let is_closed = standing[0].iter().skip(1).any(|rung| !rung.is_empty());
        let has_room = |spent: f64| spent * (self.n_rungs() as f64) < 1.0 && !is_closed;
        if ask.may_begin
            && ask.spent.is_none_or(has_room)
            && let Some(point) = ask.draw_fresh()
        {
            return Step::Try(Proposal { point, epochs: self.epochs_at(0), continues: None });
        }
        for (rung, climbers) in standing[0].iter().enumerate().take(self.n_rungs() - 1) {
            if climbers.iter().any(|one| one.is_pending) {
                return Step::Wait;
            }
            let n_up = (climbers.len() / self.eta).max(1);
            if let Some(best) = Self::next_up(climbers, n_up) {
                return self.up(&ask.history, best, rung);
            }
        }
        Self::rest(&standing)
    }

    /// The first of the best `n_up` that has not gone up yet.
    fn next_up(climbers: &[Climber], n_up: usize) -> Option<usize> {
        let mut ranked: Vec<(f64, &Climber)> =
            climbers.iter().filter_map(|one| Some((one.loss?, one))).collect();
        // Stable: of equals the earlier.
        ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
        let next = ranked.iter().take(n_up).find(|(_, one)| !one.has_gone_up);
        next.map(|(_, one)| one.number)
    }

    fn up(&self, history: &History<'_>, number: usize, rung: usize) -> Step {
        match history.point(number) {
            Some(point) => Step::Try(Proposal {
                point: point.clone(),
                epochs: self.epochs_at(rung + 1),
                continues: Some(number),
            }),
            None => Step::Over,
        }
    }

    fn rest(standing: &[Vec<Vec<Climber>>]) -> Step {
        let mut all = standing.iter().flatten().flatten();
        if all.any(|one| one.is_pending) { Step::Wait } else { Step::Over }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rungs_end_at_the_models_own_epochs() {
        let epochs = |min_epochs, eta, most| {
            Ladder::of(&RungParams { min_epochs: Some(min_epochs), eta }, Some(most)).epochs
        };
        assert_eq!(epochs(1, 3, 27), [1, 3, 9, 27]);
        assert_eq!(epochs(5, 2, 40), [5, 10, 20, 40]);
        assert_eq!(epochs(1, 4, 100), [2, 7, 25, 100]);
        assert_eq!(epochs(10, 3, 20), [20]);
        let by_default = |most| Ladder::of(&RungParams::default(), Some(most)).epochs;
        assert_eq!((by_default(100), by_default(5)), (vec![12, 34, 100], vec![2, 5]));
        let none = Ladder::of(&RungParams::default(), None);
        assert_eq!((none.n_rungs(), none.epochs_at(0)), (1, None));
    }
}
