//! Reads damaged files of every format for a given time: `fuzz SECONDS [SEED]`. Stops at the first that panics, takes
//! long, or gives an error that does not say where it is.

#![allow(dead_code, unused_imports, reason = "shares its parts with the tests")]

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::time::{Duration, Instant};

#[path = "../tests/data/bad_input.rs"]
mod bad_input;
#[path = "../tests/data/mutate.rs"]
mod mutate;
#[path = "../tests/data/recipes.rs"]
mod recipes;
#[path = "../tests/data/samples.rs"]
mod samples;

fn main() -> io::Result<()> {
    let mut args = std::env::args().skip(1);
    let seconds = args.next().and_then(|arg| arg.parse().ok());
    let seconds = seconds.ok_or_else(|| io::Error::other("usage: fuzz SECONDS [SEED]"))?;
    let first: u64 = args.next().and_then(|arg| arg.parse().ok()).unwrap_or(1_000_000);
    let end = Instant::now() + Duration::from_secs(seconds);
    let samples = samples::samples();
    let dirs: Vec<_> = samples.iter().map(|_| tempfile::tempdir()).collect::<Result<_, _>>()?;
    let mut counts: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    let mut round = first;
    while Instant::now() < end {
        for (sample, dir) in samples.iter().zip(&dirs) {
            let (_, read) = bad_input::try_round(sample, dir.path(), round)
                .map_err(|wrong| io::Error::other(format!("{wrong}; seed {round}")))?;
            let (n_read, n_refused) = counts.entry(sample.name).or_default();
            match read {
                Ok(_) => *n_read += 1,
                Err(_) => *n_refused += 1,
            }
            // Each damaged file gives a dataset of its own.
            let _ = fs::remove_dir_all(dir.path().join("cache"));
        }
        round += 1;
    }
    let mut out = String::new();
    for (name, (n_read, n_refused)) in counts {
        out += &format!("{name}: {n_read} read, {n_refused} refused\n");
    }
    io::Write::write_all(&mut io::stdout(), out.as_bytes())
}
