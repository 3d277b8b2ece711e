//! The card of small data, counted by hand.

use std::path::Path;

use bakeoff_data::Dataset;
use bakeoff_spec::DatasetCard;
use serde_json::{Value, json};

use crate::recipes::{Planned, file};

const ROWS: &str = "user,item,rating,timestamp
a,x,5,0
a,y,,10
a,z,3,20
b,x,,30
b,z,1,40
b,y,2,50
c,x,4,60
";
const USERS: &str = "user,age,job\na,20,\nb,,cook\nc,,\nd,,\n";

/// Leave-one-out, which leaves each user with three rows one for training; or by lot.
fn prepare(steps: &[(&str, Value)], is_by_lot: bool) -> Dataset {
    let dir = tempfile::tempdir().unwrap();
    let [rows, users] =
        [("x.csv", ROWS), ("users.csv", USERS)].map(|(name, text)| file(dir.path(), name, text));
    let params = json!({ "interactions": rows, "users": users });
    let mut planned = Planned::new(dir.path(), "csv", params).unwrap();
    for (step, params) in steps {
        planned = planned.step(step, params.clone());
    }
    if is_by_lot {
        planned = planned.split("random", json!({ "valid": 0.2, "test": 0.2 }));
    }
    planned.prepare().unwrap()
}

/// What is missing after each step, as `column of axis: n`.
fn missing(card: &DatasetCard) -> Vec<Vec<String>> {
    let of_step = card.steps.iter().map(|step| {
        step.missing.iter().map(|one| format!("{} of {}: {}", one.column, one.of, one.n)).collect()
    });
    of_step.collect()
}

#[test]
fn missing_values_are_counted_before_and_after_each_step() {
    let fill = json!({ "with": "constant", "value": 3, "columns": ["age"] });
    let data = prepare(&[("fill_missing", fill), ("k_core", json!({ "k": 2 }))], false);
    // The timestamps are whole and not told; d has no rows, and after the 2-core c has none either.
    assert_eq!(
        missing(data.card()),
        [
            ["rating of rows: 2", "age of users: 2", "job of users: 2"],
            ["rating of rows: 2", "age of users: 0", "job of users: 2"],
            ["rating of rows: 2", "age of users: 0", "job of users: 1"],
        ]
    );
}

#[test]
fn a_column_that_is_gone_after_a_step_is_told_only_before_it() {
    let data = prepare(&[("min_rating", json!({ "value": 1, "implicit": true }))], true);
    assert_eq!(
        missing(data.card()),
        [
            vec!["rating of rows: 2", "age of users: 2", "job of users: 2"],
            vec!["age of users: 2", "job of users: 2"],
        ]
    );
}

#[test]
fn a_card_counts_users_items_parts_and_times() {
    let data = prepare(&[], false);
    let card = data.card();
    let triples = |bins: &[bakeoff_spec::card::Bin]| {
        bins.iter().map(|bin| (bin.from, bin.to, bin.n)).collect::<Vec<_>>()
    };
    // a and b have three rows, c one; x has three, y and z two. Leave-one-out leaves each user one for training.
    assert_eq!(triples(&card.user_counts), [(1, 1, 1), (2, 2, 0), (3, 3, 2)]);
    assert_eq!(triples(&card.item_counts), [(2, 2, 2), (3, 3, 1)]);
    assert_eq!(triples(&card.train_lengths), [(1, 1, 3)]);
    assert_eq!(card.item_ranks, [(1, 3), (2, 2), (3, 2)]);
    // Ascending 1, 3, 3: 2 · (1 + 6 + 9) / (3 · 7) − 4/3 = 4/21.
    assert!((card.user_gini.unwrap() - 4.0 / 21.0).abs() < 1e-12);
    let [valid, test] = &card.overlaps[..] else { panic!("{:?}", card.overlaps) };
    // Train has x alone; a's y and b's z are for validation, a's z and b's y for test.
    assert_eq!((valid.shared_users, valid.cold_items, valid.rows_of_cold_items), (2, 2, 2));
    assert_eq!((test.cold_users, test.shared_items, test.repeated_rows), (0, 0, 0));
    // 61 seconds in bins of two.
    let over_time = card.over_time.as_ref().unwrap();
    assert_eq!((over_time.first, over_time.bin_secs), (0, 2));
    let n_rows: Vec<u64> = over_time.parts.iter().map(|(_, counts)| counts.iter().sum()).collect();
    assert_eq!(n_rows, [3, 2, 2]);
}

#[test]
fn a_card_stays_small_however_much_there_is() {
    let dir = tempfile::tempdir().unwrap();
    let params = json!({ "n_users": 2000, "n_items": 3000, "mean_length": 20 });
    let data = Planned::new(dir.path(), "synthetic", params).unwrap().prepare().unwrap();
    let bytes = serde_json::to_vec(data.card()).unwrap().len();
    assert!(bytes < 12_000, "{bytes} bytes");
    assert!(data.card().user_counts.iter().map(|bin| bin.n).sum::<u64>() == 2000);
}

