//! `bakeoff status`: how a sweep stands, asked of the coordinator that runs it or read from the store. Takes no lock.

use std::fmt::Write;
use std::thread;
use std::time::Duration;

use anyhow::bail;
use bakeoff_runner::control::{Answer, ModelStanding, Request, RunningTrial, Standing, ask};
use bakeoff_spec::{Plan, State, Study};
use bakeoff_store::Folder;
use console::Term;

use super::{plan, print, print_json};
use crate::cli::StatusArgs;
use crate::exit::Exit;
use crate::places::Places;
use crate::table::table;

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(1);

pub(crate) fn run(args: &StatusArgs, places: &Places) -> anyhow::Result<Exit> {
    let (_, plan) = plan(&args.spec.spec, places)?;
    let is_live = !args.json.json && !args.once && Term::stdout().is_term();
    let mut standing = look(&plan, places)?;
    if args.json.json {
        return print_json(&standing);
    }
    if !is_live {
        return print(&for_people(&standing));
    }
    let term = Term::stdout();
    let mut n_lines = 0;
    loop {
        let text = for_people(&standing);
        term.clear_last_lines(n_lines)?;
        term.write_str(&text)?;
        n_lines = text.lines().count();
        if standing.pid.is_none() {
            return Ok(Exit::Done);
        }
        thread::sleep(PAUSE);
        standing = look(&plan, places)?;
    }
}

/// What the coordinator says if one runs this study, else what the store holds of it.
fn look(plan: &Plan, places: &Places) -> anyhow::Result<Standing> {
    match ask(&places.store, &Request::Status)? {
        Some(Answer::Status(standing)) if standing.spec_hash == plan.spec_hash => Ok(standing),
        Some(Answer::Refused(why)) => bail!("the running sweep does not say how it stands: {why}"),
        _ => {
            let study = bakeoff_runner::study(plan, &Folder::at(&places.store))?;
            Ok(of_store(plan, &study))
        }
    }
}

fn of_store(plan: &Plan, study: &Study) -> Standing {
    let models = plan.models.iter().zip(&study.models).map(|(model, study)| {
        let states = || study.candidates.iter().filter_map(|one| Some(one.brief.as_ref()?.state));
        let best = plan.choose(&study.candidates);
        ModelStanding {
            model: model.label.clone(),
            n_done: states().count(),
            n_expected: study.candidates.len(),
            n_failed: states().filter(|state| *state == State::Failed).count(),
            n_pruned: states().filter(|state| matches!(state, State::Pruned { .. })).count(),
            best: best.and_then(|i| study.candidates[i].value()),
            is_searched: study.is_searched,
        }
    });
    Standing {
        name: plan.name.clone(),
        spec_hash: plan.spec_hash.clone(),
        pid: None,
        elapsed_secs: 0.0,
        is_paused: false,
        counts: study.counts,
        select: plan.select.clone(),
        slots: Vec::new(),
        models: models.collect(),
    }
}

fn for_people(standing: &Standing) -> String {
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.4}"));
    let rows = standing.models.iter().map(|model| {
        vec![
            model.model.clone(),
            format!("{}/{}", model.n_done, model.n_expected),
            model.n_failed.to_string(),
            model.n_pruned.to_string(),
            number(model.best),
            if model.is_searched { "over" } else { "" }.to_owned(),
        ]
    });
    let best = format!("best {}", standing.select);
    let header = ["model", "searched", "failed", "pruned", best.as_str(), "search"];
    let mut text = table(&header, rows.collect());
    let slots: Vec<Vec<String>> = standing
        .slots
        .iter()
        .map(|(slot, running)| match running {
            None => vec![slot.clone(), "idle".into()],
            Some(trial) => running_row(slot, trial, number(trial.value)),
        })
        .collect();
    if !slots.is_empty() {
        let header = ["slot", "trial", "attempt", "seconds", "epoch", "value", ""];
        text.push('\n');
        text += &table(&header, slots);
    }
    let counts = standing.counts;
    let done = counts.cached + counts.ran;
    let state = match (standing.pid, standing.is_paused) {
        (None, _) => "no sweep of it runs".to_owned(),
        (Some(pid), true) => format!("paused, process {pid}"),
        (Some(pid), false) => format!("running for {:.0} s, process {pid}", standing.elapsed_secs),
    };
    let _ = writeln!(
        text,
        "\n{}: {done} of {} trials, {} failed; {state}",
        standing.name, counts.planned, counts.failed
    );
    text
}

fn running_row(slot: &str, trial: &RunningTrial, value: String) -> Vec<String> {
    let epoch = match trial.epochs {
        0 => String::new(),
        epochs => format!("{}/{epochs}", trial.epoch),
    };
    let attempt = trial.attempt.to_string();
    let secs = format!("{:.0}", trial.secs);
    let key = trial.key.chars().take(10).collect();
    vec![slot.to_owned(), key, attempt, secs, epoch, value, trial.label.clone()]
}
