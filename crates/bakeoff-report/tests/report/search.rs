//! The search section: which candidates are shown, what was allowed, and where the winner came from.

use bakeoff_spec::{Cause, Scored, Status};
use serde_json::{Value, json};

use crate::samples::{Sample, model};

/// The text between two headings.
fn between<'a>(markdown: &'a str, from: &str, to: &str) -> &'a str {
    let from = markdown.find(from).unwrap();
    let to = markdown[from + 1..].find(to).unwrap();
    &markdown[from..=from + to]
}

/// 60 candidates, the worse the later; every third failed, of the others every second was pruned.
fn many(mut sample: Sample) -> Sample {
    let sign = if sample.plan.higher_is_better { -1.0 } else { 1.0 };
    let select = sample.plan.select.clone();
    for trial in sample.trials_of("mlp").iter().filter(|trial| trial.scored == Scored::Valid) {
        let size = trial.model.params["size"].as_f64().unwrap();
        let outcome = sample.outcomes.get_mut(&trial.key()).unwrap();
        outcome.valid.insert(select.clone(), 0.5 + sign * size / 1000.0);
        match size as u32 % 6 {
            0 | 3 => {
                let message = "of no interest".into();
                outcome.status = Status::Failed { cause: Cause::Crash, message };
            }
            1 => outcome.status = Status::Pruned { epoch: 2, rule: String::new() },
            _ => {}
        }
    }
    sample
}

#[test]
fn of_many_candidates_the_best_completed_ones_are_shown_first() {
    // In the plan's order the best one comes last.
    let sizes: Vec<Value> = (1..=60).rev().map(|size| json!(size)).collect();
    let models = [model("mlp", "deep", 0.1).axis("size", &sizes)];
    for sample in [Sample::top_n(&models, &[1], 5), Sample::rating(&models, &[1], 5)] {
        let sample = many(sample.plain());
        let markdown = sample.markdown();
        let table = between(&markdown, "### mlp", "## Chosen");
        let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| `")).collect();
        assert_eq!(rows.len(), 40, "{table}");
        let sizes: Vec<u32> =
            rows.iter().map(|row| row.split('`').nth(1).unwrap().parse().unwrap()).collect();
        let completed: Vec<u32> = (1..=60).filter(|size| matches!(size % 6, 2 | 4 | 5)).collect();
        assert_eq!(sizes[..completed.len()], completed, "the best come first");
        assert!(rows[0].contains("**0."), "the chosen one is bold: {}", rows[0]);
        for row in &rows[completed.len()..] {
            assert!(row.contains("failed") || row.contains("stopped after 2"), "{row}");
        }
        assert!(table.contains("The best 40 are shown; 20 more were tried."), "{table}");
    }
}

#[test]
fn a_winner_from_the_list_was_chosen_from_the_list() {
    let mlp = model("mlp", "deep", 0.1)
        .axis("hidden", &[json!(32), json!(64)])
        .axis("momentum", &[json!(0.5), json!(0.9)])
        .listed(json!({ "hidden": 48, "dropout": 0.3 }));
    let markdown = Sample::top_n(&[mlp], &[1], 10).plain().markdown();
    let table = between(&markdown, "## Chosen hyperparameters", "## Dataset");
    let from = |name: &str| {
        let row = table.lines().find(|line| line.starts_with(&format!("| {name} "))).unwrap();
        row.split('|')
            .map(str::trim)
            .skip(2)
            .take(2)
            .collect::<Vec<_>>()
            .join(" ")
            .trim()
            .to_owned()
    };
    assert_eq!(from("hidden"), "`48` the list of configurations");
    assert_eq!(from("dropout"), "`0.3` the list of configurations");
    assert_eq!(from("momentum"), "`0.0`", "its default: the grid's values were not tried with it");
}

#[test]
fn a_listed_number_of_epochs_is_the_most_that_it_trains() {
    let mlp = model("mlp", "deep", 0.1)
        .axis("size", &[json!(1), json!(2)])
        .listed(json!({ "size": 7, "epochs": 2 }));
    let mut sample = Sample::top_n(&[mlp], &[1], 10).plain();
    sample.plan.models[0].epochs = Some(9);
    let mut study = sample.study();
    study.models[0].candidates[1].epochs = Some(3);
    let markdown = sample.markdown_of(&study);
    let table = between(&markdown, "### mlp", "## Chosen");
    let at_most = |row: &str| row.split('|').nth(3).unwrap().trim().to_owned();
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| ")).collect();
    assert_eq!(at_most(rows[0]), "at most", "{table}");
    assert_eq!([rows[2], rows[3], rows[4]].map(at_most), ["2", "3", "9"], "{table}");
}

#[test]
fn a_grid_that_draws_names_its_seed() {
    let models = [model("mlp", "deep", 0.1).axis("size", &[json!(1), json!(2), json!(3)])];
    let mut sample = Sample::top_n(&models, &[1], 10).plain();
    sample.plan.spec.search.seed = 17;
    assert!(sample.markdown().contains("proposed by `grid`.\n"));
    sample.plan.spec.budget.trials = Some(3);
    assert!(sample.markdown().contains("proposed by `grid`.\n"), "the budget holds the grid");
    sample.plan.spec.budget.trials = Some(2);
    assert!(sample.markdown().contains("proposed by `grid`, seed 17.\n"));
}

#[test]
fn a_search_that_reached_its_target_says_so_instead_of_a_budget() {
    let models = [
        model("mlp", "deep", 0.1).axis("size", &[json!(1), json!(2)]),
        model("gru", "rnn", 0.1).axis("size", &[json!(1), json!(2), json!(3)]),
    ];
    let mut sample = Sample::top_n(&models, &[1], 10).plain();
    sample.plan.spec.schedule.stop_at = Some(0.05);
    let mut study = sample.study();
    study.models[1].ended_early = Some("a trial reached the target".into());
    let markdown = sample.markdown_of(&study);
    assert!(
        markdown.contains(
            "The search ended when a trial reached the target, 0.0500; configurations until then: mlp 2, gru 3.\n"
        ),
        "{markdown}"
    );
    assert!(!markdown.contains("tried equally often"), "{markdown}");
}