/// The card of rows in split `fixed`, with these further parameters of the source.
fn fixed(dir: &Path, files: &[(&str, &str)], split: Value) -> DatasetCard {
    let mut params = json!({});
    for (param, rows) in files {
        params[param] = file(dir, &format!("{param}.csv"), rows).into();
    }
    let planned = Planned::new(dir, "csv", params).unwrap();
    planned.split("fixed", split).prepare().unwrap().card().clone()
}

#[test]
fn density_is_that_of_different_pairs() {
    let dir = tempfile::tempdir().unwrap();
    let rows = "user,item\na,x\na,x\na,y\na,x\nb,x\nb,x\nb,z\n";
    let path = file(dir.path(), "x.csv", rows);
    let planned = Planned::new(dir.path(), "csv", json!({ "interactions": path })).unwrap();
    // a has x and y, b has x and z, of three items.
    assert!((planned.prepare().unwrap().card().density - 4.0 / 6.0).abs() < 1e-12);
}

#[test]
fn items_that_are_only_candidates_do_not_thin_the_data_out() {
    let dir = tempfile::tempdir().unwrap();
    let train = file(dir.path(), "train", "0\t1\t4\t1\n0\t2\t4\t2\n1\t1\t5\t1\n1\t2\t5\t2\n");
    let test = file(dir.path(), "test", "0\t3\t5\t3\n1\t3\t3\t3\n");
    let negatives = file(dir.path(), "negatives", "(0,3)\t7\t8\n(1,3)\t9\t8\n");
    let params = json!({ "train": train, "test": test, "negatives": negatives });
    let planned = Planned::new(dir.path(), "ncf", params).unwrap();
    let data = planned.split("fixed", json!({})).prepare().unwrap();
    assert!((data.card().density - 1.0).abs() < 1e-12, "{}", data.card().density);
    let notes = data.card().notes.join("\n");
    assert!(notes.contains("a list of items to rank test targets among"), "{notes}");
}

#[test]
fn columns_that_nothing_reads_are_told_and_one_that_was_perhaps_meant() {
    let rows = "user,item,Rating,helpful,timestamp\na,x,5,1,1\na,y,4,0,2\na,z,4,0,3\n";
    let notes = |more: Value| {
        let dir = tempfile::tempdir().unwrap();
        let path = file(dir.path(), "x.csv", rows);
        let mut params = json!({ "interactions": path });
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Planned::new(dir.path(), "csv", params).unwrap().prepare().unwrap().card().notes.clone()
    };
    assert_eq!(
        notes(json!({})),
        [
            "Columns of the interactions that nothing reads: `Rating` (write `rating: Rating` in the source if it is \
             the rating), `helpful`."
        ]
    );
    let all = json!({ "rating": "Rating", "columns": ["helpful"] });
    assert_eq!(notes(all), [""; 0]);
}

#[test]
fn validation_that_is_taken_out_of_train_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let (train, test) = ("user,item\na,x\na,y\na,z\nb,x\nb,y\n", "user,item\na,w\nb,w\n");
    let timed = ("user,item,timestamp\na,x,1\na,y,2\n", "user,item,timestamp\na,w,3\n");
    let told = |[train, test]: [&str; 2], more: &[(&str, &str)], split| {
        let files = [&[("interactions", train), ("test", test)], more].concat();
        let notes = fixed(dir.path(), &files, split).notes;
        notes.into_iter().find(|note| note.starts_with("The source gives no validation part"))
    };
    let newest = told([timed.0, timed.1], &[], json!({})).unwrap();
    assert!(newest.contains("takes each user's newest interaction of train,"), "{newest}");
    let last = told([train, test], &[], json!({})).unwrap();
    assert!(
        last.contains("that the source has last of each user, as there are no times"),
        "{last}"
    );
    let random = told([train, test], &[], json!({ "valid": "random", "share": 0.4 })).unwrap();
    assert!(random.contains("takes 40 % of train, drawn at random (seed 1),"), "{random}");
    let valid = ("valid", "user,item\nb,z\n");
    assert_eq!(told([train, test], &[valid], json!({})), None);
}

#[test]
fn a_split_that_leaves_ids_unknown_says_what_that_means() {
    let dir = tempfile::tempdir().unwrap();
    let params = json!({ "n_users": 40, "n_items": 60 });
    let planned = Planned::new(dir.path(), "synthetic", params).unwrap();
    let note = |split: &str, of: &str| {
        let data = planned.clone().split(split, json!({})).prepare().unwrap();
        let told = format!("a model that knows {of} by their ids alone");
        data.card().notes.iter().any(|note| note.contains(&told))
    };
    assert!(note("cold_items", "items") && note("cold_users", "users"));
    assert!(!note("leave_one_out", "items") && !note("leave_one_out", "users"));
}

#[test]
fn steps_of_one_name_are_told_apart_by_what_they_do_not_share() {
    let fill = |column: &str| json!({ "with": "constant", "value": 3, "columns": [column] });
    let steps = [
        ("k_core", json!({ "k": 2 })),
        ("fill_missing", fill("rating")),
        ("fill_missing", fill("age")),
    ];
    let data = prepare(&steps, false);
    let names =
        ["csv", "k_core", "fill_missing columns=[\"rating\"]", "fill_missing columns=[\"age\"]"];
    assert_eq!(data.card().step_names(), names);
}
