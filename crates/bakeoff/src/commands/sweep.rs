//! `bakeoff sweep`: the whole flow, from a spec to a report.

use std::io::IsTerminal;
use std::process::Command;

use bakeoff_runner::{Options, Sink, Stop, sinks};
use bakeoff_spec::Plan;
use bakeoff_store::Store;
use indicatif::ProgressDrawTarget;

use super::{data, plan, print, report, say};
use crate::catalog::CODE_VERSION;
use crate::cli::{Progress, SweepArgs};
use crate::exit::Exit;
use crate::places::Places;

pub(crate) fn run(args: &SweepArgs, places: &Places) -> anyhow::Result<Exit> {
    let spec = &args.spec.spec;
    let (file, mut plan) = plan(spec, places)?;
    apply_overrides(args, &mut plan);
    let store = Store::open(&places.store)?;
    for repair in store.repairs() {
        say(&format!("bakeoff: {repair}"));
    }
    let data = data::prepare(&file, &plan, places)?;
    store.folder().write_card(data.card())?;
    store.folder().write_spec(&plan.spec_hash, file.text())?;
    if args.retry_failed {
        forget_failed(&plan, &store)?;
    }
    let stop = Stop::on_signals()?;
    let options = Options::new(data.dir(), CODE_VERSION, &cuda_cards);
    let study = bakeoff_runner::run(&plan, &store, &options, &mut sinks(args.progress), &stop)?;
    let path = report::write(spec, &plan, &study, data.card(), store.folder(), places)?;
    if args.progress == Progress::Json {
        say(&path.display().to_string());
    } else {
        print(&format!("{}\n", path.display()))?;
    }
    if let Some(why) = &study.halted {
        say(&format!("bakeoff: the sweep was stopped: {why}"));
    }
    Ok(match () {
        () if stop.is_requested() => Exit::Interrupted,
        () if study.counts.failed > 0 || study.halted.is_some() => Exit::Failed,
        () => Exit::Done,
    })
}

fn apply_overrides(args: &SweepArgs, plan: &mut Plan) {
    let schedule = &mut plan.spec.schedule;
    if let Some(devices) = &args.devices {
        schedule.devices.clone_from(devices);
    }
    schedule.slots = args.slots.or(schedule.slots);
    schedule.threads = args.threads.unwrap_or(schedule.threads);
}

/// Trials of the spec that failed for good are as if they had never run; what they were stays among the attempts.
pub(super) fn forget_failed(plan: &Plan, store: &Store) -> anyhow::Result<usize> {
    let study = bakeoff_runner::study(plan, store)?;
    let keys: Vec<_> = study.failures.into_iter().map(|outcome| outcome.key).collect();
    Ok(store.forget_failed(&keys)?)
}

fn sinks(progress: Progress) -> Vec<Box<dyn Sink>> {
    vec![match progress {
        Progress::Json => Box::new(sinks::JsonLines::to(Box::new(std::io::stdout()))),
        Progress::Auto if std::io::stderr().is_terminal() => {
            Box::new(sinks::Terminal::on(ProgressDrawTarget::stderr()))
        }
        Progress::Auto | Progress::Plain => Box::new(sinks::Plain::to(Box::new(std::io::stderr()))),
    }]
}

/// Asks a child process, so that the coordinator itself never loads CUDA.
fn cuda_cards() -> Result<usize, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new(program)
        .args(["devices", "--json"])
        .output()
        .map_err(|error| format!("cannot look for CUDA cards: {error}"))?;
    let devices: serde_json::Value = serde_json::from_slice(&output.stdout)
        .map_err(|_| String::from_utf8_lossy(&output.stderr).trim().to_owned())?;
    match devices["why_no_cuda"].as_str() {
        Some(why) => Err(why.to_owned()),
        None => Ok(devices["cuda_cards"].as_u64().unwrap_or(0) as usize),
    }
}
