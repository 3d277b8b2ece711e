//! Talking to a running sweep from another terminal: a socket beside the store that its owner alone can reach.
//!
//! One line of JSON asks, one answers. The socket lies in a folder of mode 0700; it is bound and reached by the
//! folder's open handle, since the path of a socket may not be longer than 108 bytes.

use std::fs::{self, DirBuilder, File};
use std::io::{self, BufRead, BufReader, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use bakeoff_spec::{Counts, MetricKey};
use serde::{Deserialize, Serialize};

/// What can be asked of a running sweep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// How it stands.
    Status,
    /// Begin no more trials; those that run go on.
    Pause,
    /// Begin trials again.
    Resume,
    /// End a trial, or take it out if it waits. The key's first digits are enough.
    Cancel(String),
}

/// What it answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// How it stands.
    Status(Standing),
    /// It is done; what was done.
    Done(String),
    /// It cannot be; why.
    Refused(String),
}

/// How a sweep stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// The study's name.
    pub name: String,
    /// Hash of its spec.
    pub spec_hash: String,
    /// The coordinator's process; `None` where none runs.
    pub pid: Option<u32>,
    /// Seconds since it began.
    pub elapsed_secs: f64,
    /// Whether it begins no trials for now.
    pub is_paused: bool,
    /// Trials so far.
    pub counts: Counts,
    /// The metric that chooses.
    pub select: MetricKey,
    /// By slot; `None` where nothing runs.
    pub slots: Vec<(String, Option<RunningTrial>)>,
    /// One entry a model.
    pub models: Vec<ModelStanding>,
}

/// A trial that runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunningTrial {
    /// Its key.
    pub key: String,
    /// Model and varied parameters.
    pub label: String,
    /// From 1.
    pub attempt: u32,
    /// Seconds so far.
    pub secs: f64,
    /// The last epoch that ended; 0 before the first.
    pub epoch: u32,
    /// The most it trains; 0 for models without epochs.
    pub epochs: u32,
    /// The selecting metric after its last validation.
    pub value: Option<f64>,
}

/// How a model's search stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelStanding {
    /// What reports call it.
    pub model: String,
    /// Search trials with an outcome.
    pub n_done: usize,
    /// Search trials that are expected in all.
    pub n_expected: usize,
    /// Those that failed.
    pub n_failed: usize,
    /// Those that were stopped early.
    pub n_pruned: usize,
    /// The best validation value so far.
    pub best: Option<f64>,
    /// Whether the search has ended.
    pub is_searched: bool,
}

/// A request, where its answer goes, and until when somebody waits for it.
type Asked = (Request, Sender<Answer>, Instant);

/// The coordinator's end. The socket goes when it is dropped.
#[derive(Debug)]
pub(crate) struct Control {
    inbox: Receiver<Asked>,
    socket: PathBuf,
}

const FOLDER: &str = "control";
const SOCKET: &str = "socket";
/// How long either side waits for the other.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longer requests are nobody's.
const LONGEST: u64 = 4096;

impl Control {
    /// Begins to listen beside the store in `dir`, whose lock the caller holds: a socket that lies there is a dead one's.
    pub(crate) fn open(dir: &Path) -> io::Result<Self> {
        let folder = dir.join(FOLDER);
        match DirBuilder::new().mode(0o700).create(&folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(0o700))?;
        let socket = folder.join(SOCKET);
        match fs::remove_file(&socket) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let handle = File::open(&folder)?;
        let listener = UnixListener::bind(by_handle(&handle))?;
        let (outbox, inbox) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let outbox = outbox.clone();
                // One that says nothing must not keep the others waiting.
                thread::spawn(move || drop(serve(&stream, &outbox)));
            }
        });
        Ok(Self { inbox, socket })
    }

    /// The next request that waits, with where its answer goes. What was refused for want of an answer is not done.
    pub(crate) fn next(&self) -> Option<(Request, Sender<Answer>)> {
        loop {
            let (request, answer, until) = self.inbox.try_recv().ok()?;
            if Instant::now() < until {
                return Some((request, answer));
            }
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.socket);
    }
}

fn serve(stream: &UnixStream, outbox: &Sender<Asked>) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut line = String::new();
    BufReader::new(io::Read::take(stream, LONGEST)).read_line(&mut line)?;
    let answer = match serde_json::from_str(&line) {
        Err(error) => Answer::Refused(format!("this is no request: {error}")),
        Ok(request) => {
            let (sender, answer) = mpsc::channel();
            let refused = |why: &str| Answer::Refused(why.to_owned());
            // It is not begun so late that its end would not be heard.
            match outbox.send((request, sender, Instant::now() + PATIENCE / 2)) {
                Ok(()) => answer.recv_timeout(PATIENCE).unwrap_or_else(|error| match error {
                    RecvTimeoutError::Timeout => refused("the sweep is busy; try again"),
                    RecvTimeoutError::Disconnected => refused("the sweep is ending"),
                }),
                Err(_) => refused("the sweep is ending"),
            }
        }
    };
    let mut line = serde_json::to_vec(&answer)?;
    line.push(b'\n');
    (&*stream).write_all(&line)
}

/// Asks the sweep that has the store in `dir` open; `None` if none runs.
pub fn ask(dir: &Path, request: &Request) -> io::Result<Option<Answer>> {
    let handle = match File::open(dir.join(FOLDER)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        handle => handle?,
    };
    let stream = match UnixStream::connect(by_handle(&handle)) {
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
            ) =>
        {
            return Ok(None);
        }
        stream => stream?,
    };
    stream.set_read_timeout(Some(PATIENCE * 2))?;
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    (&stream).write_all(&line)?;
    let mut answer = String::new();
    BufReader::new(&stream).read_line(&mut answer)?;
    if answer.is_empty() {
        return Ok(None);
    }
    Ok(Some(serde_json::from_str(&answer)?))
}

fn by_handle(folder: &File) -> PathBuf {
    format!("/proc/self/fd/{}/{SOCKET}", folder.as_raw_fd()).into()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_request_is_answered_and_others_cannot_reach_the_socket() {
        let dir = tempfile::tempdir().unwrap();
        // Deeper than the path of a socket may be.
        let dir = dir.path().join("a".repeat(120));
        fs::create_dir(&dir).unwrap();
        assert_eq!(ask(&dir, &Request::Status).unwrap(), None);
        let control = Control::open(&dir).unwrap();
        let mode = fs::metadata(dir.join(FOLDER)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        let asked = {
            let dir = dir.clone();
            thread::spawn(move || ask(&dir, &Request::Cancel("abc".into())).unwrap())
        };
        let (request, answer) = loop {
            if let Some(next) = control.next() {
                break next;
            }
            thread::sleep(Duration::from_millis(1));
        };
        assert_eq!(request, Request::Cancel("abc".into()));
        answer.send(Answer::Done("cancelled".into())).unwrap();
        assert_eq!(asked.join().unwrap(), Some(Answer::Done("cancelled".into())));
        // One that was killed leaves its socket behind.
        std::mem::forget(control);
        let again = Control::open(&dir).unwrap();
        drop(again);
        assert_eq!(ask(&dir, &Request::Status).unwrap(), None);
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let _control = Control::open(dir.path()).unwrap();
        let handle = File::open(dir.path().join(FOLDER)).unwrap();
        let stream = UnixStream::connect(by_handle(&handle)).unwrap();
        (&stream).write_all(b"{\"rm\": \"-rf\"}\n").unwrap();
        let mut answer = String::new();
        BufReader::new(&stream).read_line(&mut answer).unwrap();
        assert!(answer.contains("this is no request"), "{answer}");
    }
}
