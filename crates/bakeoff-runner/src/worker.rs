//! The worker's side: reads orders, runs them by the one function that it is given, keeps what did not fail.
//!
//! A worker has no will of its own. It dies with its coordinator, it says what happened and leaves the consequences to
//! the coordinator, and after a panic it is not used again.

use std::any::Any;
use std::fs::File;
use std::io::{self, BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Instant;

use bakeoff_spec::{Cause, Cost, CurvePoint, Outcome, Provenance, Scores, Status};
use bakeoff_store::{Folder, StoreError};
use jiff::Timestamp;
use rustix::process::{Signal, getpid, kill_process, set_parent_process_death_signal};

use crate::error::chain;
use crate::wire::{Reply, WorkOrder};
use crate::worker_memory::{
    MemoryLimit, lift_limit_on_panic, peak_mb, reset_peak, tells_out_of_memory,
};

/// What the binary's function gives back for an order; [`serve`] makes an [`Outcome`] of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// How it ended.
    pub status: Status,
    /// Metrics on validation.
    pub valid: Scores,
    /// Metrics on test; empty unless the trial scores it.
    pub test: Scores,
    /// One point an epoch.
    pub curve: Vec<CurvePoint>,
    /// The epoch (from 1) whose weights were scored; 0 for models without epochs.
    pub best_epoch: u32,
    /// What it took; `wall_secs` and `peak_rss_mb` are filled in by [`serve`].
    pub cost: Cost,
    /// What the selecting metric is the mean of, a value a user or a row.
    pub units: Option<Vec<f32>>,
    /// Version of libtorch.
    pub libtorch: String,
    /// `cpu`, or `cuda` with the card's name.
    pub device: String,
    /// Version of bakeoff, with the git commit where one is known.
    pub code_version: String,
}

impl Finished {
    /// An attempt that gave no numbers.
    pub fn failed(cause: Cause, message: impl Into<String>) -> Self {
        Self {
            status: Status::Failed { cause, message: message.into() },
            valid: Scores::new(),
            test: Scores::new(),
            curve: Vec::new(),
            best_epoch: 0,
            cost: Cost::default(),
            units: None,
            libtorch: String::new(),
            device: String::new(),
            code_version: String::new(),
        }
    }
}

/// Runs one order; calls back after every epoch.
pub type RunTrial<'a> = dyn FnMut(&WorkOrder, &mut dyn FnMut(&CurvePoint)) -> Finished + 'a;

/// Serves the coordinator at the other end of stdin and stdout until it closes stdin.
///
/// From here on whatever the process prints to stdout goes to stderr: stdout belongs to the protocol.
///
/// # Errors
/// When the pipes break or an order is unreadable. The process should end then.
pub fn serve(run: &mut RunTrial<'_>) -> io::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    // For `top`, which would show the `exe` of /proc/self/exe.
    rustix::thread::set_name(c"bakeoff-worker")?;
    lift_limit_on_panic();
    let mut replies = Replies(take_stdout()?);
    replies.send(&Reply::Ready)?;
    let is_busy = Arc::new(AtomicBool::new(false));
    for order in read_orders(Arc::clone(&is_busy)) {
        let order = order?;
        let (reply, has_panicked) = carry_out(&order, run, &mut replies);
        is_busy.store(false, Ordering::SeqCst);
        replies.send(&reply)?;
        if has_panicked {
            break;
        }
    }
    Ok(())
}

/// The coordinator's end of stdout, which nobody else in this process can write to any more.
fn take_stdout() -> io::Result<File> {
    let stdout = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdout(), 3)?;
    rustix::stdio::dup2_stdout(rustix::stdio::stderr())?;
    Ok(stdout.into())
}

