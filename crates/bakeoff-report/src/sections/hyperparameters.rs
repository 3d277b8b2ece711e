//! The chosen configurations, complete.

use bakeoff_spec::{Choice, Dimension, Domain, Trial};
use serde_json::Value;

use crate::findings::ModelFindings;
use crate::format::{self, code, plain};
use crate::sections::Page;
use crate::table::{Table, words};

pub(crate) fn section(page: &Page<'_>) -> String {
    let chosen = |model: &ModelFindings<'_>| {
        let body = match &model.chosen {
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
    let listed = model.study.winner().and_then(|winner| match winner.choice {
        Choice::Listed(i) => model.plan.listed.get(i),
        Choice::Point(_) => None,
    });
    for (name, value) in chosen.all_params() {
        let dimension =
            model.plan.space.dimensions.iter().find(|dimension| dimension.params.contains(&name));
        let from = match listed {
            Some(listed) if listed.contains_key(&name) => "the list of configurations".into(),
            Some(_) => String::new(),
            None => dimension.map(|dimension| chosen_from(dimension, &name)).unwrap_or_default(),
        };
        table.row([plain(&name), code(&format::value(&value)), from]);
    }
    table
}

/// The values that a search could take for a parameter.
fn chosen_from(dimension: &Dimension, name: &str) -> String {
    let between =
        |low: String, high: String, kind: &str| format!("{} to {}{kind}", code(&low), code(&high));
    match &dimension.domain {
        Domain::Choice(values) => {
            let at = dimension.params.iter().position(|param| param == name).unwrap_or(0);
            let of_one = |value: &Value| match value {
                // Parameters that advance together have a list each time.
                Value::Array(values) if dimension.params.len() > 1 => values[at].clone(),
                value => value.clone(),
            };
            let values = values.iter().map(|value| code(&format::value(&of_one(value))));
            values.collect::<Vec<_>>().join(", ")
        }
        Domain::Uniform { low, high } => between(low.to_string(), high.to_string(), ""),
        Domain::LogUniform { low, high } => {
            between(low.to_string(), high.to_string(), ", logarithmic")
        }
        Domain::Int { low, high } => between(low.to_string(), high.to_string(), ", whole"),
        Domain::LogInt { low, high } => {
            between(low.to_string(), high.to_string(), ", whole, logarithmic")
        }
        Domain::Quantized { low, high, step } => {
            between(low.to_string(), high.to_string(), &format!(" in steps of {step}"))
        }
    }
}
