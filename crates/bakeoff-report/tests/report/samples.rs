//! Made-up studies: every value follows from the model's name, the seed and the user, so that reports repeat.

mod card;
mod cost;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use bakeoff_report::{ReportError, StudyView, write};
use bakeoff_spec::{
    Brief, Candidate, Catalog, Cause, Choice, Counts, CurvePoint, DatasetCard, Dimension, Domain,
    Loss, Maker, MetricKey, ModelPlan, ModelStudy, Outcome, Params, Plan, Provenance, ReadParams,
    Scored, Source, Space, Spec, Status, Study, Task, Training, Trial, TrialKey, Use,
};
use serde_json::{Value, json};

use card::card;
use cost::cost;

/// A study with all that a view of it needs.
#[derive(Clone)]
pub(crate) struct Sample {
    pub(crate) plan: Plan,
    pub(crate) outcomes: BTreeMap<TrialKey, Outcome>,
    pub(crate) units: BTreeMap<TrialKey, Vec<f64>>,
    pub(crate) card: DatasetCard,
}

/// A model of a sample.
#[derive(Clone)]
pub(crate) struct SampleModel {
    pub(crate) label: &'static str,
    pub(crate) family: &'static str,
    pub(crate) axes: Vec<(&'static str, Vec<Value>)>,
    /// Configurations that are tried before those of the grid.
    pub(crate) listed: Vec<Value>,
    /// Its usual value of the selection metric.
    pub(crate) value: f64,
    /// 0: not trained by gradients, and the same under every seed.
    pub(crate) epochs: u32,
}

impl Sample {
    /// A ranking study over `n_users`.
    pub(crate) fn top_n(models: &[SampleModel], seeds: &[u64], n_users: usize) -> Self {
        Self::of(Task::TopN, models, seeds, n_users)
    }

    /// A rating study over `n_ratings`.
    pub(crate) fn rating(models: &[SampleModel], seeds: &[u64], n_ratings: usize) -> Self {
        Self::of(Task::Rating, models, seeds, n_ratings)
    }

    fn of(task: Task, models: &[SampleModel], seeds: &[u64], n_units: usize) -> Self {
        let card = card(task);
        let plan = plan(task, models, seeds, &card);
        let mut sample = Self { plan, outcomes: BTreeMap::new(), units: BTreeMap::new(), card };
        for (model, model_plan) in models.iter().zip(&sample.plan.models) {
            for (i, choice) in choices(model_plan).iter().enumerate() {
                let candidate = model_plan.trial(choice, None).unwrap();
                let shift = 0.02 * ((i * 7) % 5) as f64;
                let is_better = sample.plan.higher_is_better;
                let value = model.value * if is_better { 1.0 - shift } else { 1.0 + shift };
                for trial in
                    std::iter::once(candidate.clone()).chain(sample.plan.replicates(&candidate))
                {
                    let units = units(model, &trial, value, n_units);
                    let outcome = outcome(model, &trial, &units);
                    if trial.scored == Scored::ValidAndTest {
                        sample.units.insert(outcome.key.clone(), units);
                    }
                    sample.outcomes.insert(outcome.key.clone(), outcome);
                }
            }
        }
        sample
    }

    /// The same without learning curves and figures of the dataset: quicker to draw.
    pub(crate) fn plain(&self) -> Self {
        let mut sample = self.clone();
        sample.card.popularity_curve.clear();
        sample.card.ratings.clear();
        sample.card.user_counts.clear();
        sample.card.train_lengths.clear();
        sample.card.item_ranks.clear();
        sample.card.over_time = None;
        sample.outcomes.values_mut().for_each(|outcome| outcome.curve.clear());
        sample
    }

    /// Writes the report under `reports` and gives the Markdown.
    pub(crate) fn write(&self, reports: &Path) -> String {
        fs::read_to_string(self.try_write(reports).unwrap()).unwrap()
    }

