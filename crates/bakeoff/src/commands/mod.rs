//! One file a command.

mod check;
mod control;
mod data;
mod devices;
mod export;
mod gc;
mod import;
mod list;
mod report;
mod retry;
mod rm;
mod show;
mod status;
mod store;
mod sweep;
mod worker;

use std::io::Write;
use std::path::Path;

use anyhow::bail;
use bakeoff_runner::control::Request;
use bakeoff_spec::{Plan, SpecFile, TrialKey};
use serde::Serialize;

use crate::catalog::catalog;
use crate::cli::{Cli, Command};
use crate::exit::Exit;
use crate::places::Places;

/// Runs what was typed.
pub(crate) fn run(Cli { command, places }: Cli) -> anyhow::Result<Exit> {
    let places = Places::from(places);
    match command {
        Command::Check(args) => check::run(&args, &places),
        Command::Sweep(args) => sweep::run(&args, &places),
        Command::Report(args) => report::run(&args, &places),
        Command::List(args) => list::run(&args, &places),
        Command::Show(args) => show::run(&args, &places),
        Command::Status(args) => status::run(&args, &places),
        Command::Pause => control::run(&Request::Pause, &places),
        Command::Resume => control::run(&Request::Resume, &places),
        Command::Cancel { trial } => control::run(&Request::Cancel(trial), &places),
        Command::Retry(args) => retry::run(&args, &places),
        Command::Export(args) => export::run(&args, &places),
        Command::Import(args) => import::run(&args, &places),
        Command::Rm(args) => rm::run(&args, &places),
        Command::Gc(args) => gc::run(&args, &places),
        Command::Store(command) => store::run(&command, &places),
        Command::Schema => print_json(&bakeoff_spec::schema(&catalog())),
        Command::Devices(args) => devices::run(args),
        Command::Data(command) => data::run(&command, &places),
        Command::Worker(args) => worker::run(&args),
    }
}

/// Reads a spec and plans it.
fn plan(spec: &Path, places: &Places) -> anyhow::Result<(SpecFile, Plan)> {
    let file = SpecFile::read(spec)?;
    let plan = file.plan(&catalog(), &mut |recipe, params| {
        bakeoff_data::fingerprint(recipe, params, &places.cache)
    })?;
    Ok((file, plan))
}

/// The one trial whose key begins with `prefix`.
fn named<'a>(keys: &'a [TrialKey], prefix: &str, places: &Places) -> anyhow::Result<&'a TrialKey> {
    let named: Vec<_> = keys.iter().filter(|key| key.as_str().starts_with(prefix)).collect();
    match named[..] {
        [key] if !prefix.is_empty() => Ok(key),
        [] => bail!(
            "no trial in {} has a key that begins with `{prefix}`; `bakeoff list trials` shows them",
            places.store.display()
        ),
        _ => {
            bail!("{} trials have a key that begins with `{prefix}`; give more digits", named.len())
        }
    }
}

/// Prints to standard output; a reader that went away, such as `head`, is no error.
fn print(text: &str) -> anyhow::Result<Exit> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(Exit::Done),
    }
}

fn print_json(value: &impl Serialize) -> anyhow::Result<Exit> {
    print(&(serde_json::to_string_pretty(value)? + "\n"))
}

/// A notice for people, on standard error.
#[expect(clippy::print_stderr, reason = "notices go where progress goes")]
fn say(text: &str) {
    eprintln!("{text}");
}
