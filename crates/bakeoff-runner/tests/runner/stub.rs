//! A worker that does what the name of its model says, and plans that name such models.
//!
//! The worker is this test binary itself, told by an environment variable to serve. What the test harness prints
//! before it serves is a test of the protocol, too.

use std::cell::RefCell;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};
use std::{env, process, thread};

use bakeoff_runner::{Finished, Options, RunError, Sink, Stop, WorkOrder, run, serve};
use bakeoff_spec::ReadParams;
use bakeoff_spec::trial::{Recipe, Use};
use bakeoff_spec::{
    Cause, CurvePoint, Dimension, Domain, Maker, MetricKey, ModelPlan, Plan, RunEvent, Scored,
    Space, Spec, Status, Study, Task, Training, Trial,
};
use bakeoff_store::{Folder, Store, StoreError};
use rustix::process::{Signal, getpid, kill_process};
use serde_json::json;

pub(crate) const LOG: &str = "BAKEOFF_TEST_RUNNER_LOG";

/// Does nothing unless started by a coordinator.
#[test]
fn a_stub_worker_serves_when_it_is_asked_to() {
    let Some(log) = env::var_os(LOG) else { return };
    let log = PathBuf::from(log);
    write_log(&log, &format!("worker {}", process::id()));
    serve(&mut |order, on_epoch| pretend(&log, order, on_epoch)).unwrap();
    // What the harness prints of its end must not reach anybody.
    process::exit(0);
}

fn pretend(log: &Path, order: &WorkOrder, on_epoch: &mut dyn FnMut(&CurvePoint)) -> Finished {
    let trial = &order.trial;
    let value = trial.model.params["value"].as_f64().unwrap();
    write_log(log, &format!("run {} {value} {}", trial.model.name, trial.key()));
    let mut curve = Vec::new();
    let mut epoch = |epoch: u32, train_loss: f64| {
        let point =
            CurvePoint { epoch, train_loss, valid_loss: None, valid: Some(value), secs: 0.001 };
        on_epoch(&point);
        curve.push(point);
    };
    epoch(1, 0.75);
    match trial.model.name.as_str() {
        "slow" => thread::sleep(Duration::from_millis(400)),
        "endless" => thread::sleep(Duration::from_secs(600)),
        "greedy_whole" if order.fitting.micro_batches < 4 => {
            panic!("DefaultCPUAllocator: can't allocate memory: you tried to allocate 80 bytes")
        }
        "climber" => {
            let training = trial.training.as_ref().unwrap();
            let fitting = &order.fitting;
            let went_on = format!("{} {}", fitting.continues.len(), fitting.is_resumable);
            write_log(log, &format!("fit {} {value} {went_on}", training.epochs));
            return climb(training.epochs, value, order, curve, on_epoch);
        }
        "panicking" => panic!("shapes [2, 3] and [4] do not fit"),
        "greedy" => panic!("CUDA out of memory. Tried to allocate 20.00 GiB"),
        "aborting" => {
            eprintln!("terminate called without an active exception");
            process::abort();
        }
        "killed_once" if order.attempt == 1 => die(),
        "quick" | "killed_once" | "greedy_whole" => {}
        "pruned" => {
            let rule = order.fitting.stop_rule.as_ref().unwrap().key.clone();
            let status = Status::Pruned { epoch: 1, rule };
            let valid = [(trial.select.clone(), value)].into();
            return Finished { status, valid, curve, ..Finished::failed(Cause::Config, "") };
        }
        // Takes `value` MiB, and a piece at a time, as a trial does.
        "hungry" => drop((0..value as usize).map(|_| vec![1_u8; 1 << 20]).collect::<Vec<_>>()),
        "killed_always" => die(),
        "diverging" => {
            epoch(2, f64::NAN);
            return Finished { curve, ..Finished::failed(Cause::Diverged, "loss is NaN") };
        }
        "noisy" => {
            let mut stdout = std::io::stdout().lock();
            writeln!(stdout, "\"completed\"\n{{\"epoch\": garbage").unwrap();
            stdout.flush().unwrap();
        }
        "dying_after_work" => {
            let outcome = crate::crash::completed(trial, value);
            Folder::at(&order.store).write_outcome(&outcome).unwrap();
            die();
        }
        // As libtorch does, it asks for memory until there is none and panics while it holds all it got.
        "overfull" => {
            let n_pages = value as usize * 256;
            let mut pages = Vec::with_capacity(n_pages);
            while pages.len() < n_pages {
                let mut page = Vec::new();
                assert!(page.try_reserve_exact(4096).is_ok(), "can't allocate memory");
                page.resize(4096, 1_u8);
                pages.push(page);
            }
        }
        other => panic!("no stub is called {other}"),
    }
    let scores = || [(trial.select.clone(), value)].into();
    let no_numbers_yet = Finished::failed(Cause::Config, "");
    Finished {
        status: Status::Completed,
        valid: scores(),
        test: if trial.scored == Scored::ValidAndTest { scores() } else { [].into() },
        best_epoch: 1,
        curve,
        units: Some(vec![value as f32; 3]),
        device: "cpu".into(),
        libtorch: env::var("OMP_NUM_THREADS").unwrap(),
        code_version: "stub".into(),
        ..no_numbers_yet
    }
}

