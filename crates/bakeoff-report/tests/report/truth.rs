//! Sentences and tables that were once not true of every study.

use bakeoff_spec::card::{Missing, StepCount};
use bakeoff_spec::{Cause, Scored, Use};
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::samples::{Sample, model};

#[test]
fn a_step_used_twice_shows_its_own_parameters() {
    let mut sample = Sample::top_n(&[model("mlp", "deep", 0.1)], &[1], 10).plain();
    let params = [("k".to_owned(), json!(10))].into();
    sample.card.recipe.steps.push(Use { name: "k_core".into(), revision: 1, params });
    let again = StepCount { rows: 90_000, ..sample.card.steps[1].clone() };
    sample.card.steps.push(again);
    let markdown = sample.markdown();
    let row = |name: &str| markdown.lines().find(|line| line.starts_with(&format!("| `{name}`")));
    assert!(row("k_core k=5").unwrap().contains("99,287"), "{markdown}");
    assert!(row("k_core k=10").unwrap().contains("90,000"), "{markdown}");
}

#[test]
fn a_card_of_an_earlier_version_has_a_report_without_what_it_does_not_hold() {
    let mut sample = Sample::top_n(&[model("mlp", "deep", 0.1)], &[1], 10);
    let mut card = serde_json::to_value(&sample.card).unwrap();
    let fields = card.as_object_mut().unwrap();
    for name in
        "overlaps user_counts item_counts train_lengths item_ranks user_gini over_time repairs"
            .split(' ')
    {
        fields.remove(name).unwrap();
    }
    for step in fields["steps"].as_array_mut().unwrap() {
        step.as_object_mut().unwrap().remove("missing").unwrap();
    }
    sample.card = serde_json::from_value(card).unwrap();
    let markdown = sample.markdown();
    for absent in ["Missing values", "put right", "cold", "over users", "long_tail.png"] {
        assert!(!markdown.contains(absent), "{absent}: {markdown}");
    }
    assert!(markdown.contains("popularity_curve.png"));
}

