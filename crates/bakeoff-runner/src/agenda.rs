//! What is still to run: the searches of all models, the trials that the store lacks, the replicates of the winners.
//!
//! Models do not wait for each other: as soon as a model's search is over, its winner's replicates come next. What can
//! be proposed before anything has run is proposed at once; a search that learns is asked when a slot is free.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bakeoff_spec::{
    Candidate, Choice, Counts, Fitting, ModelStudy, Outcome, Plan, Source, Status, Study, TrialKey,
};

use crate::error::RunError;
use crate::lookup::Lookup;
use crate::model_journal::Journaled;
use crate::model_search::ModelSearch;
use crate::pending::Pending;
use crate::prune::Rules;
use crate::search::Proposal;

/// The trials of a plan that have no outcome yet.
pub(crate) struct Agenda<'a> {
    pub(crate) plan: &'a Plan,
    lookup: &'a dyn Lookup,
    pub(crate) searches: Vec<ModelSearch<'a>>,
    /// By model, once its search is over.
    tested: Vec<Option<Tested>>,
    pub(crate) rules: Option<Rules>,
    /// Replicates and second attempts: they come first.
    pub(crate) urgent: VecDeque<Pending>,
    /// Who waits for the outcome of a trial that is queued or running. Two models may wait for the same one.
    pub(crate) waiting: BTreeMap<TrialKey, Vec<Place>>,
    /// Models in the order in which they are asked.
    order: Vec<usize>,
    counts: Counts,
    sources: BTreeSet<Source>,
    failures: BTreeMap<TrialKey, Outcome>,
}

/// The winners of a model and their outcomes on test.
struct Tested {
    chosen: Option<usize>,
    /// The chosen one first; of the others those on the front.
    replicates: Vec<(usize, Vec<Option<Outcome>>)>,
}

/// Where in the plan an outcome belongs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    Candidate { model: usize, number: usize },
    Replicate { model: usize, winner: usize, seed: usize },
}

impl<'a> Agenda<'a> {
    /// The agenda before anything has run, with the keys of the trials that are known already, each as often as the plan
    /// has it.
    pub(crate) fn of(
        plan: &'a Plan,
        lookup: &'a dyn Lookup,
    ) -> Result<(Self, Vec<TrialKey>), RunError> {
        let mut searches = Vec::new();
        let mut journaled = Vec::new();
        for model in &plan.models {
            let (search, proposals) = ModelSearch::begin(plan, model, lookup)?;
            searches.push(search);
            journaled.push(proposals);
        }
        let limits = &plan.spec.schedule.models;
        let priority = |model: &usize| {
            let limits = limits.get(&plan.models[*model].label);
            std::cmp::Reverse(limits.map_or(0, |limits| limits.priority))
        };
        let mut order: Vec<usize> = (0..plan.models.len()).collect();
        order.sort_by_key(priority);
        let mut agenda = Self {
            plan,
            lookup,
            searches,
            tested: plan.models.iter().map(|_| None).collect(),
            rules: Rules::of(plan.spec.search.prune.as_ref())?,
            urgent: VecDeque::new(),
            waiting: BTreeMap::new(),
            order,
            counts: Counts::default(),
            sources: BTreeSet::new(),
            failures: BTreeMap::new(),
        };
        let mut cached = Vec::new();
        for (model, proposals) in journaled.into_iter().enumerate() {
            for number in 0..plan.models[model].listed.len() {
                let proposal = Proposal::of([].into());
                agenda.admit(model, Choice::Listed(number), &proposal, None, &mut cached)?;
            }
            for Journaled { proposal, known } in proposals {
                let choice = Choice::Point(proposal.point.clone());
                agenda.admit(model, choice, &proposal, Some(known), &mut cached)?;
            }
            agenda.go_on(model, &mut cached)?;
        }
        agenda.look_at_target(&mut cached)?;
        Ok((agenda, cached))
    }

    /// Trials of the whole sweep as far as is known: where every candidate failed, there is nothing to replicate.
    pub(crate) fn n_planned(&self) -> usize {
        let of_model = |(search, tested): (&ModelSearch<'_>, &Option<Tested>)| {
            let n_seeds = self.plan.seeds.len();
            let n_tested =
                tested.as_ref().map_or(n_seeds, |tested| tested.replicates.len() * n_seeds);
            search.n_expected() + n_tested
        };
        self.searches.iter().zip(&self.tested).map(of_model).sum()
    }

    /// Whether nothing is left to run.
    pub(crate) fn is_done(&self) -> bool {
        self.waiting.is_empty() && self.tested.iter().all(Option::is_some)
    }

