//! The same recipe gives the same bytes, however many threads prepare it.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::recipes::{Planned, file};

/// The arrays of a recipe, prepared by so many threads.
fn arrays(n_threads: usize, plan: &(impl Fn(&Path) -> Planned + Sync)) -> Vec<u8> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
    pool.install(|| {
        let dir = tempfile::tempdir().unwrap();
        let data = plan(dir.path()).prepare().unwrap();
        fs::read(data.dir().join("arrays.safetensors")).unwrap()
    })
}

fn check(plan: impl Fn(&Path) -> Planned + Sync) {
    let [one, four] = [1, 4].map(|n_threads| arrays(n_threads, &plan));
    assert!(one.len() > 100_000, "{} bytes", one.len());
    assert!(one == four, "arrays depend on the number of threads");
}

fn with_steps(planned: Planned, steps: &[(&str, Value)]) -> Planned {
    let add = |planned: Planned, (name, params): &(&str, Value)| planned.step(name, params.clone());
    steps.iter().fold(planned, add)
}

/// More rows than one core takes at a time; numbers whose sums depend on the order.
fn rows() -> String {
    let mut text = "user,item,rating,timestamp,mood,review\n".to_owned();
    for row in 0..150_000_u64 {
        let lot = row.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33;
        let (user, item, time) = (lot % 4001, lot / 7 % 1009, lot % 999_983);
        let (rating, mood) = (1 + lot % 5, (lot % 1_000_003) as f64 / 7.0);
        let mood = if lot.is_multiple_of(11) { String::new() } else { mood.to_string() };
        let review = ["good film", "bad film", "war and peace", ""][(lot % 4) as usize];
        writeln!(text, "u{user},i{item},{rating},{time},{mood},{review} {}", lot % 97).unwrap();
    }
    text
}

#[test]
fn tables_with_many_steps() {
    let rows = rows();
    let steps = [
        ("deduplicate", json!({ "keep": "mean" })),
        ("k_core", json!({ "k": 5 })),
        ("derive", json!({ "from": "timestamp", "as": "hour", "with": "hour" })),
        ("fill_missing", json!({ "columns": ["mood"], "with": "mean", "by": "item" })),
        ("clip", json!({ "columns": ["mood"], "deviations": 2 })),
        ("normalise", json!({ "columns": ["mood"], "with": "z_score" })),
        ("normalise", json!({ "columns": ["rating"], "with": "per_user_mean" })),
        ("smooth", json!({ "columns": ["mood"], "with": "exponential" })),
        (
            "smooth_rate",
            json!({ "as": "liked", "ratings": { "at_least": 0, "per": "items" },
            "with": "bayesian" }),
        ),
        ("encode", json!({ "columns": ["hour"], "with": "target" })),
        ("encode", json!({ "columns": ["mood"], "with": "quantiles" })),
        ("tokenise", json!({ "columns": ["review"], "gather": ["users", "items"], "max_len": 9 })),
    ];
    check(|dir| {
        let path = file(dir, "x.csv", &rows);
        let source = json!({ "interactions": path, "columns": ["mood", "review"] });
        with_steps(Planned::new(dir, "csv", source).unwrap(), &steps)
    });
}

#[test]
fn pictures_sounds_words_and_prices() {
    let params = json!({
        "n_users": 60, "n_items": 50, "images": { "size": 32 }, "text": true,
        "audio": { "seconds": 0.5 }, "prices": true,
    });
    let steps = [
        ("normalise_images", json!({ "columns": ["image"], "with": "train" })),
        ("tf_idf", json!({ "columns": ["description", "review"] })),
        (
            "price_windows",
            json!({ "column": "price_history", "windows": [7], "horizons": [1, 30],
            "series": { "length": 20 } }),
        ),
    ];
    check(|dir| with_steps(Planned::new(dir, "synthetic", params.clone()).unwrap(), &steps));
}
