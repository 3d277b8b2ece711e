//! Every candidate of every grid, with its validation value.

use bakeoff_spec::{Outcome, Status};

use crate::figures::Place;
use crate::findings::{Findings, ModelFindings};
use crate::format::{self, NONE, code, duration, plain};
use crate::sections::Page;
use crate::table::{Table, numbers, words};

pub(crate) fn section(page: &Page<'_>) -> String {
    let findings = page.findings;
    let select = &findings.view.plan.select;
    let (searched, fixed): (Vec<_>, Vec<_>) =
        findings.models.iter().enumerate().partition(|(_, model)| !model.plan.axes.is_empty());
    let mut lines = vec![
        "## Grids\n".to_owned(),
        format!(
            "The {select} of every candidate on validation, under the first seed; the chosen one in bold."
        ),
    ];
    if !fixed.is_empty() {
        let fixed: Vec<String> = fixed.iter().map(|(_, model)| plain(&model.plan.label)).collect();
        lines.push(format!("Without a grid: {}.", fixed.join(", ")));
    }
    for (i, model) in searched {
        lines.push(format!("\n### {}\n", plain(&model.plan.label)));
        lines.push(table(findings, model).to_string() + &page.figures_of(Place::Grids, i));
    }
    lines.join("\n")
}

fn table(findings: &Findings<'_>, model: &ModelFindings<'_>) -> Table {
    let axes = model.plan.axes.keys();
    let mut table = Table::of(axes.clone().map(words).chain([
        numbers(format!("valid {}", findings.view.plan.select)),
        numbers("best epoch"),
        numbers("fit"),
        words("trial"),
    ]));
    let candidates = model.plan.candidates.iter().zip(&model.study.candidates).enumerate();
    for (i, (trial, outcome)) in candidates {
        let mut params = trial.all_params();
        let axes = axes.clone().map(|axis| {
            params.remove(axis).map_or_else(|| NONE.into(), |value| code(&format::value(&value)))
        });
        let is_chosen = model.study.chosen == Some(i);
        let value = value_cell(outcome.as_ref(), is_chosen);
        let [epoch, fit] = match outcome {
            Some(outcome) if outcome.best_epoch > 0 => {
                [outcome.best_epoch.to_string(), duration(outcome.cost.fit_secs)]
            }
            Some(outcome) if outcome.is_completed() => {
                [NONE.into(), duration(outcome.cost.fit_secs)]
            }
            _ => [NONE.into(), NONE.into()],
        };
        let key = format!("`{}`", trial.key().short());
        table.row(axes.collect::<Vec<_>>().into_iter().chain([value, epoch, fit, key]));
    }
    table
}

fn value_cell(outcome: Option<&Outcome>, is_chosen: bool) -> String {
    match outcome.map(|outcome| (&outcome.status, outcome.selected())) {
        None => "not run".into(),
        Some((Status::Failed { .. }, _)) => "failed".into(),
        Some((Status::Pruned { epoch, .. }, _)) => format!("pruned at {epoch}"),
        Some((Status::Completed, None)) => NONE.into(),
        Some((Status::Completed, Some(value))) if is_chosen => {
            format!("**{}**", format::metric(value))
        }
        Some((Status::Completed, Some(value))) => format::metric(value),
    }
}
