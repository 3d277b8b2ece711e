//! What a right spec means: completed parameters, precedence, grids, metrics, paths.

use std::path::Path;
use std::time::{Duration, Instant};

use bakeoff_spec::{MetricKey, Scored, Side, SpecFile, Task, Trial};
use serde_json::{Value, json};

use crate::plugins::{GOOD, catalog, params, plan, plan_at, spec_with};

fn describe(trial: &Trial) -> (Value, Value) {
    let all = trial.all_params();
    (all["hidden"].clone(), all["learning_rate"].clone())
}

#[test]
fn a_grid_becomes_one_candidate_a_combination_under_the_first_seed() {
    let plan = plan(GOOD).unwrap();
    let [popularity, sasrec] = plan.models.as_slice() else { panic!("two models") };
    assert_eq!(popularity.grid().count(), 1);
    assert_eq!((popularity.family.as_str(), sasrec.family.as_str()), ("baseline", "attention"));
    let combinations: Vec<_> = sasrec.grid().map(|trial| describe(&trial)).collect();
    let expected = [(32, 0.001), (32, 0.01), (64, 0.001), (64, 0.01)];
    assert_eq!(combinations, expected.map(|(hidden, rate)| (json!(hidden), json!(rate))));
    assert!(sasrec.grid().all(|trial| trial.seed == 1 && trial.scored == Scored::Valid));
    assert_eq!(plan.seeds, [1, 2]);
    assert_eq!(sasrec.describe(&sasrec.grid().nth(1).unwrap()), "hidden=32 learning_rate=0.01");
}

#[test]
fn parameters_are_complete_and_carry_the_revision() {
    let plan = plan(GOOD).unwrap();
    let trial = plan.models[1].grid().next().unwrap();
    let model = &trial.model;
    assert_eq!((model.name.as_str(), model.revision), ("sasrec", 3));
    let expected = params([("dropout", json!(0.2)), ("hidden", json!(32)), ("n_heads", json!(2))]);
    assert_eq!(model.params, expected);
    assert_eq!(plan.recipe.split.params, params([("test", json!(0.1)), ("valid", json!(0.1))]));
    assert_eq!(plan.recipe.content, "content");
}

#[test]
fn of_two_settings_the_nearer_one_wins() {
    let text = "\
version: 1
task: top_n
data: { source: { name: generated }, split: { name: leave_one_out } }
training: { epochs: 2, batch_size: 64, patience: 2 }
models:
  - name: mlp
    params: { batch_size: 32 }
    grid: { patience: [4] }
  - name: popularity
";
    let plan = plan(text).unwrap();
    let training = plan.models[0].grid().next().unwrap().training.clone().unwrap();
    // The model's default for the task, then `training`, then `params`, then `grid`.
    assert_eq!(training.loss, bakeoff_spec::Loss::Bce);
    assert_eq!((training.epochs, training.batch_size, training.patience), (2, 32, 4));
    // A model without gradients takes nothing from `training`.
    assert_eq!(plan.models[1].grid().next().unwrap().training, None);
}

#[test]
fn defaults_are_those_of_the_task() {
    let rating = spec_with("task: top_n", "task: rating")
        .replace("  - name: popularity\n", "  - name: mlp\n")
        .replace(
            "  - name: sasrec\n    params:\n      n_heads: 2\n",
            "  - name: mlp\n    label: b\n",
        )
        .replace("hidden", "width");
    let plan = plan(&rating).unwrap();
    assert_eq!(plan.recipe.task, Task::Rating);
    assert_eq!(
        plan.models[0].grid().next().unwrap().training.as_ref().unwrap().loss,
        bakeoff_spec::Loss::Mse
    );
    assert_eq!(plan.metrics, [MetricKey::plain("mae"), MetricKey::plain("rmse")]);
    assert_eq!((plan.select, plan.higher_is_better), (MetricKey::plain("rmse"), false));
}