/// Orders as they come in, on a thread of their own: so a coordinator that dies is noticed in the middle of a trial,
/// even one that died before [`serve`] could ask for its parent's death signal.
fn read_orders(is_busy: Arc<AtomicBool>) -> Receiver<io::Result<WorkOrder>> {
    let (sender, orders) = mpsc::channel();
    thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            is_busy.store(true, Ordering::SeqCst);
            let order = line.and_then(|line| Ok(serde_json::from_str(&line)?));
            if sender.send(order).is_err() {
                return;
            }
        }
        if is_busy.load(Ordering::SeqCst) {
            // Not `exit`: the destructors of libtorch must not meet a trial that still runs.
            let _ = kill_process(getpid(), Signal::KILL);
        }
    });
    orders
}

struct Replies(File);

impl Replies {
    fn send(&mut self, reply: &Reply) -> io::Result<()> {
        let mut line = serde_json::to_vec(reply)?;
        line.push(b'\n');
        self.0.write_all(&line)
    }
}

/// Runs the order, keeps its outcome unless it failed, and says whether it panicked.
fn carry_out(order: &WorkOrder, run: &mut RunTrial<'_>, replies: &mut Replies) -> (Reply, bool) {
    let started_at = Timestamp::now();
    let clock = Instant::now();
    reset_peak();
    let mut curve = Vec::new();
    let mut on_epoch = |point: &CurvePoint| {
        curve.push(point.clone());
        // A coordinator that cannot hear us is gone, and the reader of orders sees to that.
        let _ = replies.send(&Reply::Epoch(point.clone()));
    };
    let limit = MemoryLimit::of(order);
    let result = catch_unwind(AssertUnwindSafe(|| run(order, &mut on_epoch)));
    drop(limit);
    let has_panicked = result.is_err();
    let mut finished = result.unwrap_or_else(|panic| Finished {
        cost: Cost { epochs: curve.len() as u32, ..Cost::default() },
        curve,
        ..failed_by_panic(&*panic, order.fitting.memory_limit_mb.is_some())
    });
    finished.cost.wall_secs = clock.elapsed().as_secs_f64();
    finished.cost.peak_rss_mb = peak_mb();
    let units = finished.units.take();
    let mut outcome = outcome_of(order, finished, started_at);
    if !outcome.is_failed() {
        match keep(order, &outcome, units.as_deref()) {
            Ok(()) => return (Reply::Completed, has_panicked),
            Err(error) => {
                let message = format!("its outcome could not be kept: {}", chain(&error));
                outcome.status = Status::Failed { cause: Cause::Crash, message };
            }
        }
    }
    (Reply::Failed(Box::new(outcome)), has_panicked)
}

fn failed_by_panic(panic: &(dyn Any + Send), is_limited: bool) -> Finished {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    let text = text.unwrap_or("without a message");
    // What oneDNN says when an allocation fails, among other things.
    let is_memory =
        tells_out_of_memory(text) || (is_limited && text.contains("could not create a primitive"));
    if is_memory {
        Finished::failed(Cause::OutOfMemory, format!("memory ran out: {text}"))
    } else {
        Finished::failed(Cause::Crash, format!("the trial panicked: {text}"))
    }
}

fn outcome_of(order: &WorkOrder, finished: Finished, started_at: Timestamp) -> Outcome {
    Outcome {
        key: order.trial.key(),
        trial: order.trial.clone(),
        attempt: order.attempt,
        status: finished.status,
        valid: finished.valid,
        test: finished.test,
        curve: finished.curve,
        best_epoch: finished.best_epoch,
        cost: finished.cost,
        provenance: Provenance {
            spec_hash: order.spec_hash.clone(),
            data_hash: order.trial.data.clone(),
            code_version: finished.code_version,
            libtorch: finished.libtorch,
            device: finished.device,
            threads: order.threads,
            started_at: started_at.to_string(),
            ended_at: Timestamp::now().to_string(),
        },
    }
}

/// The outcome comes last: who sees it may rely on the rest.
fn keep(order: &WorkOrder, outcome: &Outcome, units: Option<&[f32]>) -> Result<(), StoreError> {
    let folder = Folder::at(&order.store);
    if let Some(units) = units {
        folder.write_units(&outcome.key, units)?;
    }
    folder.write_outcome(outcome)?;
    Ok(())
}
