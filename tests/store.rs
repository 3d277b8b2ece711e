//! Looking after a store as a user does: checking, cleaning, exporting, merging, and one that cannot be written.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;

use bakeoff_spec::outcome::{Cause, Status};
use bakeoff_spec::{Outcome, TrialKey};
use bakeoff_store::{Folder, Store};
use serde_json::Value;

use crate::shell::{Ran, SMALL, Shell};

const N_TRIALS: usize = 13;

fn swept() -> Shell {
    let shell = Shell::new();
    shell.spec("small.yaml", SMALL);
    shell.ok(&["sweep", "small.yaml"]);
    shell
}

fn outcomes(shell: &Shell) -> Vec<Outcome> {
    Folder::at(shell.path().join(".bakeoff")).outcomes().unwrap().outcomes
}

fn to_run(shell: &Shell) -> u64 {
    shell.json(&["check", "small.yaml", "--json"])["to_run"].as_u64().unwrap()
}

fn names_in(shell: &Shell, place: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(shell.path().join(".bakeoff").join(place)).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_store_is_checked_compacted_and_migrated() {
    let shell = swept();
    let checked = shell.json(&["store", "check", "--json"]);
    assert_eq!(checked["index"], serde_json::json!({"state": "sound", "records": N_TRIALS}));
    assert_eq!(
        (&checked["damaged"], &checked["orphaned"]),
        (&Value::Array(vec![]), &Value::Array(vec![]))
    );
    let told = shell.ok(&["store", "check"]).stdout;
    assert!(told.contains("13 of schema 2") && told.contains("nothing is damaged"), "{told}");
    let told = shell.ok(&["store", "compact"]).stdout;
    assert!(told.starts_with("index: ") && told.contains("after"), "{told}");
    let told = shell.ok(&["store", "migrate"]).stdout;
    assert_eq!(told, "rewrote 0 outcomes, 0 attempts, 0 cards and 0 specs\n");
    assert_eq!(to_run(&shell), 0);

    let weights = names_in(&shell, "checkpoints").into_iter().next().unwrap();
    let path = shell.path().join(".bakeoff/checkpoints").join(&weights);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 4]).unwrap();
    let ran = shell.run(&["store", "check"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let named = format!("damaged: checkpoints/{weights}: it is cut short or not of this format");
    assert!(ran.stdout.contains(&named), "{}", ran.stdout);

    let nowhere = shell.run(&["--store", "nowhere", "store", "check"]);
    assert_eq!(nowhere.code, Some(2));
    assert!(nowhere.stderr.contains("there is no store in nowhere"), "{}", nowhere.stderr);
}

#[test]
fn removed_trials_are_run_again_and_failed_ones_can_all_go() {
    let shell = swept();
    let all = outcomes(&shell);
    let before = shell.finished();
    let [first, second] = [&all[0].key, &all[1].key];
    let dry = shell.ok(&["rm", &first.as_str()[..12], second.as_str(), "--dry-run"]).stdout;
    assert!(dry.contains(&format!("would remove trial {first} (")), "{dry}");
    assert_eq!(to_run(&shell), 0);
    let told = shell.ok(&["rm", &first.as_str()[..12], second.as_str()]).stdout;
    assert!(told.contains("removed 2 trials: "), "{told}");
    assert!(!names_in(&shell, "units").contains(&format!("{first}.f32")));
    shell.ok(&["sweep", "small.yaml"]);
    let after = shell.finished();
    let is_removed = |key: &str| [first, second].iter().any(|removed| removed.as_str() == key);
    for (trial, again) in before.iter().zip(&after) {
        assert_eq!(trial.0, again.0);
        assert_eq!(trial == again, !is_removed(&trial.0), "{trial:?} {again:?}");
    }

    let failure = Status::Failed { cause: Cause::Crash, message: "died".into() };
    let failed = Outcome { status: failure, ..all[2].clone() };
    shell.ok(&["rm", failed.key.as_str()]);
    Store::open(shell.path().join(".bakeoff")).unwrap().record(&failed).unwrap();
    let told = shell.ok(&["rm", "--failed"]).stdout;
    assert!(told.contains(failed.key.as_str()) && told.contains("removed 1 trials"), "{told}");
    assert_eq!(to_run(&shell), 1);

    let wrong = shell.run(&["rm", "zzz"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("no trial in .bakeoff has a key that begins with `zzz`"));
    let nothing = shell.run(&["rm"]);
    assert_eq!(nothing.code, Some(2), "{}", nothing.stderr);
}

#[test]
fn garbage_is_what_neither_a_test_score_nor_a_named_spec_needs() {
    let shell = swept();
    let before = names_in(&shell, "checkpoints");
    let all = outcomes(&shell);
    let tested = all.iter().filter(|outcome| !outcome.test.is_empty());
    let needed: BTreeSet<_> =
        tested.map(|outcome| format!("{}.safetensors", outcome.trial.fit_key())).collect();
    shell.spec("all.yaml", &format!("{SMALL}keep: {{ checkpoints: all }}\n"));
    let kept = shell.json(&["gc", "all.yaml", "--json"]);
    assert_eq!(kept["files"], Value::Array(vec![]));
    let chosen = shell.json(&["gc", "small.yaml", "--dry-run", "--json"]);
    let would = shell.json(&["gc", "--dry-run", "--json"]);
    assert_eq!(chosen, would, "by default a spec keeps the chosen ones");
    assert_eq!(names_in(&shell, "checkpoints"), before);
    let done = shell.json(&["gc", "--json"]);
    assert_eq!(done, would);
    let left = names_in(&shell, "checkpoints");
    assert!(left.is_subset(&needed) && left.len() < before.len(), "{left:?}");
    assert_eq!(before.len() - left.len(), done["files"].as_array().unwrap().len());
    assert_eq!(left, before.intersection(&needed).cloned().collect());
    let started = shell.finished();
    shell.ok(&["sweep", "small.yaml"]);
    assert_eq!(shell.finished(), started, "outcomes are not garbage");
}

#[test]
fn exported_trials_are_rows_and_json_lines_come_back() {
    let shell = swept();
    for file in ["trials.csv", "trials.parquet", "trials.jsonl"] {
        let ran = shell.ok(&["export", "--to", file]);
        assert_eq!((ran.stdout.trim(), ran.stderr.trim()), (file, "13 trials"));
    }
    let csv = fs::read_to_string(shell.path().join("trials.csv")).unwrap();
    assert_eq!(csv.lines().count(), N_TRIALS + 1);
    let header = csv.lines().next().unwrap();
    for column in [
        "cause",
        "valid.ndcg@10",
        "test.ndcg@10",
        "param.learning_rate",
        "cost.wall_secs",
        "provenance.device",
    ] {
        assert!(header.split(',').any(|name| name == column), "{header}");
    }
    assert_eq!(&fs::read(shell.path().join("trials.parquet")).unwrap()[..4], b"PAR1");

    let of_half = SMALL.replace("k: [5, 20]", "k: [5]");
    shell.spec("half.yaml", &of_half);
    let ran = shell.ok(&["export", "half.yaml", "--to", "half", "--format", "csv"]);
    let n_rows = fs::read_to_string(shell.path().join("half")).unwrap().lines().count() - 1;
    assert_eq!(ran.stderr.trim(), format!("{n_rows} trials"));
    assert!((6..N_TRIALS).contains(&n_rows), "{n_rows}");
    let ran = shell.run(&["export", "--to", "half"]);
    assert!(ran.stderr.contains("give --format"), "{}", ran.stderr);

    let told = shell.ok(&["--store", "new", "import", "trials.jsonl"]).stdout;
    assert!(told.contains("13 trials new"), "{told}");
    let there = Folder::at(shell.path().join("new")).outcomes().unwrap().outcomes;
    assert_eq!(there, outcomes(&shell));
}

#[test]
fn stores_of_two_machines_become_one_and_nothing_is_run_twice() {
    let (here, there) = (Shell::new(), Shell::new());
    here.spec("small.yaml", SMALL);
    here.spec("first.yaml", &SMALL.replace("dropout: [0.0, 0.2]", "dropout: [0.0]"));
    there.spec("second.yaml", &SMALL.replace("dropout: [0.0, 0.2]", "dropout: [0.2]"));
    here.ok(&["sweep", "first.yaml"]);
    there.ok(&["sweep", "second.yaml"]);
    let other = there.path().join(".bakeoff");
    let told = here.ok(&["merge", other.to_str().unwrap()]).stdout;
    assert!(told.contains(" 0 differing, 0 files passed over"), "{told}");
    let plan = here.json(&["check", "small.yaml", "--json"]);
    assert_eq!((&plan["trials"], &plan["to_run"]), (&N_TRIALS.into(), &0.into()));
    let mut swept = there.finished();
    here.ok(&["sweep", "small.yaml"]);
    let merged = here.finished();
    // What ran on both is here as it ran here.
    swept.retain(|trial| !merged.contains(trial));
    assert!(swept.iter().all(|(key, _)| merged.iter().any(|(there, _)| there == key)));
    let units = |key: &TrialKey| here.path().join(format!(".bakeoff/units/{key}.f32")).exists();
    assert!(outcomes(&here).iter().all(|outcome| units(&outcome.key)));
    assert_eq!(here.run(&["store", "check"]).code, Some(0));
}

#[test]
fn a_store_that_cannot_be_written_can_be_read() {
    let shell = swept();
    let key = outcomes(&shell)[0].key.to_string();
    let open_to_all = shell.path().join("out");
    fs::create_dir(&open_to_all).unwrap();
    let allow =
        |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    allow(shell.path(), 0o755);
    allow(&open_to_all, 0o777);
    let all = walkdir::WalkDir::new(shell.path().join(".bakeoff")).into_iter().map(Result::unwrap);
    let (folders, files): (Vec<_>, Vec<_>) = all.partition(|entry| entry.file_type().is_dir());
    for (entries, mode) in [(&folders, 0o555), (&files, 0o444)] {
        for entry in entries {
            allow(entry.path(), mode);
        }
    }
    let run = |args: &[&str]| -> Ran {
        let mut command = shell.command(args);
        // To the superuser nothing is forbidden: be nobody.
        if rustix::process::geteuid().is_root() {
            command.uid(65534).gid(65534);
        }
        command.env("BAKEOFF_REPORTS", "out/reports").env("TMPDIR", shell.path().join("out"));
        let output = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    };
    for args in [
        &["check", "small.yaml"][..],
        &["report", "small.yaml"],
        &["show", &key],
        &["list", "trials"],
        &["export", "--to", "out/trials.csv"],
        &["store", "check"],
    ] {
        let ran = run(args);
        assert_eq!(ran.code, Some(0), "{args:?}\n{}\n{}", ran.stdout, ran.stderr);
    }
    let checked: Value = serde_json::from_str(&run(&["store", "check", "--json"]).stdout).unwrap();
    assert_eq!(checked["index"]["state"], "sound");
    for args in [
        &["sweep", "small.yaml"][..],
        &["rm", &key],
        &["gc"],
        &["store", "compact"],
        &["store", "migrate"],
    ] {
        let ran = run(args);
        assert_eq!(ran.code, Some(2), "{args:?}\n{}\n{}", ran.stdout, ran.stderr);
        let told = "cannot write .bakeoff/lock: Permission denied";
        assert!(ran.stderr.contains(told), "{args:?}: {}", ran.stderr);
    }
    // So that the folder can be removed.
    for folder in folders {
        allow(folder.path(), 0o755);
    }
}
