//! What does not change the keys of a plan, and what does.

use bakeoff_spec::{Plan, TrialKey};
use proptest::prelude::*;
use serde_json::Value;

use crate::plugins::{GOOD, catalog, good_json, plan, plan_at, plan_with, spec_with};

fn keys(plan: &Plan) -> (String, Vec<TrialKey>) {
    let trials = plan.models.iter().flat_map(bakeoff_spec::ModelPlan::grid);
    (plan.spec_hash.clone(), trials.map(|trial| trial.key()).collect())
}

#[test]
fn a_spec_copied_elsewhere_with_its_path_changed_is_the_same_plan() {
    let here = plan(GOOD).unwrap();
    let there = spec_with("movies/ratings.tsv", "/elsewhere/r.tsv");
    let there = plan_at("/other/folder/copy.yaml", &there).unwrap();
    assert_eq!(keys(&here), keys(&there));
    assert_eq!(here.recipe.key(), there.recipe.key());
    assert_ne!(here.read_params, there.read_params);
}

#[test]
fn what_changes_no_number_changes_no_key() {
    let good = keys(&plan(GOOD).unwrap());
    for (old, new) in [
        ("name: study", "name: other\nabout: Something else."),
        ("k: 5 }", "k: 5.0 } # a comment"),
        ("    name: ratio", "    name: ratio\n    params: { valid: 0.1 }"),
        ("  seeds: [1, 2]", "  seeds: [1, 2]\nschedule: { devices: cpu, threads: 2, retries: 0 }"),
        ("  seeds: [1, 2]", "  seeds: [1, 2]\nreport: { title: A title, metrics: [ndcg@5] }"),
        ("  k: [5, 10]", "  k: [10, 5]\n  select: ndcg@10"),
        ("epochs: 20", "epochs: 20\n  sampler: uniform\n  popularity_power: 0.75"),
        ("  - name: popularity", "  - name: popularity\n    label: Most popular"),
    ] {
        assert_eq!(keys(&plan(&spec_with(old, new)).unwrap()), good, "{new}");
    }
}

#[test]
fn what_changes_a_number_changes_the_hash() {
    let good = plan(GOOD).unwrap().spec_hash;
    assert_eq!(good.len(), 32);
    for (old, new) in [
        ("k: 5", "k: 6"),
        ("name: ratio", "name: leave_one_out"),
        ("epochs: 20", "epochs: 21"),
        ("n_heads: 2", "n_heads: 4"),
        ("[32, 64]", "[32]"),
        ("k: [5, 10]", "k: [5, 10, 20]"),
        ("k: [5, 10]", "k: [5, 10]\n  candidates: { n: 99 }"),
        (
            "  - name: popularity",
            "  - name: popularity\n  - name: mlp\n    params: { sampler: hard, n_candidates: 4 }",
        ),
        ("seeds: [1, 2]", "seeds: [1, 3]"),
        ("  - name: popularity\n", ""),
    ] {
        assert_ne!(plan(&spec_with(old, new)).unwrap().spec_hash, good, "{new}");
    }
}

#[test]
fn a_changed_metric_changes_the_keys_of_the_trials_that_compute_it_and_no_others() {
    let of = |changed: &str| {
        let mut catalog = catalog();
        let metric = catalog.metrics.iter_mut().find(|metric| metric.name == changed).unwrap();
        metric.revision = 2;
        let plan = plan_with("/specs/study.yaml", GOOD, &catalog).unwrap();
        let fits: Vec<String> = plan.models[1].grid().map(|trial| trial.fit_key()).collect();
        (keys(&plan), fits)
    };
    let (good, fits) = of("rmse");
    assert_eq!(good, keys(&plan(GOOD).unwrap()), "no trial computes it");
    let (recall, recall_fits) = of("recall");
    assert_ne!(recall.0, good.0, "the study is another");
    assert!(recall.1.iter().all(|key| !good.1.contains(key)));
    assert_eq!(recall_fits, fits, "nothing has to be fitted again");
    let (ndcg, ndcg_fits) = of("ndcg");
    assert!(ndcg.1.iter().all(|key| !good.1.contains(key) && !recall.1.contains(key)));
    assert!(ndcg_fits.iter().all(|key| !fits.contains(key)), "it chose the epoch");
}

/// The spec as YAML with the keys of every mapping in an order drawn from `orders`, and a comment after each line.
fn shuffled(value: &Value, indent: usize, orders: &mut impl Iterator<Item = u64>) -> String {
    let pad = " ".repeat(indent);
    match value {
        Value::Object(object) if !object.is_empty() => {
            let mut entries: Vec<_> = object.iter().map(|entry| (orders.next(), entry)).collect();
            entries.sort_by_key(|(order, (key, _))| (*order, (*key).clone()));
            let lines = entries.into_iter().map(|(order, (key, value))| {
                format!("\n{pad}{key}: # {order:?}{}", shuffled(value, indent + 2, orders))
            });
            lines.collect()
        }
        Value::Array(items) if items.iter().any(Value::is_object) => {
            let lines = items
                .iter()
                .map(|item| format!("\n{pad}- # an entry{}", shuffled(item, indent + 2, orders)));
            lines.collect()
        }
        // JSON is YAML; a value may stand on the line after its key.
        other => format!("\n{pad}{other}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn neither_the_order_of_keys_nor_comments_change_keys(orders in proptest::collection::vec(0_u64..1000, 64)) {
        let value = good_json();
        let text = shuffled(&value, 0, &mut orders.into_iter().cycle());
        prop_assert_eq!(keys(&plan(&text).unwrap()), keys(&plan(GOOD).unwrap()), "{}", text);
    }
}
