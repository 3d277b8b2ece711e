use std::cell::RefCell;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use memchr::memmem::Finder;
use tempfile::TempDir;
use walkdir::WalkDir;

use crate::shell::{Ran, Shell};

/// What user ids, item ids, mail addresses and bad cells begin with, and nothing else does.
const PLANTED: [&str; 4] = ["qzuser", "qzitem", "qzmail", "qzcell"];
const KEYS: [(&str, &str); 2] = [
    ("BAKEOFF_PSEUDONYM_KEY", "f2a61c0b77d94e35b1c8a4402f6d9e13"),
    ("BAKEOFF_DATA_KEY", "7d0e4c9a5b3f48128e6fd1a2c47b9530"),
];
const HIDING: &str = "
  steps:
    - { name: pseudonymise, params: { of: [users, items] } }
    - { name: mask, params: { columns: [mail] } }
    - { name: generalise, params: { column: age, with: band, width: 10 } }
    - { name: k_anonymity, params: { columns: [age], k: 5, on_failure: suppress } }";

/// A shell whose every word is remembered, and sources that lie elsewhere.
struct Planted {
    shell: Shell,
    sources: TempDir,
    said: RefCell<Vec<u8>>,
}

impl Planted {
    /// 60 users with 8 to 12 items of 40, rated, and a table of users with mail and age.
    fn new() -> Self {
        let planted = Self {
            shell: Shell::new(),
            sources: tempfile::tempdir().unwrap(),
            said: RefCell::default(),
        };
        let (mut rows, mut users) = ("user,item,rating\n".to_owned(), "user,mail,age\n".to_owned());
        for user in 0..60 {
            for i in 0..8 + user % 5 {
                let item = (user * 7 + i * i + i) % 40;
                writeln!(rows, "qzuser{user:02},qzitem{item:02},{}", 1 + (user + i) % 5).unwrap();
            }
            writeln!(users, "qzuser{user:02},qzmail{user:02}@x.example,{}", 18 + user).unwrap();
        }
        planted.write("rows.csv", &rows);
        planted.write("users.csv", &users);
        planted
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.sources.path().join(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.sources.path().join(name)).unwrap()
    }

    /// A spec of the sources; `more` goes into its data section.
    fn spec(&self, name: &str, more: &str) {
        let file = |name: &str| self.sources.path().join(name).display().to_string();
        let text = format!(
            "version: 1
task: top_n
data:
  source: {{ name: csv, params: {{ interactions: '{}', users: '{}' }} }}
  split: {{ name: leave_one_out }}{more}
models:
  - name: popularity
  - name: item_knn
    grid: {{ k: [5, 20] }}
",
            file("rows.csv"),
            file("users.csv")
        );
        self.shell.spec(name, &text);
    }

