//! Steps that transform values, through the whole pipeline: what models get to read.

use bakeoff_data::{Assigned, Column, ColumnValues, Dataset, steps};
use bakeoff_spec::Task;
use bakeoff_spec::registry::find;
use serde_json::{Value, json};

use crate::recipes::{Planned, file};

const ROWS: &str = "user,item,rating,timestamp,paid,review\n\
    a,x,1,10,5,Great fit\n\
    a,y,3,20,7,too small\n\
    a,z,4,30,9,great colour\n\
    a,w,5,40,1,awful\n\
    b,x,5,11,3,great\n\
    b,y,4,12,,\n\
    b,z,2,13,8,secret\n\
    b,w,1,14,8,secret\n";
const ITEMS: &str = "item,title,kind,price\nx,Red dress,dress,10\ny,\"Blue, red\",top,30\nz,牛仔裤,dress,20\nw,,hat,99\n";

fn planned(dir: &std::path::Path) -> Planned {
    let rows = file(dir, "x.csv", ROWS);
    let items = file(dir, "items.csv", ITEMS);
    Planned::new(
        dir,
        "csv",
        json!({ "interactions": rows, "items": items, "columns": ["paid", "review"] }),
    )
    .unwrap()
}

fn prepared(steps: &[(&str, Value)]) -> Dataset {
    let dir = tempfile::tempdir().unwrap();
    let add = |planned: Planned, (name, params): &(&str, Value)| planned.step(name, params.clone());
    steps.iter().fold(planned(dir.path()), add).task(Task::Rating).prepare().unwrap()
}

fn named<'a>(columns: Vec<Column<'a>>, name: &str) -> ColumnValues<'a> {
    columns.into_iter().find(|column| column.name == name).unwrap().values
}

fn item_column<'a>(data: &'a Dataset, name: &str) -> ColumnValues<'a> {
    named(data.item_columns(), name)
}

/// The numbers of a column in train and in test.
fn numbers(data: &Dataset, name: &str) -> [Vec<f32>; 2] {
    [Assigned::Train, Assigned::Test].map(|part| match named(data.row_columns(part), name) {
        ColumnValues::Numeric(numbers) => numbers.to_vec(),
        other => panic!("{other:?}"),
    })
}

#[test]
fn a_normalised_rating_is_what_the_rating_task_learns() {
    let data = prepared(&[("normalise", json!({ "columns": ["rating"], "with": "min_max" }))]);
    // Train has 1, 3 of a and 5, 4 of b.
    assert_eq!(data.train().ratings.to_vec(), [0.0, 0.5, 1.0, 0.75]);
    assert_eq!(data.test().ratings.to_vec(), [1.0, 0.0]);
    assert_eq!(data.rating_range(), Some((0.0, 1.0)));
}

#[test]
fn titles_become_words_and_kinds_blocks_of_zeros_and_ones() {
    let data = prepared(&[
        ("tokenise", json!({ "columns": ["title"], "max_len": 3 })),
        ("encode", json!({ "columns": ["kind"], "with": "one_hot" })),
        ("encode", json!({ "columns": ["price"], "with": "quantiles", "buckets": 2 })),
    ]);
    // x and y are in train: red twice, blue and dress once. z and w are not.
    let ColumnValues::Tokens { n_values, len, codes } = item_column(&data, "title") else {
        panic!()
    };
    assert_eq!((n_values, len), (5, 3));
    assert_eq!(codes, [2, 4, 0, 3, 2, 0, 1, 0, 0, 0, 0, 0]);
    let ColumnValues::Dense { shape, values, .. } = item_column(&data, "kind") else { panic!() };
    assert_eq!(shape, [4]);
    // Missing, unseen, dress, top.
    assert_eq!(values[..8], [0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
    assert_eq!(values[12..], [0.0, 1.0, 0.0, 0.0]);
    let prices = ColumnValues::Categorical { n_values: 4, codes: &[2, 3, 3, 3] };
    assert_eq!(item_column(&data, "price"), prices);
}

#[test]
fn reviews_are_read_by_user_and_item_and_held_out_ones_by_nobody() {
    let gather = json!({ "columns": ["review"], "gather": ["users", "items"], "max_len": 4 });
    let data = prepared(&[("tokenise", gather)]);
    assert!(data.row_columns(Assigned::Train).iter().all(|column| column.name != "review"));
    // Train has "great fit", "too small" and "great": great, fit, small, too from code 2 on.
    let of_users = named(data.user_columns(), "review");
    let expected = [2, 3, 5, 4, 2, 0, 0, 0];
    assert_eq!(of_users, ColumnValues::Tokens { n_values: 6, len: 4, codes: &expected });
    // x: that of a at 10, that of b at 11.
    let expected = [2, 3, 2, 0, 5, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let of_items = ColumnValues::Tokens { n_values: 6, len: 4, codes: &expected };
    assert_eq!(item_column(&data, "review"), of_items);
}

#[test]
fn rows_have_targets_rates_and_smoothed_numbers() {
    let data = prepared(&[
        ("encode", json!({ "columns": ["kind"], "with": "target", "smoothing": 1 })),
        ("smooth", json!({ "columns": ["paid"], "with": "moving_average", "window": 2 })),
        (
            "smooth_rate",
            json!({ "as": "liked", "ratings": { "at_least": 4, "per": "items" }, "with": "bayesian", "strength": 2 }),
        ),
        ("tf_idf", json!({ "columns": ["review", "title"] })),
    ]);
    // The hat of the test rows is in no row of train, whose mean is 3.25.
    assert_eq!(numbers(&data, "kind_target")[1], [3.25, 3.25]);
    let [train, test] = numbers(&data, "paid");
    assert_eq!((&train[..3], &test[..]), (&[5.0, 6.0, 3.0][..], &[4.0, 5.5][..]));
    assert!(train[3].is_nan());
    // x: 1 of 2; y: 1 of 2; of all, 2 of 4.
    assert_eq!(item_column(&data, "liked"), ColumnValues::Numeric(&[0.5; 4]));
    let ColumnValues::Weighted { n_values, offsets, .. } = item_column(&data, "title") else {
        panic!("words with weights")
    };
    assert_eq!((n_values, offsets), (3, &[0, 2, 4, 4, 4][..]));
}

#[test]
fn a_step_that_learns_comes_after_those_that_remove() {
    let dir = tempfile::tempdir().unwrap();
    let planned = planned(dir.path())
        .step("normalise", json!({ "columns": ["rating"], "with": "rank" }))
        .try_step("k_core", json!({ "k": 1 }));
    let error = planned.unwrap_err().to_string();
    assert!(
        error.starts_with("step `k_core` removes rows and stands after `normalise`"),
        "{error}"
    );
}

#[test]
fn a_column_that_is_not_there_is_told_with_those_that_are() {
    let dir = tempfile::tempdir().unwrap();
    let step = json!({ "columns": ["titel"], "max_len": 4 });
    let planned = planned(dir.path()).try_step("tokenise", step);
    let error = planned.unwrap_err().to_string();
    assert_eq!(
        error,
        "step `tokenise`: there is no column `titel` (did you mean `title`?); the data has `rating`, `timestamp`, `paid`, \
         `review`, `title`, `kind`, `price`"
    );
}

#[test]
fn an_editor_knows_the_languages_that_have_stop_words() {
    let schema = (find(steps::ALL, "tokenise").unwrap().schema)();
    let languages = &schema["properties"]["words"]["properties"]["stop_words"]["items"]["enum"];
    let languages = languages.as_array().unwrap();
    assert!(languages.contains(&json!("de")) && languages.contains(&json!("zh")), "{languages:?}");
}
