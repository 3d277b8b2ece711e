//! Pseudonyms, masks and encryption in whole recipes. Keys come from the environment, and a process must not change its
//! own: so each test starts itself again with keys.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use bakeoff_data::{Dataset, export};
use bakeoff_spec::Side;
use bakeoff_spec::spec::EncryptSpec;
use serde_json::{Value, json};
use walkdir::WalkDir;

use crate::recipes::{Planned, file};

mod encryption;

const KEY: &str = "BAKEOFF_TEST_KEY";
const OTHER_KEY: &str = "BAKEOFF_TEST_OTHER_KEY";
const FOLDER: &str = "BAKEOFF_TEST_FOLDER";

/// Whether this is the process with keys; the one without starts it and waits for it.
fn has_keys(test: &str) -> bool {
    if std::env::var_os(KEY).is_some() {
        return true;
    }
    let mut again = again(test);
    again
        .env(KEY, "0123456789abcdef0123456789abcdef")
        .env(OTHER_KEY, "another key of more than 32 letters");
    let output = again.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("1 passed"), "{said}");
    false
}

fn again(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", &format!("privacy::{test}")]);
    command
}

/// Users and items whose names are told apart from everything else; `mail` repeats the user.
fn planned(dir: &Path) -> Planned {
    let mut rows = "user,item,rating\n".to_owned();
    let mut users = "user,mail,age\n".to_owned();
    for user in 0..6 {
        for item in 0..4 {
            writeln!(rows, "qzuser{user},qzitem{},{}", (user + item) % 5, 1 + item).unwrap();
        }
        writeln!(users, "qzuser{user},qzmail{user}@x.example,{}", 20 + 3 * user).unwrap();
    }
    let params = json!({
        "interactions": file(dir, "rows.csv", rows), "users": file(dir, "users.csv", users)
    });
    Planned::new(dir, "csv", params).unwrap()
}

fn pseudonymised(planned: Planned, key_env: &str) -> Planned {
    let params = json!({ "of": ["users", "items"], "key_env": key_env });
    planned.step("pseudonymise", params).step("mask", json!({ "columns": ["mail"] }))
}

fn encrypted(planned: Planned, key_env: &str) -> Planned {
    Planned { encrypt: Some(EncryptSpec { key_env: key_env.into() }), ..planned }
}

/// The files below `dir` in which one of the planted names stands.
fn with_names(dir: &Path) -> Vec<String> {
    let files = WalkDir::new(dir).into_iter().map(Result::unwrap);
    let files = files.filter(|entry| entry.file_type().is_file());
    let has_names = |path: &Path| {
        let bytes = fs::read(path).unwrap();
        ["qzuser", "qzitem", "qzmail"]
            .iter()
            .any(|name| bytes.windows(name.len()).any(|window| window == name.as_bytes()))
    };
    let named = files.filter(|entry| has_names(entry.path()));
    named.map(|entry| entry.path().display().to_string()).collect()
}

fn names(data: &Dataset) -> Vec<String> {
    let users = (0..data.n_users()).map(|user| data.raw_user(user).to_owned());
    users.chain((0..data.n_items()).map(|item| data.raw_item(item).to_owned())).collect()
}

#[test]
fn with_pseudonyms_the_cache_and_an_export_hold_no_raw_id_and_the_numbers_are_the_same() {
    if !has_keys(
        "with_pseudonyms_the_cache_and_an_export_hold_no_raw_id_and_the_numbers_are_the_same",
    ) {
        return;
    }
    let [plain, hidden] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let plain_data = planned(plain.path()).prepare().unwrap();
    assert!(!with_names(&plain.path().join("cache")).is_empty(), "the search finds what is there");
    let data = pseudonymised(planned(hidden.path()), KEY).prepare().unwrap();
    let out = hidden.path().join("cache/out");
    export(&data, &out).unwrap();
    assert!(fs::read_to_string(out.join("train.csv")).unwrap().contains(data.raw_user(0)));
    assert_eq!(with_names(&hidden.path().join("cache")), [""; 0]);
    assert_eq!(data.train().items, plain_data.train().items);
    assert_eq!(data.test().ratings.to_vec(), plain_data.test().ratings.to_vec());
    let all = names(&data);
    assert!(all.iter().all(|name| name.len() == 32 && name.bytes().all(|b| b.is_ascii_hexdigit())));
    assert_eq!(data.card().columns.len(), 1, "age alone");
    assert_eq!(data.card().steps[1].changed, (data.n_users() + data.n_items()) as u64);
}

