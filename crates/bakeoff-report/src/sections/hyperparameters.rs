//! The chosen configurations, complete.

use bakeoff_spec::Trial;

use crate::findings::ModelFindings;
use crate::format::{self, code, plain};
use crate::sections::Page;
use crate::table::{Table, words};

pub(crate) fn section(page: &Page<'_>) -> String {
    let chosen = |model: &ModelFindings<'_>| {
        let body = match model.chosen {
            None if model.has_failed() => "None: every candidate failed.\n".into(),
            None => "None yet: the search has not ended.\n".into(),
            Some(trial) if trial.all_params().is_empty() => "It has none.\n".into(),
            Some(trial) => table(model, trial).to_string(),
        };
        format!("\n### {}\n\n{body}", plain(&model.plan.label))
    };
    let tables: String = page.findings.models.iter().map(chosen).collect();
    format!(
        "## Chosen hyperparameters\n\nDefaults included, so that each table says all.\n{tables}"
    )
}

fn table(model: &ModelFindings<'_>, chosen: &Trial) -> Table {
    let mut table = Table::of([words("parameter"), words("value"), words("chosen from")]);
    for (name, value) in chosen.all_params() {
        let grid = model.plan.axes.get(&name).map(|values| {
            values.iter().map(|value| code(&format::value(value))).collect::<Vec<_>>().join(", ")
        });
        table.row([plain(&name), code(&format::value(&value)), grid.unwrap_or_default()]);
    }
    table
}
