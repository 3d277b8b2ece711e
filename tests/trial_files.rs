//! Trials that are carried out from trial files, as on a cluster.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use std::{env, thread};

use rustix::process::{Pid, Signal, kill_process};

use crate::shell::{SMALL, Shell};

/// A cluster that takes everything and runs nothing.
fn idle_cluster(shell: &Shell) -> std::ffi::OsString {
    let bin = shell.path().join("bin");
    fs::create_dir(&bin).unwrap();
    for (name, text) in
        [("sbatch", "echo 7"), ("squeue", "echo 'Unable to contact slurm controller' >&2; exit 1")]
    {
        fs::write(bin.join(name), format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(bin.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = env::var_os("PATH").unwrap();
    env::join_paths([bin].into_iter().chain(env::split_paths(&path))).unwrap()
}

#[test]
fn trial_files_can_be_carried_out_by_hand_and_again_without_harm() {
    let shell = Shell::new();
    let schedule = "schedule: { executor: { name: slurm, params: { trials_per_element: 4 } } }\n";
    shell.spec("far.yaml", &format!("{SMALL}{schedule}"));
    let path = idle_cluster(&shell);
    let mut coordinator = shell
        .command(&["sweep", "far.yaml", "--progress", "plain"])
        .env("PATH", path)
        .spawn()
        .unwrap();
    let slurm = shell.path().join(".bakeoff/slurm");
    let arrays = || {
        let folders = fs::read_dir(&slurm).into_iter().flatten();
        let files = folders.map(|folder| folder.unwrap().path().join("array.json"));
        files.filter(|array| array.exists()).collect::<Vec<PathBuf>>()
    };
    let patience = Instant::now() + Duration::from_secs(60);
    while arrays().is_empty() {
        assert!(Instant::now() < patience && coordinator.try_wait().unwrap().is_none());
        thread::sleep(Duration::from_millis(20));
    }
    kill_process(Pid::from_child(&coordinator), Signal::INT).unwrap();
    assert_eq!(coordinator.wait().unwrap().code(), Some(130));

    let array = arrays().pop().unwrap().display().to_string();
    let element = |n: &str| shell.run(&["worker", "--array", &array, "--element", n]);
    assert_eq!(element("0").code, Some(0));
    let before = shell.finished();
    assert_eq!(before.len(), 4);
    let files = fs::read_dir(PathBuf::from(&array).parent().unwrap()).unwrap();
    let files = files.map(|file| file.unwrap().path().display().to_string());
    let trials: Vec<String> = files.filter(|file| file.ends_with(".1.json")).collect();
    assert_eq!(trials.len(), 7, "one popularity, two item_knn, four gru4rec");
    let mut args = vec!["worker"];
    args.extend(trials.iter().flat_map(|trial| ["--trial", trial.as_str()]));
    shell.ok(&args);
    let finished = shell.finished();
    assert_eq!(finished.len(), 7);
    assert!(before.iter().all(|trial| finished.contains(trial)), "a finished trial ran again");
    assert_eq!(element("1").code, Some(0));
    assert_eq!(shell.finished(), finished);
    let missing = element("2");
    assert_eq!(missing.code, Some(2));
    assert!(missing.stderr.contains("it has no such element"), "{}", missing.stderr);
}

#[test]
fn a_spec_can_ask_slurm_for_resources_and_nothing_else() {
    let shell = Shell::new();
    let check = |params: &str, expected: &str| {
        let schedule =
            format!("schedule: {{ executor: {{ name: slurm, params: {{ {params} }} }} }}\n");
        shell.spec("far.yaml", &format!("{SMALL}{schedule}"));
        let ran = shell.run(&["check", "far.yaml"]);
        assert_eq!(ran.code, Some(2), "{params}");
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    };
    check("partition: 'gpu; rm -rf /'", "`partition` must be text that matches");
    check("time: tomorrow", "`time` must be text that matches");
    check("outstanding: 0", "`outstanding` must be a whole number from 1 to 1000");
    check("extra: ['--wrap=id']", "extra: `--wrap=id` is none of --begin");
    check("extra: ['--exclude=$(id)']", "`extra[0]` must be text that matches");
    check("partitions: gpu", "`slurm` has no parameter `partitions`");
}
