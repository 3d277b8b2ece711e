//! A search on a plain function instead of trials: what strategies are measured and tested by.
//!
//! The search is that of a sweep, with its budget, its lag and its history; only the outcomes come from a function, and
//! a trial takes as long as the epochs that it trains.

use bakeoff_spec::ReadParams;
use bakeoff_spec::spec::SearchSpec;
use bakeoff_spec::trial::{Recipe, Use};
use bakeoff_spec::{
    Brief, Candidate, Choice, Maker, MetricKey, ModelPlan, Outcome, Params, Plan, Scored, Space,
    State, Task, Trial, TrialKey,
};
use bakeoff_store::{Journal, StoreError};
use serde_json::{Value, json};

use crate::error::RunError;
use crate::lookup::Lookup;
use crate::model_search::ModelSearch;

/// A search on a plain function.
pub struct Simulation {
    plan: Plan,
    /// Trials that are under way at a time.
    pub n_parallel: usize,
}

/// What a function says of a configuration: less is better.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ending {
    /// How the trial ends.
    pub state: State,
    /// The first objective; of a pruned trial, what it had reached.
    pub loss: Option<f64>,
    /// The second objective, if there are two.
    pub against: Option<f64>,
}

impl From<f64> for Ending {
    fn from(loss: f64) -> Self {
        Self { state: State::Completed, loss: Some(loss), against: None }
    }
}

impl Simulation {
    /// Tries `n_trials` configurations one after the other, none of which is refused.
    pub fn of(search: &SearchSpec, space: Space, n_trials: u32) -> Self {
        let spec = json!({
            "version": 1,
            "task": "top_n",
            "data": {"source": {"name": "none"}, "split": {"name": "none"}},
            "models": [{"name": "function"}],
            "search": search,
            "budget": {"trials": n_trials},
        });
        let spec = serde_json::from_value(spec).expect("a spec's own fields are a spec");
        let none = || Use { name: "none".into(), revision: 1, params: Params::new() };
        let (source, split) = (none(), none());
        let recipe = Recipe {
            task: Task::TopN,
            source,
            content: String::new(),
            joins: Vec::new(),
            steps: Vec::new(),
            split,
        };
        let model = ModelPlan {
            name: "function".into(),
            label: "function".into(),
            family: "baseline".into(),
            space,
            listed: Vec::new(),
            is_listed_only: false,
            epochs: None,
            maker: maker(|_| true),
        };
        let plan = Plan {
            name: "simulation".into(),
            spec,
            spec_hash: String::new(),
            search: Value::Null,
            recipe,
            read_params: ReadParams::default(),
            metrics: vec![MetricKey::plain("loss")],
            select: MetricKey::plain("loss"),
            higher_is_better: false,
            against: None,
            seeds: vec![1],
            models: vec![model],
        };
        Self { plan, n_parallel: 1 }
    }

    /// With so many trials under way at a time.
    #[must_use]
    pub fn parallel(mut self, n_parallel: usize) -> Self {
        self.n_parallel = n_parallel;
        self
    }

    /// For a function that trains so many epochs at most.
    #[must_use]
    pub fn epochs(mut self, epochs: u32) -> Self {
        self.plan.models[0].epochs = Some(epochs);
        self
    }

    /// Trying these first.
    #[must_use]
    pub fn listed(mut self, listed: Vec<Params>) -> Self {
        self.plan.models[0].listed = listed;
        self
    }

    /// Refusing whatever does not meet a condition.
    #[must_use]
    pub fn allowing(
        mut self,
        is_allowed: impl Fn(&Params) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.plan.models[0].maker = maker(is_allowed);
        self
    }

    /// Searches to the end; what was tried, in the order in which it was proposed. The function is asked for the loss of
    /// a configuration, after so many epochs of a shorter fit, at the moment when it is proposed.
    pub fn carry_out<E: Into<Ending>>(
        &self,
        mut objective: impl FnMut(&Params, Option<u32>) -> E,
    ) -> Result<Vec<Candidate>, RunError> {
        let model = &self.plan.models[0];
        let (mut search, _) = ModelSearch::begin(&self.plan, model, &Nothing)?;
        let mut now = 0;
        // When each trial under way ends, its number and what it will be.
        let mut under_way: Vec<(u32, usize, Brief)> = Vec::new();
        loop {
            while under_way.len() < self.n_parallel
                && let Some((choice, proposal)) = search.propose()?
            {
                let Ending { state, loss, against } =
                    objective(&model.varied(&choice), proposal.epochs).into();
                let mut epochs = proposal.epochs.or(model.epochs).unwrap_or(1);
                if let State::Pruned { epoch } = state {
                    epochs = epochs.min(epoch);
                }
                let number = add(&mut search, choice, proposal.epochs, proposal.continues)?;
                let resumed_epoch = proposal.continues.map_or(0, |earlier| {
                    search.candidates[earlier].brief.as_ref().map_or(0, |brief| brief.epochs)
                });
                let brief =
                    Brief { state, selected: loss, against, ..unmeasured(epochs, resumed_epoch) };
                under_way.push((now + epochs - resumed_epoch, number, brief));
            }
            let next = (0..under_way.len()).min_by_key(|&i| (under_way[i].0, under_way[i].1));
            let Some(next) = next else { return Ok(search.candidates) };
            let (ends, number, brief) = under_way.remove(next);
            now = ends;
            search.take_note(number, brief);
            search.n_open -= 1;
        }
    }
}

fn add(
    search: &mut ModelSearch<'_>,
    choice: Choice,
    epochs: Option<u32>,
    continues: Option<usize>,
) -> Result<usize, RunError> {
    let key = search.trial(&choice, epochs)?.key();
    search.n_open += 1;
    Ok(search.add(Candidate { key, choice, epochs, continues, brief: None }, None))
}

fn maker(is_allowed: impl Fn(&Params) -> bool + Send + Sync + 'static) -> Maker {
    Maker::new(String::new(), move |varied| {
        if !is_allowed(varied) {
            return Err("it does not meet the condition".into());
        }
        let model = Use { name: "function".into(), revision: 1, params: varied.clone() };
        Ok(Trial {
            data: String::new(),
            task: Task::TopN,
            model,
            training: None,
            select: MetricKey::plain("loss"),
            metrics: Vec::new(),
            metric_revisions: std::collections::BTreeMap::new(),
            code: bakeoff_spec::CodeRevisions::default(),
            candidates: None,
            scored: Scored::Valid,
            seed: 1,
        })
    })
}

/// What a simulation says of a trial beside its losses.
pub(super) fn unmeasured(epochs: u32, resumed_epoch: u32) -> Brief {
    Brief {
        state: State::Failed,
        selected: None,
        against: None,
        best_epoch: epochs,
        epochs,
        resumed_epoch,
        fit_secs: 0.0,
        wall_secs: 0.0,
        started_ms: 0,
        peak_rss_mb: 0.0,
        attempt: 1,
        micro_batches: 1,
    }
}

/// No store: a simulation is not gone on with.
struct Nothing;

impl Lookup for Nothing {
    fn outcome(&self, _key: &TrialKey) -> Result<Option<Outcome>, StoreError> {
        Ok(None)
    }

    fn whole_outcome(&self, _key: &TrialKey) -> Result<Option<Outcome>, StoreError> {
        Ok(None)
    }

    fn journal(&self, _search: &str) -> Result<(Option<Journal>, Vec<Value>), StoreError> {
        Ok((None, Vec::new()))
    }
}