    fn remember(&self, output: Output) -> Ran {
        let mut said = self.said.borrow_mut();
        said.extend_from_slice(&output.stdout);
        said.extend_from_slice(&output.stderr);
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    fn run_with(&self, args: &[&str], keys: &[(&str, &str)]) -> Ran {
        let mut command = self.shell.command(args);
        command.env_remove("BAKEOFF_PSEUDONYM_KEY").env_remove("BAKEOFF_DATA_KEY");
        self.remember(command.envs(keys.iter().copied()).output().unwrap())
    }

    fn ok(&self, args: &[&str]) -> String {
        let ran = self.run_with(args, &KEYS);
        assert_eq!(ran.code, Some(0), "bakeoff {args:?}\n{}\n{}", ran.stdout, ran.stderr);
        ran.stdout
    }

    /// A command that must end with code 2; what it said.
    fn mistake(&self, args: &[&str], keys: &[(&str, &str)]) -> String {
        let ran = self.run_with(args, keys);
        assert_eq!(ran.code, Some(2), "bakeoff {args:?}\n{}\n{}", ran.stdout, ran.stderr);
        ran.stderr
    }

    /// Every place in which something planted stands, in whatever way it is written.
    fn found(&self) -> Vec<String> {
        let needles: Vec<(String, Finder<'_>)> =
            PLANTED.iter().flat_map(|name| forms(name)).collect();
        let files = WalkDir::new(self.shell.path()).into_iter().map(Result::unwrap);
        let files = files.filter(|entry| entry.file_type().is_file());
        let files = files
            .map(|entry| (entry.path().display().to_string(), fs::read(entry.path()).unwrap()));
        let said = ("what was said".to_owned(), self.said.borrow().clone());
        let mut found = Vec::new();
        for (place, bytes) in files.chain([said]) {
            for packed in [&b"\x1f\x8b"[..], b"PK\x03\x04", b"\x28\xb5\x2f\xfd"] {
                assert!(!bytes.starts_with(packed), "{place} is packed: look into it");
            }
            // Base64 is looked for as it is, all else in any case.
            let lower = bytes.to_ascii_lowercase();
            for (form, needle) in &needles {
                let bytes = if form.contains("base64") { &bytes } else { &lower };
                if needle.find(bytes).is_some() || needle.find(place.as_bytes()).is_some() {
                    found.push(format!("{place}: {form}"));
                }
            }
        }
        found
    }
}

/// A planted text as it is, in UTF-16, in hex, and in the three ways in which it can stand within base64.
fn forms(name: &str) -> Vec<(String, Finder<'static>)> {
    let utf16 =
        |bytes: fn(u16) -> [u8; 2]| name.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    let hex = name.bytes().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    let mut forms = vec![
        (name.to_owned(), name.as_bytes().to_vec()),
        (format!("{name} in UTF-16 LE"), utf16(u16::to_le_bytes)),
        (format!("{name} in UTF-16 BE"), utf16(u16::to_be_bytes)),
        (format!("{name} in hex"), hex.into_bytes()),
    ];
    for offset in 0..3 {
        forms.push((format!("{name} in base64"), within_base64(name.as_bytes(), offset)));
    }
    forms.into_iter().map(|(form, bytes)| (form, Finder::new(&bytes).into_owned())).collect()
}

/// The characters of base64 that `bytes` alone decide, where so many others stand before them.
fn within_base64(bytes: &[u8], offset: usize) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
    let bits: Vec<u8> = bits.skip((6 - 8 * offset % 6) % 6).collect();
    let digit =
        |bits: &[u8]| DIGITS[bits.iter().fold(0, |digit, &bit| 2 * digit + usize::from(bit))];
    bits.chunks_exact(6).map(digit).collect()
}

#[test]
fn the_search_finds_what_is_planted_where_nothing_hides_it() {
    // "qzuser" in base64 is cXp1c2Vy; after one byte, as in "-qzuser", LXF6dXNlcg, of which XF6dXNlc is decided by it
    // but for its first bits.
    assert_eq!(within_base64(b"qzuser", 0), b"cXp1c2Vy");
    assert_eq!(within_base64(b"qzuser", 1), b"F6dXNlc");
    assert_eq!(within_base64(b"qzuser", 2), b"xenVzZX");
    let planted = Planted::new();
    planted.spec("open.yaml", "");
    planted.ok(&["sweep", "open.yaml"]);
    planted.ok(&["data", "export", "open.yaml", "--to", "parts"]);
    let found = planted.found();
    for name in ["qzuser", "qzitem", "qzmail"] {
        let is_it = |place: &&String| place.ends_with(&format!(": {name}"));
        let places: Vec<_> = found.iter().filter(is_it).collect();
        assert!(places.iter().any(|place| place.contains("datasets")), "{name}: {found:?}");
    }
    assert!(found.iter().any(|place| place.contains("parts/train.csv")), "{found:?}");
    // What a report and the store hold has no ids even so.
    let other =
        found.iter().filter(|place| !place.contains("datasets") && !place.contains("/parts/"));
    assert_eq!(other.collect::<Vec<_>>(), [""; 0]);
}

/// Prepared data lies open here, so that pseudonyms alone are what hides.
#[test]
fn no_byte_that_is_written_or_said_shows_a_planted_id() {
    let planted = Planted::new();
    planted.spec("hidden.yaml", HIDING);
    killed(&planted);
    every_command(&planted);
    assert_eq!(planted.found(), [""; 0]);
    failing(&planted);
    assert_eq!(planted.found(), [""; 0]);
}

/// Nothing hides ids here but encryption, and whatever is killed leaves nothing plain.
#[test]
fn encrypted_data_shows_no_planted_id_on_disk() {
    let planted = Planted::new();
    planted.spec("hidden.yaml", "\n  encrypt: {}");
    killed(&planted);
    let sweep = ["sweep", "hidden.yaml"];
    planted.ok(&sweep);
    assert!(datasets(&planted).join("arrays.sealed").exists());
    let said = planted.mistake(&sweep, &[]);
    assert!(said.contains("`BAKEOFF_DATA_KEY`, which is not set"), "{said}");
    let said = planted.mistake(&sweep, &[("BAKEOFF_DATA_KEY", "00000000000000000000000000000000")]);
    assert!(
        said.contains("is encrypted with another key than the one in `BAKEOFF_DATA_KEY`"),
        "{said}"
    );
    planted.ok(&["data", "describe", "hidden.yaml"]);
    assert_eq!(planted.found(), [""; 0]);
}

/// The folder of the one dataset.
fn datasets(planted: &Planted) -> PathBuf {
    let data = WalkDir::new(planted.shell.path()).into_iter().map(Result::unwrap);
    let mut manifests = data.filter(|entry| entry.path().ends_with("manifest.json"));
    let manifest = manifests.next().expect("it is prepared").into_path();
    manifest.parent().unwrap().to_owned()
}

/// Sweeps that are killed while the data is prepared, and while trials run.
fn killed(planted: &Planted) {
    let is_there = |part: &str| {
        let all = WalkDir::new(planted.shell.path()).into_iter().filter_map(Result::ok);
        all.map(walkdir::DirEntry::into_path).any(|path| path.to_string_lossy().contains(part))
    };
    for until in [".building", "manifest.json", "/outcomes/"] {
        let mut command = planted.shell.command(&["sweep", "hidden.yaml", "--progress", "json"]);
        command.envs(KEYS).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let patience = Instant::now() + Duration::from_secs(60);
        while !is_there(until) && child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < patience, "no {until} appears");
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        planted.remember(child.wait_with_output().unwrap());
        assert_eq!(planted.found(), [""; 0], "killed at {until}");
    }
}