#[test]
fn a_column_stands_with_what_it_lacks_after_each_step_and_a_dash_where_it_is_gone() {
    let mut sample = Sample::top_n(&[model("mlp", "deep", 0.1)], &[1], 10).plain();
    let missing = |of: &str, column: &str, n| Missing { of: of.into(), column: column.into(), n };
    sample.card.steps[0].missing = vec![missing("rows", "rating", 12), missing("users", "age", 5)];
    sample.card.steps[1].missing = vec![missing("users", "age", 3), missing("items", "age", 1)];
    let markdown = sample.markdown();
    let table = markdown.split("Missing values after each step:\n\n").nth(1).unwrap();
    insta::assert_snapshot!(table.split("\n\n").next().unwrap(), @r"
    | column   | of    | `ml-100k` | `k_core` |
    | -------- | ----- | --------: | -------: |
    | `rating` | rows  |        12 |        – |
    | `age`    | users |         5 |        3 |
    | `age`    | items |         – |        1 |
    ");
}

#[test]
fn the_columns_of_missing_values_tell_two_steps_of_one_name_apart() {
    let mut sample = Sample::top_n(&[model("mlp", "deep", 0.1)], &[1], 10).plain();
    let params = [("k".to_owned(), json!(10))].into();
    sample.card.recipe.steps.push(Use { name: "k_core".into(), revision: 1, params });
    let again = sample.card.steps[1].clone();
    sample.card.steps.push(again);
    assert_eq!(sample.card.step_names(), ["ml-100k", "k_core k=5", "k_core k=10"]);
    let markdown = sample.markdown();
    assert!(markdown.contains("| `k_core k=5` | `k_core k=10` |"), "{markdown}");
}

#[test]
fn a_median_between_two_counts_is_not_rounded() {
    let mut sample = Sample::top_n(&[model("mlp", "deep", 0.1)], &[1], 10).plain();
    sample.card.per_user.median = 2.5;
    let markdown = sample.markdown();
    assert!(markdown.contains("per user: 18 to 648, median 2.5, mean 105.3"), "{markdown}");
}

#[test]
fn an_axis_that_cannot_be_read_gives_no_heat_map() {
    let sized = |n: u32| {
        let sizes: Vec<Value> = (1..=n).map(|size| json!(size)).collect();
        let models = [model("mlp", "baseline", 0.1).axis("size", &sizes)];
        Sample::top_n(&models, &[1], 3).plain().markdown()
    };
    assert!(sized(40).contains("grid_mlp"));
    assert!(!sized(1500).contains("grid_mlp"));
}

#[test]
fn a_heat_map_frames_the_chosen_one_only_where_it_shows_it() {
    let mlp = model("mlp", "deep", 0.1).axis("size", &[json!(1), json!(2)]);
    let subtitle = |mlp| {
        let dir = tempdir().unwrap();
        Sample::top_n(&[mlp], &[1], 10).write(dir.path());
        std::fs::read_to_string(dir.path().join("sample/figures/grid_mlp.svg")).unwrap()
    };
    assert!(subtitle(mlp.clone()).contains("the chosen one is framed"));
    // A point of the grid that is listed first is chosen too; another configuration lies outside.
    assert!(subtitle(mlp.clone().listed(json!({ "size": 2.0 }))).contains("framed"));
    assert!(!subtitle(mlp.listed(json!({ "size": 9 }))).contains("framed"));
}

#[test]
fn whatever_a_label_holds_its_figures_are_well_formed() {
    let label = "a\u{1}b\u{ffff}c \u{85} <&\">' ]]> \u{1f600}";
    let dir = tempdir().unwrap();
    let models =
        [model(label, "deep", 0.1).axis("\u{7}size", &[json!("\u{0}"), json!("\u{fffe}")])];
    Sample::top_n(&models, &[1], 10).write(dir.path());
    let mut n_figures = 0;
    for entry in std::fs::read_dir(dir.path().join("sample/figures")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "svg") {
            let text = std::fs::read_to_string(&path).unwrap();
            if let Err(error) = roxmltree::Document::parse(&text) {
                panic!("{}: {error}", path.display());
            }
            n_figures += 1;
        }
    }
    assert!(n_figures >= 5, "{n_figures}");
}

#[test]
fn a_trial_that_two_equal_models_share_is_counted_once() {
    let mut sample = Sample::top_n(&[model("mlp", "deep", 0.1)], &[1, 2], 10).plain();
    let alone = sample.markdown();
    let mut twin = sample.plan.models[0].clone();
    twin.label = "twin".into();
    sample.plan.models.push(twin);
    let sentence = |markdown: &str| {
        let line = markdown.lines().find(|line| line.contains("of worker time in all"));
        line.unwrap().to_owned()
    };
    assert!(sentence(&alone).starts_with("3 trials took"), "{alone}");
    assert_eq!(sentence(&sample.markdown()), sentence(&alone));
}

#[test]
fn a_mean_is_over_the_replicates_that_completed() {
    let models = [model("mlp", "deep", 0.1), model("gru", "rnn", 0.1)];
    let mut sample = Sample::top_n(&models, &[1, 2, 3], 10).plain();
    assert!(sample.markdown().contains("of the mean over 3 seeds: "));
    sample
        .fail("gru", Cause::Crash, |trial| trial.scored == Scored::ValidAndTest && trial.seed == 2);
    let markdown = sample.markdown();
    assert!(
        markdown.contains("mean over 3 seeds, or those whose replicate completed (gru 2): "),
        "{markdown}"
    );
}

#[test]
fn a_learning_curve_names_the_seed_that_it_shows() {
    let mut sample = Sample::top_n(&[model("mlp", "deep", 0.1)], &[4, 5], 10);
    sample
        .fail("mlp", Cause::Crash, |trial| trial.scored == Scored::ValidAndTest && trial.seed == 4);
    let dir = tempdir().unwrap();
    let markdown = sample.write(dir.path());
    let figure = dir.path().join("sample/figures/learning_curves_mlp.svg");
    assert!(std::fs::read_to_string(figure).unwrap().contains("mlp, seed 5"));
    assert!(!markdown.contains("under seed 4"), "{markdown}");
}
