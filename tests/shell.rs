//! The real binary, in a folder of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A folder with a spec, a store and reports.
pub(crate) struct Shell {
    folder: TempDir,
}

/// What a finished command left.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Two models without gradients and one with, on 120 made-up users: a second or two.
pub(crate) const SMALL: &str = "
version: 1
task: top_n
data:
  source: { name: synthetic, params: { n_users: 120, n_items: 60, seed: 5 } }
  split: { name: leave_one_out }
models:
  - name: popularity
  - name: item_knn
    grid: { k: [5, 20] }
  - name: gru4rec
    params: { epochs: 3, hidden: 16, embedding_dim: 16 }
    grid: { learning_rate: [0.001, 0.01], dropout: [0.0, 0.2] }
replicates: { seeds: [1, 2] }
";

impl Shell {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a spec and returns its path.
    pub(crate) fn spec(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// The command, ready to start: store and reports are in the shell's folder.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bakeoff"));
        command.args(args).current_dir(self.path()).stdin(Stdio::null());
        for name in ["BAKEOFF_REPORTS", "BAKEOFF_STORE", "BAKEOFF_CACHE", "BAKEOFF_MIRROR"] {
            command.env_remove(name);
        }
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        let Output { status, stdout, stderr } = self.command(args).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
    }

    /// Runs a command that must end with code 0.
    pub(crate) fn ok(&self, args: &[&str]) -> Ran {
        let ran = self.run(args);
        assert_eq!(ran.code, Some(0), "bakeoff {args:?}\n{}\n{}", ran.stdout, ran.stderr);
        ran
    }

    /// Runs a command that must end with code 0 and print JSON.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let ran = self.ok(args);
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}\n{}", ran.stdout))
    }

    /// Every completed outcome of the store: key and when it began.
    pub(crate) fn finished(&self) -> Vec<(String, String)> {
        let listed = self.json(&["list", "trials", "--json"]);
        let completed =
            listed.as_array().unwrap().iter().filter(|trial| trial["status"] == "completed");
        let text = |trial: &Value, field: &str| trial[field].as_str().unwrap().to_owned();
        completed.map(|trial| (text(trial, "key"), text(trial, "started_at"))).collect()
    }
}
