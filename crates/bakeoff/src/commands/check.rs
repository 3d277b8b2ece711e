//! `bakeoff check`: what a sweep would run.

use std::fmt::Write;

use bakeoff_spec::{ModelPlan, ModelStudy, Plan, Space, SpecError, Study};
use bakeoff_store::Folder;
use serde::Serialize;
use serde_json::json;

use super::{plan, print, print_json};
use crate::cli::CheckArgs;
use crate::exit::Exit;
use crate::places::Places;
use crate::table::table;

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Checked<'a> {
    name: &'a str,
    spec_hash: &'a str,
    data_hash: String,
    trials: usize,
    cached: usize,
    to_run: usize,
    failed: usize,
    select: String,
    seeds: &'a [u64],
    models: Vec<CheckedModel<'a>>,
}

#[derive(Debug, Serialize)]
struct CheckedModel<'a> {
    model: &'a str,
    family: &'a str,
    candidates: usize,
    replicates: usize,
    cached: usize,
    space: &'a Space,
}

pub(crate) fn run(args: &CheckArgs, places: &Places) -> anyhow::Result<Exit> {
    let (_, plan) = match plan(&args.spec.spec, places) {
        Ok(plan) => plan,
        Err(error) => {
            if let (true, Some(wrong)) = (args.json.json, error.downcast_ref::<SpecError>()) {
                print_json(&json!({ "problems": wrong.problems() }))?;
            }
            return Err(error);
        }
    };
    // The folder alone: a sweep that runs meanwhile holds the store, and checking must not wait for it.
    let folder = Folder::at(&places.store);
    let study = bakeoff_runner::study(&plan, &folder)?;
    let checked = describe(&plan, &study);
    if args.json.json { print_json(&checked) } else { print(&for_people(&checked)) }
}

fn describe<'a>(plan: &'a Plan, study: &Study) -> Checked<'a> {
    let models = plan.models.iter().zip(&study.models);
    let describe_model = |(model, study): (&'a ModelPlan, &ModelStudy)| CheckedModel {
        model: &model.label,
        family: &model.family,
        candidates: study.n_expected,
        replicates: plan.seeds.len(),
        cached: study.n_done(),
        space: &model.space,
    };
    Checked {
        name: &plan.name,
        spec_hash: &plan.spec_hash,
        data_hash: plan.recipe.key(),
        trials: study.counts.planned,
        cached: study.counts.cached,
        to_run: study.counts.planned - study.counts.cached,
        failed: study.counts.failed,
        select: plan.select.to_string(),
        seeds: &plan.seeds,
        models: models.map(describe_model).collect(),
    }
}

fn for_people(checked: &Checked<'_>) -> String {
    let rows = checked.models.iter().map(|model| {
        let axes = model.space.dimensions.iter().map(|dimension| {
            let n = dimension.domain.n_values().map_or("∞".to_owned(), |n| n.to_string());
            format!("{} × {n}", dimension.params.join("+"))
        });
        vec![
            model.model.to_owned(),
            model.family.to_owned(),
            model.candidates.to_string(),
            model.replicates.to_string(),
            model.cached.to_string(),
            axes.collect::<Vec<_>>().join(", "),
        ]
    });
    let mut text =
        table(&["model", "family", "candidates", "replicates", "cached", "varied"], rows.collect());
    let Checked { name, trials, cached, to_run, failed, select, .. } = checked;
    let _ = writeln!(
        text,
        "\n{name}: {trials} trials, {cached} cached, {to_run} to run; chosen by validation {select}."
    );
    if *failed > 0 {
        let _ = writeln!(
            text,
            "{failed} of the cached failed; after `bakeoff retry --failed`, or with `bakeoff sweep --retry-failed`, they run \
             again."
        );
    }
    text
}
