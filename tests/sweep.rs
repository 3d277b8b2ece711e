use std::fs;

use serde_json::Value;

use crate::shell::{SMALL, Shell};

/// 1 + 2 + 4 candidates, and 2 replicates of each of 3 models.
const N_TRIALS: u64 = 13;

#[test]
fn a_sweep_runs_everything_once_and_writes_a_report_with_figures() {
    let shell = Shell::new();
    shell.spec("small.yaml", SMALL);
    let before = shell.json(&["check", "small.yaml", "--json"]);
    assert_eq!(before["trials"], N_TRIALS);
    assert_eq!((&before["cached"], &before["to_run"]), (&0.into(), &N_TRIALS.into()));

    let ran = shell.ok(&["sweep", "small.yaml"]);
    assert_eq!(ran.stdout.trim(), "reports/small/report.md");
    let report = fs::read_to_string(shell.path().join("reports/small/report.md")).unwrap();
    for part in ["popularity", "item_knn", "gru4rec", "ndcg@10", "±"] {
        assert!(report.contains(part), "the report does not mention {part}\n{report}");
    }
    // What stands before the first `](` is no link.
    let links = report.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let links: Vec<&str> = links.collect();
    assert!(links.iter().filter(|link| link.starts_with("figures/")).count() >= 5, "{links:?}");
    for link in links {
        let is_there = shell.path().join("reports/small").join(link).exists();
        assert!(link.starts_with('#') || link.contains("://") || is_there, "{link} is not there");
    }
    check_results(&shell, N_TRIALS, 0);

    let started = shell.finished();
    assert_eq!(started.len() as u64, N_TRIALS);
    let again = shell.ok(&["sweep", "small.yaml"]);
    assert_eq!(shell.finished(), started, "a second sweep runs nothing");
    assert!(again.stderr.contains("13 trials"), "and says so: {}", again.stderr);
    check_results(&shell, 0, N_TRIALS);
    let after = shell.json(&["check", "small.yaml", "--json"]);
    assert_eq!((&after["cached"], &after["to_run"]), (&N_TRIALS.into(), &0.into()));
}

fn check_results(shell: &Shell, ran: u64, cached: u64) {
    let text = fs::read_to_string(shell.path().join("reports/small/results.json")).unwrap();
    let results: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(results["name"], "small");
    let counts = &results["trials"];
    let counts = ["planned", "ran", "cached", "failed"].map(|name| counts[name].as_u64().unwrap());
    assert_eq!(counts, [N_TRIALS, ran, cached, 0]);
    let models = results["models"].as_array().unwrap();
    assert_eq!(models.len(), 3);
    let gru4rec = &models[2];
    assert_eq!((&gru4rec["model"], &gru4rec["family"]), (&"gru4rec".into(), &"rnn".into()));
    assert_eq!(gru4rec["trial_keys"].as_array().unwrap().len(), 2);
    for part in ["valid", "test"] {
        let interval = &gru4rec[part]["ndcg@10"];
        let [low, mean, high] =
            ["low", "mean", "high"].map(|name| interval[name].as_f64().unwrap());
        assert!(low <= mean && mean <= high && mean > 0.0, "{part}: {interval}");
    }
    for name in ["n_params", "epochs", "epoch_secs", "pairs_per_epoch", "eval_secs", "peak_rss_mb"]
    {
        assert!(gru4rec[name].as_f64().unwrap() > 0.0, "{name}");
    }
    assert_eq!(gru4rec["params"]["epochs"], 3);
}

#[test]
fn one_more_value_in_a_grid_runs_only_the_new_trials() {
    let shell = Shell::new();
    shell.spec("small.yaml", SMALL);
    shell.ok(&["sweep", "small.yaml"]);
    let before = shell.finished();
    shell.spec("more.yaml", &SMALL.replace("k: [5, 20]", "k: [5, 10, 20]"));
    let plan = shell.json(&["check", "more.yaml", "--json"]);
    assert_eq!(plan["trials"], N_TRIALS + 1);
    assert!(
        plan["to_run"].as_u64().unwrap() <= 3,
        "the new trial and, if it wins, its replicates: {plan}"
    );
    shell.ok(&["sweep", "more.yaml"]);
    let after = shell.finished();
    assert!(before.iter().all(|trial| after.contains(trial)), "old trials are left as they were");
}

