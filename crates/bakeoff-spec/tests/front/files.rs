//! Specs that cannot be read, sources that cannot be read, and problems as machines get them.

use std::fs;
use std::path::Path;

use bakeoff_spec::{DataPart, SpecError, SpecFile, Unprepared};
use serde_json::json;

use crate::plugins::{GOOD, catalog, plan, spec_with};

/// What is wrong and what helps, without the folder of this test.
fn told(error: &SpecError, folder: &Path) -> String {
    let help = error.problems()[0].help.clone().unwrap_or_default();
    format!("{error}\n{help}").replace(&folder.display().to_string(), "FOLDER")
}

#[test]
fn a_missing_spec_suggests_its_neighbour() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["movies.yaml", "quickstart.yaml", "notes.txt"] {
        fs::write(folder.path().join(name), GOOD).unwrap();
    }
    let error = SpecFile::read(&folder.path().join("quikstart.yaml")).unwrap_err();
    insta::assert_snapshot!(told(&error, folder.path()), @r"
    there is no file `FOLDER/quikstart.yaml`
    did you mean `quickstart.yaml`? there: `movies.yaml`, `quickstart.yaml`
    ");
}

#[test]
fn a_missing_folder_is_said_to_be_missing() {
    let folder = tempfile::tempdir().unwrap();
    let error = SpecFile::read(&folder.path().join("experiment/a.yaml")).unwrap_err();
    insta::assert_snapshot!(told(&error, folder.path()), @r"
    there is no file `FOLDER/experiment/a.yaml`
    there is no folder `FOLDER/experiment` either
    ");
}

#[test]
fn text_that_is_not_utf_8_is_refused_at_its_first_byte() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.yaml");
    fs::write(&path, b"version: 1\nabout: caf\xe9\ntask: top_n\n").unwrap();
    insta::assert_snapshot!(told(&SpecFile::read(&path).unwrap_err(), folder.path()), @r"
    FOLDER/study.yaml:2:11: this is not UTF-8 text
    save the file as UTF-8
    ");
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_spec() {
    assert_eq!(plan(&format!("\u{feff}{GOOD}")).unwrap().spec_hash, plan(GOOD).unwrap().spec_hash);
}

#[test]
fn a_source_that_cannot_be_read_is_shown_in_the_spec() {
    let file = SpecFile::parse(Path::new("study.yaml"), GOOD.to_owned()).unwrap();
    let error = file
        .plan(&catalog(), &mut |_, _| {
            let (part, error) = (DataPart::Source, "no file `ratings.tsv`".into());
            Err(Unprepared { part, value: None, error })
        })
        .unwrap_err();
    insta::assert_snapshot!(error.render(false), @r"
     x the source `table` cannot be read: no file `ratings.tsv`
      ,-[study.yaml:5:3]
    4 | data:
    5 |   source:
      :   ^^^|^^
      :      `-- data.source
    6 |     name: table
      `----
    ");
}

#[test]
fn a_value_that_is_to_blame_is_shown_where_it_is_written() {
    let text = spec_with("params: { k: 5 }", "params: { k: 5, columns: [year, prize] }");
    let file = SpecFile::parse(Path::new("study.yaml"), text).unwrap();
    let (part, value) = (DataPart::Step(0), Some("prize".to_owned()));
    let error = file.blame(&Unprepared { part, value, error: "there is no `prize`".into() });
    insta::assert_snapshot!(error.render(false), @r"
     x the step `k_core` cannot be done: there is no `prize`
       ,-[study.yaml:10:39]
     9 |     - name: k_core
    10 |       params: { k: 5, columns: [year, prize] }
       :                                       ^^|^^
       :                                         `-- data.steps[0].params.columns[1]
    11 |   split:
       `----
    ");
}

#[test]
fn the_source_is_not_touched_while_the_spec_is_wrong() {
    let text = spec_with("name: sasrec", "name: sasrce");
    let file = SpecFile::parse(Path::new("study.yaml"), text).unwrap();
    let result = file.plan(&catalog(), &mut |_, _| panic!("a spec with mistakes asks for no data"));
    assert_eq!(result.unwrap_err().problems().len(), 1);
}

#[test]
fn machines_get_the_same_problems() {
    let error =
        plan(&spec_with("n_heads: 2", "n_head: 2").replace("k: 5 }", "k: 0 }")).unwrap_err();
    assert_eq!(
        serde_json::to_value(error.problems()).unwrap()[0],
        json!({
            "file": "/specs/study.yaml",
            "line": 10,
            "column": 20,
            "path": "data.steps[0].params.k",
            "message": "`k` must be a whole number from 1 up, not `0`",
            "help": "The fewest interactions that a user or an item keeps.",
        })
    );
    assert_eq!(
        error.to_string(),
        "/specs/study.yaml:10:20: `k` must be a whole number from 1 up, not `0` (and 1 more problem)"
    );
}

#[test]
fn of_a_thousand_problems_the_first_are_shown() {
    let wrong: Vec<String> = (0..1000).map(|i| format!("a{i}")).collect();
    let error = plan(&spec_with("[32, 64]", &format!("[{}]", wrong.join(", ")))).unwrap_err();
    assert_eq!(error.problems().len(), 1000);
    let shown = error.render(false);
    assert_eq!(shown.matches("must be").count(), 20);
    assert!(shown.ends_with("\nand 980 more problems\n"));
}

#[test]
fn colour_is_used_when_it_is_asked_for() {
    let error = plan(&spec_with("n_heads: 2", "n_head: 2")).unwrap_err();
    assert!(error.render(true).contains("\u{1b}["));
    assert!(error.render(false).is_ascii());
}
