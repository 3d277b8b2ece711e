//! How large and how slow the store gets: `cargo run --release -p bakeoff-store --example growth -- [TRIALS] [FOLDER]`.
//!
//! Makes TRIALS outcome files (100,000), then opens the store over them in a process of its own for each figure, so that
//! the memory is that of the open store and not of what was done before. `VmHWM` is the most it took.

#[path = "../tests/store/samples.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod samples;

use std::error::Error;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs};

use bakeoff_spec::{Outcome, TrialKey};
use bakeoff_store::{Folder, Store};

type Done = Result<(), Box<dyn Error>>;

#[expect(clippy::print_stdout, reason = "figures are its output")]
fn main() -> Done {
    let args: Vec<String> = env::args().skip(1).collect();
    if let [step, dir] = &args[..]
        && step.parse::<u64>().is_err()
    {
        return measure(step, Path::new(dir));
    }
    let n_trials: u64 = args.first().map_or(Ok(100_000), |n| n.parse())?;
    let scratch = tempfile::tempdir()?;
    let dir = args.get(1).map_or(scratch.path().join("store"), PathBuf::from);
    println!("{n_trials} trials in {}", dir.display());
    Folder::at(&dir).write_outcome(&sample(0))?;
    write_files(&dir, 1..n_trials)?;
    println!("{:<42} {:>10.1} MB", "outcome files", megabytes(&dir.join("outcomes"))?);
    for step in
        ["index", "open", "resolve", "walk", "one", "each", "grow", "open", "compact", "open"]
    {
        let status = Command::new(env::current_exe()?).arg(step).arg(&dir).status()?;
        if !status.success() {
            return Err(format!("{step} ended with {status}").into());
        }
        println!("{:<42} {:>10.1} MB", "  index on disk", megabytes(&dir.join("index"))?);
    }
    Ok(())
}

/// The files as workers leave them, without a wait for the disk at each.
fn write_files(dir: &Path, seeds: Range<u64>) -> Done {
    for outcome in seeds.map(sample) {
        let content = serde_json::to_string(&outcome)?;
        let schema = bakeoff_store::outcome_file::SCHEMA;
        let checksum = blake3::hash(&[&schema.to_le_bytes(), content.as_bytes()].concat()).to_hex();
        let text = format!(r#"{{"schema":{schema},"checksum":"{checksum}","outcome":{content}}}"#);
        fs::write(dir.join(format!("outcomes/{}.json", outcome.key)), text)?;
    }
    Ok(())
}

/// Thirty epochs, and scores, times and hashes that no other trial has.
fn sample(seed: u64) -> Outcome {
    let mut outcome = samples::completed(seed);
    for (i, value) in outcome.test.values_mut().enumerate() {
        *value = 0.1 + (seed as f64 * 1.7 + i as f64 / 3.0).cos() / 30.0;
    }
    let secs = (seed as f64).sin().abs() * 100.0;
    outcome.cost.fit_secs = secs;
    outcome.cost.wall_secs = secs * 1.1;
    outcome.cost.eval_secs = secs / 77.0;
    outcome.cost.peak_rss_mb = 300.0 + secs;
    outcome.provenance.spec_hash = samples::completed(1).key.to_string();
    outcome.provenance.data_hash.clone_from(&outcome.trial.data);
    outcome.provenance.code_version = "0.1.0 (0123456789)".into();
    outcome.provenance.started_at =
        format!("2026-01-02T03:{:02}:{:02}.123456Z", seed / 60 % 60, seed % 60);
    outcome.provenance.ended_at.clone_from(&outcome.provenance.started_at);
    outcome
}

fn measure(step: &str, dir: &Path) -> Done {
    let started = Instant::now();
    let store = Store::open(dir)?;
    let opened = started.elapsed();
    let keys = store.keys()?;
    match step {
        "index" => say("opened, indexing every file", opened),
        "open" => say(&format!("opened, {} trials known", keys.len()), opened),
        "resolve" => {
            // Those of a sweep, which are anywhere in the order of keys.
            let keys: Vec<TrialKey> = keys.iter().step_by(10).take(10_000).cloned().collect();
            let started = Instant::now();
            let mut n_found = 0;
            store.for_each(&keys, |_, outcome| n_found += usize::from(outcome.is_some()))?;
            say(&format!("{n_found} trials resolved"), started.elapsed());
        }
        "walk" => {
            let started = Instant::now();
            let mut n_found = 0;
            store.for_each(&keys, |_, outcome| n_found += usize::from(outcome.is_some()))?;
            say(&format!("{n_found} trials resolved"), started.elapsed());
        }
        "one" => ingest(&store, &vec![&keys[0]; 1000], "one trial noted a thousand times, each")?,
        "each" => {
            let some: Vec<&TrialKey> = keys.iter().step_by(keys.len() / 1000).take(1000).collect();
            ingest(&store, &some, "a thousand trials noted again, each")?;
        }
        "grow" => {
            let seeds = keys.len() as u64..keys.len() as u64 + 10_000;
            write_files(dir, seeds.clone())?;
            let keys: Vec<TrialKey> = seeds.map(|seed| sample(seed).key).collect();
            ingest(
                &store,
                &keys.iter().collect::<Vec<_>>(),
                "ten thousand new trials noted, each",
            )?;
        }
        "compact" => {
            let started = Instant::now();
            drop(store.compact()?);
            say("compacted", started.elapsed());
        }
        _ => return Err(format!("no step is called {step}").into()),
    }
    memory()
}

fn ingest(store: &Store, keys: &[&TrialKey], what: &str) -> Done {
    let mut times = Vec::new();
    for key in keys {
        let started = Instant::now();
        store.ingest(key)?.ok_or("the outcome is gone")?;
        times.push(started.elapsed());
    }
    times.sort_unstable();
    say(&format!("{what} (median)"), times[times.len() / 2]);
    say("  the slowest of a hundred", times[times.len() * 99 / 100]);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "figures are its output")]
fn say(what: &str, time: Duration) {
    println!("{what:<42} {:>10.2} ms", time.as_secs_f64() * 1000.0);
}

#[expect(clippy::print_stdout, reason = "figures are its output")]
fn memory() -> Done {
    for line in fs::read_to_string("/proc/self/status")?.lines() {
        if let Some((name @ ("VmHWM" | "VmRSS"), kib)) = line.split_once(':') {
            let kib: f64 = kib.trim().trim_end_matches(" kB").parse()?;
            println!("  {name:<40} {:>10.1} MB", kib * 1024.0 / 1e6);
        }
    }
    Ok(())
}

fn megabytes(dir: &Path) -> Result<f64, Box<dyn Error>> {
    let mut bytes = 0;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let is_dir = entry.file_type()?.is_dir();
        bytes +=
            if is_dir { (megabytes(&entry.path())? * 1e6) as u64 } else { entry.metadata()?.len() };
    }
    Ok(bytes as f64 / 1e6)
}
