//! `bakeoff show`: everything that is kept of a trial.

use std::fmt::Write;

use anyhow::Context;
use bakeoff_spec::{Outcome, Scores, Status};
use bakeoff_store::Folder;
use serde_json::json;

use super::{named, print, print_json};
use crate::cli::ShowArgs;
use crate::exit::Exit;
use crate::places::Places;
use crate::table::table;

pub(crate) fn run(args: &ShowArgs, places: &Places) -> anyhow::Result<Exit> {
    let folder = Folder::at(&places.store);
    let keys = folder.outcome_keys()?;
    let key = named(&keys, &args.trial, places)?;
    let outcome = folder.read_outcome(key)?.context("the trial was removed meanwhile")?;
    let attempts = folder.attempts(&outcome.key)?;
    if args.json.json {
        return print_json(&json!({"outcome": outcome, "failed_attempts": attempts}));
    }
    print(&for_people(&outcome, &attempts)?)
}

fn for_people(outcome: &Outcome, attempts: &[Outcome]) -> anyhow::Result<String> {
    let mut text = String::new();
    let trial = &outcome.trial;
    writeln!(text, "trial {}", outcome.key)?;
    writeln!(
        text,
        "{} · seed {} · {} · {}\n",
        trial.model.name,
        trial.seed,
        trial.task,
        status(outcome)
    )?;
    let params = trial.all_params();
    let rows = params.iter().map(|(name, value)| vec![name.clone(), value.to_string()]);
    text += &table(&["parameter", "value"], rows.collect());
    let number = |scores: &Scores, key| {
        scores.get(key).map_or_else(String::new, |value: &f64| format!("{value:.6}"))
    };
    let rows = outcome
        .valid
        .keys()
        .map(|key| vec![key.to_string(), number(&outcome.valid, key), number(&outcome.test, key)]);
    writeln!(text, "\n{}", table(&["metric", "valid", "test"], rows.collect()).trim_end())?;
    if let Some(candidates) = &trial.candidates {
        writeln!(text, "\nranked among {candidates}")?;
    }
    let (cost, from) = (&outcome.cost, &outcome.provenance);
    writeln!(
        text,
        "\n{} parameters, {} epochs (best {}), {:.3} s an epoch of {} pairs, {:.1} s in all, {:.0} MiB at most",
        cost.n_params,
        cost.epochs,
        outcome.best_epoch,
        cost.epoch_secs,
        cost.pairs_per_epoch,
        cost.wall_secs,
        cost.peak_rss_mb
    )?;
    writeln!(
        text,
        "spec {} · data {} · bakeoff {} · libtorch {} · {} with {} threads · {} to {}",
        from.spec_hash,
        from.data_hash,
        from.code_version,
        from.libtorch,
        from.device,
        from.threads,
        from.started_at,
        from.ended_at
    )?;
    if !outcome.curve.is_empty() {
        let cell =
            |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.5}"));
        let rows = outcome.curve.iter().map(|point| {
            vec![
                point.epoch.to_string(),
                format!("{:.5}", point.train_loss),
                cell(point.valid_loss),
                cell(point.valid),
            ]
        });
        let select = trial.select.to_string();
        writeln!(
            text,
            "\n{}",
            table(&["epoch", "train loss", "valid loss", &select], rows.collect()).trim_end()
        )?;
    }
    for attempt in attempts {
        writeln!(text, "\nattempt {} before it: {}", attempt.attempt, status(attempt))?;
    }
    Ok(text)
}

fn status(outcome: &Outcome) -> String {
    match &outcome.status {
        Status::Completed => "completed".into(),
        Status::Pruned { epoch, .. } => format!("pruned after epoch {epoch}"),
        Status::Failed { cause, message } => format!("failed ({cause:?}): {message}"),
    }
}