fn every_command(planted: &Planted) {
    planted.ok(&["check", "hidden.yaml", "--json"]);
    planted.ok(&["sweep", "hidden.yaml", "--progress", "json"]);
    planted.ok(&["sweep", "hidden.yaml"]);
    planted.ok(&["report", "hidden.yaml"]);
    planted.ok(&["data", "describe", "hidden.yaml"]);
    let card = planted.ok(&["data", "describe", "hidden.yaml", "--json"]);
    assert!(card.contains("at least 5 users share each combination of age"), "{card}");
    planted.ok(&["data", "export", "hidden.yaml", "--to", "parts"]);
    let train = fs::read_to_string(planted.shell.path().join("parts/train.csv")).unwrap();
    let row: Vec<&str> = train.lines().nth(1).unwrap().split(',').collect();
    assert!([row[0], row[1]].iter().all(|name| name.len() == 32), "{row:?}");
    let trials = planted.ok(&["list", "trials", "--json"]);
    let trials: serde_json::Value = serde_json::from_str(&trials).unwrap();
    let trial = trials[0]["key"].as_str().unwrap();
    planted.ok(&["show", trial]);
    planted.ok(&["show", trial, "--json"]);
    for file in ["trials.csv", "trials.parquet", "trials.jsonl"] {
        planted.ok(&["export", "hidden.yaml", "--to", file]);
    }
    planted.ok(&["status", "hidden.yaml", "--once"]);
    planted.ok(&["list", "steps", "--json"]);
    planted.ok(&["store", "check"]);
    planted.ok(&["gc", "hidden.yaml"]);
}

