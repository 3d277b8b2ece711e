//! Trial files: how an order reaches a worker that the coordinator cannot speak to, and how its answer comes back.
//!
//! | file | written by | what |
//! | --- | --- | --- |
//! | `X.json` | the coordinator, once | the [`Assignment`] |
//! | `X.progress.jsonl` | the worker, a line at a time | [`Progress`] |
//! | `X.verdict.json` | whoever is first, once | the [`Verdict`]: nothing happens to the attempt after it |
//!
//! The outcome itself goes into the store, as from any worker, before the verdict. A verdict is also how a coordinator
//! calls an attempt back: a worker that finds one leaves the trial alone. `docs/worker-contract.md` is this for readers
//! who write an executor for another engine.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use bakeoff_spec::{Cause, CurvePoint, Outcome};
use bakeoff_store::{write_atomically, write_first};
use serde::{Deserialize, Serialize};

use crate::executors::SlotEvent;
use crate::sealed;
use crate::wire::WorkOrder;

/// What a trial file says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assignment {
    /// What to run. Its folders are absolute and the same on every machine.
    pub order: WorkOrder,
}

/// What a worker says while it runs an attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// The attempt begins; said again if the engine begins it again.
    Began {
        /// The machine.
        host: String,
        /// RFC 3339 in UTC.
        at: String,
    },
    /// An epoch ended.
    Epoch(CurvePoint),
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Its outcome is in the store.
    Completed,
    /// It failed; its outcome is not in the store.
    Failed(Box<Outcome>),
    /// The process died under it.
    Died {
        /// What it looks like.
        cause: Cause,
        /// How it died, with its last words.
        message: String,
    },
    /// The process could not be started, or could not read the order.
    NotStarted {
        /// Why.
        message: String,
    },
    /// The coordinator called it back.
    CalledBack,
}

impl Verdict {
    /// As the coordinator hears it from any worker.
    pub(crate) fn into_event(self) -> SlotEvent {
        match self {
            Self::Completed => SlotEvent::Completed,
            Self::Failed(outcome) => SlotEvent::Failed(outcome),
            Self::Died { cause, message } => SlotEvent::Died { cause, message },
            Self::NotStarted { message } => SlotEvent::NotStarted(message),
            Self::CalledBack => SlotEvent::NotStarted("the attempt was called back".into()),
        }
    }
}

/// A trial file and those beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialFile {
    path: PathBuf,
}

impl TrialFile {
    /// At the given path, which ends in `.json`.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The name under which an order is kept: key and attempt.
    pub(crate) fn name_of(order: &WorkOrder) -> String {
        format!("{}.{}.json", order.trial.key(), order.attempt)
    }

    /// The trial file itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn write(&self, assignment: &Assignment) -> io::Result<()> {
        write_atomically(&self.path, &sealed::seal(assignment)?)
    }

    pub(crate) fn read(&self) -> io::Result<Assignment> {
        let missing = || io::Error::new(io::ErrorKind::NotFound, "there is no such trial file");
        sealed::read(&self.path)?.ok_or_else(missing)
    }

    /// The verdict, if there is one.
    pub(crate) fn verdict(&self) -> io::Result<Option<Verdict>> {
        sealed::read(&self.path.with_extension("verdict.json"))
    }

    /// Gives a verdict, unless there is one, and says whether it counts.
    pub(crate) fn give(&self, verdict: &Verdict) -> io::Result<bool> {
        write_first(&self.path.with_extension("verdict.json"), &sealed::seal(verdict)?)
    }

    /// Adds to the progress. Nobody relies on it, so that it may be lost.
    pub(crate) fn tell(&self, progress: &Progress) -> io::Result<()> {
        let mut line = serde_json::to_vec(progress)?;
        line.push(b'\n');
        // In one write, so that a reader sees whole lines, and those of twins do not mix.
        File::options().create(true).append(true).open(self.progress_path())?.write_all(&line)
    }

    /// The progress beyond the first `read_to` bytes, which are moved on to the end of the last whole line. A line that
    /// is none of ours is passed over.
    pub(crate) fn hear(&self, read_to: &mut u64) -> Vec<Progress> {
        let read = || {
            let mut file = File::open(self.progress_path())?;
            file.seek(SeekFrom::Start(*read_to))?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            Ok::<_, io::Error>(bytes)
        };
        let bytes = read().unwrap_or_default();
        let n_whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        *read_to += n_whole as u64;
        let lines = bytes[..n_whole].split(|&byte| byte == b'\n');
        lines.filter_map(|line| serde_json::from_slice(line).ok()).collect()
    }

    fn progress_path(&self) -> PathBuf {
        self.path.with_extension("progress.jsonl")
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn progress_is_heard_once_and_in_whole_lines() {
        let dir = tempfile::tempdir().unwrap();
        let file = TrialFile::at(dir.path().join("k.1.json"));
        let mut read_to = 0;
        assert_eq!(file.hear(&mut read_to), []);
        let began = Progress::Began { host: "n1".into(), at: "2026-01-01T00:00:00Z".into() };
        file.tell(&began).unwrap();
        let path = dir.path().join("k.1.progress.jsonl");
        let mut raw = File::options().append(true).open(&path).unwrap();
        raw.write_all(b"no progress of ours\n{\"epo").unwrap();
        assert_eq!(file.hear(&mut read_to), [began]);
        raw.write_all(b"ch\":{\"epoch\":1,\"train_loss\":0.5,\"valid_loss\":null,\"valid\":null,\"secs\":1}}\n")
            .unwrap();
        let heard = file.hear(&mut read_to);
        assert!(matches!(&heard[..], [Progress::Epoch(point)] if point.epoch == 1), "{heard:?}");
        assert_eq!(read_to, fs::metadata(&path).unwrap().len());
    }

    #[test]
    fn the_first_verdict_counts() {
        let dir = tempfile::tempdir().unwrap();
        let file = TrialFile::at(dir.path().join("k.1.json"));
        assert_eq!(file.verdict().unwrap(), None);
        assert!(file.give(&Verdict::CalledBack).unwrap());
        assert!(!file.give(&Verdict::Completed).unwrap());
        assert_eq!(file.verdict().unwrap(), Some(Verdict::CalledBack));
    }
}
