//! The search of one model: what its strategy proposed, what became of it, what its budget still allows.

use std::collections::VecDeque;

use bakeoff_spec::study;
use bakeoff_spec::trial::content_key;
use bakeoff_spec::{Brief, Candidate, Choice, ModelPlan, Objective, Outcome, Plan, Trial};
use bakeoff_store::Journal;
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus as Rng;

use crate::error::RunError;
use crate::lookup::Lookup;
use crate::model_journal::{Entry, Journaled};
use crate::prune::BestSoFar;
use crate::search::{self, Ask, History, Proposal, Search, Seen, Step};

/// One model's search.
pub(crate) struct ModelSearch<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) model: &'a ModelPlan,
    /// What the randomness of proposals begins with, beside the seed: neither slots nor other models have a part in it.
    seed_key: String,
    strategy: Box<dyn Search>,
    /// Whether proposals depend on results.
    learns: bool,
    /// Where proposals are written down that are made only when a slot is free.
    pub(crate) journal: Option<Journal>,
    pub(crate) candidates: Vec<Candidate>,
    seen: Seen,
    /// By candidate, where a pruner needs them.
    curves: Vec<Option<BestSoFar>>,
    /// By candidate, the first candidates whose results its proposal, and the rule that it is held to, may know.
    known: Vec<usize>,
    /// Candidates whose results a deterministic search has shown its strategy already.
    horizon: usize,
    /// What the strategy answered last is still true: nothing was proposed since and nothing ended.
    has_no_more_now: bool,
    /// Seconds since 1970 of attempts that came to nothing, and of those that run: they are in no outcome.
    pub(crate) lost: Vec<(f64, f64)>,
    pub(crate) running: Vec<(f64, f64)>,
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

/// The trials of a search that learns, where the spec gives no budget.
const DEFAULT_TRIALS: usize = 20;

/// Enough for any percentile, and few enough to be looked through whenever a trial begins.
const MOST_PEERS: usize = 1000;

impl<'a> ModelSearch<'a> {
    /// The search as it stands after what was proposed before; `lookup` is not asked for outcomes yet.
    pub(crate) fn begin(
        plan: &'a Plan,
        model: &'a ModelPlan,
        lookup: &dyn Lookup,
    ) -> Result<(Self, Vec<Journaled>), RunError> {
        let (strategy, learns) = search::begin(&plan.spec.search)?;
        // What depends on results or on clocks cannot be proposed again the same way.
        let is_known_ahead = !learns && !is_timed(plan);
        let listed = model.listed.iter().map(|params| model.space.point_of(params));
        let mut search = Self {
            plan,
            model,
            seed_key: content_key(&(&model.name, &model.space)),
            strategy,
            learns,
            journal: None,
            candidates: Vec::new(),
            seen: Seen::with_listed(listed.collect()),
            curves: Vec::new(),
            known: Vec::new(),
            horizon: 0,
            has_no_more_now: false,
            lost: Vec::new(),
            running: Vec::new(),
            queue: VecDeque::new(),
            n_open: 0,
            n_begun: 0,
            is_exhausted: false,
            ended_early: None,
        };
        let journaled = if is_known_ahead { Vec::new() } else { search.take_up(lookup)? };
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
        if self.has_no_more_now {
            return Ok(None);
        }
        match self.ask(number) {
            Step::Try(proposal) => {
                let known = self.n_known(number);
                if let Some(journal) = &mut self.journal {
                    let Proposal { point, epochs, continues } = proposal.clone();
                    journal.append(&Entry { number, point, epochs, continues, known })?;
                }
                Ok(Some((Choice::Point(proposal.point.clone()), proposal)))
            }
            step => {
                // A strategy that has nothing to propose now may have after a result that is still to come.
                self.has_no_more_now = true;
                let is_over = step == Step::Over && !self.learns;
                self.is_exhausted = is_over || self.n_open == 0;
                Ok(None)
            }
        }
    }

    /// The first candidates whose results proposal `number` may know. Of a deterministic search those up to `lag`
    /// before it, and whatever an earlier one knew.
    fn n_known(&self, number: usize) -> usize {
        let spec = &self.plan.spec.search;
        if !spec.deterministic {
            return usize::MAX;
        }
        let by_lag = (number + 1).saturating_sub(spec.lag as usize);
        by_lag.max(self.horizon).min(number)
    }

    /// Whether a search of which nothing is open has ended, without proposing anything.
    pub(crate) fn settle(&mut self) {
        if self.n_open == 0 && !self.is_exhausted {
            let step = self.ask(self.candidates.len());
            self.is_exhausted = !matches!(step, Step::Try(_));
        }
    }

