//! What every model's search was allowed and what it tried, with the validation values.

use bakeoff_spec::study::{device_secs, spans};
use bakeoff_spec::{Candidate, ModelPlan, Plan, State};
use serde_json::Value;

use crate::figures::Place;
use crate::findings::{Findings, ModelFindings};
use crate::format::{self, NONE, code, duration, plain, plural};
use crate::sections::Page;
use crate::table::{Table, numbers, words};

/// A longer list says no more: the best ones are shown.
const MOST_SHOWN: usize = 40;

pub(crate) fn section(page: &Page<'_>) -> String {
    let findings = page.findings;
    let plan = findings.view.plan;
    let select = &plan.select;
    let (searched, fixed): (Vec<_>, Vec<_>) =
        findings.models.iter().enumerate().partition(|(_, model)| is_searched(model));
    let mut lines = vec!["## Search\n".to_owned(), strategy(plan), budget(findings)];
    lines.push(format!(
        "The tables show {select} on validation, under the first seed; the chosen one in bold."
    ));
    if !fixed.is_empty() {
        let fixed: Vec<String> = fixed.iter().map(|(_, model)| plain(&model.plan.label)).collect();
        lines.push(format!("Nothing to vary: {}.", fixed.join(", ")));
    }
    lines.push(format!("\n{}{}", spent(findings), page.figures(Place::Search)));
    for (i, model) in searched {
        lines.push(format!("\n### {}\n", plain(&model.plan.label)));
        lines.push(table(findings, model) + &page.figures_of(Place::Grids, i));
    }
    lines.join("\n")
}

fn strategy(plan: &Plan) -> String {
    let search = &plan.spec.search;
    let is_drawn = !search.is_grid() || plan.models.iter().any(|model| draws(plan, model));
    let seed = is_drawn.then(|| format!(", seed {}", search.seed));
    let lag = search.deterministic.then(|| format!(", deterministic with a lag of {}", search.lag));
    let prune = search
        .prune
        .as_ref()
        .map(|prune| format!("; trials that fell behind were stopped by {}", code(&prune.name)));
    let how = [seed, lag, prune].into_iter().flatten().collect::<String>();
    format!("Configurations were proposed by {}{how}.", code(&search.name))
}

/// Whether chance has a part in a grid: it draws what cannot be counted, and of a grid that is larger than the budget
/// which points to try.
fn draws(plan: &Plan, model: &ModelPlan) -> bool {
    let n_points = model.space.grid_size().unwrap_or(usize::MAX);
    let is_part = plan.spec.budget.trials.is_some_and(|n_trials| (n_trials as usize) < n_points);
    !model.is_listed_only && (is_part || !model.space.is_countable())
}

/// The same for every model, or the truth.
fn budget(findings: &Findings<'_>) -> String {
    let budget = &findings.view.plan.spec.budget;
    if let Some(secs) = budget.time_secs {
        return format!("Every model got the same budget: {} of wall time.", duration(secs as f64));
    }
    if let Some(secs) = budget.device_time_secs {
        return format!(
            "Every model got the same budget: {} of device time.",
            duration(secs as f64)
        );
    }
    let counts: Vec<(String, usize)> = findings
        .models
        .iter()
        .filter(|model| is_searched(model))
        .map(|model| (plain(&model.plan.label), model.study.n_configurations()))
        .collect();
    let each = || {
        let each: Vec<String> = counts.iter().map(|(label, n)| format!("{label} {n}")).collect();
        each.join(", ")
    };
    if findings.models.iter().any(|model| model.study.ended_early.is_some()) {
        let target = findings.view.plan.spec.schedule.stop_at.map_or(NONE.into(), format::metric);
        return format!(
            "The search ended when a trial reached the target, {target}; configurations until then: {}.",
            each()
        );
    }
    let is_equal = counts.iter().all(|(_, n)| *n == counts[0].1);
    match counts.first() {
        None => "No model was searched.".into(),
        Some((_, n)) if is_equal => {
            let n = plural(*n, "configuration");
            format!("Every model with something to vary got the same budget: {n}.")
        }
        Some(_) => {
            let each = each();
            format!("The models were **not** tried equally often, in configurations: {each}.")
        }
    }
}

fn is_searched(model: &ModelFindings<'_>) -> bool {
    !model.plan.space.is_empty() || !model.plan.listed.is_empty()
}

