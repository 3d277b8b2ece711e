//! A pretended Slurm cluster: `sbatch`, `squeue`, `scontrol`, `sacct` and `scancel` as small shell scripts over a folder.

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::{env, fs};

use bakeoff_runner::executors::slurm::element_files;
use bakeoff_runner::{Options, Stop, carry_out_files};
use bakeoff_spec::{Plan, RunEvent};
use serde_json::{Value, json};

use crate::stub::{Bench, LOG, Swept};

/// Runs all elements of an array at once, each in the background, and notes what becomes of them. `mode` holds what is to
/// go wrong.
const SBATCH: &str = r#"#!/bin/sh
echo "sbatch $*" >> calls
mode=$(cat mode)
case $mode in
    refuse) echo "sbatch: error: invalid partition specified: gpu" >&2; exit 1 ;;
    busy) echo run > mode; echo "sbatch: error: AssocMaxSubmitJobLimit" >&2; exit 1 ;;
esac
for option; do
    case $option in
        --job-name=*) name=${option#*=} ;;
        --array=*) last=${option##*-}; last=${last%\%*} ;;
        --output=*) output=${option#*=} ;;
        -*) ;;
        *) break ;;
    esac
    shift
done
number=$(cat number); echo $((number + 1)) > number
case $mode in
    unheard) echo run > mode; echo "sbatch: error: Unable to contact slurm controller (connect failure)" >&2; exit 1 ;;
    forget) echo run > mode; echo "$number"; exit 0 ;;
esac
index=0
while [ "$index" -le "$last" ]; do
    state=states/${number}_$index
    echo "$number|$index|RUNNING|$name|None" > "$state"
    out=$(dirname "$output")/$index.out
    case $mode in
        run) (SLURM_ARRAY_TASK_ID=$index sh "$@" > "$out" 2>&1
              echo "$number|$index|COMPLETED|$name|None" > "$state") > /dev/null 2>&1 & ;;
        *) echo "it says $mode" > "$out"; echo "$number|$index|$mode|$name|None" > "$state" ;;
    esac
    index=$((index + 1))
done
case $mode in run | PENDING) ;; *) echo run > mode ;; esac
echo "$number"
"#;

