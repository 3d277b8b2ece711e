//! Outcomes taken from other stores: who wins, what is not believed, and kills meanwhile.

use std::collections::BTreeSet;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{env, fs, thread};

use bakeoff_spec::outcome::Provenance;
use bakeoff_spec::trial::content_key;
use bakeoff_spec::{MetricKey, Outcome};
use bakeoff_store::{Checkup, Folder, Format, Journal, Store, StoreError};
use serde_json::{Value, json};

use crate::samples::{checkpoint, completed, document, failed, pruned, record_all};
use crate::schema::SCHEMA_1;

const FROM: &str = "BAKEOFF_TEST_IMPORT_FROM";
const INTO: &str = "BAKEOFF_TEST_IMPORT_INTO";

/// Another store, with all that may lie beside an outcome.
fn other(dir: &Path, outcomes: &[Outcome]) -> PathBuf {
    let dir = dir.join("other");
    let store = Store::open(&dir).unwrap();
    for outcome in outcomes {
        if outcome.is_completed() {
            store.folder().write_units(&outcome.key, &[0.5, outcome.trial.seed as f32]).unwrap();
            let stem = store.folder().checkpoint_path(&outcome.trial.fit_key()).unwrap();
            fs::write(stem.with_extension("safetensors"), checkpoint(&["a"])).unwrap();
        }
        let spec = &outcome.provenance.spec_hash;
        if !spec.is_empty() {
            store.folder().write_spec(spec, "version: 1\n").unwrap();
        }
        store.record(outcome).unwrap();
    }
    dir
}

fn of_spec(outcome: Outcome) -> Outcome {
    let spec_hash = completed(99).key.to_string();
    Outcome { provenance: Provenance { spec_hash, ..outcome.provenance.clone() }, ..outcome }
}

/// Goes on with the journal of one search by that many proposals.
fn journal(folder: &Folder, n: usize) {
    let (mut journal, said) = Journal::open(folder, completed(7).key.as_str()).unwrap();
    (0..n).for_each(|i| journal.append(&json!({ "number": said.entries.len() + i })).unwrap());
}

fn assert_same_in<'a>(store: &Store, outcomes: impl IntoIterator<Item = &'a Outcome>) {
    for outcome in outcomes {
        assert_eq!(store.get(&outcome.key).unwrap().as_ref(), Some(outcome));
    }
}

#[test]
fn trials_come_with_all_that_belongs_to_them_and_a_second_time_nothing_comes() {
    let dir = tempfile::tempdir().unwrap();
    let theirs = [of_spec(completed(1)), completed(2), failed(3)];
    let from = other(dir.path(), &theirs);
    Store::open(&from).unwrap().note_attempt(&failed(1)).unwrap();
    fs::create_dir(from.join("searches")).unwrap();
    let search = format!("searches/{}.lines", completed(7).key);
    journal(&Folder::at(&from), 2);
    let snapshot = || walk(&from).into_iter().map(|path| (fs::read(&path).ok(), path));
    let before: Vec<_> = snapshot().collect();

    let store = Store::open(dir.path().join("ours")).unwrap();
    let imported = store.import(&from).unwrap();
    assert_eq!((imported.new, imported.same, imported.flawed.len()), (3, 0, 0), "{imported:?}");
    assert_same_in(&store, &theirs);
    let folder = store.folder();
    assert_eq!(folder.read_units(&theirs[1].key).unwrap(), Some(vec![0.5, 2.0]));
    assert_eq!(folder.attempts(&theirs[0].key).unwrap(), [failed(1)]);
    let spec = &theirs[0].provenance.spec_hash;
    assert_eq!(folder.read_spec(spec).unwrap().unwrap(), "version: 1\n");
    let fit = theirs[0].trial.fit_key();
    let weights = format!("checkpoints/{fit}.safetensors");
    let read = |dir: &Path| fs::read(dir.join(&weights)).unwrap();
    assert_eq!(read(folder.dir()), read(&from));
    assert!(folder.dir().join(&search).exists());
    let again = store.import(&from).unwrap();
    assert_eq!((again.new, again.same, again.replaced, again.flawed.len()), (0, 3, 0, 0));
    assert_eq!(snapshot().collect::<Vec<_>>(), before, "the other store is left as it is");
    drop(store);
    let checkup = Checkup::of(&Folder::at(dir.path().join("ours"))).unwrap();
    assert!(checkup.is_sound() && checkup.orphaned.is_empty(), "{checkup:?}");
    assert!(Store::open(dir.path().join("ours")).unwrap().repairs().is_empty());
}

