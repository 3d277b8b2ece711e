//! The comparison table and its bar charts.

use bakeoff_metrics::Interval;
use bakeoff_spec::MetricKey;

use crate::figures::Place;
use crate::findings::{Findings, ModelFindings};
use crate::format::{self, NONE, count, duration, p_value, plain};
use crate::sections::Page;
use crate::table::{Table, numbers, words};

pub(crate) fn section(page: &Page<'_>) -> String {
    let findings = page.findings;
    format!(
        "## Comparison\n\n{}\n{}\n{}",
        table(findings),
        notes(findings).join("\n"),
        page.figures(Place::Comparison)
    )
}

fn table(findings: &Findings<'_>) -> Table {
    let select = &findings.view.plan.select;
    let metrics = findings.metrics.iter().map(|metric| numbers(format!("{metric}")));
    let mut table =
        Table::of([words("model"), words("family")].into_iter().chain(metrics).chain([
            numbers(format!("valid {select}")),
            numbers("trials"),
            numbers("parameters"),
            numbers("fit"),
            numbers("p"),
        ]));
    for i in findings.order() {
        let model = &findings.models[i];
        let values = findings.metrics.iter().map(|metric| test_cell(findings, model, metric));
        let valid = model.valid.get(select);
        let test = findings.comparison.tests.get(&i);
        let fitted =
            |text: String| if model.replicates.is_empty() { NONE.to_owned() } else { text };
        table.row(
            [plain(&model.plan.label), model.plan.family.clone()].into_iter().chain(values).chain(
                [
                    valid.map_or_else(|| NONE.into(), |valid| format::metric(valid.mean)),
                    count(model.study.n_done() as u64),
                    fitted(count(model.cost(|cost| cost.n_params as f64).round() as u64)),
                    fitted(duration(model.cost(|cost| cost.fit_secs))),
                    test.map_or_else(
                        || NONE.into(),
                        |test| p_value(test.p).replace("= ", "").replace('<', "\\<"),
                    ),
                ],
            ),
        );
    }
    table
}

/// Mean ± half width, in bold if no model is better.
fn test_cell(findings: &Findings<'_>, model: &ModelFindings<'_>, metric: &MetricKey) -> String {
    let Some(value) = model.test.get(metric) else {
        let is_first = *metric == findings.view.plan.select;
        return if is_first && model.has_failed() { "failed".into() } else { NONE.into() };
    };
    let higher_is_better = findings.higher_is_better(metric);
    let is_better = |other: &Interval| {
        if higher_is_better { other.mean > value.mean } else { other.mean < value.mean }
    };
    let text = format::interval(value, model.replicates.len());
    let is_beaten =
        findings.models.iter().filter_map(|other| other.test.get(metric)).any(is_better);
    if is_beaten { text } else { format!("**{text}**") }
}

fn notes(findings: &Findings<'_>) -> Vec<String> {
    let plan = findings.view.plan;
    let mut notes = vec![format!(
        "Test scores of each model's chosen configuration, sorted by {}; the best of each column in bold.",
        plan.select
    )];
    if plan.seeds.len() > 1 {
        let n_seeds = plan.seeds.len();
        let tested = || findings.models.iter().filter(|model| !model.replicates.is_empty());
        let over = if tested().all(|model| model.replicates.len() == n_seeds) {
            format!("{n_seeds} seeds")
        } else {
            let fewer = tested()
                .filter(|model| model.replicates.len() < n_seeds)
                .map(|model| format!("{} {}", plain(&model.plan.label), model.replicates.len()));
            let fewer = fewer.collect::<Vec<_>>().join(", ");
            format!("{n_seeds} seeds, or those whose replicate completed ({fewer})")
        };
        notes.push(format!(
            "± is half the 95 % t interval of the mean over {over}: it measures the noise of seeds alone, and is 0 for \
             models that draw no random numbers."
        ));
    }
    notes.push(
        "Configurations were chosen on validation alone; its column and the time of one fit are those of the chosen one."
            .into(),
    );
    if !findings.comparison.tests.is_empty() {
        notes.push(
            "p is that of a paired t test against the best, over test users or ratings, corrected after Holm; the \
             noise of seeds is no part of it."
                .into(),
        );
    }
    for metric in &findings.metrics {
        if let Some(info) = findings.view.catalog.metric(&metric.name) {
            let better = if info.higher_is_better { "higher" } else { "lower" };
            notes.push(format!("- `{metric}` ({better} is better): {}", info.about));
        }
    }
    if let Some(first_item) = notes.iter().position(|note| note.starts_with("- ")) {
        notes.insert(first_item, String::new());
    }
    notes
}