#[test]
fn a_trial_has_the_same_bits_on_one_slot_and_beside_another() {
    let outcomes = ["1", "2"].map(|slots| {
        let shell = Shell::new();
        shell.spec("small.yaml", SMALL);
        shell.ok(&["sweep", "small.yaml", "--slots", slots]);
        let mut outcomes = Vec::new();
        for (key, _) in shell.finished() {
            let shown = shell.json(&["show", &key, "--json"]);
            let outcome = &shown["outcome"];
            let curve = outcome["curve"].as_array().unwrap().iter();
            let losses: Vec<Value> = curve.map(|point| point["train_loss"].clone()).collect();
            let units = fs::read(shell.path().join(format!(".bakeoff/units/{key}.f32"))).unwrap();
            outcomes.push((key, outcome["valid"].clone(), outcome["test"].clone(), losses, units));
        }
        outcomes
    });
    assert_eq!(outcomes[0].len() as u64, N_TRIALS);
    assert_eq!(outcomes[0], outcomes[1]);
}

#[test]
fn the_report_command_writes_what_the_sweep_wrote() {
    let shell = Shell::new();
    shell.spec("small.yaml", SMALL);
    shell.ok(&["sweep", "small.yaml"]);
    shell.ok(&["sweep", "small.yaml"]);
    let read = |name: &str| fs::read(shell.path().join("reports/small").join(name)).unwrap();
    let swept = (read("report.md"), read("results.json"));
    shell.ok(&["report", "small.yaml"]);
    assert_eq!((read("report.md"), read("results.json")), swept);
}

#[test]
fn a_spec_copied_elsewhere_means_the_same_trials() {
    let shell = Shell::new();
    shell.spec("small.yaml", SMALL);
    shell.ok(&["sweep", "small.yaml"]);
    fs::create_dir(shell.path().join("elsewhere")).unwrap();
    shell.spec("elsewhere/other.yaml", SMALL);
    let plan = shell.json(&["check", "elsewhere/other.yaml", "--json"]);
    assert_eq!((&plan["to_run"], &plan["cached"]), (&0.into(), &N_TRIALS.into()));
}

#[test]
fn a_rating_sweep_beats_the_mean_and_an_export_is_what_was_split() {
    let shell = Shell::new();
    let text = "
version: 1
task: rating
data:
  source: { name: synthetic, params: { n_users: 150, n_items: 60, seed: 5 } }
  split: { name: random, params: { valid: 0.1, test: 0.1, seed: 1 } }
models:
  - name: bias
  - name: mlp
    params: { epochs: 5 }
";
    shell.spec("rating.yaml", text);
    shell.ok(&["sweep", "rating.yaml"]);
    let results = fs::read_to_string(shell.path().join("reports/rating/results.json")).unwrap();
    let results: Value = serde_json::from_str(&results).unwrap();
    let rmse = results["models"][0]["test"]["rmse"]["mean"].as_f64().unwrap();
    shell.ok(&["data", "export", "rating.yaml", "--to", "parts"]);
    let part = |name: &str| {
        let text = fs::read_to_string(shell.path().join("parts").join(name)).unwrap();
        let mut lines = text.lines();
        let column = lines.next().unwrap().split(',').position(|name| name == "rating").unwrap();
        let rating = |line: &str| line.split(',').nth(column).unwrap().parse::<f64>().unwrap();
        lines.map(rating).collect::<Vec<f64>>()
    };
    let (train, valid, test) = (part("train.csv"), part("valid.csv"), part("test.csv"));
    let n = (train.len() + valid.len() + test.len()) as f64;
    for part in [&valid, &test] {
        assert!((part.len() as f64 / n - 0.1).abs() < 0.01);
    }
    // The error of always saying the training mean, from the exported files alone.
    let mean = train.iter().sum::<f64>() / train.len() as f64;
    let of_mean = (test.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / test.len() as f64).sqrt();
    assert!(rmse < of_mean, "bias {rmse}, mean {of_mean}");
}

#[test]
fn every_listing_has_a_table_and_json() {
    let shell = Shell::new();
    for kind in ["models", "metrics", "steps", "sources", "splits"] {
        let entries = shell.json(&["list", kind, "--json"]);
        let table = shell.ok(&["list", kind]).stdout;
        for entry in entries.as_array().unwrap() {
            assert!(table.contains(entry["name"].as_str().unwrap()), "{kind}\n{table}");
        }
    }
    let step = shell.ok(&["list", "steps", "k_core"]).stdout;
    let line = step.lines().find(|line| line.starts_with("k ")).unwrap();
    assert!(line.contains("a whole number from 1 up"), "{step}");
    assert_eq!(shell.json(&["list", "steps", "k_core", "--json"])["name"], "k_core");
    assert!(shell.run(&["list", "steps", "kcore"]).stderr.contains("there are fill_missing, "));
    assert_eq!(shell.json(&["list", "trials", "--json"]), serde_json::json!([]));
    let devices = shell.json(&["devices", "--json"]);
    assert_eq!(devices["libtorch"], "2.11.0");
    assert!(devices["cpu_cores"].as_u64().unwrap() > 0);
    assert!(devices["cuda_cards"] != 0 || devices["why_no_cuda"].is_string());
}
