//! What a search is shown of the past.

use std::collections::HashSet;

use bakeoff_spec::{Candidate, Choice, Point, Space, State};

/// What was proposed so far, in order, and what became of it.
#[derive(Clone, Copy)]
pub struct History<'a> {
    candidates: &'a [Candidate],
    seen: &'a Seen,
    space: &'a Space,
    /// Results of later proposals are hidden, though they may be there.
    n_known: usize,
    higher_is_better: bool,
    against_higher_is_better: bool,
}

/// What is known of a proposal. Losses are better when smaller, whatever the metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Result {
    /// It waits, runs, or must not be known yet.
    Pending,
    /// It gave no usable numbers.
    Failed,
    /// It was stopped early, having reached this loss; `None` before its first validation.
    Pruned(Option<f64>),
    /// It ran to its end with this loss.
    Loss(f64),
}

impl<'a> History<'a> {
    pub(crate) fn of(
        candidates: &'a [Candidate],
        seen: &'a Seen,
        space: &'a Space,
        n_known: usize,
        [higher_is_better, against_higher_is_better]: [bool; 2],
    ) -> Self {
        Self { candidates, seen, space, n_known, higher_is_better, against_higher_is_better }
    }

    /// How many proposals there were; the next one has this number.
    pub fn len(&self) -> usize {
        self.candidates.len()
    }

    /// Whether there was none.
    pub fn is_empty(&self) -> bool {
        self.candidates.is_empty()
    }

    /// The point of proposal `i`; `None` for a listed configuration that lies outside of the space.
    pub fn point(&self, i: usize) -> Option<&'a Point> {
        match &self.candidates[i].choice {
            Choice::Point(point) => Some(point),
            Choice::Listed(listed) => self.seen.listed.get(*listed)?.as_ref(),
        }
    }

    /// The epochs of proposal `i` if it was a shorter fit.
    pub fn epochs(&self, i: usize) -> Option<u32> {
        self.candidates[i].epochs
    }

    /// The proposal that `i` went on from.
    pub fn continues(&self, i: usize) -> Option<usize> {
        self.candidates[i].continues
    }

    /// Whether proposal `i` was an entry of the spec's list.
    pub fn is_listed(&self, i: usize) -> bool {
        matches!(self.candidates[i].choice, Choice::Listed(_))
    }

    /// What became of proposal `i`.
    pub fn result(&self, i: usize) -> Result {
        let Some(brief) = self.candidates[i].brief.as_ref().filter(|_| i < self.n_known) else {
            return Result::Pending;
        };
        let loss = |value: f64| if self.higher_is_better { -value } else { value };
        match (brief.state, brief.selected) {
            (State::Failed, _) | (State::Completed, None) => Result::Failed,
            (State::Pruned { .. }, selected) => Result::Pruned(selected.map(loss)),
            (State::Completed, Some(value)) => Result::Loss(loss(value)),
        }
    }

    /// The second objective of proposal `i` as a loss, where the spec names one and it is known.
    pub fn second_loss(&self, i: usize) -> Option<f64> {
        let brief = self.candidates[i].brief.as_ref().filter(|_| i < self.n_known)?;
        brief.against.map(|value| if self.against_higher_is_better { -value } else { value })
    }

    /// Whether a point was proposed before.
    pub fn has_tried(&self, point: &Point) -> bool {
        self.seen.points.contains(&bits(point))
    }

    /// The space that the points lie in.
    pub fn space(&self) -> &'a Space {
        self.space
    }
}

/// The points proposed so far, for looking up, and those of the spec's list.
#[derive(Debug, Default)]
pub struct Seen {
    points: HashSet<Box<[u64]>>,
    /// By entry of the list.
    listed: Vec<Option<Point>>,
}

impl Seen {
    /// Nothing tried yet.
    pub(crate) fn with_listed(listed: Vec<Option<Point>>) -> Self {
        Self { points: HashSet::new(), listed }
    }

    pub(crate) fn add(&mut self, choice: &Choice) {
        let point = match choice {
            Choice::Point(point) => Some(point),
            Choice::Listed(i) => self.listed.get(*i).and_then(Option::as_ref),
        };
        if let Some(point) = point.map(bits) {
            self.points.insert(point);
        }
    }
}

/// NaN stands for no coordinate: no domain has it.
fn bits(point: &Point) -> Box<[u64]> {
    point.iter().map(|at| at.unwrap_or(f64::NAN).to_bits()).collect()
}