/// Sources that cannot be read, each at the row of somebody.
fn failing(planted: &Planted) {
    let [rows, users] = ["rows.csv", "users.csv"].map(|name| planted.read(name));
    let more = |text: &str, line: &str| format!("{text}{line}\n");
    let headless = |text: &str| text.split_once('\n').unwrap().1.to_owned();
    let cases = [
        (more(&rows, "qzuser01,qzitem01,qzcell"), users.clone(), "rows.csv, line"),
        (more(&rows, ",qzitem01,3"), users.clone(), "column `user`"),
        (more(&rows, "qzuser01"), users.clone(), "1 field, expected 3"),
        (headless(&rows), users.clone(), "rows.csv has no column `user`"),
        (rows.clone(), more(&users, "qzuser01,qzmail77,30"), "was described before"),
        (rows.clone(), more(&users, "qzuser61,qzmail61,qzcell,qzcell"), "fields, expected 3"),
        (rows.clone(), headless(&users), "users.csv has no column `user`"),
        // A column of ages with a word in it is text.
        (
            rows.clone(),
            users.replace(",30\n", ",qzcell\n"),
            "`generalise`: column `age` holds text",
        ),
    ];
    for (bad_rows, bad_users, expected) in cases {
        planted.write("rows.csv", &bad_rows);
        planted.write("users.csv", &bad_users);
        let said = planted.mistake(&["sweep", "hidden.yaml"], &KEYS);
        assert!(said.contains(expected), "{said}");
        assert!(!PLANTED.iter().any(|name| said.contains(name)), "{said}");
    }
    planted.write("rows.csv", &rows);
    planted.write("users.csv", &users);
    let said = planted.mistake(&["check", "hidden.yaml"], &[]);
    assert!(said.contains("BAKEOFF_PSEUDONYM_KEY") && said.contains("is not set"), "{said}");
}

#[test]
fn what_asks_for_encryption_is_never_taken_for_nothing() {
    let planted = Planted::new();
    for written in ["encrypt:", "encrypt: null", "encrypt: false", "encrypted: {}"] {
        planted.spec("open.yaml", &format!("\n  {written}"));
        planted.mistake(&["check", "open.yaml"], &KEYS);
    }
}

#[test]
fn workers_read_encrypted_data_with_the_key_of_their_own_environment() {
    let planted = Planted::new();
    let data = |more: &str| format!("{HIDING}{more}");
    planted.spec("plain.yaml", &data(""));
    planted.ok(&["sweep", "plain.yaml"]);
    let plain = results(&planted.shell.path().join("reports/plain/results.json"));
    // The same trials, so from the cache of outcomes; then from nothing.
    planted.spec("sealed.yaml", &data("\n  encrypt: {}"));
    planted.ok(&["sweep", "sealed.yaml"]);
    assert!(datasets(&planted).join("arrays.sealed").exists(), "the plain one has gone");
    assert!(!datasets(&planted).join("arrays.safetensors").exists());
    planted.ok(&["--store", "anew", "--cache", ".bakeoff/cache", "sweep", "sealed.yaml"]);
    assert_eq!(results(&planted.shell.path().join("reports/sealed/results.json")), plain);
}

/// What the models of a report scored.
fn results(path: &Path) -> Vec<serde_json::Value> {
    let results: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let models = results["models"].as_array().unwrap();
    models.iter().map(|model| model["test"].clone()).collect()
}