#[test]
fn the_outcome_that_got_further_stays_and_differing_scores_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let rounded = |mut outcome: Outcome, factor: f64| {
        outcome.provenance.threads = 8;
        for value in outcome.valid.values_mut() {
            *value *= factor;
        }
        outcome
    };
    let mut fewer = completed(8);
    fewer.test.remove(&MetricKey::at("mrr", 5));
    let theirs = [
        completed(1),
        failed(2),
        rounded(completed(3), 1.0 + 1e-12),
        rounded(completed(4), 1.0 + 1e-6),
        pruned(5, "r"),
        pruned(6, "r"),
        failed(7),
        fewer,
    ];
    let from = other(dir.path(), &theirs);
    let ours = [failed(1), completed(2), completed(3), completed(4), failed(5), completed(6)];
    let store = Store::open(dir.path().join("ours")).unwrap();
    record_all(&store, ours.iter().chain([&failed(7), &completed(8)]));
    let imported = store.import(&from).unwrap();
    let counts = (imported.new, imported.replaced, imported.same, imported.kept);
    assert_eq!(counts, (0, 2, 2, 2), "{imported:?}");
    let mut differing = imported.differing;
    differing.sort_by(|a, b| a.difference.total_cmp(&b.difference));
    let [slightly, whole] = &differing[..] else { panic!("{differing:?}") };
    assert_eq!((&slightly.key, &whole.key), (&ours[3].key, &completed(8).key));
    assert!((slightly.difference - 1e-6).abs() < 1e-9 && whole.difference.is_infinite());
    assert_eq!(
        (slightly.here.as_str(), slightly.there.as_str()),
        ("cpu with 1 threads", "cpu with 8 threads")
    );
    assert_same_in(&store, [&theirs[0], &ours[1], &ours[2], &ours[3], &theirs[4], &ours[5]]);
}

#[test]
fn json_lines_are_imported_and_damaged_ones_named() {
    let dir = tempfile::tempdir().unwrap();
    let theirs = [completed(1), failed(2), completed(3)];
    let lines = dir.path().join("trials.jsonl");
    Folder::at(other(dir.path(), &theirs)).export(&lines, Format::JsonLines, &|_| true).unwrap();
    let mut text: Vec<String> =
        fs::read_to_string(&lines).unwrap().lines().map(str::to_owned).collect();
    let place = text.iter().position(|line| line.contains(completed(3).key.as_str())).unwrap();
    text[place] = text[place].replacen("\"attempt\":1", "\"attempt\":2", 1);
    text.push("{\"schema\": 2".into());
    fs::write(&lines, text.join("\n")).unwrap();
    let store = Store::open(dir.path().join("ours")).unwrap();
    let imported = store.import(&lines).unwrap();
    assert_eq!((imported.new, imported.flawed.len()), (2, 2), "{imported:?}");
    let named: Vec<_> =
        imported.flawed.iter().map(|flaw| flaw.path.display().to_string()).collect();
    let expected = [place + 1, 4].map(|n| format!("{}:{n}", lines.display()));
    assert_eq!(named, expected);
    assert_same_in(&store, &theirs[..2]);
}

#[test]
fn a_key_that_leads_out_of_the_store_is_refused_and_named_with_its_line() {
    let dir = tempfile::tempdir().unwrap();
    let content = serde_json::to_string(&completed(1)).unwrap();
    let evil = content.replacen(completed(1).key.as_str(), "../../pwned", 1);
    let lines = dir.path().join("trials.jsonl");
    let good = document(&serde_json::to_string(&completed(2)).unwrap());
    fs::write(&lines, format!("{good}{}", document(&evil))).unwrap();
    let victim = dir.path().join("pwned.json");
    fs::write(&victim, "somebody's").unwrap();
    let store = Store::open(dir.path().join("ours")).unwrap();
    let imported = store.import(&lines).unwrap();
    let [flaw] = &imported.flawed[..] else { panic!("{imported:?}") };
    assert_eq!(flaw.path.display().to_string(), format!("{}:2", lines.display()));
    assert!(flaw.problem.contains("\"../../pwned\" is not a key"), "{}", flaw.problem);
    assert_eq!(fs::read_to_string(&victim).unwrap(), "somebody's");
    let ours = walk(&dir.path().join("ours"));
    assert!(!ours.iter().any(|path| path.ends_with("damaged")), "{ours:?}");
    assert_same_in(&store, [&completed(2)]);
}

