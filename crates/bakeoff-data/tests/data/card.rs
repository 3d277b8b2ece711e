//! The card of small data, counted by hand.

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
