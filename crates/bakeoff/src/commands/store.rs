//! `bakeoff store`: is it sound, how large is it, and its files in the newest form.

use std::fmt::Write;

use anyhow::bail;
use bakeoff_store::{Checkup, Folder, IndexState, Store};
use indicatif::HumanBytes;

use super::{print, print_json, say};
use crate::cli::StoreCommand;
use crate::exit::Exit;
use crate::places::Places;
use crate::table::table;

pub(crate) fn run(command: &StoreCommand, places: &Places) -> anyhow::Result<Exit> {
    match command {
        StoreCommand::Check(args) => {
            must_be_there(places)?;
            let checkup = Checkup::of(&Folder::at(&places.store))?;
            if args.json {
                print_json(&checkup)?
            } else {
                print(&for_people(&checkup)?)?
            };
            Ok(if checkup.is_sound() { Exit::Done } else { Exit::Failed })
        }
        StoreCommand::Compact { remove_damaged } => compact(places, *remove_damaged),
        StoreCommand::Migrate => {
            let migrated = open(places)?.migrate()?;
            print(&format!(
                "rewrote {} outcomes, {} attempts, {} cards and {} specs{}\n",
                migrated.outcomes,
                migrated.attempts,
                migrated.cards,
                migrated.specs,
                match migrated.damaged {
                    0 => String::new(),
                    n => format!("; {n} damaged ones stay as they are: `store check` names them"),
                }
            ))
        }
    }
}

/// Opens the store that is there, and says what that had to mend.
pub(super) fn open(places: &Places) -> anyhow::Result<Store> {
    must_be_there(places)?;
    let store = Store::open(&places.store)?;
    for repair in store.repairs() {
        say(&format!("bakeoff: {repair}"));
    }
    Ok(store)
}

fn must_be_there(places: &Places) -> anyhow::Result<()> {
    if !places.store.join("outcomes").is_dir() {
        bail!("there is no store in {}; `bakeoff sweep` makes one", places.store.display());
    }
    Ok(())
}

fn compact(places: &Places, remove_damaged: bool) -> anyhow::Result<Exit> {
    let (store, sizes) = open(places)?.compact()?;
    let mut text =
        format!("index: {} before, {} after\n", HumanBytes(sizes.before), HumanBytes(sizes.after));
    let temporary = store.remove_temporary()?;
    if !temporary.files.is_empty() {
        let (n, bytes) = (temporary.files.len(), HumanBytes(temporary.bytes));
        writeln!(text, "removed {n} half-written files: {bytes}")?;
    }
    if remove_damaged {
        let bytes = HumanBytes(store.remove_damaged_indexes()?.bytes);
        writeln!(text, "removed the damaged indexes: {bytes}")?;
    }
    print(&text)
}

fn for_people(checkup: &Checkup) -> anyhow::Result<String> {
    let row = |(kind, size): (&&str, &bakeoff_store::Size)| {
        let note = match *kind {
            "outcomes" => {
                let schemas = checkup.schemas.iter();
                let notes = schemas.map(|(schema, n)| format!("{n} of schema {schema}"));
                notes.collect::<Vec<_>>().join(", ")
            }
            "checkpoints" if size.files > 0 => format!(
                "{} with their weights against a checksum, the others by their length",
                checkup.checkpoints_hashed
            ),
            "index" => index_note(&checkup.index),
            _ => String::new(),
        };
        vec![(*kind).to_owned(), size.files.to_string(), HumanBytes(size.bytes).to_string(), note]
    };
    let rows: Vec<_> = checkup.sizes.iter().map(row).collect();
    let mut text = table(&["kind", "files", "size", "checked"], rows);
    if checkup.index == IndexState::Missing {
        text += "\nthere is no index: the next sweep makes it\n";
    }
    let strays = [
        (&checkup.orphaned, "without an outcome, of workers at work or killed"),
        (&checkup.temporary, "half written, by writers at work or killed"),
    ];
    for (paths, what) in strays.into_iter().filter(|(paths, _)| !paths.is_empty()) {
        let n = paths.len();
        writeln!(
            text,
            "\n{n} {what}; `gc` removes those older than an hour, unfinished fits than 30 days:"
        )?;
        for path in paths {
            writeln!(text, "  {}", path.display())?;
        }
    }
    text.push('\n');
    for flaw in &checkup.damaged {
        writeln!(text, "damaged: {}: {}", flaw.path.display(), flaw.problem)?;
    }
    if checkup.is_sound() {
        text += "nothing is damaged\n";
    }
    Ok(text)
}

fn index_note(index: &IndexState) -> String {
    match index {
        IndexState::Sound { records } => format!("{records} records, as the outcome files say"),
        IndexState::Behind { records, not_in_it, gone } => format!(
            "{records} records; {not_in_it} outcomes not in it yet and {gone} gone since, which the next sweep mends"
        ),
        IndexState::Damaged { problem } => {
            format!("damaged: {problem}; the next sweep makes it again from the outcomes")
        }
        IndexState::Unchecked { reason } => format!("not checked: {reason}"),
        IndexState::Missing => "missing".to_owned(),
    }
}
