//! A plan beside what the store knows of it: what the runner comes back with and the report is made from.

use crate::outcome::Outcome;
use crate::plan::{ModelPlan, Plan};
use crate::trial::{Trial, TrialKey};

/// Outcomes of a plan's trials, in the plan's order.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    /// How many trials were planned, found and run.
    pub counts: Counts,
    /// One entry a model of the plan.
    pub models: Vec<ModelStudy>,
}

/// How many trials were planned, found and run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Counts {
    /// Trials of the whole sweep, replicates of the winners included as far as there are winners.
    pub planned: usize,
    /// Those that the store had already.
    pub cached: usize,
    /// Those that ran now.
    pub ran: usize,
    /// Those that failed for good, now or before.
    pub failed: usize,
}

/// Outcomes of one model's trials; `None` where a trial has not run.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelStudy {
    /// In the order of [`ModelPlan::candidates`].
    pub candidates: Vec<Option<Outcome>>,
    /// Index of the candidate chosen on validation; `None` until every candidate has an outcome, or if all failed.
    pub chosen: Option<usize>,
    /// In the order of [`Plan::seeds`]; empty without a chosen candidate.
    pub replicates: Vec<Option<Outcome>>,
}

impl Study {
    /// What `lookup` knows of the plan, counted as cached.
    pub fn of(plan: &Plan, mut lookup: impl FnMut(&TrialKey) -> Option<Outcome>) -> Self {
        let mut find =
            |trials: &[Trial]| trials.iter().map(|trial| lookup(&trial.key())).collect::<Vec<_>>();
        let mut study_of = |model: &ModelPlan| {
            let candidates = find(&model.candidates);
            let is_searched = candidates.iter().all(Option::is_some);
            let chosen = if is_searched { plan.choose(&candidates) } else { None };
            let replicates =
                chosen.map(|i| find(&plan.replicates(&model.candidates[i]))).unwrap_or_default();
            ModelStudy { candidates, chosen, replicates }
        };
        let models: Vec<ModelStudy> = plan.models.iter().map(&mut study_of).collect();
        // Where every candidate failed, there is nothing to replicate.
        let hopeless = models.iter().filter(|model| model.is_hopeless()).count();
        let planned = plan.n_trials() - hopeless * plan.seeds.len();
        let mut counts = Counts { planned, ..Counts::default() };
        for outcome in models.iter().flat_map(ModelStudy::outcomes) {
            counts.cached += 1;
            counts.failed += usize::from(!outcome.is_completed());
        }
        Self { counts, models }
    }
}

impl ModelStudy {
    /// Whether every candidate has an outcome and none can be chosen.
    pub fn is_hopeless(&self) -> bool {
        self.chosen.is_none() && self.candidates.iter().all(Option::is_some)
    }

    /// Every outcome there is, candidates first.
    pub fn outcomes(&self) -> impl Iterator<Item = &Outcome> {
        self.candidates.iter().chain(&self.replicates).flatten()
    }
}