#[test]
fn the_same_key_gives_the_same_pseudonyms_and_another_key_is_another_dataset() {
    if !has_keys("the_same_key_gives_the_same_pseudonyms_and_another_key_is_another_dataset") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (one, other) = (planned(dir.path()), planned(dir.path()));
    let data = pseudonymised(one.clone(), KEY).prepare().unwrap();
    let more = pseudonymised(one.step("deduplicate", json!({})), KEY).prepare().unwrap();
    assert_ne!(data.key(), more.key());
    assert_eq!(names(&data), names(&more));
    let other = pseudonymised(other, OTHER_KEY);
    assert!(names(&other.prepare().unwrap()).iter().all(|name| !names(&data).contains(name)));
    // The key's own text counts, not only the name of its variable.
    let said = in_another_process("key", dir.path(), &[(KEY, "fedcba9876543210fedcba9876543210")]);
    assert_ne!(said, data.key());
    assert_eq!(in_another_process("key", dir.path(), &[]), data.key());
}

/// What a process of its own, with other keys, says of the dataset in `dir`.
fn in_another_process(what: &str, dir: &Path, env: &[(&str, &str)]) -> String {
    let said = dir.join("said");
    let mut command = again("prepare_for_another_test");
    command.env(FOLDER, dir).env("BAKEOFF_TEST_WHAT", what);
    for (name, value) in env {
        command.env(name, value);
    }
    assert!(command.output().unwrap().status.success());
    fs::read_to_string(said).unwrap()
}

/// Not a test by itself: what the other process does.
#[test]
fn prepare_for_another_test() {
    let Some(dir) = std::env::var_os(FOLDER) else { return };
    let dir = Path::new(&dir);
    let planned = planned(dir);
    let planned = match std::env::var("BAKEOFF_TEST_WHAT").unwrap().as_str() {
        "key" => pseudonymised(planned, KEY),
        "encrypted" => encrypted(planned, KEY),
        _ => planned,
    };
    let said = match planned.prepare() {
        Ok(data) => data.key().to_owned(),
        Err(error) => error.to_string(),
    };
    fs::write(dir.join("said"), said).unwrap();
}

/// The error of preparing a table of these rows, and these users, where ids are hidden.
fn error_of(rows: &str, users: &str, adapt: impl Fn(Planned) -> Planned) -> String {
    let dir = tempfile::tempdir().unwrap();
    let write = |rows: &str, users: &str| {
        [("rows.csv", rows), ("users.csv", users)].map(|(name, text)| file(dir.path(), name, text))
    };
    // Nothing is wrong until ids are hidden: planning looks at headers.
    let [of_rows, of_users] = write("user,item,rating\n", "user,mail\n");
    let params = json!({ "interactions": of_rows, "users": of_users });
    let planned = adapt(Planned::new(dir.path(), "csv", params).unwrap());
    write(rows, users);
    let names = json!({ "of": ["users", "items"], "key_env": KEY });
    let planned = planned
        .try_step("pseudonymise", names)
        .and_then(|planned| planned.try_step("mask", json!({ "columns": ["mail"] })));
    let error = planned.and_then(|planned| planned.prepare()).unwrap_err();
    assert!(!format!("{error:?}").contains("qz"), "{error:?}");
    error.to_string().replace(&format!("{}/", dir.path().display()), "")
}

