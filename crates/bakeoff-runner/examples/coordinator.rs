//! What a sweep costs beside its trials: trials that do nothing, in real worker processes, with a real store.
//!
//! `cargo run --release -p bakeoff-runner --example coordinator -- [TRIALS] [SLOTS]` prints milliseconds a trial, the
//! coordinator's memory, and how long the same trials take when the store has them all. The same program is its own worker.
//! With `--unequal`, trials sleep instead, each for another time, and the share of the slots' time that they use is
//! printed.

#![expect(clippy::print_stdout, reason = "it prints figures")]

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use bakeoff_runner::{Finished, Options, Sink, Stop, WorkOrder, run, serve};
use bakeoff_spec::ReadParams;
use bakeoff_spec::trial::{Recipe, Use};
use bakeoff_spec::{
    Cause, CurvePoint, Dimension, Domain, Maker, MetricKey, ModelPlan, Plan, RunEvent, Scored,
    Space, Spec, Status, Task, Trial,
};
use bakeoff_store::Store;
use serde_json::json;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect(); // the program's own name
    if args.iter().any(|arg| arg == "worker") {
        serve(&mut work).expect("the coordinator's pipes are there");
        return;
    }
    let is_unequal = args.iter().any(|arg| arg == "--unequal");
    let mut numbers = args.iter().filter_map(|arg| arg.parse::<usize>().ok());
    let n_trials = numbers.next().unwrap_or(if is_unequal { 64 } else { 2000 });
    let n_slots = numbers.next().unwrap_or(if is_unequal { 2 } else { 8 });
    let dir = tempfile::tempdir().expect("a temporary folder can be made");
    let plan = plan(n_trials, n_slots, is_unequal);

    let used = sweep(&plan, dir.path());
    let wall = used.wall.as_secs_f64();
    println!(
        "{} trials on {n_slots} slots: {wall:.2} s, {:.3} ms a trial, coordinator's peak {:.0} MiB",
        used.n_ran,
        wall * 1e3 / used.n_ran as f64,
        peak_mb()
    );
    if is_unequal {
        let busy: f64 = used.busy.values().sum::<Duration>().as_secs_f64();
        let share = busy / (used.all_slots.as_secs_f64() * n_slots as f64);
        println!(
            "slots busy for {:.2} % of the time until the last search trial ended",
            share * 100.0
        );
        return;
    }
    let again = sweep(&plan, dir.path());
    println!(
        "the same {n_trials} trials cached: {:.3} s ({} ran), peak {:.0} MiB",
        again.wall.as_secs_f64(),
        again.n_ran,
        peak_mb()
    );
}

/// Does nothing, or sleeps for as long as the trial says.
fn work(order: &WorkOrder, _on_epoch: &mut dyn FnMut(&CurvePoint)) -> Finished {
    let params = &order.trial.model.params;
    if let Some(millis) = params.get("millis").and_then(serde_json::Value::as_u64) {
        thread::sleep(Duration::from_millis(millis));
    }
    let value = params["value"].as_f64().unwrap_or(0.0);
    let scores = [(order.trial.select.clone(), value)];
    Finished {
        status: Status::Completed,
        valid: scores.clone().into(),
        test: if order.trial.scored == Scored::ValidAndTest { scores.into() } else { [].into() },
        ..Finished::failed(Cause::Config, "")
    }
}

/// What a sweep took.
struct Used {
    wall: Duration,
    n_ran: usize,
    /// By slot, the time in which a trial was there.
    busy: BTreeMap<String, Duration>,
    /// From the first trial's begin to the last one's end.
    all_slots: Duration,
}

