//! Every trial that failed, and why.

use bakeoff_spec::{Cause, Outcome, Status};

use crate::findings::ModelFindings;
use crate::format::{code, plain, plural};
use crate::sections::Page;

/// A panic's message may hold a whole backtrace.
const LONGEST_MESSAGE: usize = 400;
const MOST_SHOWN: usize = 50;

pub(crate) fn section(page: &Page<'_>) -> String {
    let failures = &page.findings.view.study.failures;
    let mut lines: Vec<String> =
        failures.iter().take(MOST_SHOWN).filter_map(|outcome| failure(page, outcome)).collect();
    if failures.len() > MOST_SHOWN {
        let more = failures.len() - MOST_SHOWN;
        lines.push(format!("- … and {more} more; `bakeoff list trials` shows them all."));
    }
    let text = if lines.is_empty() { "None.".into() } else { lines.join("\n") };
    format!("## Failures\n\n{text}{}", splits(page).unwrap_or_default())
}

/// Trials that completed only with their batches split.
fn splits(page: &Page<'_>) -> Option<String> {
    let models = page.findings.models.iter();
    let of_model = |model: &ModelFindings<'_>| {
        let briefs = model.study.candidates.iter().filter_map(|one| one.brief.as_ref());
        let tested = model.study.tested().map(|outcome| outcome.cost.micro_batches);
        let parts = briefs.map(|brief| brief.micro_batches).chain(tested);
        let split: Vec<u32> = parts.filter(|&parts| parts > 1).collect();
        let most = split.iter().max()?;
        let n = plural(split.len(), "trial");
        Some(format!("{n} of {} (up to {most} parts)", plain(&model.plan.label)))
    };
    let models: Vec<String> = models.filter_map(of_model).collect();
    (!models.is_empty()).then(|| {
        format!(
            "\n\nMemory ran out, and batches were split with their gradients accumulated, in {}.\n\
             The steps are the same, but for the order in which numbers are added.",
            models.join(", ")
        )
    })
}

fn failure(page: &Page<'_>, outcome: &Outcome) -> Option<String> {
    let Status::Failed { cause, message } = &outcome.status else { return None };
    let is_of = |model: &&ModelFindings<'_>| {
        model.study.candidates.iter().any(|one| one.key == outcome.key)
            || model.study.tested().any(|one| one.key == outcome.key)
    };
    let model = page.findings.models.iter().find(is_of)?;
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