#[test]
fn no_error_shows_an_id_or_a_value_where_they_are_hidden() {
    if !has_keys("no_error_shows_an_id_or_a_value_where_they_are_hidden") {
        return;
    }
    let good = "user,item,rating\nqzuser1,qzitem1,3\nqzuser1,qzitem2,4\nqzuser1,qzitem3,4\n";
    let users = "user,mail\nqzuser1,qzmail1\n";
    let error = |rows: &str, users: &str| error_of(rows, users, |planned| planned);
    assert_eq!(
        error("user,item,rating\nqzuser1,qzitem1,qz3\n", users),
        "rows.csv, line 2, column `rating`: found `(hidden)`, expected a number, or nothing where it is missing"
    );
    assert_eq!(
        error(good, "user,mail\nqzuser1,qzmail1\nqzuser1,qzmail2\n"),
        "users.csv, line 3: `(hidden)` was described before; remove one of the two lines"
    );
    // Without a header, the first user would be told as the name of a column.
    assert_eq!(
        error("qzuser1,qzitem1,3\nqzuser1,qzitem2,4\n", users),
        "rows.csv has no column `user`; it has `(hidden)`; `user` names the column"
    );
    assert_eq!(
        error("user,item,rating\nqzuser1,qzitem1,3\nqzuser1\n", users),
        "rows.csv, line 3: 1 field, expected 3 as in the header (user, item, rating)"
    );
    let removed = |planned: Planned| planned.step("min_rating", json!({ "value": 9 }));
    assert!(
        error_of(good, users, removed).starts_with("no interactions are left after `min_rating`")
    );
}

#[test]
fn a_step_that_needs_a_key_says_so_when_it_is_planned() {
    let dir = tempfile::tempdir().unwrap();
    let mut planned = planned(dir.path());
    let with = |key_env: &str| -> Value { json!({ "of": ["users"], "key_env": key_env }) };
    // As `Planned::step` does it, but for the error.
    let mut error = |key_env: &str| {
        planned.recipe.steps = vec![bakeoff_spec::Use {
            name: "pseudonymise".into(),
            revision: 1,
            params: serde_json::from_value(with(key_env)).unwrap(),
        }];
        let unprepared =
            bakeoff_data::fingerprint(&planned.recipe, &planned.params, &planned.cache)
                .unwrap_err();
        assert!(matches!(unprepared.part, bakeoff_spec::DataPart::Step(0)));
        unprepared.error.to_string()
    };
    assert!(error("BAKEOFF_TEST_UNSET").contains("step `pseudonymise` needs the key in the environment variable `BAKEOFF_TEST_UNSET`, which is not set"));
}

#[test]
fn nothing_is_removed_after_users_were_counted() {
    let dir = tempfile::tempdir().unwrap();
    let counted = planned(dir.path())
        .step("generalise", json!({ "column": "age", "with": "band", "width": 10 }))
        .step("k_anonymity", json!({ "columns": ["age"], "k": 2 }));
    let data = counted.prepare().unwrap();
    // 20, 23, 26, 29 and 32, 35.
    assert_eq!(
        data.card().notes.first().map(String::as_str),
        Some(
            "It holds that at least 2 users share each combination of age: 2 groups, the smallest of 2."
        )
    );
    let mut removing = counted.clone();
    removing.recipe.steps.push(bakeoff_spec::Use {
        name: "k_core".into(),
        revision: 1,
        params: serde_json::from_value(json!({ "k": 2 })).unwrap(),
    });
    let error = bakeoff_data::fingerprint(&removing.recipe, &removing.params, &removing.cache);
    assert_eq!(
        error.unwrap_err().error.to_string(),
        "step `k_core` removes rows after `k_anonymity` has counted users; put `k_core` before it"
    );
}

