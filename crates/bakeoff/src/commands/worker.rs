//! `bakeoff worker`: runs the trials it is handed, one at a time, in a process that may die without harm.

use std::cell::RefCell;

use bakeoff_data::Dataset;
use bakeoff_models::device;
use bakeoff_models::{Checkpoints, ModelError, TrialResult, run_trial};
use bakeoff_runner::executors::slurm::element_files;
use bakeoff_runner::worker::{Finished, serve};
use bakeoff_runner::{Options, WorkOrder, carry_out_files};
use bakeoff_spec::{Cause, CurvePoint, Status};
use bakeoff_store::Folder;

use crate::catalog::CODE_VERSION;
use crate::cli::WorkerArgs;
use crate::exit::Exit;

pub(crate) fn run(args: &WorkerArgs) -> anyhow::Result<Exit> {
    let files = match (&args.array, args.element) {
        (Some(array), Some(element)) => element_files(array, element)?,
        _ if args.trial.is_empty() => return listen(),
        _ => args.trial.clone(),
    };
    let no_cards = || Err("the coordinator knows".into());
    let options = Options::new("", CODE_VERSION, &no_cards);
    let all_completed = carry_out_files(&files, &options)?;
    Ok(if all_completed { Exit::Done } else { Exit::Failed })
}

/// Until the coordinator at the other end of standard input has no more orders.
fn listen() -> anyhow::Result<Exit> {
    // The dataset of the last trial: a sweep's trials share one.
    let opened: RefCell<Option<Dataset>> = RefCell::new(None);
    serve(&mut |order, on_epoch| {
        let mut curve = Vec::new();
        let result = work(order, &opened, &mut |point| {
            curve.push(point.clone());
            on_epoch(point);
        });
        finished(order, result, curve)
    })?;
    Ok(Exit::Done)
}

fn work(
    order: &WorkOrder,
    opened: &RefCell<Option<Dataset>>,
    on_epoch: &mut dyn FnMut(&CurvePoint),
) -> Result<TrialResult, Failure> {
    device::set_threads(order.threads);
    let device =
        device::open(order.cuda).map_err(|message| Failure { cause: Cause::Crash, message })?;
    let mut opened = opened.borrow_mut();
    let data = match opened.take().filter(|data| data.dir() == order.dataset) {
        Some(data) => data,
        None => Dataset::open(&order.dataset).map_err(ModelError::from)?,
    };
    let checkpoints = Folder::at(&order.store)
        .checkpoint_path(&order.trial.fit_key())
        .map(Checkpoints::at)
        .map_err(|error| Failure { cause: Cause::Crash, message: chain(&error) })?;
    let result = run_trial(&order.trial, &data, device, &checkpoints, &order.fitting, on_epoch);
    *opened = Some(data);
    Ok(result?)
}

struct Failure {
    cause: Cause,
    message: String,
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        Self { cause: error.cause(), message: chain(&error) }
    }
}

/// An error with everything that caused it, in one line.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn status(order: &WorkOrder, result: &TrialResult) -> Status {
    match &order.fitting.stop_rule {
        Some(rule) if result.is_pruned => {
            Status::Pruned { epoch: result.cost.epochs, rule: rule.key.clone() }
        }
        _ => Status::Completed,
    }
}

fn finished(
    order: &WorkOrder,
    result: Result<TrialResult, Failure>,
    curve: Vec<CurvePoint>,
) -> Finished {
    let finished = match result {
        Ok(result) => Finished {
            status: status(order, &result),
            valid: result.valid,
            test: result.test,
            curve: result.curve,
            best_epoch: result.best_epoch,
            cost: result.cost,
            units: (!result.is_pruned).then_some(result.units),
            libtorch: String::new(),
            device: String::new(),
            code_version: String::new(),
        },
        Err(Failure { cause, message }) => Finished { curve, ..Finished::failed(cause, message) },
    };
    Finished {
        libtorch: device::LIBTORCH_VERSION.into(),
        device: device::name(order.cuda),
        code_version: CODE_VERSION.into(),
        ..finished
    }
}