const SQUEUE: &str = r#"#!/bin/sh
echo "squeue $*" >> calls
if [ -e down ]; then echo "slurm_load_jobs error: Unable to contact slurm controller (connect failure)" >&2; exit 1; fi
cat states/* 2> /dev/null || true
"#;

const SCONTROL: &str = r#"#!/bin/sh
echo "scontrol $*" >> calls
echo "JobId=7 JobState=FAILED ExitCode=3:0 Reason=NonZeroExitCode"
"#;

const SACCT: &str = "#!/bin/sh\necho 'Slurm accounting storage is disabled' >&2\nexit 1\n";

const SCANCEL: &str = "#!/bin/sh\necho \"scancel $*\" >> calls\n";

/// A bench with a pretended cluster.
pub(crate) struct Cluster {
    pub(crate) bench: Bench,
    pub(crate) dir: PathBuf,
}

impl Cluster {
    pub(crate) fn new(mode: &str) -> Self {
        let bench = Bench::begin();
        let dir = bench.dir.join("cluster");
        fs::create_dir_all(dir.join("states")).unwrap();
        fs::create_dir_all(dir.join("bin")).unwrap();
        fs::write(dir.join("number"), "7").unwrap();
        let cluster = Self { bench, dir };
        cluster.set_mode(mode);
        let scripts = [
            ("sbatch", SBATCH),
            ("squeue", SQUEUE),
            ("scontrol", SCONTROL),
            ("sacct", SACCT),
            ("scancel", SCANCEL),
        ];
        for (name, text) in scripts {
            let cd = format!("#!/bin/sh\ncd '{}'\n", cluster.dir.display());
            cluster.script(&format!("bin/{name}"), &text.replacen("#!/bin/sh\n", &cd, 1));
        }
        let program = format!(
            "#!/bin/sh\nBAKEOFF_TEST_RUNNER_ELEMENT=\"$*\" exec '{}' --exact slurm_cluster::an_element_runs_when_it_is_asked_to \
             --nocapture\n",
            env::current_exe().unwrap().display()
        );
        cluster.script("program", &program);
        cluster
    }

    pub(crate) fn script(&self, name: &str, text: &str) {
        let path = self.dir.join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub(crate) fn set_mode(&self, mode: &str) {
        fs::write(self.dir.join("mode"), mode).unwrap();
    }

    pub(crate) fn sweep(&self, plan: &Plan) -> Swept {
        self.sweep_until(plan, &Stop::default(), |_| {})
    }

    pub(crate) fn sweep_until(
        &self,
        plan: &Plan,
        stop: &Stop,
        watch: impl FnMut(&RunEvent) + 'static,
    ) -> Swept {
        let no_cards = || Err("stubs use no cards".into());
        let options = self.options(&no_cards);
        self.bench.sweep_with(plan, &options, stop, watch)
    }

    pub(crate) fn options<'a>(
        &self,
        no_cards: &'a dyn Fn() -> Result<usize, String>,
    ) -> Options<'a> {
        let mut options = self.bench.options(no_cards);
        options.program = self.dir.join("program");
        options.args = vec!["worker".into()];
        let path = [self.dir.join("bin"), "/usr/bin".into(), "/bin".into()];
        options.extra_env.push(("PATH".into(), env::join_paths(path).unwrap()));
        options
    }

    /// The calls of a command.
    pub(crate) fn calls(&self, command: &str) -> Vec<String> {
        let calls = fs::read_to_string(self.dir.join("calls")).unwrap_or_default();
        let of_command = calls.lines().filter(|line| line.starts_with(command));
        of_command.map(str::to_owned).collect()
    }
}

/// Does nothing unless started as an element.
#[test]
fn an_element_runs_when_it_is_asked_to() {
    let Ok(args) = env::var("BAKEOFF_TEST_RUNNER_ELEMENT") else { return };
    let [_, _, array, _, element] = args.split(' ').collect::<Vec<_>>()[..] else {
        panic!("{args}")
    };
    let files = element_files(Path::new(array), element.parse().unwrap()).unwrap();
    carry_out_files(&files, &stub_options(&|| Ok(0))).unwrap();
}

/// For elements: their children are stub workers.
pub(crate) fn stub_options(no_cards: &dyn Fn() -> Result<usize, String>) -> Options<'_> {
    let mut options = Options::new("", "test", no_cards);
    options.args = ["--exact", "stub::a_stub_worker_serves_when_it_is_asked_to", "--nocapture"]
        .map(OsString::from)
        .into();
    options.extra_env = env::var_os(LOG).map(|log| (LOG.into(), log)).into_iter().collect();
    options
}

pub(crate) fn schedule(params: Value, more: Value) -> Value {
    let mut all_params = json!({"poll_secs": 1, "grace_secs": 0});
    let mut schedule = json!({"devices": "cpu"});
    for (target, source) in [(&mut all_params, params), (&mut schedule, more)] {
        target.as_object_mut().unwrap().extend(source.as_object().unwrap().clone());
    }
    schedule["executor"] = json!({"name": "slurm", "params": all_params});
    schedule
}

pub(crate) fn retried(swept: &Swept) -> Vec<String> {
    let reason = |event: &RunEvent| match event {
        RunEvent::TrialRetried { reason, .. } => Some(reason.clone()),
        _ => None,
    };
    swept.events.iter().filter_map(reason).collect()
}

pub(crate) fn notices(swept: &Swept) -> Vec<String> {
    let message = |event: &RunEvent| match event {
        RunEvent::Notice { message } => Some(message.clone()),
        _ => None,
    };
    swept.events.iter().filter_map(message).collect()
}
