use bakeoff_spec::{Fitting, Task};
use serde_json::{Value, json};

use crate::samples::{Sample, attempt_on, checkpoints, prepared, sample, trial};

/// Items that training never meets, with pictures and words that tell what they are.
fn cold_items() -> Sample {
    let params = json!({
        "n_users": 500, "n_categories": 6, "n_items": 120, "taste_strength": 0.9, "sequence_strength": 0,
        "popularity_skew": 0, "text": true, "images": { "size": 16 },
    });
    let params = serde_json::from_value(params).unwrap();
    let steps = [
        ("normalise_images", json!({})),
        ("tokenise", json!({ "columns": ["description"], "max_len": 12, "max_words": 200 })),
    ];
    let folder = tempfile::tempdir().unwrap();
    prepared(folder, Task::TopN, ("synthetic", &params), &steps, "cold_items")
}

/// NDCG of `mlp` on validation and test.
fn ndcg(sample: &Sample, changes: &Value) -> f64 {
    let mut settings = json!({ "learning_rate": 0.01, "epochs": 12, "patience": 12 });
    for (name, value) in changes.as_object().unwrap() {
        settings[name] = value.clone();
    }
    let trial = trial(bakeoff_models::find("mlp").unwrap(), Task::TopN, &settings);
    let folder = tempfile::tempdir().unwrap();
    let kept = checkpoints(folder.path(), &trial);
    let result = attempt_on(sample, &trial, &kept, &Fitting::default(), &mut |_| {}).unwrap();
    result.valid[&trial.select]
}

#[test]
fn items_that_nobody_has_taken_are_ranked_by_what_they_look_like() {
    let sample = cold_items();
    let by_ids = ndcg(&sample, &json!({}));
    let by_columns = ndcg(&sample, &json!({ "columns": true, "item_ids": false }));
    // All items compete, and two of three of a category are taken already.
    assert!(by_columns > 0.25 && by_columns > 4.0 * by_ids, "{by_columns}, by ids {by_ids}");
}

#[test]
fn without_ids_and_columns_there_is_nothing_to_tell_items_apart() {
    let entry = bakeoff_models::find("mlp").unwrap();
    let params = [("item_ids".to_owned(), json!(false))].into();
    let error = (entry.info("").plugin.complete)(&params).unwrap_err();
    assert!(format!("{error:?}").contains("it needs columns: true"), "{error:?}");
    let sample = sample(Task::TopN, &[(0, 0, 1.0), (0, 1, 1.0), (0, 2, 1.0), (1, 2, 1.0)]);
    let trial = trial(entry, Task::TopN, &json!({ "columns": true, "item_ids": false }));
    let folder = tempfile::tempdir().unwrap();
    let kept = checkpoints(folder.path(), &trial);
    let error = attempt_on(&sample, &trial, &kept, &Fitting::default(), &mut |_| {}).unwrap_err();
    assert!(error.to_string().contains("items have no columns to be told apart by"), "{error}");
}
