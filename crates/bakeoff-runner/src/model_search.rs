//! The search of one model: what its strategy proposed, what became of it, what its budget still allows.

use std::collections::VecDeque;

use bakeoff_spec::study::{device_secs, wall_secs};
use bakeoff_spec::trial::content_key;
use bakeoff_spec::{Brief, Candidate, Choice, ModelPlan, Objective, Outcome, Plan, Point, Trial};
use bakeoff_store::Journal;
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus as Rng;
use serde::{Deserialize, Serialize};

use crate::error::RunError;
use crate::lookup::Lookup;
use crate::prune::BestSoFar;
use crate::search::{self, Ask, History, Proposal, Search, Seen, Step};

/// One model's search.
pub(crate) struct ModelSearch<'a> {
    plan: &'a Plan,
    model: &'a ModelPlan,
    /// What the randomness of proposals begins with, beside the seed: neither slots nor other models have a part in it.
    seed_key: String,
    strategy: Box<dyn Search>,
    /// Whether proposals depend on results.
    learns: bool,
    /// Where proposals are written down that are made only when a slot is free.
    journal: Option<Journal>,
    pub(crate) candidates: Vec<Candidate>,
    seen: Seen,
    /// By candidate, where a pruner needs them.
    curves: Vec<Option<BestSoFar>>,
    /// Candidates that wait for a slot.
    pub(crate) queue: VecDeque<usize>,
    /// Candidates that wait or run.
    pub(crate) n_open: usize,
    /// Candidates that go on from no other.
    n_begun: usize,
    /// The strategy has nothing more to propose.
    is_exhausted: bool,
    pub(crate) ended_early: Option<String>,
}

/// A proposal as the journal keeps it.
#[derive(Serialize, Deserialize)]
struct Entry {
    number: usize,
    point: Point,
    epochs: Option<u32>,
    continues: Option<usize>,
}

/// The trials of a search that learns, where the spec gives no budget.
const DEFAULT_TRIALS: usize = 20;

impl<'a> ModelSearch<'a> {
    /// The search as it stands after what was proposed before; `lookup` is not asked for outcomes yet.
    pub(crate) fn begin(
        plan: &'a Plan,
        model: &'a ModelPlan,
        lookup: &dyn Lookup,
    ) -> Result<(Self, Vec<Proposal>), RunError> {
        let (strategy, learns) = search::begin(&plan.spec.search)?;
        // What depends on results or on clocks cannot be proposed again the same way.
        let is_known_ahead = !learns && !is_timed(plan);
        let (journal, entries) = if is_known_ahead {
            (None, Vec::new())
        } else {
            lookup.journal(&search_key(plan, model))?
        };
        let listed = model.listed.iter().map(|params| model.space.point_of(params));
        let entries = entries.into_iter().map_while(|entry| serde_json::from_value(entry).ok());
        let of_strategy = entries.enumerate().map_while(|(i, entry): (usize, Entry)| {
            let is_next = entry.number == model.listed.len() + i;
            let fits = entry.point.len() == model.space.dimensions.len();
            let goes_on = entry.continues.is_none_or(|earlier| earlier < entry.number);
            let Entry { point, epochs, continues, .. } = entry;
            (is_next && fits && goes_on).then_some(Proposal { point, epochs, continues })
        });
        let journaled = of_strategy.collect();
        let search = Self {
            plan,
            model,
            seed_key: content_key(&(&model.name, &model.space)),
            strategy,
            learns,
            journal,
            candidates: Vec::new(),
            seen: Seen::with_listed(listed.collect()),
            curves: Vec::new(),
            queue: VecDeque::new(),
            n_open: 0,
            n_begun: 0,
            is_exhausted: false,
            ended_early: None,
        };
        Ok((search, journaled))
    }

    /// Whether all of it can be proposed before anything has run.
    pub(crate) fn is_known_ahead(&self) -> bool {
        !self.learns && !is_timed(self.plan)
    }

