//! `bakeoff data`: describe, export and fetch.

use std::fmt::Write;
use std::path::Path;

use bakeoff_data::Dataset;
use bakeoff_spec::{DatasetCard, Plan};

use super::{plan, print, print_json, say};
use crate::cli::{DataCommand, FetchArgs};
use crate::exit::Exit;
use crate::places::Places;
use crate::table::table;

pub(crate) fn run(command: &DataCommand, places: &Places) -> anyhow::Result<Exit> {
    match command {
        DataCommand::Describe(args) => {
            let data = prepare_spec(&args.spec.spec, places)?;
            if args.json.json { print_json(data.card()) } else { print(&for_people(data.card())?) }
        }
        DataCommand::Export(args) => {
            let data = prepare_spec(&args.spec.spec, places)?;
            print_paths(&bakeoff_data::export(&data, &args.to)?, args.json.json)
        }
        DataCommand::Fetch(args) => fetch(args, places),
    }
}

fn fetch(args: &FetchArgs, places: &Places) -> anyhow::Result<Exit> {
    let Some(name) = &args.name else {
        let sets = bakeoff_data::fetch::fetchable();
        if args.json.json {
            return print_json(&sets);
        }
        let megabytes = |bytes: u64| format!("{:.1}", bytes as f64 / 1e6);
        let rows = sets.iter().map(|set| {
            let size = set.bytes.map_or_else(String::new, megabytes);
            [set.name, &size, set.licence, set.about].map(str::to_owned).to_vec()
        });
        return print(&table(&["name", "MB", "licence", "about"], rows.collect()));
    };
    // An empty variable is as good as none.
    let mirror = args.mirror.as_deref().filter(|mirror| !mirror.is_empty());
    let fetched = bakeoff_data::fetch(name, &places.cache, mirror, &mut say)?;
    if args.json.json {
        return print_json(&fetched);
    }
    print_paths(&fetched.files, false)?;
    print(&format!("\n{}", fetched.yaml))
}

fn prepare_spec(spec: &Path, places: &Places) -> anyhow::Result<Dataset> {
    prepare(&plan(spec, places)?.1, places)
}

/// The plan's dataset, prepared if it is not yet.
pub(super) fn prepare(plan: &Plan, places: &Places) -> anyhow::Result<Dataset> {
    let encrypt = plan.spec.data.encrypt.as_ref();
    Ok(bakeoff_data::prepare(&plan.recipe, &plan.read_params, encrypt, &places.cache, &mut say)?)
}

fn print_paths(files: &[std::path::PathBuf], json: bool) -> anyhow::Result<Exit> {
    if json {
        return print_json(&files);
    }
    let lines: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    print(&(lines.join("\n") + "\n"))
}

fn for_people(card: &DatasetCard) -> anyhow::Result<String> {
    let mut text = format!(
        "{} users, {} items, {} interactions, density {:.3} %, Gini of items {:.3}\n\n",
        card.n_users,
        card.n_items,
        card.n_interactions,
        100.0 * card.density,
        card.item_gini
    );
    let rows = card.steps.iter().map(|step| {
        let counts = [step.rows, step.users, step.items, step.changed];
        std::iter::once(step.step.clone()).chain(counts.map(|n| n.to_string())).collect()
    });
    text += &table(&["step", "rows", "users", "items", "changed"], rows.collect());
    let rows = card.parts.iter().map(|part| {
        let counts = [part.interactions, part.users, part.items];
        std::iter::once(part.part.clone()).chain(counts.map(|n| n.to_string())).collect()
    });
    writeln!(text, "\n{}", table(&["part", "rows", "users", "items"], rows.collect()))?;
    for (what, spread) in [("user", card.per_user), ("item", card.per_item)] {
        writeln!(
            text,
            "interactions per {what}: {} to {}, median {}, mean {:.1}",
            spread.min, spread.max, spread.median, spread.mean
        )?;
    }
    for (name, about) in &card.columns {
        writeln!(text, "column {name}: {about}")?;
    }
    for note in &card.notes {
        writeln!(text, "{note}")?;
    }
    writeln!(text, "key {}", card.key)?;
    Ok(text)
}
