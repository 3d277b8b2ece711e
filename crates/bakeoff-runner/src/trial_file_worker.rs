//! `bakeoff worker --trial FILE`: carries out trial files where an engine such as Slurm has put it.
//!
//! It is a small coordinator with one slot: the trial itself runs in a child process, which may die of whatever a trial
//! can die of, and this one is still there to say how. The child stays warm over the trials of one call, and dies with
//! us when the engine ends us.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bakeoff_spec::{Cause, Status};
use bakeoff_store::Folder;
use jiff::Timestamp;

use crate::devices::Slot;
use crate::error::RunError;
use crate::executors::local::Local;
use crate::executors::{Executor, SlotEvent};
use crate::options::Options;
use crate::trial_file::{Assignment, Progress, TrialFile, Verdict};
use crate::wire::WorkOrder;

/// How long to wait for news of the child before looking at the clock.
const TICK: Duration = Duration::from_millis(100);

/// How often to look whether the coordinator has called the attempt back.
const LOOK: Duration = Duration::from_secs(1);

/// Carries out trial files, one after the other, and returns whether all of their trials have completed.
///
/// Each has a verdict when this returns. An engine may begin it again, and somebody else may have been faster: what has
/// a verdict, or an outcome in the store that no further attempt can better, is not run again.
///
/// # Errors
/// When a verdict cannot be written, or no child can be started at all.
pub fn carry_out_files(files: &[PathBuf], options: &Options<'_>) -> Result<bool, RunError> {
    let mut child = None;
    let mut all_completed = true;
    for path in files {
        let file = TrialFile::at(path);
        let carried_out = carry_out(&file, options, &mut child);
        let verdict = carried_out.map_err(|source| shared_file(path, source))?;
        all_completed &= verdict == Verdict::Completed;
    }
    Ok(all_completed)
}

fn shared_file(path: &Path, source: io::Error) -> RunError {
    RunError::SharedFile { path: path.to_owned(), source }
}

/// Runs the trial, unless that is settled, and returns the verdict that counts.
fn carry_out(
    file: &TrialFile,
    options: &Options<'_>,
    child: &mut Option<Local>,
) -> io::Result<Verdict> {
    if let Some(verdict) = file.verdict()? {
        return Ok(verdict);
    }
    let verdict = match file.read() {
        Err(error) => Verdict::NotStarted { message: format!("the trial file: {error}") },
        Ok(Assignment { order }) if has_outcome(&order) => Verdict::Completed,
        Ok(assignment) => {
            let slot = slot_of(&assignment.order);
            // One of another kind than the last is not met within an array, but nothing forbids it.
            drop(child.take_if(|child| child.slots()[0] != slot));
            let child = child.get_or_insert_with(|| Local::with_slots(vec![slot], options));
            attempt(file, &assignment, child)?
        }
    };
    if file.give(&verdict)? {
        return Ok(verdict);
    }
    Ok(file.verdict()?.unwrap_or(verdict))
}

/// Whether another attempt would change nothing.
pub(crate) fn has_outcome(order: &WorkOrder) -> bool {
    let outcome = Folder::at(&order.store).read_outcome(&order.trial.key());
    let Ok(Some(outcome)) = outcome else { return false };
    match &outcome.status {
        Status::Completed => true,
        Status::Pruned { rule, .. } => {
            order.fitting.stop_rule.as_ref().is_some_and(|ours| ours.key == *rule)
        }
        Status::Failed { .. } => false,
    }
}

/// The engine shows us the card that we may use, and no other.
fn slot_of(order: &WorkOrder) -> Slot {
    let label = if order.cuda { "cuda:0/0" } else { "cpu/0" };
    Slot { label: label.into(), cuda_card: order.cuda.then_some(0), threads: order.threads }
}

fn attempt(file: &TrialFile, assignment: &Assignment, child: &mut Local) -> io::Result<Verdict> {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    // A full disk will be told by the verdict, if at all.
    let _ = file.tell(&Progress::Began { host, at: Timestamp::now().to_string() });
    if let Err(error) = child.start(0, &assignment.order) {
        return Ok(Verdict::NotStarted { message: crate::error::chain(&error) });
    }
    let began = Instant::now();
    let (mut last_look, mut last_sign) = (began, began);
    loop {
        match child.wait(TICK) {
            Ok(None) => {}
            Ok(Some((_, SlotEvent::Epoch(point)))) => {
                last_sign = Instant::now();
                drop(file.tell(&Progress::Epoch(point)));
            }
            Ok(Some((_, end))) => return Ok(verdict_of(end)),
            Err(error) => return Ok(Verdict::NotStarted { message: crate::error::chain(&error) }),
        }
        if let Some(message) = assignment.order.limits.passed(began, last_sign) {
            child.cancel(0);
            return Ok(Verdict::Died { cause: Cause::Timeout, message });
        }
        if last_look.elapsed() >= LOOK {
            last_look = Instant::now();
            if let Some(verdict) = file.verdict()? {
                child.cancel(0);
                return Ok(verdict);
            }
        }
    }
}

fn verdict_of(end: SlotEvent) -> Verdict {
    match end {
        SlotEvent::Failed(outcome) => Verdict::Failed(outcome),
        SlotEvent::Died { cause, message } => Verdict::Died { cause, message },
        SlotEvent::NotStarted(message) => Verdict::NotStarted { message },
        SlotEvent::Completed | SlotEvent::Epoch(_) => Verdict::Completed,
    }
}
