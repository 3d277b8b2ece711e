//! Every trial that failed, and why.

use std::collections::BTreeSet;

use bakeoff_spec::{Cause, Outcome, Status};

use crate::findings::ModelFindings;
use crate::format::{code, plain};
use crate::sections::Page;

/// A panic's message may hold a whole backtrace.
const LONGEST_MESSAGE: usize = 400;

pub(crate) fn section(page: &Page<'_>) -> String {
    let mut seen = BTreeSet::new();
    let models = page.findings.models.iter();
    let outcomes =
        models.flat_map(|model| model.study.outcomes().map(move |outcome| (model, outcome)));
    let failures: Vec<String> = outcomes
        .filter(|(_, outcome)| seen.insert(&outcome.key))
        .filter_map(|(model, outcome)| failure(model, outcome))
        .collect();
    let text = if failures.is_empty() { "None.".into() } else { failures.join("\n") };
    format!("## Failures\n\n{text}")
}

fn failure(model: &ModelFindings<'_>, outcome: &Outcome) -> Option<String> {
    let Status::Failed { cause, message } = &outcome.status else { return None };
    let params = model.plan.describe(&outcome.trial);
    let params = if params.is_empty() { String::new() } else { format!(" {}", code(&params)) };
    let mut shown: String = message.chars().take(LONGEST_MESSAGE).collect();
    if shown.len() < message.len() {
        shown += " …";
    }
    Some(format!(
        "- **{}**{params}, seed {}, {}: {}\n  Attempt {}; `bakeoff show {}` tells all.",
        plain(&model.plan.label),
        outcome.trial.seed,
        words(*cause),
        code(&shown),
        outcome.attempt,
        outcome.key
    ))
}

fn words(cause: Cause) -> &'static str {
    match cause {
        Cause::Diverged => "diverged",
        Cause::OutOfMemory => "out of memory",
        Cause::Timeout => "timed out",
        Cause::Crash => "crashed",
        Cause::Data => "data could not be read",
        Cause::Config => "configuration could not be built",
        Cause::Cancelled => "cancelled",
    }
}