#[test]
fn metrics_are_names_times_cutoffs_with_the_selecting_one_among_them() {
    let written = |plan: bakeoff_spec::Plan| {
        plan.metrics.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    let evaluation = |lines: &str| spec_with("evaluation:\n  k: [5, 10]\n", lines);
    assert_eq!(
        written(plan(&evaluation("")).unwrap()),
        "auc ndcg@5 ndcg@10 ndcg@20 recall@5 recall@10 recall@20"
    );
    let chosen =
        evaluation("evaluation: { metrics: [recall, auc], k: [20, 5, 5], select: ndcg@7 }\n");
    let plan_of_chosen = plan(&chosen).unwrap();
    assert!(plan_of_chosen.higher_is_better);
    assert_eq!(written(plan_of_chosen), "auc ndcg@7 recall@5 recall@20");
    let one = evaluation("evaluation: { metrics: [recall@3] }\n");
    assert_eq!(written(plan(&one).unwrap()), "ndcg@10 recall@3");
}

#[test]
fn a_path_is_resolved_for_reading_and_left_out_of_the_recipe() {
    let file = SpecFile::parse(Path::new("/specs/study.yaml"), GOOD.to_owned()).unwrap();
    let mut asked = Vec::new();
    let plan = file
        .plan(&catalog(), &mut |recipe, params| {
            asked.push((recipe.source.name.clone(), params.source.clone()));
            Ok("hash".to_owned())
        })
        .unwrap();
    let resolved =
        params([("path", json!("/specs/movies/ratings.tsv")), ("separator", json!("\t"))]);
    assert_eq!(asked, [("table".to_owned(), resolved.clone())]);
    assert_eq!(plan.read_params.source, resolved);
    assert_eq!(plan.recipe.source.params, params([("separator", json!("\t"))]));
}

#[test]
fn a_join_is_read_from_its_path_and_keyed_without_it() {
    let text = spec_with(
        "  split:",
        "  join:\n    - { to: items, name: table, params: { path: films.tsv }, prefix: film_ }\n  split:",
    );
    let plan = plan_at("/specs/study.yaml", &text).unwrap();
    let [join] = &plan.recipe.joins[..] else { panic!("one join") };
    assert_eq!((join.to, join.prefix.as_str()), (Side::Items, "film_"));
    assert!(!join.join.params.contains_key("path"));
    assert_eq!(plan.read_params.joins[0]["path"], json!("/specs/films.tsv"));
    assert_ne!(plan.recipe.key(), plan_at("/specs/study.yaml", GOOD).unwrap().recipe.key());
    let error = plan_at(
        "/s.yaml",
        &text.replace("name: table, params: { path: films.tsv }", "name: tabel"),
    );
    let error = error.unwrap_err().render(false);
    assert!(error.contains("there is no join `tabel`") && error.contains("`table`"), "{error}");
}

#[test]
fn a_study_is_called_as_its_file_unless_it_says_otherwise() {
    let nameless = spec_with("name: study\n", "");
    assert_eq!(plan_at("/specs/movies_topn.yaml", &nameless).unwrap().name, "movies_topn");
    assert_eq!(plan_at("/specs/movies topn.yaml", GOOD).unwrap().name, "study");
    assert!(plan_at("/specs/movies topn.yaml", &nameless).is_err());
}

#[test]
fn one_model_may_stand_twice_under_two_labels() {
    let text = spec_with(
        "  - name: popularity\n",
        "  - { name: mlp, label: small, params: { width: 8 } }\n  - name: mlp\n",
    );
    let plan = plan(&text).unwrap();
    let labels: Vec<&str> = plan.models.iter().map(|model| model.label.as_str()).collect();
    assert_eq!(labels, ["small", "mlp", "sasrec"]);
}

#[test]
fn values_that_mean_the_same_are_the_same_trial() {
    let text = spec_with("[0.001, 0.01]", "[1e-2]").replace("[32, 64]", "[64, 32.0, 1e2]");
    let plan = plan(&text).unwrap();
    let hidden: Vec<_> = plan.models[1].grid().map(|t| describe(&t).0).collect();
    assert_eq!(hidden, [json!(64), json!(32), json!(100)]);
}

#[test]
fn anchors_and_merge_keys_work() {
    let text = spec_with("    params:\n      n_heads: 2\n", "    params: &small { n_heads: 2 }\n")
        + "schedule: { threads: 2 }\n";
    let more = text.replace(
        "evaluation:",
        "  - name: sasrec\n    label: again\n    params: { <<: *small, dropout: 0.5 }\nevaluation:",
    );
    let plan = plan(&more).unwrap();
    let trial = plan.models[2].grid().next().unwrap();
    let again = &trial.model.params;
    assert_eq!((&again["n_heads"], &again["dropout"]), (&json!(2), &json!(0.5)));
}

#[test]
fn ten_thousand_trials_are_planned_without_a_wait() {
    let even: Vec<u32> = (1..=100).map(|i| 2 * i).collect();
    let epochs: Vec<u32> = (1..=100).collect();
    let text = spec_with("[32, 64]", &format!("{even:?}"))
        .replace("learning_rate: [0.001, 0.01]", &format!("epochs: {epochs:?}"));
    let start = Instant::now();
    let plan = plan(&text).unwrap();
    assert_eq!(plan.models[1].grid().count(), 10_000);
    // Built for release it takes under 0.2 s; without optimisation and beside other tests, ten times that.
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}