    /// Writes the report under `reports`.
    pub(crate) fn try_write(&self, reports: &Path) -> Result<PathBuf, ReportError> {
        self.try_write_study(&self.study(), reports)
    }

    /// The same of a study that is told otherwise.
    fn try_write_study(&self, study: &Study, reports: &Path) -> Result<PathBuf, ReportError> {
        let catalog = Catalog { metrics: bakeoff_metrics::catalog(), ..Catalog::default() };
        let view = StudyView {
            plan: &self.plan,
            study,
            card: &self.card,
            catalog: &catalog,
            test_units: &|key| self.units.get(key).cloned(),
            spec_name: "experiments/sample.yaml",
            code_version: "0.1.0 (abcdef0)",
        };
        write(&view, reports)
    }

    /// The Markdown alone.
    pub(crate) fn markdown(&self) -> String {
        self.write(tempfile::tempdir().unwrap().path())
    }

    /// The Markdown of a study that is told otherwise.
    pub(crate) fn markdown_of(&self, study: &Study) -> String {
        let reports = tempfile::tempdir().unwrap();
        fs::read_to_string(self.try_write_study(study, reports.path()).unwrap()).unwrap()
    }

    /// Makes the trials of a model that `is_meant` fail.
    pub(crate) fn fail(&mut self, label: &str, cause: Cause, is_meant: impl Fn(&Trial) -> bool) {
        for trial in self.trials_of(label).iter().filter(|trial| is_meant(trial)) {
            let Some(outcome) = self.outcomes.get_mut(&trial.key()) else { continue };
            let message = "loss is NaN in epoch 2; a smaller learning_rate may help".into();
            outcome.status = Status::Failed { cause, message };
            outcome.valid.clear();
            outcome.test.clear();
        }
    }

    /// Every trial of a model, replicates of every candidate included.
    pub(crate) fn trials_of(&self, label: &str) -> Vec<Trial> {
        let model = self.plan.models.iter().find(|model| model.label == label).unwrap();
        let all = |candidate: Trial| {
            let replicates = self.plan.replicates(&candidate);
            std::iter::once(candidate).chain(replicates).collect::<Vec<_>>()
        };
        choices(model).iter().flat_map(|choice| all(model.trial(choice, None).unwrap())).collect()
    }

    /// What a sweep of the whole grid would have found.
    pub(crate) fn study(&self) -> Study {
        let find = |key: &TrialKey| self.outcomes.get(key).cloned();
        let against = self.plan.against.as_ref();
        let study_of = |model: &ModelPlan| {
            let candidate = |choice: Choice| {
                let key = model.trial(&choice, None).unwrap().key();
                let brief = find(&key).map(|outcome| Brief::of(&outcome, against));
                Candidate { key, choice, epochs: None, continues: None, brief }
            };
            let candidates: Vec<Candidate> = choices(model).into_iter().map(candidate).collect();
            let is_searched = candidates.iter().all(|one| one.brief.is_some());
            let chosen = self.plan.choose(&candidates).filter(|_| is_searched);
            let replicates = |i: usize| {
                let trial = model.trial_of(&candidates[i]).unwrap();
                let of_seed = |trial: &Trial| find(&trial.key());
                self.plan.replicates(&trial).iter().map(of_seed).collect::<Vec<_>>()
            };
            let front = self.plan.front(&candidates).into_iter().filter(|&i| Some(i) != chosen);
            let front = front.filter(|_| is_searched).map(|i| (i, replicates(i))).collect();
            let replicates = chosen.map(replicates).unwrap_or_default();
            let n_expected = candidates.len();
            ModelStudy {
                candidates,
                n_expected,
                is_searched,
                chosen,
                replicates,
                front,
                ended_early: None,
            }
        };
        let models: Vec<ModelStudy> = self.plan.models.iter().map(study_of).collect();
        let n_seeds = self.plan.seeds.len();
        let planned = models.iter().map(|model| {
            let n_tested = if model.is_hopeless() { 0 } else { n_seeds };
            model.candidates.len() + n_tested + model.front.len() * n_seeds
        });
        let mut counts = Counts { planned: planned.sum(), ..Counts::default() };
        let mut known: Vec<&Outcome> = Vec::new();
        for model in &models {
            let keys = model.candidates.iter().map(|one| &one.key);
            known.extend(keys.filter_map(|key| self.outcomes.get(key)));
            known.extend(model.tested());
        }
        counts.cached = known.len();
        let failures: Vec<Outcome> =
            known.iter().filter(|outcome| outcome.is_failed()).map(|&o| o.clone()).collect();
        counts.failed = failures.len();
        let sources = known.iter().map(|outcome| Source::of(outcome)).collect();
        Study { counts, sources, failures, models, halted: None }
    }
}

/// A model without a grid.
pub(crate) fn model(label: &'static str, family: &'static str, value: f64) -> SampleModel {
    let epochs = if family == "baseline" { 0 } else { 12 };
    SampleModel { label, family, axes: Vec::new(), listed: Vec::new(), value, epochs }
}

/// All that a model tries.
fn choices(model: &ModelPlan) -> Vec<Choice> {
    let n_points = model.space.grid_size().unwrap();
    let points = (0..n_points).filter_map(|i| model.space.grid_point(i, |_| 0.0));
    (0..model.listed.len()).map(Choice::Listed).chain(points.map(Choice::Point)).collect()
}

impl SampleModel {
    /// The same with another axis of its grid.
    pub(crate) fn axis(mut self, name: &'static str, values: &[Value]) -> Self {
        self.axes.push((name, values.to_vec()));
        self
    }

