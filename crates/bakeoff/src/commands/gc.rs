//! `bakeoff gc`: checkpoints that nothing needs, and what killed workers left, out of the store.

use std::collections::BTreeMap;
use std::fmt::Write;

use bakeoff_spec::Plan;
use bakeoff_spec::spec::KeptCheckpoints;
use bakeoff_store::Store;
use indicatif::HumanBytes;

use super::{plan, print, print_json, store};
use crate::cli::GcArgs;
use crate::exit::Exit;
use crate::places::Places;

pub(crate) fn run(args: &GcArgs, places: &Places) -> anyhow::Result<Exit> {
    let plans = args.specs.iter().map(|spec| Ok(plan(spec, places)?.1));
    let plans = plans.collect::<anyhow::Result<Vec<_>>>()?;
    let store = store::open(places)?;
    // What no given spec speaks of stays if it is of use by what the store itself knows.
    let mut fits: BTreeMap<String, bool> =
        store.fits_in_use()?.into_iter().map(|fit| (fit, true)).collect();
    let mut said: BTreeMap<String, bool> = BTreeMap::new();
    for plan in &plans {
        for (fit, stays) in fits_of(plan, &store)? {
            *said.entry(fit).or_insert(false) |= stays;
        }
    }
    fits.extend(said);
    let collected = store.collect(&|fit| fits.get(fit) == Some(&true), args.dry_run)?;
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

/// What a spec says of its checkpoints, by fit key: whether they stay.
fn fits_of(plan: &Plan, store: &Store) -> anyhow::Result<BTreeMap<String, bool>> {
    let keep = plan.spec.keep.checkpoints;
    let study = bakeoff_runner::study(plan, store)?;
    let mut fits = BTreeMap::new();
    for (model, study) in plan.models.iter().zip(&study.models) {
        let winners: Vec<usize> =
            study.chosen.into_iter().chain(study.front.iter().map(|(i, _)| *i)).collect();
        for (i, candidate) in study.candidates.iter().enumerate() {
            let stays = match keep {
                KeptCheckpoints::All => true,
                KeptCheckpoints::None => false,
                // A search that goes on may go on from any of them.
                KeptCheckpoints::Chosen => !study.is_searched || winners.contains(&i),
            };
            if let Ok(trial) = model.trial_of(candidate) {
                fits.insert(trial.fit_key(), stays);
            }
        }
    }
    Ok(fits)
}
