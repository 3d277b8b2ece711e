use std::fs;

use serde_json::Value;

use crate::shell::Shell;
use crate::workspace::real_data;

fn sweep(source: &str, models: &str) -> (Shell, Value) {
    let shell = Shell::new();
    let text = format!(
        "version: 1\ntask: top_n\ndata:\n  source: {source}\n  split: {{ name: leave_one_out }}\nmodels:\n{models}"
    );
    shell.spec("real.yaml", &text);
    shell.ok(&["sweep", "real.yaml"]);
    let results = fs::read_to_string(shell.path().join("reports/real/results.json")).unwrap();
    (shell, serde_json::from_str(&results).unwrap())
}

fn test_value(model: &Value, metric: &str) -> f64 {
    model["test"][metric]["mean"].as_f64().unwrap()
}

#[test]
fn popularity_on_beauty_has_the_honest_figures_not_the_printed_ones() {
    let Some(path) = real_data("amazon-beauty/Beauty.txt") else { return };
    let source = format!("{{ name: sequences, params: {{ path: {} }} }}", path.display());
    let (shell, results) = sweep(&source, "  - name: popularity\n");
    let popularity = &results["models"][0];
    // From the training part alone, ties against it; the published 0.0152 and 0.0068 count the test interactions.
    assert!((test_value(popularity, "hit_rate@10") - 0.0110).abs() < 0.000_05);
    assert!((test_value(popularity, "ndcg@10") - 0.0053).abs() < 0.000_05);
    let card = shell.json(&["data", "describe", "real.yaml", "--json"]);
    assert_eq!(
        [&card["n_users"], &card["n_items"], &card["n_interactions"]],
        [22_363, 12_101, 198_502]
    );
}

#[test]
fn a_sequence_model_takes_every_prefix_of_movielens_once() {
    let Some(path) = real_data("ml-100k/ml-100k.inter") else { return };
    let source = format!("{{ name: recbole, params: {{ path: {} }} }}", path.display());
    let models =
        "  - name: sasrec\n    params: { epochs: 1 }\n  - name: item_knn\n    grid: { k: [100] }\n";
    let (shell, results) = sweep(&source, models);
    // 100,000 interactions less the 943 users' test, validation and first items.
    assert_eq!(results["models"][0]["pairs_per_epoch"], 97_171);
    let card = shell.json(&["data", "describe", "real.yaml", "--json"]);
    assert_eq!(
        [&card["n_users"], &card["n_items"], &card["n_interactions"]],
        [943, 1_682, 100_000]
    );
    assert!(test_value(&results["models"][1], "hit_rate@10") > 0.05);
}

#[test]
fn what_is_fetched_from_a_folder_is_read_by_the_lines_that_fetch_prints() {
    let Some(path) = real_data("amazon-beauty/Beauty.txt") else { return };
    let shell = Shell::new();
    let folder = path.parent().unwrap().canonicalize().unwrap();
    let mirror = format!("file://{}", folder.display());
    let fetch = ["data", "fetch", "s3rec-beauty", "--mirror", &mirror];
    let told = shell.ok(&fetch).stdout;
    let (files, yaml) = told.split_once("\n\n").unwrap();
    assert!(fs::read(shell.path().join(files)).unwrap() == fs::read(path).unwrap());
    let models = "  split: { name: leave_one_out }\nmodels:\n  - name: popularity\n";
    shell.spec("fetched.yaml", &format!("version: 1\ntask: top_n\n{yaml}{models}"));
    let card = shell.json(&["data", "describe", "fetched.yaml", "--json"]);
    assert_eq!(card["n_interactions"], 198_502);
    let told = shell.json(&[&fetch[..], &["--json"]].concat());
    assert_eq!((&told["files"][0], &told["yaml"]), (&files.into(), &yaml.into()));
}
