//! The sizes that are published of real data. Skipped, and said so, where the data is not there.

use std::path::PathBuf;

use bakeoff_data::Dataset;
use serde_json::json;

use crate::recipes::Planned;

/// Prepares `BAKEOFF_DATA/PATH`, by default in the shared folder beside the repository.
fn prepare(source: &str, path: &str) -> Option<Dataset> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let folder = std::env::var_os("BAKEOFF_DATA").map_or_else(|| beside.into(), PathBuf::from);
    let path = folder.join(path);
    if !path.exists() {
        eprintln!("skipped: {} is not there; set BAKEOFF_DATA", path.display());
        return None;
    }
    let dir = tempfile::tempdir().unwrap();
    let params = json!({ "path": path });
    Some(Planned::new(dir.path(), source, params).unwrap().prepare().unwrap())
}

#[test]
fn movielens_100k_has_its_published_size() {
    let Some(data) = prepare("recbole", "ml-100k/ml-100k.inter") else { return };
    assert_eq!((data.n_users(), data.n_items()), (943, 1682));
    assert_eq!(data.card().n_interactions, 100_000);
    let parts = [data.train(), data.valid(), data.test()];
    assert_eq!(parts.map(|part| part.n_interactions()), [98_114, 943, 943]);
    assert_eq!(data.rating_range(), Some((1.0, 5.0)));
    let stars = [(1.0, 6110), (2.0, 11_370), (3.0, 27_145), (4.0, 34_174), (5.0, 21_201)];
    assert_eq!(data.card().ratings, stars);
    assert_eq!((data.user_columns().len(), data.item_columns().len()), (4, 3));
}

#[test]
fn the_pinned_content_of_ml_100k_is_that_of_its_files() {
    let Some(data) = prepare("recbole", "ml-100k/ml-100k.inter") else { return };
    let dir = tempfile::tempdir().unwrap();
    let pinned = Planned::new(dir.path(), "ml-100k", json!({})).unwrap();
    assert_eq!(data.card().recipe.content, pinned.recipe.content);
}

#[test]
fn amazon_beauty_has_its_published_size() {
    let Some(data) = prepare("sequences", "amazon-beauty/Beauty.txt") else { return };
    assert_eq!((data.n_users(), data.n_items()), (22_363, 12_101));
    let parts = [data.train(), data.valid(), data.test()];
    assert_eq!(parts.map(|part| part.n_interactions()), [153_776, 22_363, 22_363]);
    assert_eq!(data.card().n_interactions, 198_502);
}