    /// Whether the strategy may still be asked.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.is_exhausted
    }

    /// Whether nothing waits or runs and nothing more will be proposed.
    pub(crate) fn is_over(&self) -> bool {
        self.is_exhausted && self.n_open == 0
    }

    /// The configurations that the budget has, where it counts them.
    pub(crate) fn n_trials(&self) -> Option<usize> {
        let budget = &self.plan.spec.budget;
        let default = (self.learns || !self.plan.spec.search.is_grid()).then_some(DEFAULT_TRIALS);
        budget.trials.map(|n| n as usize).or(default).filter(|_| !is_timed(self.plan))
    }

    /// Search trials of the whole search, as far as can be said now.
    pub(crate) fn n_expected(&self) -> usize {
        if self.ended_early.is_some() {
            // What was proposed ahead and will not run was never tried.
            return self.n_open + self.candidates.iter().filter(|one| one.brief.is_some()).count();
        }
        if self.is_exhausted {
            return self.candidates.len();
        }
        let space = &self.model.space;
        let whole = space.grid_size().filter(|_| space.is_countable());
        let n = match (self.n_trials(), whole) {
            (Some(n), Some(whole)) => n.min(whole + self.model.listed.len()),
            (Some(n), None) => n,
            (None, _) => 0,
        };
        n.max(self.candidates.len())
    }

    /// Ends the search before its budget is used up.
    pub(crate) fn end_early(&mut self, reason: &str) {
        self.is_exhausted = true;
        self.ended_early = Some(reason.to_owned());
    }

    /// The next proposal: the spec's list first, then the strategy's. Of a search that learns, it is in the journal when
    /// this returns.
    pub(crate) fn propose(&mut self) -> Result<Option<(Choice, Proposal)>, RunError> {
        let number = self.candidates.len();
        if self.is_exhausted {
            return Ok(None);
        }
        if number < self.model.listed.len() {
            return Ok(Some((Choice::Listed(number), Proposal::of([].into()))));
        }
        match self.ask(number) {
            Step::Try(proposal) => {
                if let Some(journal) = &mut self.journal {
                    let Proposal { point, epochs, continues } = proposal.clone();
                    journal.append(&Entry { number, point, epochs, continues })?;
                }
                Ok(Some((Choice::Point(proposal.point.clone()), proposal)))
            }
            Step::Wait if self.n_open > 0 => Ok(None),
            Step::Wait | Step::Over => {
                // A strategy that has nothing to propose now may have after a result that is still to come.
                self.is_exhausted = self.n_open == 0 || !self.learns;
                Ok(None)
            }
        }
    }

    /// Whether a search of which nothing is open has ended, without proposing anything.
    pub(crate) fn settle(&mut self) {
        if self.n_open == 0 && !self.is_exhausted {
            let step = self.ask(self.candidates.len());
            self.is_exhausted = !matches!(step, Step::Try(_));
        }
    }

    fn ask(&mut self, number: usize) -> Step {
        if self.model.is_listed_only {
            return Step::Over;
        }
        let spec = &self.plan.spec.search;
        let n_known = if self.learns && spec.deterministic {
            let n_known = (number + 1).saturating_sub(spec.lag as usize);
            if self.candidates[..n_known.min(number)].iter().any(|one| one.brief.is_none()) {
                return Step::Wait;
            }
            n_known
        } else {
            usize::MAX
        };
        let n_trials = self.n_trials();
        let may_begin = self.may_begin(n_trials);
        let model = self.model;
        let against = self.plan.against.as_ref().is_some_and(Objective::higher_is_better);
        let better = [self.plan.higher_is_better, against];
        let rng_of = |number| Rng::from_seed(seed_of(spec.seed, &self.seed_key, number));
        let mut ask = Ask {
            space: &model.space,
            history: History::of(&self.candidates, &self.seen, &model.space, n_known, better),
            rng: rng_of(number),
            rng_of: &rng_of,
            epochs: model.epochs,
            may_begin,
            n_trials,
            is_allowed: &|point| model.trial(&Choice::Point(point.clone()), None).is_ok(),
        };
        self.strategy.propose(&mut ask)
    }

    fn may_begin(&self, n_trials: Option<usize>) -> bool {
        if let Some(n) = n_trials {
            return self.n_begun < n;
        }
        let budget = &self.plan.spec.budget;
        if let Some(secs) = budget.time_secs {
            return wall_secs(&self.candidates) < secs as f64;
        }
        budget.device_time_secs.is_none_or(|secs| device_secs(&self.candidates) < secs as f64)
    }

    /// The trial of a proposal.
    pub(crate) fn trial(&self, choice: &Choice, epochs: Option<u32>) -> Result<Trial, RunError> {
        self.model.trial(choice, epochs).map_err(|message| RunError::BadPlugin {
            kind: "search",
            name: self.plan.spec.search.name.clone(),
            message: format!("it proposed what `{}` refuses: {message}", self.model.label),
        })
    }

    /// Adds a candidate; its number.
    pub(crate) fn add(&mut self, candidate: Candidate) -> usize {
        self.seen.add(&candidate.choice);
        self.n_begun += usize::from(candidate.continues.is_none());
        self.candidates.push(candidate);
        self.curves.push(None);
        self.candidates.len() - 1
    }

    /// Takes note of what became of a candidate.
    pub(crate) fn learn(&mut self, number: usize, outcome: &Outcome) {
        self.candidates[number].brief = Some(Brief::of(outcome, self.plan.against.as_ref()));
        if self.plan.spec.search.prune.is_some() && !outcome.is_failed() {
            self.curves[number] = best_so_far(self.plan, outcome);
        }
    }

    /// Curves that a trial about to begin is measured against: those of other configurations that have ended, and in a
    /// deterministic search only of those that its proposal knew.
    pub(crate) fn peers(&self, number: usize) -> Vec<&BestSoFar> {
        let spec = &self.plan.spec.search;
        let n_known = if spec.deterministic {
            (number + 1).saturating_sub(spec.lag as usize)
        } else {
            self.curves.len()
        };
        let family = self.fit_chain(number);
        let others = (0..n_known.min(self.curves.len())).filter(|i| !family.contains(i));
        others.filter_map(|i| self.curves[i].as_ref()).collect()
    }

    /// A candidate and those that it goes on from, the longest fit first.
    pub(crate) fn fit_chain(&self, number: usize) -> Vec<usize> {
        let earlier = |&number: &usize| self.candidates[number].continues;
        std::iter::successors(Some(number), earlier).collect()
    }
}

