use std::io::Read;
use std::process::Stdio;

use crate::shell::{SMALL, Shell};

/// Runs a command that must end with code 2 and returns what it said.
fn mistake(shell: &Shell, args: &[&str]) -> String {
    let ran = shell.run(args);
    assert_eq!(ran.code, Some(2), "{}\n{}", ran.stdout, ran.stderr);
    ran.stderr
}

#[test]
fn a_mistyped_key_is_shown_in_its_line_with_the_likely_fix() {
    let shell = Shell::new();
    shell.spec("small.yaml", &SMALL.replace("learning_rate", "learnig_rate"));
    let said = mistake(&shell, &["sweep", "small.yaml"]);
    for part in ["small.yaml:13", "learnig_rate", "did you mean", "learning_rate"] {
        assert!(said.contains(part), "{part} is missing:\n{said}");
    }
    let told = shell.run(&["check", "small.yaml", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(
        (&told["problems"][0]["line"], &told["problems"][0]["column"]),
        (&13.into(), &13.into())
    );
    assert!(!shell.path().join(".bakeoff").exists(), "nothing was made");
}

#[test]
fn a_missing_data_file_is_an_error_in_the_spec() {
    let shell = Shell::new();
    // The second has no end.
    for path in ["nowhere.csv", "/dev/zero"] {
        let source = format!("{{ name: csv, params: {{ interactions: {path} }} }}");
        let text = SMALL.replace(
            "{ name: synthetic, params: { n_users: 120, n_items: 60, seed: 5 } }",
            &source,
        );
        shell.spec("small.yaml", &text);
        let said = mistake(&shell, &["check", "small.yaml"]);
        assert!(said.contains("small.yaml:5") && said.contains(path), "{said}");
    }
}

#[test]
fn a_bad_row_is_named_by_file_row_and_column() {
    let shell = Shell::new();
    shell.spec("rows.csv", "user,item,rating\na,x,3\na,y,four\n");
    let source = "{ name: csv, params: { interactions: rows.csv } }";
    let text = SMALL
        .replace("{ name: synthetic, params: { n_users: 120, n_items: 60, seed: 5 } }", source);
    shell.spec("small.yaml", &text);
    let said = mistake(&shell, &["sweep", "small.yaml"]);
    for part in ["rows.csv", "3", "rating", "four"] {
        assert!(said.contains(part), "{part} is missing:\n{said}");
    }
}

#[test]
fn a_column_that_is_not_there_is_shown_in_the_spec() {
    let shell = Shell::new();
    shell.spec("rows.csv", "user,item,rating\na,x,3\na,y,4\na,z,4\n");
    let source = "{ name: csv, params: { interactions: rows.csv } }\n  steps:\n    - name: normalise\n      \
                  params: { columns: [ratnig], with: z_score }";
    let text = SMALL
        .replace("{ name: synthetic, params: { n_users: 120, n_items: 60, seed: 5 } }", source);
    shell.spec("small.yaml", &text);
    let told = shell.run(&["check", "small.yaml", "--json"]).stdout;
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    let problem = &told["problems"][0];
    assert_eq!((&problem["line"], &problem["column"]), (&8.into(), &27.into()), "{told}");
    assert_eq!(problem["path"], "data.steps[0].params.columns[0]");
    let message = problem["message"].as_str().unwrap();
    assert!(message.contains("there is no column `ratnig` (did you mean `rating`?)"), "{message}");
    // What only the values tell is shown there too, when they are read.
    let text = text.replace("columns: [ratnig], with: z_score", "columns: [rating], with: log1p");
    shell.spec("rows.csv", "user,item,rating\na,x,-3\na,y,4\na,z,4\n");
    shell.spec("small.yaml", &text);
    let said = mistake(&shell, &["data", "describe", "small.yaml"]);
    assert!(said.contains("small.yaml:8:27") && said.contains("columns[0]"), "{said}");
}

#[test]
fn a_missing_spec_and_a_strange_option_are_mistakes() {
    let shell = Shell::new();
    assert!(mistake(&shell, &["sweep", "nothing.yaml"]).contains("nothing.yaml"));
    mistake(&shell, &["sweep", "--devices"]);
    shell.spec("small.yaml", SMALL);
    let said = mistake(&shell, &["report", "small.yaml"]);
    assert!(said.contains("nothing of small.yaml has run yet"), "{said}");
    assert!(mistake(&shell, &["show", "abcdef"]).contains("abcdef"));
}

#[test]
fn asking_for_cards_where_there_are_none_says_why() {
    let shell = Shell::new();
    if shell.json(&["devices", "--json"])["cuda_cards"] != 0 {
        eprintln!("SKIPPED: this machine has a CUDA card");
        return;
    }
    shell.spec("small.yaml", SMALL);
    let said = mistake(&shell, &["sweep", "small.yaml", "--devices", "cuda"]);
    assert!(said.to_lowercase().contains("cuda"), "{said}");
}

#[test]
fn a_second_coordinator_is_told_who_holds_the_store() {
    let shell = Shell::new();
    shell.spec("small.yaml", &SMALL.replace("epochs: 3", "epochs: 3000, patience: 0"));
    let mut first = shell
        .command(&["sweep", "small.yaml", "--progress", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // The first event comes when the store is held.
    first.stdout.as_mut().unwrap().read_exact(&mut [0; 16]).unwrap();
    let said = mistake(&shell, &["sweep", "small.yaml"]);
    assert!(said.contains("in use") && said.contains(&first.id().to_string()), "{said}");
    // Reading needs no lock.
    shell.ok(&["check", "small.yaml"]);
    first.kill().unwrap();
    first.wait().unwrap();
}

#[test]
fn what_cannot_be_fetched_is_told_from_what_can() {
    let shell = Shell::new();
    let said = mistake(&shell, &["data", "fetch", "ml-1"]);
    assert!(said.contains("did you mean `ml-1m`?"), "{said}");
    let listed = shell.json(&["data", "fetch", "--json"]);
    let names: Vec<_> = listed.as_array().unwrap().iter().map(|set| &set["name"]).collect();
    assert!(names.contains(&&"ml-100k".into()) && names.contains(&&"ml-1m".into()), "{names:?}");
    let said = mistake(&shell, &["data", "fetch", "ml-1m", "--mirror", "/srv/sets"]);
    assert!(said.contains("`/srv/sets` is no mirror"), "{said}");
}