/// Learns towards `value`, faster the larger it is, and gives up where its rule says so.
fn climb(
    epochs: u32,
    value: f64,
    order: &WorkOrder,
    mut curve: Vec<CurvePoint>,
    on_epoch: &mut dyn FnMut(&CurvePoint),
) -> Finished {
    curve.clear();
    let no_numbers = || Finished::failed(Cause::Config, "");
    let mut reached = 0.0;
    for epoch in 1..=epochs {
        reached = value * (1.0 - (-f64::from(epoch) / 3.0).exp());
        let valid = Some(reached);
        let point = CurvePoint { epoch, train_loss: 0.5, valid_loss: None, valid, secs: 0.001 };
        on_epoch(&point);
        curve.push(point);
        let rule = order.fitting.stop_rule.as_ref();
        if let Some(rule) = rule.filter(|rule| rule.stops(epoch, reached)) {
            let status = Status::Pruned { epoch, rule: rule.key.clone() };
            let valid = [(order.trial.select.clone(), reached)].into();
            return Finished { status, valid, curve, ..no_numbers() };
        }
    }
    let scores = [(order.trial.select.clone(), reached)];
    Finished {
        status: Status::Completed,
        valid: scores.clone().into(),
        test: scores.into(),
        best_epoch: epochs,
        cost: bakeoff_spec::Cost { epochs, ..Default::default() },
        curve,
        ..no_numbers()
    }
}

fn die() -> ! {
    kill_process(getpid(), Signal::KILL).unwrap();
    unreachable!("SIGKILL cannot be survived")
}

