//! What is still to run: the searches of all models, the trials that the store lacks, the replicates of the winners.
//!
//! Models do not wait for each other: as soon as a model's search is over, its winner's replicates come next.

use std::collections::{BTreeMap, VecDeque};

use bakeoff_spec::{Outcome, Plan, Trial, TrialKey};
use bakeoff_store::Store;

use crate::error::RunError;
use crate::search::{self, Search};

/// A trial that waits for a slot.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pending {
    pub(crate) key: TrialKey,
    pub(crate) trial: Trial,
    /// Model and varied parameters, for people.
    pub(crate) label: String,
    /// From 1.
    pub(crate) attempt: u32,
}

/// The trials of a plan that have no outcome yet.
pub(crate) struct Agenda<'a> {
    plan: &'a Plan,
    store: &'a Store,
    searches: Vec<ModelSearch>,
    /// Replicates and second attempts: they come first.
    urgent: VecDeque<Pending>,
    queue: VecDeque<Pending>,
    /// Who waits for the outcome of a trial that is queued or running. Two models may wait for the same one.
    waiting: BTreeMap<TrialKey, Vec<Place>>,
}

struct ModelSearch {
    strategy: Box<dyn Search>,
    /// Without curves.
    outcomes: Vec<Option<Outcome>>,
    n_open: usize,
    is_over: bool,
}

impl ModelSearch {
    fn winner(&self, plan: &Plan) -> Option<usize> {
        plan.choose(&self.outcomes)
    }
}

/// Where in the plan an outcome belongs.
#[derive(Debug, Clone, Copy)]
enum Place {
    Candidate { model: usize, index: usize },
    Replicate,
}

impl<'a> Agenda<'a> {
    /// The agenda before anything has run, with the keys of the trials that the store knows already, each as often as
    /// the plan has it.
    pub(crate) fn of(plan: &'a Plan, store: &'a Store) -> Result<(Self, Vec<TrialKey>), RunError> {
        let search_of = |n_candidates| {
            Ok(ModelSearch {
                strategy: search::begin(&plan.spec.search)?,
                outcomes: vec![None; n_candidates],
                n_open: 0,
                is_over: false,
            })
        };
        let searches = plan.models.iter().map(|model| search_of(model.candidates.len()));
        let mut agenda = Self {
            plan,
            store,
            searches: searches.collect::<Result<_, RunError>>()?,
            urgent: VecDeque::new(),
            queue: VecDeque::new(),
            waiting: BTreeMap::new(),
        };
        let mut cached = Vec::new();
        for model in 0..plan.models.len() {
            agenda.advance(model, &mut cached)?;
        }
        Ok((agenda, cached))
    }

    /// Trials of the whole sweep as far as is known: where every candidate failed, there is nothing to replicate.
    pub(crate) fn n_planned(&self) -> usize {
        let is_hopeless =
            |search: &&ModelSearch| search.is_over && search.winner(self.plan).is_none();
        let n_hopeless = self.searches.iter().filter(is_hopeless).count();
        self.plan.n_trials() - n_hopeless * self.plan.seeds.len()
    }

    /// Whether nothing waits for a slot.
    pub(crate) fn is_empty(&self) -> bool {
        self.urgent.is_empty() && self.queue.is_empty()
    }

    /// Takes the next trial.
    pub(crate) fn next(&mut self) -> Option<Pending> {
        self.urgent.pop_front().or_else(|| self.queue.pop_front())
    }

    /// Puts back a trial that was taken and has no outcome.
    pub(crate) fn put_back(&mut self, pending: Pending) {
        self.urgent.push_front(pending);
    }

    /// Takes note of an outcome that is in the store, and queues what follows from it. Returns the trials that need no
    /// run of their own now.
    pub(crate) fn finish(&mut self, outcome: &Outcome) -> Result<Vec<TrialKey>, RunError> {
        let places = self.waiting.remove(&outcome.key).unwrap_or_default();
        let mut cached = vec![outcome.key.clone(); places.len().saturating_sub(1)];
        for place in places {
            if let Place::Candidate { model, index } = place {
                let without_curve = Outcome { curve: Vec::new(), ..outcome.clone() };
                self.searches[model].outcomes[index] = Some(without_curve);
                self.searches[model].n_open -= 1;
                self.advance(model, &mut cached)?;
            }
        }
        Ok(cached)
    }

    /// Asks a model's search what comes next, and queues the replicates of its winner once it is over.
    fn advance(&mut self, model: usize, cached: &mut Vec<TrialKey>) -> Result<(), RunError> {
        let plan = self.plan;
        let model_plan = &plan.models[model];
        loop {
            let search = &mut self.searches[model];
            let proposed = search.strategy.propose(model_plan, &search.outcomes);
            if proposed.is_empty() {
                break;
            }
            for index in proposed {
                let trial = &model_plan.candidates[index];
                let label = join(&model_plan.label, &model_plan.describe(trial));
                let outcome = self.admit(trial, label, Place::Candidate { model, index })?;
                let search = &mut self.searches[model];
                match outcome {
                    Some(outcome) => {
                        cached.push(outcome.key.clone());
                        search.outcomes[index] = Some(outcome);
                    }
                    None => search.n_open += 1,
                }
            }
        }
        let search = &mut self.searches[model];
        if search.n_open > 0 || std::mem::replace(&mut search.is_over, true) {
            return Ok(());
        }
        let Some(chosen) = search.winner(plan) else { return Ok(()) };
        for trial in plan.replicates(&model_plan.candidates[chosen]) {
            let varied = join(&model_plan.label, &model_plan.describe(&trial));
            let label = join(&varied, &format!("seed={}", trial.seed));
            cached.extend(self.admit(&trial, label, Place::Replicate)?.map(|outcome| outcome.key));
        }
        Ok(())
    }

    /// The outcome of a trial if the store has it; queues the trial otherwise, unless it is on its way.
    fn admit(
        &mut self,
        trial: &Trial,
        label: String,
        place: Place,
    ) -> Result<Option<Outcome>, RunError> {
        let key = trial.key();
        if let Some(places) = self.waiting.get_mut(&key) {
            places.push(place);
            return Ok(None);
        }
        if let Some(outcome) = self.store.get_many(std::slice::from_ref(&key))?.pop().flatten() {
            return Ok(Some(outcome));
        }
        self.waiting.insert(key.clone(), vec![place]);
        let pending = Pending { key, trial: trial.clone(), label, attempt: 1 };
        match place {
            Place::Candidate { .. } => self.queue.push_back(pending),
            Place::Replicate => self.urgent.push_back(pending),
        }
        Ok(None)
    }
}

fn join(left: &str, right: &str) -> String {
    format!("{left} {right}").trim_end().to_owned()
}
