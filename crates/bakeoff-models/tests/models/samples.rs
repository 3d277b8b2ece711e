use std::fmt::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use bakeoff_data::{Dataset, fingerprint, prepare};
use bakeoff_models::{
    Built, Checkpoints, ModelEntry, ModelError, Setting, TrialResult, registry, run_trial,
};
use bakeoff_spec::{CurvePoint, Fitting, Params, ReadParams, Recipe, Task, Trial, Use};
use serde_json::json;
use tch::Device;
use tempfile::TempDir;

/// A prepared dataset in a folder that goes away with it.
pub(crate) struct Sample {
    pub(crate) data: Dataset,
    _folder: TempDir,
}

/// Rows of (user, item, rating), each user's in order of time, split leave-one-out.
pub(crate) fn sample(task: Task, rows: &[(usize, usize, f32)]) -> Sample {
    // As in a worker; and tests run side by side, where threads that wait for each other take forever.
    bakeoff_models::device::set_threads(1);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("interactions.csv");
    let mut csv = "user,item,rating,timestamp\n".to_owned();
    for (time, (user, item, rating)) in rows.iter().enumerate() {
        writeln!(csv, "u{user},i{item:03},{rating},{time}").unwrap();
    }
    std::fs::write(&path, csv).unwrap();
    let params: Params = [("interactions".to_owned(), json!(path))].into();
    prepared(folder, task, ("csv", &params), &[], "leave_one_out")
}

/// What a source gives, after these steps, split.
pub(crate) fn prepared(
    folder: TempDir,
    task: Task,
    (source, params): (&str, &Params),
    steps: &[(&str, serde_json::Value)],
    split: &str,
) -> Sample {
    let entry = bakeoff_spec::registry::find(bakeoff_data::sources::ALL, source).unwrap();
    let params = ReadParams { source: (entry.complete)(params).unwrap(), joins: Vec::new() };
    let cache = folder.path().join("cache");
    let plain = |name: &str| Use { name: name.into(), revision: 1, params: Params::new() };
    let step = |(name, params): &(&str, serde_json::Value)| {
        let entry = bakeoff_spec::registry::find(bakeoff_data::steps::ALL, name).unwrap();
        let params = serde_json::from_value(params.clone()).unwrap();
        Use { params: (entry.complete)(&params).unwrap(), ..plain(name) }
    };
    let mut recipe = Recipe {
        task,
        source: plain(source),
        content: String::new(),
        joins: Vec::new(),
        steps: steps.iter().map(step).collect(),
        split: plain(split),
    };
    recipe.content = fingerprint(&recipe, &params, &cache).unwrap();
    let data = prepare(&recipe, &params, None, &cache, &mut |_| {}).unwrap();
    Sample { data, _folder: folder }
}

/// 8 users in two groups. Each walks round the 6 items of the group, always to the next one.
pub(crate) fn walks(task: Task) -> Sample {
    let walk = |user: usize| {
        let first = 6 * (user % 2);
        (0..9).map(move |step| (user, first + (user + step) % 6, (1 + user % 5) as f32))
    };
    sample(task, &(0..8).flat_map(walk).collect::<Vec<_>>())
}

/// Every registered model with each task it can do.
pub(crate) fn models() -> Vec<(&'static ModelEntry, Task)> {
    let entries = registry::FAMILIES.iter().flat_map(|(_, entries)| *entries);
    entries.flat_map(|entry| entry.info("").tasks.iter().map(move |&task| (entry, task))).collect()
}

