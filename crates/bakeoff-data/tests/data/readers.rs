//! Parquet and JSON lines as a user names them, and what is told of files that are not as they should be.

use bakeoff_data::column::Values;
use serde_json::{Value, json};

use crate::recipes::{Planned, file};
use crate::tables::{column, interactions, joined, numbers, real, rows, tags, texts};

#[test]
fn movielens_100k_in_parquet_has_its_published_size() {
    let Some(path) = real("ml-100k-parquet/interactions.parquet") else { return };
    let head = interactions("parquet", json!({ "path": path, "user": "?" })).unwrap_err();
    let head = head.to_string();
    assert!(head.contains("has no column `?`"), "{head}");
    println!("{head}");
}

#[test]
fn clothing_reviews_have_their_texts() {
    let Some(path) = real("clothing-reviews/reviews.parquet") else { return };
    let head = interactions("parquet", json!({ "path": path, "user": "?" })).unwrap_err();
    println!("{head}");
}
