//! What ARCHITECTURE.md and STYLE.md promise of the source, held.

use std::fs;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::workspace::root;

/// The rooms from the lowest up: each may use only those before it, and of those only the named ones.
const ROOMS: &[(&str, &[&str])] = &[
    ("bakeoff-spec", &[]),
    ("bakeoff-data", &["bakeoff-spec"]),
    ("bakeoff-metrics", &["bakeoff-spec"]),
    ("bakeoff-models", &["bakeoff-spec", "bakeoff-data", "bakeoff-metrics"]),
    ("bakeoff-store", &["bakeoff-spec"]),
    ("bakeoff-runner", &["bakeoff-spec", "bakeoff-store"]),
    ("bakeoff-report", &["bakeoff-spec", "bakeoff-metrics"]),
    (
        "bakeoff",
        &[
            "bakeoff-spec",
            "bakeoff-data",
            "bakeoff-metrics",
            "bakeoff-models",
            "bakeoff-store",
            "bakeoff-runner",
            "bakeoff-report",
        ],
    ),
];

/// The only files that may name a dependency.
const FENCED: &[(&str, &[&str])] = &[
    ("serde_yaml::", &["crates/bakeoff-spec/src/yaml.rs"]),
    ("saphyr_parser::", &["crates/bakeoff-spec/src/yaml.rs"]),
    ("sled::", &["crates/bakeoff-store/src/index.rs"]),
    (
        "unsafe {",
        &[
            "crates/bakeoff-models/src/memory.rs",
            "crates/bakeoff-data/src/arrays.rs",
            "crates/bakeoff/src/exit.rs",
        ],
    ),
];

fn rust_files(folder: &str) -> Vec<PathBuf> {
    let entries = WalkDir::new(root().join(folder)).into_iter().map(Result::unwrap);
    entries
        .map(walkdir::DirEntry::into_path)
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
        .collect()
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().display().to_string()
}

#[test]
fn rooms_use_only_rooms_above_them_and_only_one_knows_libtorch() {
    let folders = fs::read_dir(root().join("crates")).unwrap().count();
    assert_eq!(folders, ROOMS.len(), "a crate is missing in ROOMS");
    for (room, may_use) in ROOMS {
        let manifest =
            fs::read_to_string(root().join("crates").join(room).join("Cargo.toml")).unwrap();
        let dependencies = manifest.split("[dependencies]").nth(1).unwrap_or_default();
        let dependencies = dependencies.split("\n[").next().unwrap();
        for line in dependencies.lines() {
            let name = line.split(['.', ' ', '=']).next().unwrap();
            if name.starts_with("bakeoff") {
                assert!(may_use.contains(&name), "{room} may not use {name}");
            }
            assert!(name != "tch" || *room == "bakeoff-models", "{room} may not know libtorch");
        }
    }
}

#[test]
fn no_file_is_two_rooms() {
    for path in ["crates", "tests"].into_iter().flat_map(rust_files) {
        let n_lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(n_lines <= 400, "{} has {n_lines} lines: split it", relative(&path));
    }
}

#[test]
fn every_source_file_says_what_lives_in_it() {
    for path in rust_files("crates").iter().filter(|path| relative(path).contains("/src/")) {
        let text = fs::read_to_string(path).unwrap();
        assert!(text.starts_with("//!"), "{} does not begin with //!", relative(path));
    }
}

#[test]
fn no_file_is_called_after_nothing() {
    let empty_names =
        ["utils", "util", "common", "helpers", "helper", "base", "misc", "types", "imp"];
    for path in rust_files("crates") {
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(!empty_names.contains(&name), "{}", relative(&path));
    }
}

#[test]
fn awkward_dependencies_are_named_in_one_file_each() {
    for path in rust_files("crates").iter().filter(|path| relative(path).contains("/src/")) {
        let text = fs::read_to_string(path).unwrap();
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let code: String = code.collect::<Vec<_>>().join("\n");
        for (word, files) in FENCED {
            let file_name = relative(path);
            assert!(
                !code.contains(word) || files.contains(&file_name.as_str()),
                "{file_name} names {word}"
            );
        }
    }
}

#[test]
fn every_plugin_file_is_registered() {
    let mut n_registers = 0;
    for list in rust_files("crates").iter().filter(|path| path.ends_with("mod.rs")) {
        let text = fs::read_to_string(list).unwrap();
        if !text.contains("register! {") {
            continue;
        }
        n_registers += 1;
        for file in fs::read_dir(list.parent().unwrap()).unwrap() {
            let file = file.unwrap().path();
            let name = file.file_stem().unwrap().to_str().unwrap();
            let is_named = |line: &str| {
                let line = line.trim().trim_start_matches("pub ").trim_start_matches("mod ");
                let rest = line.strip_prefix(name);
                rest.is_some_and(|rest| [";", ",", "::"].iter().any(|end| rest.starts_with(end)))
            };
            let is_listed = text.lines().any(is_named);
            assert!(name == "mod" || is_listed, "{} is registered nowhere", relative(&file));
        }
    }
    // Sources, steps, splits, five families of models, searches, executors.
    assert!(n_registers >= 10, "only {n_registers} registers were found");
}