#[test]
fn no_step_undoes_what_was_promised_of_users() {
    let dir = tempfile::tempdir().unwrap();
    let jobs =
        ["cook,20", "cook,20", "nurse,30", "nurse,30", "nurse,20", "nurse,20", "cook,", "nurse,"];
    let (mut rows, mut users) = ("user,item\n".to_owned(), "user,job,age\n".to_owned());
    for (user, job) in jobs.into_iter().enumerate() {
        writeln!(rows, "u{user},x\nu{user},y\nu{user},z").unwrap();
        writeln!(users, "u{user},{job}").unwrap();
    }
    let rows = file(dir.path(), "rows.csv", rows);
    let users = file(dir.path(), "users.csv", users);
    let planned =
        Planned::new(dir.path(), "csv", json!({ "interactions": rows, "users": users })).unwrap();
    let counted = planned.step("k_anonymity", json!({ "columns": ["age"], "k": 2 }));
    let filled = |by: Value| {
        let fill = json!({ "columns": ["age"], "with": "mean", "by": by });
        counted.clone().step("fill_missing", fill).prepare()
    };
    assert!(filled(Value::Null).is_ok(), "two users get the mean of all");
    // The nurse without an age gets 25, which nobody else has.
    let error = filled(json!("job")).unwrap_err().to_string();
    assert_eq!(
        error,
        "step `k_anonymity`: it does not hold that at least 2 users share each combination of age: 1 of 3 groups break \
         it: 1 of 1 user (different values: age 3); a step after `k_anonymity` has undone it; put that step before it"
    );
    assert!(counted.clone().step("mask", json!({ "columns": ["age"] })).prepare().is_ok());
}

#[test]
fn a_join_finds_raw_ids_before_they_are_hidden() {
    if !has_keys("a_join_finds_raw_ids_before_they_are_hidden") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let jobs = file(dir.path(), "jobs.csv", "who,job\nqzuser2,cook\n");
    let planned =
        planned(dir.path()).join(Side::Users, "csv", json!({ "path": jobs, "key": "who" }));
    let data = pseudonymised(planned, KEY).prepare().unwrap();
    let column = data.user_columns().into_iter().find(|column| column.name == "job");
    assert!(
        column.is_some_and(|column| format!("{:?}", column.values).contains('2')),
        "the code of cook"
    );
    assert_eq!(with_names(&dir.path().join("cache")), [""; 0]);
}

/// Files that are found by id bear it in their names.
#[test]
fn files_named_after_ids_are_told_without_their_names() {
    if !has_keys("files_named_after_ids_are_told_without_their_names") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let pictures = dir.path().join("pictures");
    fs::create_dir(&pictures).unwrap();
    for name in ["qzitem1.png", "qzitem2.png"] {
        fs::write(pictures.join(name), "no picture").unwrap();
    }
    let join = |max_broken: f64| {
        let params = json!({ "path": pictures, "size": 2, "max_broken": max_broken });
        pseudonymised(planned(dir.path()).join(Side::Items, "images", params), KEY)
    };
    let strict = join(0.0).prepare().unwrap_err();
    assert!(strict.to_string().starts_with("2 of 2 images cannot be read"), "{strict}");
    assert!(!format!("{strict:?}").contains("qz"), "{strict:?}");
    let lenient = join(1.0).prepare().unwrap();
    let notes = lenient.card().notes.join("\n");
    assert!(
        notes.contains("2 of 2 images are broken and count as missing: `(hidden)`."),
        "{notes}"
    );
    assert_eq!(with_names(&dir.path().join("cache")), [""; 0]);
    let planned = join(0.0);
    let error = || {
        let found = bakeoff_data::fingerprint(&planned.recipe, &planned.params, &planned.cache);
        found.unwrap_err().error.to_string()
    };
    for name in ["qzitem3.png", "qzitem3.jpg"] {
        fs::write(pictures.join(name), "").unwrap();
    }
    let twice = error();
    assert!(twice.contains("pictures/(hidden) are both named after `(hidden)`"), "{twice}");
    fs::remove_file(pictures.join("qzitem3.jpg")).unwrap();
    std::os::unix::fs::symlink("nowhere", pictures.join("qzitem4.png")).unwrap();
    let nowhere = error();
    assert!(
        nowhere.contains("pictures: (hidden); the path") && !nowhere.contains("qz"),
        "{nowhere}"
    );
}
