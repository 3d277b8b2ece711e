//! The `bakeoff` command: wiring of the rooms, and nothing else.
//!
//! Read `commands/sweep.rs` first: it is the whole flow from a spec to a report.

mod catalog;
mod cli;
mod commands;
mod exit;
mod places;
mod table;

use clap::Parser;

use crate::cli::Cli;

fn main() {
    let exit = commands::run(Cli::parse()).unwrap_or_else(|error| exit::report_error(&error));
    exit.leave();
}