fn sweep(plan: &Plan, dir: &std::path::Path) -> Used {
    let started = Instant::now();
    let store = Store::open(dir.join("store")).expect("the store can be opened");
    let no_cards = || Ok(0);
    let mut options = Options::new("no/dataset", "bench", &no_cards);
    options.program = std::env::current_exe().expect("the program has a path");
    let (sender, events) = std::sync::mpsc::channel();
    let mut sinks: Vec<Box<dyn Sink>> = vec![Box::new(Watch(sender))];
    let study = run(plan, &store, &options, &mut sinks, &Stop::default()).expect("nothing fails");
    drop(sinks);
    let mut used = Used {
        wall: started.elapsed(),
        n_ran: study.counts.ran,
        busy: BTreeMap::new(),
        all_slots: Duration::ZERO,
    };
    let mut begun: BTreeMap<String, Instant> = BTreeMap::new();
    let (mut first, mut last) = (None, started);
    for (slot, has_begun, at) in events {
        if has_begun {
            first.get_or_insert(at);
            begun.insert(slot, at);
        } else if let Some(since) = begun.remove(&slot) {
            *used.busy.entry(slot).or_default() += at - since;
            last = at;
        }
    }
    used.all_slots = first.map_or(Duration::ZERO, |first| last - first);
    used
}

/// Takes the time of what begins and ends.
struct Watch(std::sync::mpsc::Sender<(String, bool, Instant)>);

impl Sink for Watch {
    fn receive(&mut self, event: &RunEvent) {
        let told = match event {
            RunEvent::TrialStarted { slot, .. } => (slot.clone(), true, Instant::now()),
            // The winner's replicate has nothing beside it.
            RunEvent::TrialFinished { slot, outcome } if outcome.trial.scored == Scored::Valid => {
                (slot.clone(), false, Instant::now())
            }
            _ => return,
        };
        // The receiver outlives the sweep.
        let _ = self.0.send(told);
    }
}

fn plan(n_trials: usize, n_slots: usize, is_unequal: bool) -> Plan {
    let spec: Spec = serde_json::from_value(json!({
        "version": 1,
        "task": "top_n",
        "data": {"source": {"name": "none"}, "split": {"name": "none"}},
        "models": [{"name": "nothing"}],
        "schedule": {"devices": "cpu", "slots": n_slots},
    }))
    .expect("this is a spec");
    let none = || Use { name: "none".into(), revision: 1, params: [].into() };
    let recipe = Recipe {
        task: Task::TopN,
        source: none(),
        content: "c".into(),
        joins: Vec::new(),
        steps: Vec::new(),
        split: none(),
    };
    let select = MetricKey::at("ndcg", 10);
    let template = Trial {
        data: recipe.key(),
        task: Task::TopN,
        model: none(),
        training: None,
        select: select.clone(),
        metrics: vec![select.clone()],
        metric_revisions: BTreeMap::new(),
        code: bakeoff_spec::CodeRevisions::default(),
        candidates: None,
        scored: Scored::Valid,
        seed: 1,
    };
    let value = Domain::Int { low: 1, high: n_trials as i64 };
    let dimension = Dimension { params: vec!["value".into()], domain: value, when: Vec::new() };
    let maker = Maker::new("nothing".into(), move |varied| {
        let mut trial = template.clone();
        trial.model.params.clone_from(varied);
        if is_unequal {
            // 0.1 to 1.1 s in no order.
            let value = varied["value"].as_u64().unwrap_or(0);
            trial.model.params.insert("millis".into(), (100 + value * 7919 % 1000).into());
        }
        Ok(trial)
    });
    Plan {
        name: "nothing".into(),
        spec,
        spec_hash: "0123456789abcdef0123456789abcdef".into(),
        search: serde_json::Value::Null,
        read_params: ReadParams::default(),
        metrics: vec![select.clone()],
        select,
        higher_is_better: true,
        against: None,
        seeds: vec![1],
        models: vec![ModelPlan {
            name: "nothing".into(),
            label: "nothing".into(),
            family: "baseline".into(),
            space: Space { dimensions: vec![dimension] },
            listed: Vec::new(),
            is_listed_only: false,
            epochs: None,
            maker,
        }],
        recipe,
    }
}

fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kib.unwrap_or_default() / 1024.0
}
