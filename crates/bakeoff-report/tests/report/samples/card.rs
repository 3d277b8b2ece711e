//! The dataset that made-up studies say they read.

use bakeoff_spec::card::{PartCount, Spread, StepCount};
use bakeoff_spec::{DatasetCard, Recipe, Task, Use};
use serde_json::{Value, json};

pub(super) fn card(task: Task) -> DatasetCard {
    let part = |part: &str, interactions| PartCount {
        part: part.into(),
        interactions,
        users: 943,
        items: 1349,
    };
    let step = |step: &str, rows| StepCount {
        step: step.into(),
        rows,
        users: 943,
        items: 1349,
        changed: 0,
    };
    let used = |name: &str, params: Value| {
        let params = serde_json::from_value(params).unwrap();
        Use { name: name.into(), revision: 1, params }
    };
    let recipe = Recipe {
        task,
        source: used("ml-100k", json!({})),
        content: "c0ffee".into(),
        joins: Vec::new(),
        steps: vec![used("k_core", json!({ "k": 5 }))],
        split: used("leave_one_out", json!({})),
    };
    DatasetCard {
        key: recipe.key(),
        recipe,
        n_users: 943,
        n_items: 1349,
        n_interactions: 99_287,
        density: 99_287.0 / 943.0 / 1349.0,
        steps: vec![step("ml-100k", 100_000), step("k_core", 99_287)],
        parts: vec![part("train", 97_401), part("valid", 943), part("test", 943)],
        per_user: Spread { min: 18, median: 64.0, mean: 105.3, max: 648 },
        per_item: Spread { min: 5, median: 43.0, mean: 73.6, max: 583 },
        item_gini: 0.562,
        popularity_curve: (0..=100).map(|x| (f64::from(x) / 100.0).powf(0.35)).collect(),
        ratings: vec![(1.0, 6059), (2.0, 11_307), (3.0, 26_973), (4.0, 33_947), (5.0, 21_001)],
        time_span: Some((874_724_710, 893_286_638)),
        columns: vec![("occupation".into(), "21 values".into())],
        notes: vec!["Ratings are whole numbers from 1 to 5.".into()],
    }
}
