//! `bakeoff list`: what a spec can name, and the trials in the store.

use anyhow::bail;
use bakeoff_spec::registry::find;
use bakeoff_spec::{Catalog, Outcome, ParamInfo, PluginInfo, Status};
use bakeoff_store::Folder;
use serde::Serialize;
use serde_json::{Value, json};

use super::{print, print_json, say};
use crate::catalog::catalog;
use crate::cli::{Kind, ListArgs};
use crate::exit::Exit;
use crate::places::Places;
use crate::table::table;

pub(crate) fn run(args: &ListArgs, places: &Places) -> anyhow::Result<Exit> {
    let catalog = catalog();
    if let Some(name) = &args.name {
        return one(args, name, &catalog);
    }
    match args.kind {
        Kind::Models => {
            let entries = catalog.models.iter().map(|model| {
                let mut entry = plugin(&model.plugin);
                entry["family"] = model.family.into();
                entry["tasks"] = json!(model.tasks);
                entry
            });
            listing(args, &["name", "family", "tasks", "about"], &entries.collect::<Vec<_>>())
        }
        Kind::Metrics => {
            let entries = catalog.metrics.iter().map(|metric| {
                json!({"name": metric.name, "task": metric.task, "has_cutoff": metric.has_cutoff,
                    "higher_is_better": metric.higher_is_better, "about": metric.about})
            });
            listing(
                args,
                &["name", "task", "higher_is_better", "about"],
                &entries.collect::<Vec<_>>(),
            )
        }
        Kind::Steps => plugins(args, &catalog.steps),
        Kind::Sources => plugins(args, &catalog.sources),
        Kind::Joins => plugins(args, &catalog.joins),
        Kind::Splits => plugins(args, &catalog.splits),
        Kind::Searches => plugins(args, &catalog.searches),
        Kind::Pruners => plugins(args, &catalog.pruners),
        Kind::Executors => plugins(args, &catalog.executors),
        Kind::Trials => trials(args, places),
    }
}

fn plugins(args: &ListArgs, entries: &[PluginInfo]) -> anyhow::Result<Exit> {
    if args.json.json {
        return print_json(&entries.iter().map(plugin).collect::<Vec<_>>());
    }
    let row = |info: &PluginInfo| {
        // In brackets what may be left out.
        let params = info
            .params()
            .into_iter()
            .map(|param| if param.is_required { param.name } else { format!("[{}]", param.name) });
        vec![info.name.to_owned(), params.collect::<Vec<_>>().join(" "), info.about.to_owned()]
    };
    print(&table(&["name", "params", "about"], entries.iter().map(row).collect()))
}

/// The parameters of one plug-in.
fn one(args: &ListArgs, name: &str, catalog: &Catalog) -> anyhow::Result<Exit> {
    let models: Vec<PluginInfo> = catalog.models.iter().map(|model| model.plugin).collect();
    let entries = match args.kind {
        Kind::Models => &models,
        Kind::Steps => &catalog.steps,
        Kind::Sources => &catalog.sources,
        Kind::Joins => &catalog.joins,
        Kind::Splits => &catalog.splits,
        Kind::Searches => &catalog.searches,
        Kind::Pruners => &catalog.pruners,
        Kind::Executors => &catalog.executors,
        Kind::Metrics => bail!("metrics have no parameters; `bakeoff list metrics` shows all"),
        Kind::Trials => bail!("`bakeoff show {name}` tells all of a trial"),
    };
    let Some(info) = find(entries, name) else {
        let names: Vec<&str> = entries.iter().map(|info| info.name).collect();
        bail!("nothing is called `{name}` there; there are {}", names.join(", "));
    };
    if args.json.json {
        return print_json(&plugin(info));
    }
    let row = |param: &ParamInfo| {
        let default = match &param.default {
            _ if param.is_required => "(required)".to_owned(),
            Some(default) => default.to_string(),
            None => String::new(),
        };
        vec![param.name.clone(), param.allowed.clone(), default, param.about.clone()]
    };
    let params = info.params();
    let mut text = match params.len() {
        0 => "It has no parameters.\n".to_owned(),
        _ => table(&["param", "allowed", "default", "about"], params.iter().map(row).collect()),
    };
    for param in params.into_iter().filter(|param| !param.choices.is_empty()) {
        let rows = param.choices.into_iter().map(|(word, about)| vec![word, about]).collect();
        text.push('\n');
        text.push_str(&table(&[&param.name, "means"], rows));
    }
    print(&format!("{}: {}\n\n{text}", info.name, info.about))
}

fn plugin(info: &PluginInfo) -> Value {
    json!({"name": info.name, "about": info.about, "revision": info.revision, "params": (info.schema)()})
}

/// The entries as JSON, or some of their fields as a table.
fn listing(args: &ListArgs, columns: &[&str], entries: &[Value]) -> anyhow::Result<Exit> {
    if args.json.json {
        return print_json(&entries);
    }
    let cell = |entry: &Value, column: &&str| match &entry[*column] {
        Value::String(text) => text.clone(),
        Value::Array(values) => {
            values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    };
    let row = |entry: &Value| columns.iter().map(|column| cell(entry, column)).collect();
    print(&table(columns, entries.iter().map(row).collect()))
}

/// A trial of the store in short.
#[derive(Debug, Serialize)]
struct Listed<'a> {
    key: &'a str,
    model: &'a str,
    seed: u64,
    status: &'static str,
    select: String,
    valid: Option<f64>,
    test: Option<f64>,
    wall_secs: f64,
    started_at: &'a str,
}

fn trials(args: &ListArgs, places: &Places) -> anyhow::Result<Exit> {
    let all = Folder::at(&places.store).outcomes()?;
    for (path, damage) in &all.damaged {
        say(&format!("bakeoff: {} is damaged ({damage}) and left out", path.display()));
    }
    let listed: Vec<Listed<'_>> = all.outcomes.iter().map(short).collect();
    if args.json.json {
        return print_json(&listed);
    }
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.4}"));
    let rows = listed.iter().map(|trial| {
        vec![
            trial.key[..10].to_owned(),
            trial.model.to_owned(),
            trial.seed.to_string(),
            trial.status.to_owned(),
            trial.select.clone(),
            number(trial.valid),
            number(trial.test),
            format!("{:.1}", trial.wall_secs),
            trial.started_at.to_owned(),
        ]
    });
    let header =
        ["trial", "model", "seed", "status", "metric", "valid", "test", "seconds", "started"];
    print(&table(&header, rows.collect()))
}

fn short(outcome: &Outcome) -> Listed<'_> {
    Listed {
        key: outcome.key.as_str(),
        model: &outcome.trial.model.name,
        seed: outcome.trial.seed,
        status: match outcome.status {
            Status::Completed => "completed",
            Status::Pruned { .. } => "pruned",
            Status::Failed { .. } => "failed",
        },
        select: outcome.trial.select.to_string(),
        valid: outcome.selected(),
        test: outcome.test.get(&outcome.trial.select).copied(),
        wall_secs: outcome.cost.wall_secs,
        started_at: &outcome.provenance.started_at,
    }
}