#[test]
fn an_outcome_of_another_trial_than_its_key_names_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let from = other(dir.path(), &[completed(1), completed(2)]);
    let wrong = Outcome { trial: completed(3).trial, ..completed(1) };
    let path = from.join(format!("outcomes/{}.json", wrong.key));
    fs::write(&path, document(&serde_json::to_string(&wrong).unwrap())).unwrap();
    let store = Store::open(dir.path().join("ours")).unwrap();
    let imported = store.import(&from).unwrap();
    let [flaw] = &imported.flawed[..] else { panic!("{imported:?}") };
    let told = format!(
        "it calls itself the outcome of trial {}, and the trial in it is {}",
        wrong.key,
        completed(3).key
    );
    assert_eq!((&flaw.path, &flaw.problem), (&path, &told));
    assert_eq!(imported.new, 1);
    assert_eq!(store.get(&wrong.key).unwrap(), None);
}

#[test]
fn outcomes_of_older_versions_are_what_their_keys_name() {
    let dir = tempfile::tempdir().unwrap();
    let from = dir.path().join("old");
    fs::create_dir_all(from.join("outcomes")).unwrap();
    for (key, text) in SCHEMA_1 {
        fs::write(from.join(format!("outcomes/{key}.json")), text).unwrap();
    }
    // A trial with a setting that is no longer read.
    let mut content: Value = serde_json::to_value(completed(5)).unwrap();
    content["trial"]["shuffled"] = true.into();
    let key = content_key(&content["trial"]);
    content["key"] = key.clone().into();
    let path = from.join(format!("outcomes/{key}.json"));
    fs::write(path, document(&content.to_string())).unwrap();
    let store = Store::open(dir.path().join("ours")).unwrap();
    let imported = store.import(&from).unwrap();
    assert_eq!((imported.new, imported.flawed.len()), (3, 0), "{imported:?}");
}

#[test]
fn a_search_goes_on_from_the_longer_of_two_journals_unless_they_differ() {
    let dir = tempfile::tempdir().unwrap();
    let key = completed(7).key;
    let theirs = Folder::at(other(dir.path(), &[completed(1)]));
    let store = Store::open(dir.path().join("ours")).unwrap();
    let ours = store.folder();
    let import = || store.import(theirs.dir()).unwrap().flawed;
    let n_entries = |folder: &Folder| folder.read_journal(key.as_str()).unwrap().entries.len();
    // A sweep that was stopped before its first proposal.
    journal(ours, 0);
    assert!(ours.dir().join(format!("searches/{key}.lines")).exists());
    for n in [2, 3] {
        journal(&theirs, n);
        assert_eq!((import().len(), n_entries(ours)), (0, n_entries(&theirs)));
    }
    journal(ours, 1);
    assert_eq!((import().len(), n_entries(ours)), (0, 6));

    // Lines that cannot be trusted do not come along.
    let path = theirs.dir().join(format!("searches/{key}.lines"));
    journal(&theirs, 5);
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("\"number\":8", "\"number\":9")).unwrap();
    let flaws = import();
    let [flaw] = &flaws[..] else { panic!("{flaws:?}") };
    assert_eq!((&flaw.path, n_entries(ours)), (&path, 8));
    assert_eq!(flaw.problem, "its last 2 lines cannot be trusted and were left out");

    fs::remove_file(&path).unwrap();
    let (mut other, _) = Journal::open(&theirs, key.as_str()).unwrap();
    (0..20).for_each(|i| other.append(&json!({ "another": i })).unwrap());
    let flaws = import();
    assert_eq!(
        (flaws[0].problem.as_str(), flaws.len()),
        ("this store has another one, which stays", 1)
    );
    assert_eq!(n_entries(ours), 8);
}