    fn ask(&mut self, number: usize) -> Step {
        let step = self.ask_knowing(number, self.n_known(number));
        if self.n_open > 0 || self.n_known(number) >= number || matches!(step, Step::Try(_)) {
            return step;
        }
        // It has nothing to propose while the last results are hidden from it, and all of them are there: so this
        // comes to the same however fast they came.
        self.horizon = number;
        self.ask_knowing(number, number)
    }

    fn ask_knowing(&mut self, number: usize, n_known: usize) -> Step {
        if self.model.is_listed_only {
            return Step::Over;
        }
        let spec = &self.plan.spec.search;
        if self.learns && spec.deterministic && !self.have_ended(n_known) {
            return Step::Wait;
        }
        let n_trials = self.n_trials();
        let spent = self.spent();
        let may_begin =
            spent.is_none_or(|spent| spent < 1.0) && n_trials.is_none_or(|n| self.n_begun < n);
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
            spent,
            is_allowed: &|point| model.trial(&Choice::Point(point.clone()), None).is_ok(),
        };
        self.strategy.propose(&mut ask)
    }

    /// The share of a budget of seconds that is used up.
    fn spent(&self) -> Option<f64> {
        let budget = &self.plan.spec.budget;
        let spans = || {
            let ended = study::spans(&self.candidates);
            [ended, self.lost.clone(), self.running.clone()].concat()
        };
        let share = |used: f64, of: u64| used / of as f64;
        let wall = budget.time_secs.map(|secs| share(study::wall_secs(spans()), secs));
        wall.or(budget.device_time_secs.map(|secs| share(study::device_secs(&spans()), secs)))
    }

    /// Whether the first `n` candidates have outcomes.
    fn have_ended(&self, n: usize) -> bool {
        self.candidates[..n.min(self.candidates.len())].iter().all(|one| one.brief.is_some())
    }

    /// Whether a candidate may begin: in a deterministic search with a pruner, what it is held to must be there.
    pub(crate) fn is_ready(&self, number: usize) -> bool {
        let spec = &self.plan.spec.search;
        !spec.deterministic || spec.prune.is_none() || self.have_ended(self.known[number])
    }

    /// The trial of a proposal.
    pub(crate) fn trial(&self, choice: &Choice, epochs: Option<u32>) -> Result<Trial, RunError> {
        self.model.trial(choice, epochs).map_err(|message| RunError::BadPlugin {
            kind: "search",
            name: self.plan.spec.search.name.clone(),
            message: format!("it proposed what `{}` refuses: {message}", self.model.label),
        })
    }

    /// Adds a candidate; its number. `known` is what a journal says of it.
    pub(crate) fn add(&mut self, candidate: Candidate, known: Option<usize>) -> usize {
        let number = self.candidates.len();
        self.horizon = self.horizon.max(known.unwrap_or(0).min(number));
        self.known.push(self.n_known(number));
        self.has_no_more_now = false;
        self.seen.add(&candidate.choice);
        self.n_begun += usize::from(candidate.continues.is_none());
        self.candidates.push(candidate);
        self.curves.push(None);
        number
    }

    /// Takes note of a candidate's end.
    pub(crate) fn take_note(&mut self, number: usize, brief: Brief) {
        self.has_no_more_now = false;
        self.candidates[number].brief = Some(brief);
    }

    /// Takes note of what became of a candidate.
    pub(crate) fn learn(&mut self, number: usize, outcome: &Outcome) {
        self.take_note(number, Brief::of(outcome, self.plan.against.as_ref()));
        if self.plan.spec.search.prune.is_some() && !outcome.is_failed() {
            self.curves[number] = best_so_far(self.plan, outcome);
        }
    }

    /// Curves that a trial about to begin is measured against: of each other configuration that its proposal may know,
    /// the longest fit that has ended; of very many the last.
    pub(crate) fn peers(&self, number: usize) -> Vec<&BestSoFar> {
        let known = ..self.known[number].min(self.curves.len());
        let mut is_left_out = vec![false; self.candidates.len()];
        for candidate in self.candidates[known].iter().zip(&self.curves[known]) {
            if let (Candidate { continues: Some(earlier), .. }, Some(_)) = candidate {
                is_left_out[*earlier] = true;
            }
        }
        for of_family in self.fit_chain(number) {
            is_left_out[of_family] = true;
        }
        let others = self.curves[known].iter().zip(is_left_out).rev();
        let others =
            others.filter_map(|(curve, is_left_out)| curve.as_ref().filter(|_| !is_left_out));
        others.take(MOST_PEERS).collect()
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

fn seed_of(seed: u64, key: &str, number: usize) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher
        .update(&seed.to_le_bytes())
        .update(&(number as u64).to_le_bytes())
        .update(key.as_bytes());
    *hasher.finalize().as_bytes()
}
