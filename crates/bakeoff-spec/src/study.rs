//! A plan beside what came of it: what the runner keeps while a sweep runs, and what the report is made from.

use std::collections::BTreeSet;

use crate::objective::Objective;
use crate::outcome::{Outcome, Status};
use crate::plan::{Choice, ModelPlan, Plan};
use crate::trial::TrialKey;

/// What a plan's trials came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    /// How many trials were planned, found and run.
    pub counts: Counts,
    /// One entry a model of the plan.
    pub models: Vec<ModelStudy>,
    /// Where the numbers come from.
    pub sources: BTreeSet<Source>,
    /// Every trial that failed, whole, without its curve.
    pub failures: Vec<Outcome>,
    /// Why the sweep stopped before its end, where the spec or too many failures said so.
    pub halted: Option<String>,
}

/// How many trials were planned, found and run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Counts {
    /// Trials of the whole sweep, as far as they are known: replicates of the winners included.
    pub planned: usize,
    /// Those that the store had already.
    pub cached: usize,
    /// Those that ran now.
    pub ran: usize,
    /// Those that failed for good, now or before.
    pub failed: usize,
}

/// The code and the place that numbers come from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source {
    /// Version of bakeoff.
    pub code_version: String,
    /// Version of libtorch.
    pub libtorch: String,
    /// `cpu`, or `cuda` with the card's name.
    pub device: String,
    /// CPU threads of the worker.
    pub threads: u32,
}

/// What became of one model's trials.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModelStudy {
    /// What the search tried, in the order in which it was proposed.
    pub candidates: Vec<Candidate>,
    /// How many there will be, as far as that is known.
    pub n_expected: usize,
    /// Whether the search has ended.
    pub is_searched: bool,
    /// Why the search ended before its budget was used up, if it did.
    pub ended_early: Option<String>,
    /// Index of the candidate chosen on validation; `None` until the search has ended, or if all failed.
    pub chosen: Option<usize>,
    /// Outcomes of the chosen one under each seed, in the order of [`Plan::seeds`]; empty without a chosen candidate.
    pub replicates: Vec<Option<Outcome>>,
    /// The other candidates that nothing beats in both objectives, each with its replicates.
    pub front: Vec<(usize, Vec<Option<Outcome>>)>,
}

/// A trial that a search proposed.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Its key.
    pub key: TrialKey,
    /// What it tries.
    pub choice: Choice,
    /// The epochs of a shorter fit; `None` for the model's own.
    pub epochs: Option<u32>,
    /// The candidate that it goes on from.
    pub continues: Option<usize>,
    /// What became of it; `None` before it has an outcome.
    pub brief: Option<Brief>,
}

/// What a search and a report need of a search trial's outcome: some tens of bytes where the outcome has thousands.
#[derive(Debug, Clone, PartialEq)]
pub struct Brief {
    /// How it ended.
    pub state: State,
    /// The selecting metric on validation: of a pruned trial, what it had reached.
    pub selected: Option<f64>,
    /// The second objective.
    pub against: Option<f64>,
    /// The epoch whose weights were scored.
    pub best_epoch: u32,
    /// Epochs trained.
    pub epochs: u32,
    /// The epoch from whose checkpoint training went on.
    pub resumed_epoch: u32,
    /// Seconds of fitting.
    pub fit_secs: f64,
    /// Seconds of the attempt.
    pub wall_secs: f64,
    /// When the attempt began, in milliseconds since 1970; 0 where that is not known.
    pub started_ms: i64,
    /// Largest resident memory, in MiB.
    pub peak_rss_mb: f64,
    /// From 1.
    pub attempt: u32,
    /// Parts of a batch; 0 and 1 mean whole ones.
    pub micro_batches: u32,
}

/// How a search trial ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Ran to its end.
    Completed,
    /// Stopped early because others did better.
    Pruned {
        /// After this epoch.
        epoch: u32,
    },
    /// Gave no usable numbers.
    Failed,
}

impl Brief {
    /// The brief of an outcome.
    pub fn of(outcome: &Outcome, against: Option<&Objective>) -> Self {
        let Outcome { cost, .. } = outcome;
        let started = outcome.provenance.started_at.parse::<jiff::Timestamp>();
        Self {
            state: match outcome.status {
                Status::Completed => State::Completed,
                Status::Pruned { epoch, .. } => State::Pruned { epoch },
                Status::Failed { .. } => State::Failed,
            },
            selected: outcome.selected().filter(|value| value.is_finite()),
            against: against.and_then(|objective| objective.of(outcome)),
            best_epoch: outcome.best_epoch,
            epochs: cost.epochs,
            resumed_epoch: cost.resumed_epoch,
            fit_secs: cost.fit_secs,
            wall_secs: cost.wall_secs,
            started_ms: started.map_or(0, jiff::Timestamp::as_millisecond),
            peak_rss_mb: cost.peak_rss_mb,
            attempt: outcome.attempt,
            micro_batches: cost.micro_batches,
        }
    }

    /// Whether it ran to its end.
    pub fn is_completed(&self) -> bool {
        self.state == State::Completed
    }
}

impl Source {
    /// Where an outcome comes from.
    pub fn of(outcome: &Outcome) -> Self {
        let from = &outcome.provenance;
        Self {
            code_version: from.code_version.clone(),
            libtorch: from.libtorch.clone(),
            device: from.device.clone(),
            threads: from.threads,
        }
    }
}

impl Candidate {
    /// The value that selection looks at: that of a trial which ran to its end.
    pub fn value(&self) -> Option<f64> {
        self.brief.as_ref().filter(|brief| brief.is_completed())?.selected
    }
}

