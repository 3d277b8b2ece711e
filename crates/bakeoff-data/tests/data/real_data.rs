//! The sizes that are published of real data. Skipped, and said so, where the data is not there.

use std::path::PathBuf;

use bakeoff_data::{Axis, ColumnValues, Dataset};
use serde_json::json;

use crate::recipes::Planned;

/// Prepares `BAKEOFF_DATA/PATH`, by default in the shared folder beside the repository.
fn prepare(source: &str, path: &str) -> Option<Dataset> {
    prepare_with(source, path, |planned| planned)
}

fn prepare_with(source: &str, path: &str, adapt: impl Fn(Planned) -> Planned) -> Option<Dataset> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let folder = std::env::var_os("BAKEOFF_DATA").map_or_else(|| beside.into(), PathBuf::from);
    let path = folder.join(path);
    if !path.exists() {
        eprintln!("skipped: {} is not there; set BAKEOFF_DATA", path.display());
        return None;
    }
    let dir = tempfile::tempdir().unwrap();
    let params = json!({ "path": path });
    Some(adapt(Planned::new(dir.path(), source, params).unwrap()).prepare().unwrap())
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

#[test]
fn titles_and_genres_of_movielens_become_words_and_tags() {
    let data = prepare_with("recbole", "ml-100k/ml-100k.inter", |planned| {
        let title = json!({
            "columns": ["movie_title"], "max_len": 6, "max_words": 5000, "words": { "stop_words": ["en"] }
        });
        let genres = json!({ "columns": ["class"], "with": "multi_hot", "dense": true });
        let rating = json!({ "columns": ["rating"], "with": "per_user_mean" });
        let planned = planned.step("tokenise", title).step("encode", genres);
        planned.step("normalise", rating)
    });
    let Some(data) = data else { return };
    let columns = data.item_columns();
    let column = |name: &str| columns.iter().position(|column| column.name == name).unwrap();
    let (title, genres) = (column("movie_title"), column("class"));
    let ColumnValues::Tokens { len: 6, codes, .. } = columns[title].values else {
        panic!("{:?}", columns[title])
    };
    assert_eq!(codes.len(), 6 * 1682);
    let word = |code: u32| data.value_name(Axis::Items, "movie_title", code).unwrap();
    let i = (0..1682).find(|&item| data.raw_item(item) == "71").unwrap();
    let lion_king: Vec<&str> = codes[i * 6..][..6].iter().map(|&code| word(code)).collect();
    assert_eq!(lion_king, ["lion", "king", "(padding)", "(padding)", "(padding)", "(padding)"]);
    // 19 genres with `unknown`, and the column of unseen ones.
    let ColumnValues::Dense { shape: [20], values, .. } = columns[genres].values else {
        panic!("{:?}", columns[genres])
    };
    let of_lion_king = values[i * 20..][..20].iter().filter(|&&value| value > 0.0).count();
    assert_eq!(of_lion_king, 3, "animation, children's, musical");
    // Each user's mean in train is 0.
    let train = data.train();
    let sum = |user: usize| {
        (0..train.items_of(user).len())
            .map(|i| f64::from(train.ratings_of(user).get(i)))
            .sum::<f64>()
    };
    assert!((0..data.n_users()).all(|user| sum(user).abs() < 1e-3));
}
