//! The files of a report: what is there, what they hold, and that nothing else is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use bakeoff_report::{ReportError, Results};
use bakeoff_spec::Cause;
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::samples::{Sample, model};

fn small() -> Sample {
    let models = [
        model("item_knn", "baseline", 0.08),
        model("sasrec", "attention", 0.1).axis("hidden", &[json!(32), json!(64)]),
    ];
    Sample::top_n(&models, &[1, 2], 50)
}

/// Content by path, relative to `folder`.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            all.extend(
                files(&path).into_iter().map(|(file, bytes)| (format!("{name}/{file}"), bytes)),
            );
        } else {
            all.insert(name, fs::read(path).unwrap());
        }
    }
    all
}

#[test]
fn every_figure_is_there_as_png_and_svg_and_shown_in_the_report() {
    let dir = tempdir().unwrap();
    let markdown = small().write(dir.path());
    let files = files(&dir.path().join("sample"));
    let stems = [
        "grid_sasrec",
        "interactions_over_time",
        "interactions_per_user",
        "learning_curves_sasrec",
        "long_tail",
        "popularity_curve",
        "ratings",
        "sequence_lengths",
        "test_hit_rate_10",
        "test_ndcg_10",
    ];
    let figures =
        stems.iter().flat_map(|stem| ["png", "svg"].map(|e| format!("figures/{stem}.{e}")));
    let expected: BTreeSet<String> =
        figures.chain(["report.md".to_owned(), "results.json".to_owned()]).collect();
    assert_eq!(files.keys().cloned().collect::<BTreeSet<_>>(), expected);
    for stem in stems {
        assert!(markdown.contains(&format!("](figures/{stem}.png)")), "{stem}");
        let png = &files[&format!("figures/{stem}.png")];
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
        let side = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
        let svg = std::str::from_utf8(&files[&format!("figures/{stem}.svg")]).unwrap();
        let (width, height) = (side(16) / 2, side(20) / 2);
        assert!(
            svg.starts_with(&format!("<svg width=\"{width}\" height=\"{height}\"")),
            "{svg:.80}"
        );
        assert!((400..=2000).contains(&width) && (150..=2000).contains(&height), "{stem}");
        assert!(svg.ends_with("</svg>\n") || svg.ends_with("</svg>"));
        assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
    }
}

#[test]
fn the_same_study_gives_the_same_bytes() {
    let [one, two] = [0; 2].map(|_| {
        let dir = tempdir().unwrap();
        small().write(dir.path());
        files(dir.path())
    });
    assert!(one == two);
}

#[test]
fn a_second_report_replaces_the_first_and_leaves_what_is_not_its_own() {
    let dir = tempdir().unwrap();
    small().write(dir.path());
    let folder = dir.path().join("sample");
    fs::write(folder.join("figures/notes.txt"), "mine").unwrap();
    Sample::top_n(&[model("item_knn", "baseline", 0.08)], &[1], 50).plain().write(dir.path());
    let names: Vec<String> = files(&folder).into_keys().collect();
    let figures = ["hit_rate_10.png", "hit_rate_10.svg", "ndcg_10.png", "ndcg_10.svg"]
        .map(|name| format!("figures/test_{name}"));
    assert_eq!(names[0], "figures/notes.txt");
    assert_eq!(names[1..5], figures);
    assert_eq!(names[5..], ["report.md", "results.json"]);
    assert_eq!(fs::read_dir(folder).unwrap().count(), 3, "no temporary folder is left");
}

#[test]
fn labels_of_any_kind_give_files_of_their_own() {
    let labels = ["A & B", "a_&_b", "<a> \"b\"", "日本語|*x*"];
    let models = labels.map(|label| model(label, "deep", 0.1));
    let dir = tempdir().unwrap();
    let markdown = Sample::top_n(&models, &[1], 20).write(dir.path());
    let files = files(dir.path());
    let svgs: Vec<&String> = files
        .keys()
        .filter(|name| name.contains("learning_curves") && name.ends_with("svg"))
        .collect();
    assert_eq!(svgs.len(), labels.len(), "{svgs:?}");
    let bars = std::str::from_utf8(&files["sample/figures/test_ndcg_10.svg"]).unwrap();
    assert!(bars.contains("A &amp; B") && bars.contains("&lt;a&gt;"));
    assert!(markdown.contains("日本語\\|\\*x\\*"));
}

#[test]
fn results_hold_one_entry_a_model_in_the_documented_shape() {
    let dir = tempdir().unwrap();
    let mut sample = small();
    sample.fail("item_knn", Cause::Crash, |_| true);
    sample.plan.models[1].name = "registered".into();
    sample.write(dir.path());
    let text = fs::read_to_string(dir.path().join("sample/results.json")).unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&value), ["data_hash", "models", "name", "spec_hash", "trials"]);
    assert_eq!(value["trials"], json!({ "planned": 5, "cached": 5, "ran": 0, "failed": 1 }));

    let [failed, tested] = [&value["models"][0], &value["models"][1]];
    assert_eq!((&failed["failed"], &failed["test"]), (&json!(true), &json!({})));
    assert_eq!(
        keys(tested),
        [
            "epoch_secs",
            "epochs",
            "eval_secs",
            "family",
            "label",
            "model",
            "n_params",
            "pairs_per_epoch",
            "params",
            "peak_rss_mb",
            "replicates",
            "test",
            "trial_keys",
            "valid",
        ]
    );
    assert_eq!((&tested["model"], &tested["label"]), (&json!("registered"), &json!("sasrec")));
    assert_eq!(keys(&tested["test"]["ndcg@10"]), ["high", "low", "mean"]);
    assert_eq!(
        (&tested["params"]["hidden"], &tested["params"]["epochs"]),
        (&json!(32), &json!(12))
    );
    assert_eq!((&tested["replicates"], &tested["pairs_per_epoch"]), (&json!(2), &json!(97_171)));
    assert_eq!(tested["trial_keys"].as_array().unwrap().len(), 2);

    let results: Results = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_value(results).unwrap(), value);
}