fn is_timed(plan: &Plan) -> bool {
    plan.spec.budget.time_secs.is_some() || plan.spec.budget.device_time_secs.is_some()
}

fn best_so_far(plan: &Plan, outcome: &Outcome) -> Option<BestSoFar> {
    let mut best: Option<f64> = None;
    let points = outcome.curve.iter().filter_map(|point| {
        let value = point.valid.filter(|value| value.is_finite())?;
        let is_new = best.is_none_or(|best| plan.is_better(value, best));
        let so_far = if is_new { value } else { best? };
        best = Some(so_far);
        Some((point.epoch, so_far))
    });
    let points: BestSoFar = points.collect();
    (!points.is_empty()).then_some(points)
}

/// The key of a search: everything that its proposals depend on but its budget, so that a larger one goes on where a
/// smaller one ended.
fn search_key(plan: &Plan, model: &ModelPlan) -> String {
    let against = plan.against.as_ref().map(ToString::to_string);
    content_key(&(model.maker.key(), &model.space, &model.listed, &plan.search, against))
}

fn seed_of(seed: u64, key: &str, number: usize) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher
        .update(&seed.to_le_bytes())
        .update(&(number as u64).to_le_bytes())
        .update(key.as_bytes());
    *hasher.finalize().as_bytes()
}
