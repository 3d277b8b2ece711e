//! `bakeoff export`: the trials of the store for other programs.

use std::collections::BTreeSet;

use anyhow::{Context, bail};
use bakeoff_spec::{Trial, TrialKey};
use bakeoff_store::{Folder, Format};

use super::gc::planned_trials;
use super::{plan, print, say};
use crate::cli::{ExportTrialsArgs, TrialsFormat};
use crate::exit::Exit;
use crate::places::Places;

pub(crate) fn run(args: &ExportTrialsArgs, places: &Places) -> anyhow::Result<Exit> {
    let format = match args.format {
        Some(TrialsFormat::Csv) => Format::Csv,
        Some(TrialsFormat::Parquet) => Format::Parquet,
        Some(TrialsFormat::Jsonl) => Format::JsonLines,
        None => Format::of(&args.to).with_context(|| {
            format!("{} does not end in .csv, .parquet or .jsonl: give --format", args.to.display())
        })?,
    };
    let wanted: Option<BTreeSet<TrialKey>> = match &args.spec {
        Some(spec) => {
            let (_, plan) = plan(spec, places)?;
            Some(planned_trials(&plan).iter().map(Trial::key).collect())
        }
        None => None,
    };
    let is_wanted = |key: &TrialKey| wanted.as_ref().is_none_or(|wanted| wanted.contains(key));
    let folder = Folder::at(&places.store);
    let exported = folder.export(&args.to, format, &is_wanted)?;
    for (path, damage) in &exported.damaged {
        say(&format!("bakeoff: {} is damaged ({damage}) and left out", path.display()));
    }
    if exported.n_trials == 0 {
        bail!("{} holds no such trial; {} is empty", places.store.display(), args.to.display());
    }
    say(&format!("{} trials", exported.n_trials));
    print(&format!("{}\n", args.to.display()))
}
