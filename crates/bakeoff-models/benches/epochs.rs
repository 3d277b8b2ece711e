//! Times of a training epoch and of a full ranking of validation, on `MovieLens` 100K, leave-one-out.
//!
//! `just bench` runs every network, `just bench sasrec gru4rec` those two. `BAKEOFF_THREADS` sets libtorch's threads
//! (1 by default, as in a worker), `BAKEOFF_EPOCHS` the epochs (5); an epoch's time is their median.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::path::{Path, PathBuf};

use bakeoff_data::{Dataset, fingerprint, prepare};
use bakeoff_models::{Checkpoints, ModelEntry, registry, run_trial};
use bakeoff_spec::{Fitting, Params, ReadParams, Recipe, Scored, Task, Trial, Use};
use serde_json::json;
use tch::Device;

fn main() {
    // The first argument is the program itself; cargo adds `--bench`.
    let names: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let number = |name: &str, default| {
        std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    let threads = number("BAKEOFF_THREADS", 1);
    bakeoff_models::device::set_threads(threads);
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let Some(data) = movies(folder.path()) else { return };
    println!("| model | pairs | epoch, s | pairs/s | ranking, s | validation ndcg@10 |");
    println!("| --- | --- | --- | --- | --- | --- |");
    let models = registry::FAMILIES.iter().flat_map(|(_, models)| *models);
    for model in models.filter(|model| names.is_empty() || names.iter().any(|n| n == model.name()))
    {
        measure(model, &data, number("BAKEOFF_EPOCHS", 5), folder.path());
    }
}

fn measure(model: &ModelEntry, data: &Dataset, epochs: u32, folder: &Path) {
    let info = model.info("");
    if !info.tasks.contains(&Task::TopN) {
        return;
    }
    let training = (info.training)(Task::TopN).map(|mut training| {
        training.epochs = epochs;
        training.patience = 0;
        training
    });
    let trial = Trial {
        data: data.key().to_owned(),
        task: Task::TopN,
        model: Use {
            name: model.name().into(),
            revision: 1,
            params: (info.plugin.complete)(&Params::new()).expect("defaults are valid"),
        },
        training,
        select: "ndcg@10".parse().expect("a metric"),
        metrics: Vec::new(),
        metric_revisions: std::collections::BTreeMap::new(),
        code: bakeoff_spec::CodeRevisions::default(),
        candidates: None,
        scored: Scored::Valid,
        seed: 1,
    };
    let checkpoints = Checkpoints::at(folder.join(trial.fit_key()));
    match run_trial(&trial, data, Device::Cpu, &checkpoints, &Fitting::default(), &mut |_| {}) {
        Ok(result) => {
            let cost = &result.cost;
            let pairs_per_sec = cost.pairs_per_epoch as f64 / cost.epoch_secs;
            println!(
                "| {} | {} | {:.3} | {pairs_per_sec:.0} | {:.4} | {:.4} |",
                model.name(),
                cost.pairs_per_epoch,
                cost.epoch_secs,
                cost.eval_secs,
                result.valid[&trial.select]
            );
        }
        Err(error) => println!("| {} | {error} |", model.name()),
    }
}

fn movies(folder: &Path) -> Option<Dataset> {
    let data = std::env::var_os("BAKEOFF_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let path = data.join("ml-100k/ml-100k.inter");
    if !path.exists() {
        println!(
            "{} is not there; set BAKEOFF_DATA to the folder of the real data",
            path.display()
        );
        return None;
    }
    let params: Params = [("path".to_owned(), json!(path))].into();
    let source = bakeoff_spec::registry::find(bakeoff_data::sources::ALL, "recbole")?;
    let params = (source.complete)(&params).expect("a path is all it needs");
    let plain = |name: &str| Use { name: name.into(), revision: 1, params: Params::new() };
    let params = ReadParams { source: params, joins: Vec::new() };
    let mut recipe = Recipe {
        task: Task::TopN,
        source: plain("recbole"),
        content: String::new(),
        joins: Vec::new(),
        steps: Vec::new(),
        split: plain("leave_one_out"),
    };
    recipe.content = fingerprint(&recipe, &params, folder).expect("the files are readable");
    Some(prepare(&recipe, &params, None, folder, &mut |_| {}).expect("the data is whole"))
}