/// A trial of the model under its defaults, but for `changes`, which name parameters and training settings alike.
pub(crate) fn trial(entry: &ModelEntry, task: Task, changes: &serde_json::Value) -> Trial {
    let info = entry.info("");
    let mut training = (info.training)(task).map(|settings| json!(settings.params()));
    let mut own = Params::new();
    for (name, value) in changes.as_object().unwrap() {
        match &mut training {
            Some(settings) if settings.get(name).is_some() => settings[name] = value.clone(),
            _ => drop(own.insert(name.clone(), value.clone())),
        }
    }
    let (select, metrics) = match task {
        Task::TopN => ("ndcg@10", ["ndcg@10", "hit_rate@1"].as_slice()),
        Task::Rating => ("rmse", ["rmse", "mae"].as_slice()),
    };
    Trial {
        data: "0".repeat(32),
        task,
        model: Use {
            name: entry.name().into(),
            revision: 1,
            params: (info.plugin.complete)(&own).unwrap(),
        },
        training: training.map(|settings| serde_json::from_value(settings).unwrap()),
        select: select.parse().unwrap(),
        metrics: metrics.iter().map(|metric| metric.parse().unwrap()).collect(),
        metric_revisions: std::collections::BTreeMap::new(),
        code: bakeoff_spec::CodeRevisions::default(),
        candidates: None,
        scored: bakeoff_spec::Scored::Valid,
        seed: 1,
    }
}

/// Every network under its defaults but for `changes`, each with dropout at `dropout`.
pub(crate) fn networks(dropout: f64, changes: &serde_json::Value) -> Vec<(Trial, Task)> {
    let is_network =
        |(entry, task): &(&ModelEntry, Task)| (entry.info("").training)(*task).is_some();
    let with_dropout = |(entry, task): (&ModelEntry, Task)| {
        let schema = (entry.info("").plugin.schema)();
        let names = schema["properties"].as_object().unwrap().keys();
        let mut changes = changes.clone();
        for name in names.filter(|name| name.ends_with("dropout")) {
            changes[name] = json!(dropout);
        }
        (trial(entry, task, &changes), task)
    };
    models().into_iter().filter(is_network).map(with_dropout).collect()
}

/// libtorch's seed is that of the process, and tests may share one.
static ALONE: Mutex<()> = Mutex::new(());

/// The trial's model on the CPU.
pub(crate) fn build(trial: &Trial, data: &Dataset) -> Built {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    tch::manual_seed(trial.seed as i64);
    let entry = bakeoff_models::find(&trial.model.name).unwrap();
    let setting = Setting { task: trial.task, device: Device::Cpu };
    (entry.build)(&trial.model.params, data, &setting).unwrap()
}

/// Runs a trial on the walks, on the CPU.
pub(crate) fn attempt(
    trial: &Trial,
    checkpoints: &Checkpoints,
    fitting: &Fitting,
    on_epoch: &mut dyn FnMut(&CurvePoint),
) -> Result<TrialResult, ModelError> {
    attempt_on(&walks(trial.task), trial, checkpoints, fitting, on_epoch)
}

/// Runs a trial on some data, on the CPU.
pub(crate) fn attempt_on(
    sample: &Sample,
    trial: &Trial,
    checkpoints: &Checkpoints,
    fitting: &Fitting,
    on_epoch: &mut dyn FnMut(&CurvePoint),
) -> Result<TrialResult, ModelError> {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    run_trial(trial, &sample.data, Device::Cpu, checkpoints, fitting, on_epoch)
}

/// The same, where it must not fail and nobody watches.
pub(crate) fn run(trial: &Trial, checkpoints: &Checkpoints, fitting: &Fitting) -> TrialResult {
    attempt(trial, checkpoints, fitting, &mut |_| {}).unwrap()
}

/// Where a worker would keep the trial's checkpoints, were the folder a store's.
pub(crate) fn checkpoints(folder: &Path, trial: &Trial) -> Checkpoints {
    Checkpoints::at(folder.join(trial.fit_key()))
}

/// What must be equal, bit for bit: everything but the times.
pub(crate) fn numbers(result: &TrialResult) -> impl PartialEq + std::fmt::Debug + use<> {
    let untimed = |point: &CurvePoint| CurvePoint { secs: 0.0, ..point.clone() };
    let curve: Vec<CurvePoint> = result.curve.iter().map(untimed).collect();
    let TrialResult { is_pruned, valid, test, units, best_epoch, .. } = result.clone();
    (is_pruned, valid, test, units, best_epoch, curve)
}