fn write_log(log: &Path, line: &str) {
    let mut file = File::options().create(true).append(true).open(log).unwrap();
    // One write, so that lines of several workers do not mix.
    file.write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// A plan whose models are stubs, each with a list of values to choose from.
pub(crate) fn plan(models: &[(&str, &[f64])], schedule: &serde_json::Value) -> Plan {
    let spec: Spec = serde_json::from_value(json!({
        "version": 1,
        "task": "top_n",
        "data": {"source": {"name": "none"}, "split": {"name": "none"}},
        "models": [{"name": "quick"}],
        "schedule": schedule,
    }))
    .unwrap();
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
    let model_plan = |(i, (name, values)): (usize, &(&str, &[f64]))| {
        let template = trial(name, 0.0, &recipe.key());
        let values = values.iter().map(|&value| value.into()).collect();
        let domain = Domain::Choice(values);
        let dimension = Dimension { params: vec!["value".into()], domain, when: Vec::new() };
        ModelPlan {
            name: (*name).into(),
            label: format!("{name}_{i}"),
            family: "baseline".into(),
            space: Space { dimensions: vec![dimension] },
            listed: Vec::new(),
            is_listed_only: false,
            epochs: None,
            maker: Maker::new(format!("{name}_{i}"), move |varied| {
                let mut trial = template.clone();
                trial.model.params.clone_from(varied);
                Ok(trial)
            }),
        }
    };
    Plan {
        name: "stubs".into(),
        spec,
        spec_hash: "0123456789abcdef0123456789abcdef".into(),
        search: serde_json::Value::Null,
        read_params: ReadParams::default(),
        metrics: vec![select.clone()],
        select,
        higher_is_better: true,
        against: None,
        seeds: vec![1, 2],
        models: models.iter().enumerate().map(model_plan).collect(),
        recipe,
    }
}

/// A plan of one model whose trials train for 9 epochs; `sections` of its spec are as given.
pub(crate) fn searched(
    name: &str,
    dimensions: Vec<Dimension>,
    sections: &serde_json::Value,
) -> Plan {
    let mut plan = plan(&[(name, &[0.5])], &json!({"devices": "cpu", "slots": 2}));
    let mut spec = serde_json::to_value(&plan.spec).unwrap();
    for (section, value) in sections.as_object().unwrap() {
        spec[section] = value.clone();
    }
    plan.spec = serde_json::from_value(spec).unwrap();
    plan.seeds.truncate(1);
    let model = &mut plan.models[0];
    let template = Trial {
        training: Some(Training { epochs: 9, ..Training::default() }),
        ..trial(name, 0.0, &plan.recipe.key())
    };
    model.space = Space { dimensions };
    model.epochs = Some(9);
    model.maker = Maker::new(name.into(), move |varied| {
        let mut trial = template.clone();
        trial.model.params.extend(varied.clone());
        Ok(trial)
    });
    plan
}

/// A dimension called `value`, from 0 to 1.
pub(crate) fn value() -> Vec<Dimension> {
    let domain = Domain::Uniform { low: 0.0, high: 1.0 };
    vec![Dimension { params: vec!["value".into()], domain, when: Vec::new() }]
}

pub(crate) fn trial(name: &str, value: f64, data: &str) -> Trial {
    Trial {
        data: data.into(),
        task: Task::TopN,
        model: Use {
            name: name.into(),
            revision: 1,
            params: [("value".into(), value.into())].into(),
        },
        training: None,
        select: MetricKey::at("ndcg", 10),
        metrics: vec![MetricKey::at("ndcg", 10)],
        metric_revisions: std::collections::BTreeMap::new(),
        code: bakeoff_spec::CodeRevisions::default(),
        candidates: None,
        scored: Scored::Valid,
        seed: 1,
    }
}

/// A store and what happened around it.
pub(crate) struct Bench {
    pub(crate) dir: PathBuf,
    _own: Option<tempfile::TempDir>,
}

/// What came of one sweep.
pub(crate) struct Swept {
    pub(crate) study: Result<Study, RunError>,
    pub(crate) events: Vec<RunEvent>,
}

impl Bench {
    pub(crate) fn begin() -> Self {
        let own = tempfile::tempdir().unwrap();
        Self { dir: own.path().to_owned(), _own: Some(own) }
    }

    /// One that another process cleans up.
    pub(crate) fn in_dir(dir: &Path) -> Self {
        Self { dir: dir.to_owned(), _own: None }
    }

    pub(crate) fn store(&self) -> Store {
        // A coordinator that was killed while it started a worker leaves its lock to the half-started process, until
        // that becomes the worker's program.
        let patience = Instant::now() + Duration::from_secs(5);
        loop {
            match Store::open(self.dir.join("store")) {
                Err(StoreError::Locked { .. }) if Instant::now() < patience => {
                    thread::sleep(Duration::from_millis(5));
                }
                store => return store.unwrap(),
            }
        }
    }

    pub(crate) fn sweep(&self, plan: &Plan) -> Swept {
        self.sweep_until(plan, &Stop::default(), |_| {})
    }

    /// Sweeps with stub workers; `watch` sees every event as it happens.
    pub(crate) fn sweep_until(
        &self,
        plan: &Plan,
        stop: &Stop,
        watch: impl FnMut(&RunEvent) + 'static,
    ) -> Swept {
        let no_cards = || Err("stubs use no cards".into());
        self.sweep_with(plan, &self.options(&no_cards), stop, watch)
    }

    pub(crate) fn options<'a>(
        &self,
        cuda_cards: &'a dyn Fn() -> Result<usize, String>,
    ) -> Options<'a> {
        let mut options = Options::new("no/dataset", "test", cuda_cards);
        options.args = ["--exact", "stub::a_stub_worker_serves_when_it_is_asked_to", "--nocapture"]
            .map(OsString::from)
            .into();
        options.extra_env = vec![(LOG.into(), self.log_path().into())];
        options.grace = Duration::from_millis(100);
        options
    }

    pub(crate) fn sweep_with(
        &self,
        plan: &Plan,
        options: &Options<'_>,
        stop: &Stop,
        watch: impl FnMut(&RunEvent) + 'static,
    ) -> Swept {
        let events = Rc::default();
        let mut sinks: Vec<Box<dyn Sink>> =
            vec![Box::new(Recorder { events: Rc::clone(&events), watch })];
        let study = run(plan, &self.store(), options, &mut sinks, stop);
        Swept { study, events: events.take() }
    }

    fn log_path(&self) -> PathBuf {
        self.dir.join("log")
    }

    fn log(&self, first_word: &str) -> Vec<String> {
        let log = fs::read_to_string(self.log_path()).unwrap_or_default();
        let rest = log.lines().filter_map(|line| line.strip_prefix(first_word));
        rest.map(|rest| rest.trim().to_owned()).collect()
    }

    /// The process ids of the workers that were started so far.
    pub(crate) fn workers(&self) -> Vec<u32> {
        self.log("worker").iter().map(|pid| pid.parse().unwrap()).collect()
    }

    /// Every fit of a climber so far: epochs, value, how many shorter fits it could go on from, whether it can be gone on
    /// from itself.
    pub(crate) fn fits(&self) -> Vec<String> {
        self.log("fit")
    }

    /// Every run of a trial so far: model, value, key.
    pub(crate) fn runs(&self) -> Vec<String> {
        self.log("run")
    }
}

struct Recorder<W> {
    events: Rc<RefCell<Vec<RunEvent>>>,
    watch: W,
}

impl<W: FnMut(&RunEvent)> Sink for Recorder<W> {
    fn receive(&mut self, event: &RunEvent) {
        (self.watch)(event);
        self.events.borrow_mut().push(event.clone());
    }
}