impl ModelStudy {
    /// Drops the candidates that have no outcome and, as `is_open` says, will have none.
    pub fn drop_untried(&mut self, is_open: impl Fn(&Candidate) -> bool) {
        let is_kept = |one: &Candidate| one.brief.is_some() || is_open(one);
        let mut next = 0..;
        let place = |one: &Candidate| if is_kept(one) { next.next() } else { None };
        let places: Vec<Option<usize>> = self.candidates.iter().map(place).collect();
        self.candidates.retain(is_kept);
        for candidate in &mut self.candidates {
            candidate.continues = candidate.continues.and_then(|earlier| places[earlier]);
        }
        self.chosen = self.chosen.and_then(|chosen| places[chosen]);
        self.front
            .retain_mut(|(number, _)| places[*number].inspect(|&place| *number = place).is_some());
    }

    /// Whether the search has ended and nothing can be chosen.
    pub fn is_hopeless(&self) -> bool {
        self.is_searched && self.chosen.is_none()
    }

    /// The chosen candidate.
    pub fn winner(&self) -> Option<&Candidate> {
        self.chosen.and_then(|i| self.candidates.get(i))
    }

    /// Every replicate there is, those of the front included.
    pub fn tested(&self) -> impl Iterator<Item = &Outcome> {
        self.replicates.iter().chain(self.front.iter().flat_map(|(_, of)| of)).flatten()
    }

    /// The keys of all trials that are known, tested ones last.
    pub fn keys(&self) -> impl Iterator<Item = &TrialKey> {
        let candidates = self.candidates.iter().map(|candidate| &candidate.key);
        candidates.chain(self.tested().map(|outcome| &outcome.key))
    }

    /// Trials that have an outcome.
    pub fn n_done(&self) -> usize {
        self.candidates.iter().filter(|one| one.brief.is_some()).count() + self.tested().count()
    }

    /// Trials that have no outcome yet.
    pub fn n_missing(&self) -> usize {
        let candidates = self.candidates.iter().filter(|candidate| candidate.brief.is_none());
        let replicates = self.replicates.iter().chain(self.front.iter().flat_map(|(_, of)| of));
        candidates.count() + replicates.filter(|outcome| outcome.is_none()).count()
    }

    /// Configurations that the search began: a trial that goes on from another is no new one.
    pub fn n_configurations(&self) -> usize {
        self.candidates.iter().filter(|candidate| candidate.continues.is_none()).count()
    }
}

/// When the attempts of search trials began and ended, in seconds since 1970.
pub fn spans(candidates: &[Candidate]) -> Vec<(f64, f64)> {
    let briefs = candidates.iter().filter_map(|candidate| candidate.brief.as_ref());
    let span = |brief: &Brief| {
        let start = brief.started_ms as f64 / 1000.0;
        (start, start + brief.wall_secs)
    };
    briefs.filter(|brief| brief.wall_secs.is_finite()).map(span).collect()
}

/// Seconds of spans, added up.
pub fn device_secs(spans: &[(f64, f64)]) -> f64 {
    spans.iter().map(|(start, end)| end - start).sum()
}

/// Seconds that lie in at least one span.
pub fn wall_secs(mut spans: Vec<(f64, f64)>) -> f64 {
    spans.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut sum, mut until) = (0.0, f64::NEG_INFINITY);
    for (start, end) in spans {
        sum += (end - start.max(until)).max(0.0);
        until = until.max(end);
    }
    sum
}

impl Plan {
    /// Index of the candidate with the best validation value among those that ran to their end: of equal ones the one
    /// with the better second objective, where the spec names one, then the first.
    pub fn choose(&self, candidates: &[Candidate]) -> Option<usize> {
        let values = candidates.iter().enumerate().filter_map(|(i, one)| Some((i, one.value()?)));
        let best =
            values.reduce(|best, one| if self.is_better(one.1, best.1) { one } else { best });
        let (best, value) = best?;
        let on_front = self.front(candidates).first().copied();
        let ties =
            |&i: &usize| candidates[i].value().is_some_and(|other| !self.is_better(value, other));
        Some(on_front.filter(ties).unwrap_or(best))
    }

    /// Indices of the candidates that no other beats in one objective without losing in the second, best `select` value
    /// first; of equals the first. Empty where the spec names one objective.
    pub fn front(&self, candidates: &[Candidate]) -> Vec<usize> {
        let Some(against) = &self.against else { return Vec::new() };
        let sign = |higher: bool, value: f64| if higher { -value } else { value };
        let mut losses: Vec<(f64, f64, usize)> = candidates
            .iter()
            .enumerate()
            .filter_map(|(i, one)| {
                let second = one.brief.as_ref()?.against.filter(|value| value.is_finite())?;
                let first = sign(self.higher_is_better, one.value()?);
                Some((first, sign(against.higher_is_better(), second), i))
            })
            .collect();
        losses.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
        let mut least = f64::INFINITY;
        losses.retain(|(_, second, _)| {
            let is_on_it = *second < least;
            least = least.min(*second);
            is_on_it
        });
        losses.into_iter().map(|(.., i)| i).collect()
    }
}

impl ModelPlan {
    /// The trial that a candidate is.
    ///
    /// # Errors
    /// Never for a candidate that planning or a search made.
    pub fn trial_of(&self, candidate: &Candidate) -> Result<crate::trial::Trial, String> {
        self.trial(&candidate.choice, candidate.epochs)
    }
}