#[test]
fn damaged_files_links_and_pipes_of_the_other_store_are_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let theirs: Vec<Outcome> = (1..=6).map(completed).collect();
    let from = other(dir.path(), &theirs);
    let file = |i: usize| from.join(format!("outcomes/{}.json", theirs[i].key));
    fs::write(file(0), b"{\"schema\": 2").unwrap();
    fs::copy(file(3), file(1)).unwrap();
    // A link to a perfectly good outcome is a link all the same.
    let elsewhere = dir.path().join("elsewhere.json");
    fs::rename(file(2), &elsewhere).unwrap();
    symlink(&elsewhere, file(2)).unwrap();
    let units = |i: usize| from.join(format!("units/{}.f32", theirs[i].key));
    fs::write(units(3), b"cut").unwrap();
    let weights = from.join(format!("checkpoints/{}.safetensors", theirs[3].trial.fit_key()));
    fs::write(weights, &checkpoint(&["a"])[..40]).unwrap();
    fs::remove_file(units(4)).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, units(4), 0o600.into()).unwrap();
    fs::write(from.join("outcomes/../outcomes/x..json"), b"{}").unwrap();

    let store = Store::open(dir.path().join("ours")).unwrap();
    let imported = store.import(&from).unwrap();
    assert_eq!(imported.new, 3, "{imported:?}");
    let named: BTreeSet<_> = imported.flawed.iter().map(|flaw| flaw.path.clone()).collect();
    let weights = from.join(format!("checkpoints/{}.safetensors", theirs[3].trial.fit_key()));
    assert_eq!(named, [file(0), file(1), file(2), units(3), units(4), weights].into());
    assert_same_in(&store, &theirs[3..]);
    drop(store);
    let checkup = Checkup::of(&Folder::at(dir.path().join("ours"))).unwrap();
    assert!(checkup.is_sound(), "{checkup:?}");
}

#[test]
fn a_folder_that_is_no_other_store_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path().join("ours")).unwrap();
    let refused = |from: &Path| store.import(from).unwrap_err();
    assert!(matches!(refused(&dir.path().join("ours")), StoreError::NoStore { .. }));
    assert!(matches!(refused(dir.path()), StoreError::NoStore { .. }));
    assert!(matches!(refused(&dir.path().join("nowhere")), StoreError::Read { .. }));
    // A folder of outcomes elsewhere, dressed up as a store.
    other(dir.path(), &[completed(1)]);
    fs::create_dir(dir.path().join("dressed")).unwrap();
    symlink(dir.path().join("other/outcomes"), dir.path().join("dressed/outcomes")).unwrap();
    assert!(matches!(refused(&dir.path().join("dressed")), StoreError::Read { .. }));
    assert!(store.keys().unwrap().is_empty());
}

#[test]
fn an_import_that_is_killed_leaves_whole_trials_and_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let theirs: Vec<Outcome> = (1..=60).map(completed).collect();
    let (from, into) = (other(dir.path(), &theirs), dir.path().join("ours"));
    let mut n_killed_between = 0;
    for round in 0..6 {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "import::a_child_imports_until_it_is_killed", "--nocapture"])
            .envs([(FROM, &from), (INTO, &into)])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let n_before = n_outcomes(&into);
        while n_outcomes(&into) < n_before + 3 && child.try_wait().unwrap().is_none() {
            thread::sleep(Duration::from_micros(300));
        }
        thread::sleep(Duration::from_millis(round));
        child.kill().unwrap();
        child.wait().unwrap();
        let store = Store::open(&into).unwrap();
        let keys = store.keys().unwrap();
        n_killed_between += u32::from(keys.len() < theirs.len());
        for outcome in theirs.iter().filter(|outcome| keys.contains(&outcome.key)) {
            assert_same_in(&store, [outcome]);
            assert!(store.folder().read_units(&outcome.key).unwrap().is_some());
        }
    }
    assert!(n_killed_between > 0, "no kill fell into an import");
    let store = Store::open(&into).unwrap();
    let imported = store.import(&from).unwrap();
    assert_eq!(imported.new + imported.same, theirs.len(), "{imported:?}");
    assert_same_in(&store, &theirs);
    drop(store);
    let checkup = Checkup::of(&Folder::at(into)).unwrap();
    assert!(checkup.is_sound() && checkup.orphaned.is_empty(), "{checkup:?}");
}

/// Does nothing unless started by the test above.
#[test]
fn a_child_imports_until_it_is_killed() {
    let (Ok(from), Ok(into)) = (env::var(FROM), env::var(INTO)) else { return };
    Store::open(into).unwrap().import(Path::new(&from)).unwrap();
}

fn n_outcomes(dir: &Path) -> usize {
    let is_outcome = |path: &Path| path.extension().is_some_and(|ending| ending == "json");
    let entries = fs::read_dir(dir.join("outcomes")).into_iter().flatten();
    entries.filter(|entry| is_outcome(&entry.as_ref().unwrap().path())).count()
}

fn walk(dir: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let below: Vec<_> =
        paths.iter().filter(|path| path.is_dir()).flat_map(|path| walk(path)).collect();
    paths.into_iter().chain(below).collect()
}
