//! How to get every row again.

use crate::format::{code, plain};
use crate::sections::Page;
use crate::table::{Table, numbers, words};

pub(crate) fn section(page: &Page<'_>) -> String {
    let findings = page.findings;
    let view = findings.view;
    let mut lines = vec![
        "## Reproduce\n".to_owned(),
        format!("```\nbakeoff sweep {}\n```\n", view.spec_name.replace(char::is_control, " ")),
        format!(
            "The spec's hash is `{}`, the dataset's `{}`.",
            view.plan.spec_hash,
            view.plan.recipe.key()
        ),
        format!("This report was written by bakeoff {}.", plain(view.code_version)),
        "Same trial, same kind of device, same number of threads: the same numbers to the last bit.".into(),
        "`bakeoff show TRIAL` prints all that is kept of a trial.".into(),
    ];
    let known = || findings.spans().filter(|(began, _)| *began > 0);
    let began = known().map(|(began, _)| began).min();
    let ended = known().map(|(began, secs)| began + (secs * 1000.0).round() as i64).max();
    let time = |ms: i64| jiff::Timestamp::from_millisecond(ms).map(|time| format!("{time:.0}"));
    if let Some((Ok(began), Ok(ended))) = began.map(time).zip(ended.map(time)) {
        lines.push(format!("The first trial began {began}, the last ended {ended}."));
    }
    lines.push(format!("\n{}", table(page)));
    lines.join("\n")
}

fn table(page: &Page<'_>) -> Table {
    let findings = page.findings;
    let mut table = Table::of([
        words("model"),
        numbers("seed"),
        words("trial"),
        words("device"),
        numbers("threads"),
        words("code"),
    ]);
    for i in findings.order() {
        let model = &findings.models[i];
        for outcome in &model.replicates {
            let provenance = &outcome.provenance;
            table.row([
                plain(&model.plan.label),
                outcome.trial.seed.to_string(),
                code(outcome.key.as_str()),
                plain(&provenance.device),
                provenance.threads.to_string(),
                plain(&provenance.code_version),
            ]);
        }
    }
    table
}
