//! `bakeoff data`: describe, audit, export and fetch.

mod audit;
mod describe;

use std::path::Path;

use bakeoff_data::Dataset;
use bakeoff_spec::{Plan, SpecFile, Unprepared};

use super::{plan, print, print_json, say};
use crate::cli::{DataCommand, FetchArgs};
use crate::exit::Exit;
use crate::places::Places;
use crate::table::table;

pub(crate) fn run(command: &DataCommand, places: &Places) -> anyhow::Result<Exit> {
    match command {
        DataCommand::Describe(args) => {
            let data = prepare_spec(&args.spec.spec, places)?;
            if args.json.json {
                print_json(data.card())
            } else {
                print(&describe::for_people(data.card()))
            }
        }
        DataCommand::Audit(args) => audit::run(args, &prepare_spec(&args.spec.spec, places)?),
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
    let (file, plan) = plan(spec, places)?;
    prepare(&file, &plan, places)
}

/// The plan's dataset, prepared if it is not yet. What is wrong with a join or a step is shown where the spec has it.
pub(super) fn prepare(file: &SpecFile, plan: &Plan, places: &Places) -> anyhow::Result<Dataset> {
    let encrypt = plan.spec.data.encrypt.as_ref();
    let (recipe, params) = (&plan.recipe, &plan.read_params);
    let data = bakeoff_data::prepare(recipe, params, encrypt, &places.cache, &mut say);
    data.map_err(|error| match error.placed().0 {
        Some(part) => {
            let value = error.column().map(str::to_owned);
            file.blame(&Unprepared { part, value, error: Box::new(error) }).into()
        }
        None => error.into(),
    })
}

fn print_paths(files: &[std::path::PathBuf], json: bool) -> anyhow::Result<Exit> {
    if json {
        return print_json(&files);
    }
    let lines: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    print(&(lines.join("\n") + "\n"))
}
