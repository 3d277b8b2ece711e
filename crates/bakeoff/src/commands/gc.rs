//! `bakeoff gc`: checkpoints that nothing needs, and what killed workers left, out of the store.

use std::collections::BTreeSet;
use std::fmt::Write;

use bakeoff_spec::trial::Scored;
use bakeoff_spec::{Plan, Trial};
use indicatif::HumanBytes;

use super::{plan, print, print_json, store};
use crate::cli::GcArgs;
use crate::exit::Exit;
use crate::places::Places;

pub(crate) fn run(args: &GcArgs, places: &Places) -> anyhow::Result<Exit> {
    let plans = args.specs.iter().map(|spec| Ok(plan(spec, places)?.1));
    let plans = plans.collect::<anyhow::Result<Vec<_>>>()?;
    let store = store::open(places)?;
    let mut kept = kept_fit_keys(&plans);
    store.for_each(&store.keys()?, |_, outcome| {
        let replicate = outcome.filter(|outcome| outcome.trial.scored == Scored::ValidAndTest);
        kept.extend(replicate.map(|outcome| outcome.trial.fit_key()));
    })?;
    let collected = store.collect(&|fit| kept.contains(fit), args.dry_run)?;
    if args.json.json {
        return print_json(&collected);
    }
    let done = if args.dry_run { "would remove" } else { "removed" };
    let mut text = String::new();
    for file in &collected.files {
        writeln!(text, "{done} {}", file.display())?;
    }
    writeln!(text, "{done} {} files, {}", collected.files.len(), HumanBytes(collected.bytes))?;
    print(&text)
}

/// The fits whose checkpoints the plans may still need.
fn kept_fit_keys(plans: &[Plan]) -> BTreeSet<String> {
    plans.iter().flat_map(planned_trials).map(|trial| trial.fit_key()).collect()
}

/// Every trial that a plan may come to: its candidates, and the replicates of whichever of them is chosen.
pub(super) fn planned_trials(plan: &Plan) -> Vec<Trial> {
    let candidates = plan.models.iter().flat_map(|model| &model.candidates);
    candidates
        .flat_map(|trial| std::iter::once(trial.clone()).chain(plan.replicates(trial)))
        .collect()
}