    /// The same with a configuration that is tried before the grid.
    pub(crate) fn listed(mut self, params: Value) -> Self {
        self.listed.push(params);
        self
    }
}

/// A number from 0 to 1 that only looks random.
fn noise(parts: &[u64]) -> f64 {
    let mix = |hash: u64, part: &u64| {
        let hash = (hash ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        hash ^ (hash >> 29)
    };
    (parts.iter().fold(1, mix) % 10_007) as f64 / 10_007.0
}

fn plan(task: Task, models: &[SampleModel], seeds: &[u64], card: &DatasetCard) -> Plan {
    let spec: Spec = serde_json::from_value(json!({
        "version": 1,
        "about": "Does the order of a user's items help?",
        "task": task,
        "data": { "source": { "name": "ml-100k" }, "split": { "name": "leave_one_out" } },
        "models": models.iter().map(|model| json!({ "name": model.label })).collect::<Vec<_>>(),
        "report": { "title": "A sample" },
    }))
    .unwrap();
    let metrics: Vec<MetricKey> = match task {
        Task::TopN => vec![MetricKey::at("ndcg", 10), MetricKey::at("hit_rate", 10)],
        Task::Rating => vec![MetricKey::plain("rmse"), MetricKey::plain("mae")],
    };
    let select = metrics[0].clone();
    let models = models.iter().map(|model| {
        let trial = Trial {
            data: card.key.clone(),
            task,
            model: Use { name: model.label.into(), revision: 1, params: Params::new() },
            training: (model.epochs > 0).then(|| Training {
                epochs: model.epochs,
                loss: if task == Task::Rating { Loss::Mse } else { Loss::CrossEntropy },
                ..Training::default()
            }),
            select: select.clone(),
            metrics: metrics.clone(),
            metric_revisions: BTreeMap::new(),
            code: bakeoff_spec::CodeRevisions::default(),
            candidates: None,
            scored: Scored::Valid,
            seed: seeds[0],
        };
        ModelPlan {
            name: model.label.into(),
            label: model.label.into(),
            family: model.family.into(),
            space: space(&model.axes),
            listed: model
                .listed
                .iter()
                .map(|listed| serde_json::from_value(listed.clone()).unwrap())
                .collect(),
            is_listed_only: false,
            epochs: None,
            maker: Maker::new(model.label.into(), move |varied| Ok(with(&trial, varied))),
        }
    });
    Plan {
        search: Value::Null,
        name: "sample".into(),
        spec,
        spec_hash: "5eed".repeat(8),
        recipe: card.recipe.clone(),
        read_params: ReadParams::default(),
        select: select.clone(),
        higher_is_better: task == Task::TopN,
        against: None,
        seeds: seeds.to_vec(),
        models: models.collect(),
        metrics: metrics.clone(),
    }
}

fn space(axes: &[(&'static str, Vec<Value>)]) -> Space {
    let dimension = |(name, values): &(&str, Vec<Value>)| Dimension {
        params: vec![(*name).into()],
        domain: Domain::Choice(values.clone()),
        when: Vec::new(),
    };
    Space { dimensions: axes.iter().map(dimension).collect() }
}

fn with(trial: &Trial, varied: &Params) -> Trial {
    let mut trial = trial.clone();
    for (name, value) in varied {
        match &mut trial.training {
            Some(training) if name == "learning_rate" => {
                training.learning_rate = value.as_f64().unwrap();
            }
            Some(training) if name == "epochs" => {
                training.epochs = value.as_u64().unwrap() as u32;
            }
            _ => _ = trial.model.params.insert(name.clone(), value.clone()),
        }
    }
    trial
}

fn units(model: &SampleModel, trial: &Trial, value: f64, n: usize) -> Vec<f64> {
    let name =
        model.label.bytes().fold(7, |hash: u64, byte| hash.wrapping_mul(31) + u64::from(byte));
    let seed = if model.epochs > 0 { trial.seed } else { 0 };
    let mean = if trial.task == Task::Rating { value * value } else { value };
    let unit = |user: usize| {
        let user = user as u64;
        let common = noise(&[user]) - 0.5;
        let own = noise(&[user, name]) - 0.5;
        let of_seed = noise(&[user, name, seed]) - 0.5;
        mean * (1.0 + common + 0.3 * own + 0.3 * of_seed)
    };
    (0..n).map(unit).collect()
}

fn outcome(model: &SampleModel, trial: &Trial, units: &[f64]) -> Outcome {
    let mean = units.iter().sum::<f64>() / units.len() as f64;
    let (select, other) = match trial.task {
        Task::TopN => (mean, (mean * 1.8).min(1.0)),
        Task::Rating => (mean.sqrt(), mean.sqrt() * 0.78),
    };
    let scores = |factor: f64| {
        let values = [select * factor, other * factor];
        trial.metrics.iter().cloned().zip(values).collect::<BTreeMap<_, _>>()
    };
    let is_tested = trial.scored == Scored::ValidAndTest;
    let epoch = |epoch: u32| {
        let progress = 1.0 - (-f64::from(epoch) / 4.0).exp();
        let overfit = 0.02 * f64::from(epoch.saturating_sub(model.epochs * 2 / 3));
        let best = if trial.task == Task::TopN { progress } else { 2.0 - progress };
        CurvePoint {
            epoch,
            train_loss: 7.2 - 2.5 * progress,
            valid_loss: Some(7.4 - 2.0 * progress + overfit),
            valid: Some(select * (best - overfit / 10.0)),
            secs: 0.8,
        }
    };
    Outcome {
        key: trial.key(),
        trial: trial.clone(),
        attempt: 1,
        status: Status::Completed,
        valid: scores(1.1),
        test: if is_tested { scores(1.0) } else { BTreeMap::new() },
        curve: (1..=model.epochs).map(epoch).collect(),
        best_epoch: model.epochs * 2 / 3,
        cost: cost(model),
        provenance: Provenance {
            spec_hash: "5eed".repeat(8),
            data_hash: trial.data.clone(),
            code_version: "0.1.0 (abcdef0)".into(),
            libtorch: "2.11.0".into(),
            device: "cpu".into(),
            threads: 1,
            started_at: "2026-11-24T10:00:00Z".into(),
            ended_at: "2026-11-24T10:01:00Z".into(),
        },
    }
}
