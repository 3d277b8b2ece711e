//! The dataset that made-up studies say they read.

use bakeoff_spec::card::{Bin, Missing, OverTime, Overlap, PartCount, Spread, StepCount};
use bakeoff_spec::{DatasetCard, Recipe, Task, Use};
use serde_json::{Value, json};

pub(super) fn card(task: Task) -> DatasetCard {
    let part = |part: &str, interactions| PartCount {
        part: part.into(),
        interactions,
        users: 943,
        items: 1349,
    };
    let step = |step: &str, rows, n_missing| StepCount {
        step: step.into(),
        rows,
        users: 943,
        items: 1349,
        changed: 0,
        missing: vec![Missing { of: "users".into(), column: "occupation".into(), n: n_missing }],
    };
    let overlap = |part: &str, cold_items| Overlap {
        part: part.into(),
        shared_users: 943,
        cold_users: 0,
        shared_items: 512 - cold_items,
        cold_items,
        rows_of_cold_users: 0,
        rows_of_cold_items: cold_items,
        repeated_rows: 0,
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
        steps: vec![step("ml-100k", 100_000, 7), step("k_core", 99_287, 7)],
        parts: vec![part("train", 97_401), part("valid", 943), part("test", 943)],
        per_user: Spread { min: 18, median: 64.0, mean: 105.3, max: 648 },
        per_item: Spread { min: 5, median: 43.0, mean: 73.6, max: 583 },
        overlaps: vec![overlap("valid", 2), overlap("test", 4)],
        user_counts: bins(&[
            (16, 41),
            (20, 95),
            (25, 103),
            (32, 102),
            (40, 77),
            (50, 78),
            (63, 68),
        ]),
        item_counts: bins(&[(5, 52), (6, 92), (8, 79), (10, 85), (13, 75), (16, 93), (20, 873)]),
        train_lengths: bins(&[(16, 61), (20, 101), (25, 100), (32, 100), (40, 74), (50, 60)]),
        item_ranks: (0..70)
            .map(|i| 1.11_f64.powi(i) as u64)
            .map(|rank| (rank, 583 / rank))
            .collect(),
        user_gini: Some(0.471),
        item_gini: 0.562,
        popularity_curve: (0..=100).map(|x| (f64::from(x) / 100.0).powf(0.35)).collect(),
        ratings: vec![(1.0, 6059), (2.0, 11_307), (3.0, 26_973), (4.0, 33_947), (5.0, 21_001)],
        time_span: Some((874_724_710, 893_286_638)),
        over_time: Some(OverTime {
            first: 874_724_710,
            bin_secs: 4 * 86_400,
            parts: vec![
                ("train".into(), (0..54).map(|i| 1000 + i * i % 700).collect()),
                ("valid".into(), (0..54).map(|i| i / 2).collect()),
                ("test".into(), (0..54).collect()),
            ],
        }),
        columns: vec![("occupation".into(), "21 values".into())],
        repairs: [("rating outside of 1 to 5".to_owned(), 3)].into(),
        notes: vec!["Ratings are whole numbers from 1 to 5.".into()],
    }
}

/// Bins that end where the next one begins.
fn bins(counts: &[(u64, u64)]) -> Vec<Bin> {
    let ends =
        counts.iter().skip(1).map(|next| next.0 - 1).chain([counts[counts.len() - 1].0 * 5 / 4]);
    counts.iter().zip(ends).map(|(&(from, n), to)| Bin { from, to, n }).collect()
}