/// t(1) = 12.706 at 95 %: the interval of 0.10 and 0.12 is 0.11 ± 12.706 · 0.01. Costs are medians.
#[test]
fn intervals_and_costs_are_over_the_replicates() {
    let dir = tempdir().unwrap();
    let mut sample = Sample::top_n(&[model("sasrec", "attention", 0.1)], &[1, 2], 20).plain();
    let select = sample.plan.select.clone();
    for (seed, test, eval_secs) in [(1, 0.10, 1.0), (2, 0.12, 2.0)] {
        for trial in sample.trials_of("sasrec").iter().filter(|trial| trial.seed == seed) {
            let outcome = sample.outcomes.get_mut(&trial.key()).unwrap();
            outcome.test.insert(select.clone(), test);
            outcome.cost.eval_secs = eval_secs;
        }
    }
    sample.write(dir.path());
    let text = fs::read(dir.path().join("sample/results.json")).unwrap();
    let results: Results = serde_json::from_slice(&text).unwrap();
    let interval = results.models[0].test[&select];
    assert!((interval.mean - 0.11).abs() < 1e-12);
    assert!((interval.high - 0.237_062).abs() < 1e-6, "{}", interval.high);
    assert!((results.models[0].eval_secs - 1.5).abs() < 1e-12);
}

#[test]
fn values_that_are_not_finite_are_left_out_and_shown_as_gaps() {
    let mut sample = small();
    for outcome in sample.outcomes.values_mut() {
        outcome.test.values_mut().for_each(|value| *value = f64::NAN);
        // The first metric stays a number, so that a configuration can still be chosen.
        outcome.valid.values_mut().skip(1).for_each(|value| *value = f64::INFINITY);
        for point in &mut outcome.curve {
            (point.train_loss, point.valid_loss, point.valid) = (f64::NAN, None, Some(f64::NAN));
        }
        outcome.cost.epoch_secs = f64::NAN;
    }
    sample.units.values_mut().flatten().for_each(|unit| *unit = f64::NAN);
    let markdown = sample.markdown();
    assert!(markdown.contains("No model has a test score"));
    assert!(!markdown.contains("NaN") && !markdown.contains("inf"), "{markdown}");
}

#[test]
fn every_prefix_of_a_study_has_a_report() {
    let whole = small().plain();
    let keys: Vec<_> = whole.outcomes.keys().cloned().collect();
    for n in 0..keys.len() {
        let mut part = whole.clone();
        part.outcomes.retain(|key, _| keys[..n].contains(key));
        let markdown = part.markdown();
        assert!(markdown.contains("The study is not finished"), "{n} outcomes:\n{markdown}");
    }
}

#[test]
fn a_heat_map_takes_the_two_longest_axes_and_the_best_over_the_rest() {
    let mlp = model("mlp", "deep", 0.1)
        .axis("dropout", &[json!(0.0), json!(0.5)])
        .axis("hidden", &[json!(32), json!(64), json!(128)])
        .axis("n_layers", &[json!(1), json!(2), json!(3), json!(4)]);
    let mut sample = Sample::top_n(&[mlp], &[1], 20);
    let select = sample.plan.select.clone();
    for trial in sample.trials_of("mlp") {
        let [dropout, hidden, n_layers] = ["dropout", "hidden", "n_layers"]
            .map(|axis| trial.model.params[axis].as_f64().unwrap());
        let outcome = sample.outcomes.get_mut(&trial.key()).unwrap();
        outcome.valid.insert(select.clone(), hidden / 1000.0 + n_layers / 100.0 - dropout / 100.0);
        if n_layers > 3.0 {
            sample.outcomes.remove(&trial.key());
        }
    }
    sample.fail("mlp", Cause::Diverged, |trial| {
        trial.model.params["hidden"] == 128 && trial.model.params["n_layers"] == 3
    });
    let dir = tempdir().unwrap();
    sample.write(dir.path());
    let svg = fs::read_to_string(dir.path().join("sample/figures/grid_mlp.svg")).unwrap();
    let texts: Vec<&str> =
        svg.lines().map(str::trim).filter(|line| !line.starts_with('<')).collect();
    insta::assert_snapshot!(texts.join(" "), @"mlp ndcg@10 on validation, best over dropout hidden 32 64 128 1 2 3 4 n_layers 0.0420 0.0520 0.0620 not run 0.0740 0.0840 0.0940 not run 0.1380 0.1480 failed not run worst 0.0420 best 0.1480");
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let dir = tempdir().unwrap();
    let taken = dir.path().join("reports");
    fs::write(&taken, "a file").unwrap();
    let error = small().plain().try_write(&taken).unwrap_err();
    assert!(matches!(&error, ReportError::Write { path, .. } if path.starts_with(&taken)));
    assert!(error.to_string().starts_with("cannot write "), "{error}");
}