    /// Takes the next trial for a slot. `is_open` says whether a model may have another slot now, `is_due` of each urgent
    /// trial whether it may begin here and now. Trials that turn out to be known already are added to `cached`.
    pub(crate) fn next(
        &mut self,
        is_open: &dyn Fn(usize) -> bool,
        is_due: &[bool],
        cached: &mut Vec<TrialKey>,
    ) -> Result<Option<Pending>, RunError> {
        // One that became urgent just now, since its search has ended, is due.
        let suits = |(i, pending): (usize, &Pending)| {
            is_open(pending.model) && is_due.get(i).copied().unwrap_or(true)
        };
        if let Some(at) = self.urgent.iter().enumerate().position(suits) {
            return Ok(self.urgent.remove(at));
        }
        for model in self.order.clone() {
            if !is_open(model) {
                continue;
            }
            while self.searches[model].queue.is_empty() {
                if !self.propose(model, cached)? {
                    break;
                }
            }
            let search = &mut self.searches[model];
            let ready = search.queue.front().copied().filter(|&number| search.is_ready(number));
            if let Some(number) = ready {
                search.queue.pop_front();
                return self.candidate(model, number).map(Some);
            }
            if let Some(at) = self.urgent.iter().enumerate().position(suits) {
                return Ok(self.urgent.remove(at));
            }
        }
        Ok(None)
    }

    /// Whether a model has, or may come to have, a trial that waits.
    pub(crate) fn wants(&self, model: usize) -> bool {
        let search = &self.searches[model];
        !search.queue.is_empty()
            || !search.is_exhausted()
            || self.urgent.iter().any(|pending| pending.model == model)
    }

    /// Whether something waits that no slot has now.
    pub(crate) fn has_waiting(&self) -> bool {
        !self.urgent.is_empty() || self.searches.iter().any(|search| !search.queue.is_empty())
    }

    /// Puts back a trial that was taken and has no outcome.
    pub(crate) fn put_back(&mut self, pending: Pending) {
        self.urgent.push_front(pending);
    }

    /// Takes a waiting trial out, whose outcome is made otherwise.
    pub(crate) fn take(&mut self, key: &TrialKey) -> Result<Option<Pending>, RunError> {
        if let Some(at) = self.urgent.iter().position(|pending| pending.key == *key) {
            return Ok(self.urgent.remove(at));
        }
        for model in 0..self.searches.len() {
            let search = &mut self.searches[model];
            let found = search.queue.iter().position(|&i| search.candidates[i].key == *key);
            if let Some(number) = found.and_then(|at| search.queue.remove(at)) {
                return self.candidate(model, number).map(Some);
            }
        }
        Ok(None)
    }

    /// The trials that wait or run.
    pub(crate) fn open_keys(&self) -> impl Iterator<Item = &TrialKey> {
        self.waiting.keys()
    }

    /// Takes note of an outcome that is in the store, and queues what follows from it. Returns the trials that need no
    /// run of their own now.
    pub(crate) fn finish(&mut self, outcome: &Outcome) -> Result<Vec<TrialKey>, RunError> {
        let places = self.waiting.remove(&outcome.key).unwrap_or_default();
        let mut cached = vec![outcome.key.clone(); places.len().saturating_sub(1)];
        self.counts.ran += 1;
        self.counts.cached += cached.len();
        for place in places {
            self.keep(place, outcome);
            if let Place::Candidate { model, .. } = place {
                self.searches[model].n_open -= 1;
                self.go_on(model, &mut cached)?;
            }
        }
        self.look_at_target(&mut cached)?;
        Ok(cached)
    }

    /// Trials so far.
    pub(crate) fn counts(&self) -> Counts {
        Counts { planned: self.n_planned(), ..self.counts }
    }

    /// What has come of the plan so far.
    pub(crate) fn into_study(self) -> Study {
        let planned = self.n_planned();
        let models = self.searches.into_iter().zip(self.tested).map(|(search, tested)| {
            let is_searched = search.is_over();
            let n_expected = search.n_expected();
            let ended_early = search.ended_early.clone();
            let mut study = ModelStudy {
                candidates: search.candidates,
                n_expected,
                is_searched,
                ended_early,
                ..Default::default()
            };
            if let Some(Tested { chosen, replicates }) = tested {
                let mut replicates = replicates.into_iter();
                study.chosen = chosen;
                study.replicates = replicates.next().map(|(_, of)| of).unwrap_or_default();
                study.front = replicates.collect();
            }
            if study.ended_early.is_some() {
                study.drop_untried(|candidate| self.waiting.contains_key(&candidate.key));
            }
            study
        });
        let counts = Counts { planned, ..self.counts };
        let failures = self.failures.into_values().collect();
        let (models, sources) = (models.collect(), self.sources);
        Study { counts, models, sources, failures, halted: None }
    }

    /// Brings every search as far as it comes without running anything.
    pub(crate) fn settle(&mut self) -> Result<(), RunError> {
        let mut cached = Vec::new();
        for model in 0..self.searches.len() {
            self.searches[model].settle();
            self.test_winner(model, &mut cached)?;
        }
        Ok(())
    }

    /// Proposes what can be proposed ahead, and queues the winner's replicates once a search is over.
    fn go_on(&mut self, model: usize, cached: &mut Vec<TrialKey>) -> Result<(), RunError> {
        if self.searches[model].is_known_ahead() {
            while self.propose(model, cached)? {}
        }
        self.test_winner(model, cached)
    }