fn spent(findings: &Findings<'_>) -> Table {
    let mut table = Table::of([
        words("model"),
        numbers("configurations"),
        numbers("trials"),
        numbers("failed"),
        numbers("pruned"),
        numbers("epochs"),
        numbers("device time"),
        words("ended"),
    ]);
    for model in &findings.models {
        let study = model.study;
        let briefs = || study.candidates.iter().filter_map(|one| one.brief.as_ref());
        let count = |is_meant: fn(State) -> bool| {
            briefs().filter(|brief| is_meant(brief.state)).count().to_string()
        };
        let epochs: u32 =
            briefs().map(|brief| brief.epochs - brief.resumed_epoch.min(brief.epochs)).sum();
        let ended = match &study.ended_early {
            Some(why) => plain(why),
            None if study.is_searched => "complete".into(),
            None => "not yet".into(),
        };
        table.row([
            plain(&model.plan.label),
            study.n_configurations().to_string(),
            briefs().count().to_string(),
            count(|state| state == State::Failed),
            count(|state| matches!(state, State::Pruned { .. })),
            epochs.to_string(),
            duration(device_secs(&spans(&study.candidates))),
            ended,
        ]);
    }
    table
}

fn table(findings: &Findings<'_>, model: &ModelFindings<'_>) -> String {
    let candidates = &model.study.candidates;
    let names = model.plan.varied_names();
    let has_rungs = candidates.iter().any(|candidate| candidate.epochs.is_some());
    let rung = has_rungs.then(|| numbers("at most"));
    let mut table = Table::of(names.iter().map(|name| words(*name)).chain(rung).chain([
        numbers(format!("valid {}", findings.view.plan.select)),
        numbers("best epoch"),
        numbers("fit"),
        words("trial"),
    ]));
    let mut shown: Vec<usize> = (0..candidates.len()).collect();
    if shown.len() > MOST_SHOWN {
        let sign = if findings.view.plan.higher_is_better { -1.0 } else { 1.0 };
        let loss = |i: &usize| candidates[*i].value().map_or(f64::INFINITY, |value| sign * value);
        shown.sort_by(|a, b| loss(a).total_cmp(&loss(b)));
        shown.truncate(MOST_SHOWN);
    }
    for &i in &shown {
        let candidate = &candidates[i];
        let mut params = model.plan.varied(&candidate.choice);
        let own_epochs = params.get("epochs").and_then(Value::as_u64);
        let values = names.iter().map(|name| {
            params.remove(*name).map_or_else(|| NONE.into(), |value| code(&format::value(&value)))
        });
        let values: Vec<String> = values.collect();
        let rung = has_rungs.then(|| {
            let of_model = || own_epochs.or(model.plan.epochs.map(u64::from));
            let epochs = candidate.epochs.map(u64::from).or_else(of_model);
            epochs.map_or_else(|| NONE.into(), |epochs| epochs.to_string())
        });
        let is_chosen = model.study.chosen == Some(i);
        let [epoch, fit] =
            match candidate.brief.as_ref().filter(|brief| brief.state != State::Failed) {
                Some(brief) if brief.best_epoch > 0 => {
                    [brief.best_epoch.to_string(), duration(brief.fit_secs)]
                }
                Some(brief) => [NONE.into(), duration(brief.fit_secs)],
                None => [NONE.into(), NONE.into()],
            };
        let key = format!("`{}`", candidate.key.short());
        let cells = [value_cell(candidate, is_chosen), epoch, fit, key];
        table.row(values.into_iter().chain(rung).chain(cells));
    }
    let left = candidates.len() - shown.len();
    let more = if left == 0 {
        String::new()
    } else {
        format!("\nThe best {MOST_SHOWN} are shown; {left} more were tried.\n")
    };
    table.to_string() + &more
}

fn value_cell(candidate: &Candidate, is_chosen: bool) -> String {
    match (candidate.brief.as_ref().map(|brief| brief.state), candidate.value()) {
        (None, _) => "not run".into(),
        (Some(State::Failed), _) => "failed".into(),
        (Some(State::Pruned { epoch }), _) => format!("stopped after {epoch}"),
        (Some(State::Completed), None) => NONE.into(),
        (Some(State::Completed), Some(value)) if is_chosen => {
            format!("**{}**", format::metric(value))
        }
        (Some(State::Completed), Some(value)) => format::metric(value),
    }
}
