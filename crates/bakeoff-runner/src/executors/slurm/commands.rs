//! Slurm's commands: called with arguments, never through a shell, and never waited for without end.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, getuid, kill_process};

use super::states::{self, Listing, SACCT_FORMAT, SQUEUE_FORMAT, State};

/// Longer than Slurm's own patience with a controller that does not answer.
const PATIENCE: Duration = Duration::from_secs(120);

/// Why a command did not do what it was called for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The controller did not answer. It may have heard us.
    Unreachable(String),
    /// Not now: too much is waiting already.
    Busy(String),
    /// Never, or nobody knows.
    Other(String),
}

/// The commands of the cluster that this machine belongs to.
#[derive(Debug)]
pub(super) struct Commands {
    extra_env: Vec<(OsString, OsString)>,
}

impl Commands {
    pub(super) fn new(extra_env: &[(OsString, OsString)]) -> Self {
        Self { extra_env: extra_env.to_vec() }
    }

    /// Submits a batch script with its arguments and returns the array's number.
    pub(super) fn submit(
        &self,
        options: &[OsString],
        script: &Path,
        args: &[OsString],
    ) -> Result<u64, Refusal> {
        let parsable = OsString::from("--parsable");
        let all = [&parsable].into_iter().chain(options).map(OsString::as_os_str);
        let all = all.chain([script.as_os_str()]).chain(args.iter().map(OsString::as_os_str));
        let said = self.call("sbatch", all)?;
        // With several clusters: `number;cluster`.
        let number = said.lines().last().unwrap_or_default().split(';').next().unwrap_or_default();
        let unclear = || Refusal::Unreachable(format!("sbatch said `{}`", said.trim()));
        number.trim().parse().map_err(|_| unclear())
    }

    /// All that Slurm has of the named arrays: waiting, running, or ended a while ago.
    pub(super) fn list(&self, names: &[String]) -> Result<Listing, Refusal> {
        let said = self.call(
            "squeue",
            [
                "--noheader".to_owned(),
                "--array".to_owned(),
                "--states=all".to_owned(),
                format!("--user={}", getuid().as_raw()),
                format!("--name={}", names.join(",")),
                format!("--format={SQUEUE_FORMAT}"),
            ],
        )?;
        let is_ours = |name: &str| names.iter().any(|ours| ours == name);
        states::parse_squeue(&said, &is_ours)
            .ok_or_else(|| Refusal::Other(format!("squeue says what we do not understand: {said}")))
    }

    /// How an element that is not listed any more ended, where accounting knows it.
    pub(super) fn accounted(&self, name: &str, array: u64, index: u32) -> Option<(State, String)> {
        let said = self.call(
            "sacct",
            [
                "--noheader".to_owned(),
                "--parsable2".to_owned(),
                "--allocations".to_owned(),
                format!("--format={SACCT_FORMAT}"),
                format!("--jobs={array}_{index}"),
            ],
        );
        states::parse_sacct(&said.ok()?, name)
    }

    /// The exit code of an element that is listed, as `code:signal`.
    pub(super) fn exit_code(&self, array: u64, index: u32) -> Option<String> {
        let args = ["--oneliner", "show", "job", &format!("{array}_{index}")];
        states::parse_scontrol_exit(&self.call("scontrol", args).ok()?)
    }

    /// Ends an element, if its array is still the one of that name: a controller that lost its memory gives numbers anew.
    pub(super) fn cancel(&self, name: &str, array: u64, index: u32) {
        let args = ["--quiet".to_owned(), format!("--name={name}"), format!("{array}_{index}")];
        // Who cannot be reached cannot be told; the verdict keeps a late element from running.
        let _ = self.call("scancel", args);
    }

    fn call(
        &self,
        program: &str,
        args: impl IntoIterator<Item = impl AsRef<OsStr>>,
    ) -> Result<String, Refusal> {
        let mut command = Command::new(program);
        // What a user has set for tables on the screen, or for batches that are waited for.
        let is_meddling =
            |name: &OsStr| name.to_string_lossy().starts_with("SQUEUE_") || name == "SBATCH_WAIT";
        for (name, _) in env::vars_os().filter(|(name, _)| is_meddling(name)) {
            command.env_remove(name);
        }
        command
            .args(args)
            .env("LC_ALL", "C")
            .envs(self.extra_env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        let output = output_of(command).map_err(|error| match error.kind() {
            ErrorKind::NotFound => Refusal::Other(format!(
                "there is no `{program}` here; this executor needs a machine from which a Slurm cluster is used"
            )),
            ErrorKind::TimedOut => Refusal::Unreachable(format!("{program} does not come back")),
            _ => Refusal::Other(format!("{program} does not run: {error}")),
        })?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(refusal(program, &String::from_utf8_lossy(&output.stderr)))
    }
}

/// What the command printed, unless it takes too long.
fn output_of(mut command: Command) -> std::io::Result<Output> {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let pid = Pid::from_child(&child);
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(child.wait_with_output()));
    receiver.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        let _ = kill_process(pid, Signal::KILL);
        Err(ErrorKind::TimedOut.into())
    })
}

fn refusal(program: &str, stderr: &str) -> Refusal {
    let said: Vec<&str> = stderr.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let message = match said[..] {
        [] => format!("{program} failed without a word"),
        _ => said.join("; "),
    };
    let says = |signs: &[&str]| signs.iter().any(|sign| message.contains(sign));
    if says(&[
        "Unable to contact slurm controller",
        "Socket timed out",
        "Connection refused",
        "Connection timed out",
        "Zero Bytes were transmitted",
        "Unexpected message received",
        "backup controller",
        "Invalid authentication credential",
        "Munge",
    ]) {
        Refusal::Unreachable(message)
    } else if says(&["MaxSubmit", "temporarily unable to accept job", "MaxJobCount"]) {
        Refusal::Busy(message)
    } else {
        Refusal::Other(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_apart_by_what_to_do() {
        let down = "sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)\n";
        assert!(matches!(refusal("sbatch", down), Refusal::Unreachable(_)));
        let full = "sbatch: error: AssocMaxSubmitJobLimit\nsbatch: error: Batch job submission failed: Job violates \
                    accounting/QOS policy (job submit limit, user's size and/or time limits)\n";
        assert!(matches!(refusal("sbatch", full), Refusal::Busy(_)));
        // The same last line, and no waiting helps.
        let long = full.replace("AssocMaxSubmitJobLimit", "QOSMaxWallDurationPerJobLimit");
        assert!(matches!(refusal("sbatch", &long), Refusal::Other(_)));
        let wrong = "sbatch: error: invalid partition specified: gpu\nsbatch: error: Batch job submission failed: \
                     Invalid partition name specified\n";
        let Refusal::Other(message) = refusal("sbatch", wrong) else { panic!() };
        assert!(
            message.starts_with("sbatch: error: invalid partition specified: gpu; "),
            "{message}"
        );
        assert_eq!(refusal("sbatch", "\n"), Refusal::Other("sbatch failed without a word".into()));
    }

    #[test]
    fn a_command_that_is_not_there_is_named() {
        let nowhere = [("PATH".into(), "/nonexistent".into())];
        let Err(Refusal::Other(message)) = Commands::new(&nowhere).list(&[]) else { panic!() };
        assert!(message.starts_with("there is no `squeue` here"), "{message}");
    }
}
