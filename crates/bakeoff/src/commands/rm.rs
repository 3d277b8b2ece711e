//! `bakeoff rm`: trials out of the store.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::bail;
use bakeoff_spec::TrialKey;
use indicatif::HumanBytes;

use super::{print, store};
use crate::cli::RmArgs;
use crate::exit::Exit;
use crate::places::Places;

pub(crate) fn run(args: &RmArgs, places: &Places) -> anyhow::Result<Exit> {
    let store = store::open(places)?;
    let all = store.keys()?;
    let mut chosen = BTreeMap::new();
    for prefix in &args.trials {
        chosen.insert(named(&all, prefix, places)?.clone(), String::new());
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

/// The one trial whose key begins with `prefix`.
fn named<'a>(all: &'a [TrialKey], prefix: &str, places: &Places) -> anyhow::Result<&'a TrialKey> {
    let named: Vec<_> = all.iter().filter(|key| key.as_str().starts_with(prefix)).collect();
    match named[..] {
        [key] if !prefix.is_empty() => Ok(key),
        [] => bail!(
            "no trial in {} has a key that begins with `{prefix}`; `bakeoff list trials` shows them",
            places.store.display()
        ),
        _ => bail!(
            "{} trials have a key that begins with `{prefix}`; give more digits; nothing was removed",
            named.len()
        ),
    }
}
