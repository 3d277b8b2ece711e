//! What fitting and scoring took.

use crate::findings::ModelFindings;
use crate::format::{NONE, count, duration, plain, plural};
use crate::sections::Page;
use crate::table::{Table, numbers, words};

pub(crate) fn section(page: &Page<'_>) -> String {
    let findings = page.findings;
    let mut table = Table::of([
        words("model"),
        numbers("epochs"),
        numbers("best epoch"),
        numbers("an epoch"),
        numbers("pairs an epoch"),
        numbers("fit"),
        numbers("an evaluation"),
        numbers("peak memory"),
    ]);
    for i in findings.order() {
        table.row(row(&findings.models[i]));
    }
    let n_trials = findings.spans().count();
    let all: f64 = findings.spans().map(|(_, secs)| secs).sum();
    format!(
        "## Cost\n\n{table}\nMedians over the replicates of the chosen configuration; the memory is the largest of them and of its search trial.\n\
         A pair is one (context, target) loss; an epoch is timed without its validation.\n\
         {} took {} of worker time in all.",
        plural(n_trials, "trial"),
        duration(all)
    )
}

fn row(model: &ModelFindings<'_>) -> Vec<String> {
    let name = plain(&model.plan.label);
    if model.replicates.is_empty() {
        return [name].into_iter().chain((0..7).map(|_| NONE.to_owned())).collect();
    }
    let integer = |value: f64| if value > 0.0 { count(value.round() as u64) } else { NONE.into() };
    let has_epochs = model.cost(|cost| cost.epochs.into()) > 0.0;
    let epoch = |text: String| if has_epochs { text } else { NONE.into() };
    let best: Vec<String> = model.replicates.iter().map(|fit| fit.best_epoch.to_string()).collect();
    let memory = model.peak_rss_mb();
    vec![
        name,
        epoch(integer(model.cost(|cost| cost.epochs.into()))),
        epoch(best.join(", ")),
        epoch(duration(model.cost(|cost| cost.epoch_secs))),
        epoch(integer(model.cost(|cost| cost.pairs_per_epoch as f64))),
        duration(model.cost(|cost| cost.fit_secs)),
        duration(model.cost(|cost| cost.eval_secs)),
        if memory > 0.0 { format!("{} MiB", integer(memory)) } else { NONE.into() },
    ]
}
