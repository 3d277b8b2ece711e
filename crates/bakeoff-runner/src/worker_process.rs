//! One worker process, seen from the coordinator: how it is started, what it says, how it ended.

use std::collections::VecDeque;
use std::env;
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bakeoff_spec::Cause;

use crate::devices::Slot;
use crate::error::RunError;
use crate::options::Options;
use crate::wire::{Reply, WorkOrder};
use crate::worker_memory::tells_out_of_memory;

/// How workers are started.
#[derive(Debug)]
pub(crate) struct Launch {
    program: PathBuf,
    args: Vec<OsString>,
    extra_env: Vec<(OsString, OsString)>,
}

/// What a worker says, ended by `Closed`.
#[derive(Debug)]
pub(crate) enum FromWorker {
    Reply(Reply),
    /// It closed its stdout: it is dead or about to end.
    Closed,
}

/// A running worker. Dropping it kills it; what it has reported is on disk by then.
#[derive(Debug)]
pub(crate) struct WorkerProcess {
    pub(crate) id: u64,
    /// Whether it could be loaded and reads orders.
    pub(crate) is_ready: bool,
    /// Whether it has an order that it has not answered.
    pub(crate) is_busy: bool,
    child: Child,
    stdin: ChildStdin,
    stderr_tail: Tail,
    stderr_reader: JoinHandle<()>,
}

impl Launch {
    pub(crate) fn of(options: &Options<'_>) -> Self {
        Self {
            program: options.program.clone(),
            args: options.args.clone(),
            extra_env: options.extra_env.clone(),
        }
    }

    /// Starts a worker for a slot; what it says goes to `outbox` under its number.
    pub(crate) fn start(
        &self,
        id: u64,
        slot: &Slot,
        outbox: Sender<(u64, FromWorker)>,
    ) -> Result<WorkerProcess, RunError> {
        let threads = slot.threads.to_string();
        let mut child = Command::new(&self.program)
            .args(&self.args)
            .env("OMP_NUM_THREADS", &threads)
            .env("MKL_NUM_THREADS", &threads)
            .env("RAYON_NUM_THREADS", &threads)
            .env("CUDA_VISIBLE_DEVICES", visible_card(slot.cuda_card))
            // Without these glibc gives every large buffer back to the kernel, and takes it again at the next step.
            .env("MALLOC_TRIM_THRESHOLD_", "268435456")
            .env("MALLOC_MMAP_THRESHOLD_", "1073741824")
            // A backtrace would push the message out of the last words, and where memory ran out it can block for ever:
            // printing it needs memory, and the next failure waits for the lock that the first one holds.
            .env("RUST_BACKTRACE", "0")
            .envs(self.extra_env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C at the terminal is for the coordinator alone.
            .process_group(0)
            .spawn()
            .map_err(|source| RunError::Spawn { program: self.program.clone(), source })?;
        let stdin = child.stdin.take().expect("stdin is piped");
        let stdout = child.stdout.take().expect("stdout is piped");
        let stderr = child.stderr.take().expect("stderr is piped");
        let stderr_tail = Tail::default();
        let tail = stderr_tail.clone();
        let stderr_reader = thread::spawn(move || lines(stderr).for_each(|line| tail.push(line)));
        let tail = stderr_tail.clone();
        thread::spawn(move || {
            for line in lines(stdout) {
                match serde_json::from_str(&line) {
                    Ok(reply) => drop(outbox.send((id, FromWorker::Reply(reply)))),
                    // Printed before the worker could take its stdout for itself.
                    Err(_) => tail.push(line),
                }
            }
            drop(outbox.send((id, FromWorker::Closed)));
        });
        Ok(WorkerProcess {
            id,
            is_ready: false,
            is_busy: false,
            child,
            stdin,
            stderr_tail,
            stderr_reader,
        })
    }
}

impl WorkerProcess {
    /// Hands it an order.
    pub(crate) fn send(&mut self, order: &WorkOrder) -> io::Result<()> {
        let mut line = serde_json::to_vec(order)?;
        line.push(b'\n');
        self.is_busy = true;
        self.stdin.write_all(&line)
    }

    /// It has answered its order.
    pub(crate) fn rest(&mut self) {
        self.is_busy = false;
        // What it printed about one trial does not explain the end of the next.
        self.stderr_tail.clear();
    }

    /// How it ended, after it closed its stdout.
    pub(crate) fn last_words(mut self) -> (Cause, String) {
        let mut status = None;
        within(PATIENCE, || {
            status = self.child.try_wait().ok().flatten();
            status.is_some()
        });
        // It may have left a process behind that holds its stderr open, hence no `join`.
        within(PATIENCE, || self.stderr_reader.is_finished());
        let words = self.stderr_tail.text();
        let cause = if tells_out_of_memory(&words) { Cause::OutOfMemory } else { Cause::Crash };
        let mut message = death(status);
        if !words.is_empty() {
            message = format!("{message}; its last words:\n{words}");
        }
        (cause, message)
    }
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        // Both fail only if it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How long a worker that has closed its stdout may take to end and its last words to arrive.
const PATIENCE: Duration = Duration::from_millis(500);

const SIGKILL: i32 = 9;

fn death(status: Option<ExitStatus>) -> String {
    match status {
        None => "the worker stopped answering".into(),
        Some(status) if status.signal() == Some(SIGKILL) => {
            "the worker was killed by signal 9 (SIGKILL), as the kernel does when memory runs out"
                .into()
        }
        Some(status) => match status.signal() {
            Some(_) => format!("the worker died of {status}"),
            None => format!("the worker ended with {status}"),
        },
    }
}

/// Waits until `is_true` is, at most for `patience`.
fn within(patience: Duration, mut is_true: impl FnMut() -> bool) {
    let started = Instant::now();
    while !is_true() && started.elapsed() < patience {
        thread::sleep(Duration::from_millis(2));
    }
}

/// The value of `CUDA_VISIBLE_DEVICES` that shows one card, or none. Cards are counted among those that the coordinator
/// itself may see.
pub(crate) fn visible_card(card: Option<u32>) -> String {
    let Some(card) = card else { return String::new() };
    let seen_here = env::var("CUDA_VISIBLE_DEVICES").unwrap_or_default();
    match seen_here.split(',').nth(card as usize).map(str::trim) {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => card.to_string(),
    }
}

/// Lines of whatever a process prints, text or not.
fn lines(from: impl Read) -> impl Iterator<Item = String> {
    let lines = BufReader::new(from).split(b'\n');
    lines.map_while(Result::ok).map(|line| String::from_utf8_lossy(&line).into_owned())
}

/// The last lines that a worker printed.
#[derive(Debug, Clone, Default)]
struct Tail(Arc<Mutex<VecDeque<String>>>);

impl Tail {
    const N_LINES: usize = 20;

    fn push(&self, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == Self::N_LINES {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn text(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().map(String::as_str).collect::<Vec<_>>().join("\n").trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_lines_are_kept() {
        let tail = Tail::default();
        for i in 0..50 {
            tail.push(format!("line {i}"));
        }
        let text = tail.text();
        assert!(text.starts_with("line 30\n") && text.ends_with("line 49"), "{text}");
    }
}