    /// Asks a model's search once; whether it proposed anything.
    fn propose(&mut self, model: usize, cached: &mut Vec<TrialKey>) -> Result<bool, RunError> {
        let Some((choice, proposal)) = self.searches[model].propose()? else {
            self.test_winner(model, cached)?;
            return Ok(false);
        };
        self.admit(model, choice, &proposal, None, cached)?;
        Ok(true)
    }

    /// Adds a candidate: it has an outcome, waits for one that is on its way, or is queued.
    fn admit(
        &mut self,
        model: usize,
        choice: Choice,
        proposal: &Proposal,
        known: Option<usize>,
        cached: &mut Vec<TrialKey>,
    ) -> Result<(), RunError> {
        let (epochs, continues) = (proposal.epochs, proposal.continues);
        let trial = self.searches[model].trial(&choice, epochs)?;
        let key = trial.key();
        let candidate = Candidate { key: key.clone(), choice, epochs, continues, brief: None };
        let number = self.searches[model].add(candidate, known);
        let place = Place::Candidate { model, number };
        if self.resolve(&key, place, cached)? {
            return Ok(());
        }
        let search = &mut self.searches[model];
        search.n_open += 1;
        if self.waiting[&key].len() == 1 {
            search.queue.push_back(number);
        }
        Ok(())
    }

    /// Whether the trial has an outcome already; it waits for one otherwise.
    fn resolve(
        &mut self,
        key: &TrialKey,
        place: Place,
        cached: &mut Vec<TrialKey>,
    ) -> Result<bool, RunError> {
        if !self.waiting.contains_key(key) {
            let needs_curve = self.rules.is_some() && matches!(place, Place::Candidate { .. });
            let is_whole = needs_curve || matches!(place, Place::Replicate { .. });
            let outcome = if is_whole {
                self.lookup.whole_outcome(key)?
            } else {
                self.lookup.outcome(key)?
            };
            if let Some(outcome) = outcome.filter(|outcome| self.counts_here(outcome)) {
                self.counts.cached += 1;
                self.keep(place, &outcome);
                cached.push(outcome.key);
                return Ok(true);
            }
        }
        self.waiting.entry(key.clone()).or_default().push(place);
        Ok(false)
    }

    /// A trial that another rule stopped has not run.
    pub(crate) fn counts_here(&self, outcome: &Outcome) -> bool {
        match &outcome.status {
            Status::Pruned { rule, .. } => self.rules.as_ref().is_some_and(|own| own.key == *rule),
            Status::Completed | Status::Failed { .. } => true,
        }
    }

    fn keep(&mut self, place: Place, outcome: &Outcome) {
        // A trial that was taken out before it ran comes from nowhere.
        if !outcome.provenance.device.is_empty() {
            self.sources.insert(Source::of(outcome));
        }
        if outcome.is_failed() {
            self.counts.failed += 1;
            let without_curve = Outcome { curve: Vec::new(), ..outcome.clone() };
            self.failures.insert(outcome.key.clone(), without_curve);
        }
        match place {
            Place::Candidate { model, number } => self.searches[model].learn(number, outcome),
            Place::Replicate { model, winner, seed } => {
                if let Some(tested) = &mut self.tested[model] {
                    tested.replicates[winner].1[seed] = Some(outcome.clone());
                }
            }
        }
    }

    pub(crate) fn test_winner(
        &mut self,
        model: usize,
        cached: &mut Vec<TrialKey>,
    ) -> Result<(), RunError> {
        if self.tested[model].is_some() || !self.searches[model].is_over() {
            return Ok(());
        }
        let (plan, search) = (self.plan, &self.searches[model]);
        let chosen = plan.choose(&search.candidates);
        let mut winners: Vec<usize> = chosen.into_iter().collect();
        let front = plan.front(&search.candidates);
        winners.extend(front.into_iter().filter(|&number| Some(number) != chosen));
        let empty = || plan.seeds.iter().map(|_| None).collect();
        let replicates = winners.iter().map(|&number| (number, empty())).collect();
        self.tested[model] = Some(Tested { chosen, replicates });
        for (winner, number) in winners.into_iter().enumerate() {
            let candidate = &self.searches[model].candidates[number];
            let trial = self.searches[model].trial(&candidate.choice, candidate.epochs)?;
            for (seed, trial) in plan.replicates(&trial).into_iter().enumerate() {
                let place = Place::Replicate { model, winner, seed };
                let key = trial.key();
                if !self.resolve(&key, place, cached)? && self.waiting[&key].len() == 1 {
                    let epochs = self.searches[model].candidates[number].epochs;
                    let label = self.label(model, &trial, epochs);
                    let label = format!("{label} seed={}", trial.seed);
                    let pending = self.pending(model, key, trial, label, Fitting::default());
                    self.urgent.push_back(pending);
                }
            }
        }
        Ok(())
    }
}
