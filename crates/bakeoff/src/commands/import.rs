//! `bakeoff import`, also called `merge`: the trials of other stores into this one.

use std::fmt::Write;

use anyhow::Context;
use bakeoff_store::{Imported, Store};

use super::{print, say};
use crate::cli::ImportArgs;
use crate::exit::Exit;
use crate::places::Places;

pub(crate) fn run(args: &ImportArgs, places: &Places) -> anyhow::Result<Exit> {
    // A new store is made where there is none: a colleague's results may be the first.
    let store = Store::open(&places.store)?;
    for repair in store.repairs() {
        say(&format!("bakeoff: {repair}"));
    }
    for from in &args.from {
        let imported = store
            .import(from)
            .with_context(|| format!("not all of {} was imported", from.display()))?;
        for flaw in &imported.flawed {
            say(&format!("bakeoff: passed over {}: {}", flaw.path.display(), flaw.problem));
        }
        print(&for_people(&imported, &from.display().to_string())?)?;
    }
    Ok(Exit::Done)
}

fn for_people(imported: &Imported, from: &str) -> anyhow::Result<String> {
    let Imported { new, replaced, same, kept, differing, flawed } = imported;
    let mut text = format!(
        "{from}: {new} trials new, {replaced} in place of failed ones, {same} the same in both, {kept} further here, \
         {} differing, {} files passed over\n",
        differing.len(),
        flawed.len()
    );
    for trial in differing {
        writeln!(
            text,
            "trial {} has other scores there, by up to {:.1e} of their value ({} here, {} there): it stays as it is \
             here",
            trial.key.short(),
            trial.difference,
            trial.here,
            trial.there
        )?;
    }
    Ok(text)
}
