//! `bakeoff rm`: trials out of the store.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::Context;
use bakeoff_spec::TrialKey;
use indicatif::HumanBytes;

use super::{named, print, store};
use crate::cli::RmArgs;
use crate::exit::Exit;
use crate::places::Places;

pub(crate) fn run(args: &RmArgs, places: &Places) -> anyhow::Result<Exit> {
    let store = store::open(places)?;
    let all = store.keys()?;
    let mut chosen = BTreeMap::new();
    for prefix in &args.trials {
        let key = named(&all, prefix, places).context("nothing was removed")?;
        chosen.insert(key.clone(), String::new());
    }
    store.for_each(&all, |place, outcome| {
        let Some(outcome) = outcome else { return };
        if args.failed && outcome.is_failed() || chosen.contains_key(&all[place]) {
            let about = format!("{}, seed {}", outcome.trial.model.name, outcome.trial.seed);
            chosen.insert(outcome.key, about);
        }
    })?;
    let keys: Vec<TrialKey> = chosen.keys().cloned().collect();
    let removed = store.remove(&keys, args.dry_run)?;
    let done = if args.dry_run { "would remove" } else { "removed" };
    let mut text = String::new();
    for (key, about) in &chosen {
        writeln!(text, "{done} trial {key} ({about})")?;
    }
    let (n_trials, n_files) = (chosen.len(), removed.files.len());
    writeln!(text, "{done} {n_trials} trials: {n_files} files, {}", HumanBytes(removed.bytes))?;
    print(&text)
}
