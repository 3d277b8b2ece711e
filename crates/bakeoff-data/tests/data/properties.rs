//! What holds for every table: cleaning against a slow reference, splits without leaks.

use std::collections::HashMap;
use std::fmt::Write;

use bakeoff_data::{Dataset, Interactions, Part, steps};
use bakeoff_spec::Params;
use bakeoff_spec::registry::find;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::recipes::{Planned, file};

/// User, item, time: few values, so that all coincidences occur.
type Row = (u8, u8, i64);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec((0..8u8, 0..10u8, 0..30i64), 12..120)
}

fn apply(step: &str, params: Value, rows: &[Row]) -> Vec<Row> {
    let mut table = Interactions::new("x.csv", false, true);
    for (&(user, item, time), line) in rows.iter().zip(0..) {
        table.push(&user.to_string(), &item.to_string(), f64::NAN, time as f64, line);
    }
    let params: Params = serde_json::from_value(params).unwrap();
    let step = (find(steps::ALL, step).unwrap().build)(&params).unwrap();
    step.apply(&mut table, &steps::Train::default()).unwrap();
    table.origin.lines().iter().map(|&line| rows[line as usize]).collect()
}

/// Removes one row at a time as long as there is one to remove.
fn slow_k_core(mut rows: Vec<Row>, k_user: usize, k_item: usize) -> Vec<Row> {
    loop {
        let count = |is_same: &dyn Fn(&Row) -> bool| rows.iter().filter(|row| is_same(row)).count();
        let is_rare = |row: &Row| {
            count(&|other| other.0 == row.0) < k_user || count(&|other| other.1 == row.1) < k_item
        };
        match rows.iter().position(is_rare) {
            Some(i) => rows.remove(i),
            None => return rows,
        };
    }
}

/// Prepares rows in the given split; the rows are few, so a part may come out empty.
fn prepare(rows: &[Row], split: &str, params: Value) -> Option<Dataset> {
    let dir = tempfile::tempdir().unwrap();
    let mut text = "user,item,timestamp\n".to_owned();
    for (user, item, time) in rows {
        writeln!(text, "{user},{item},{time}").unwrap();
    }
    let path = file(dir.path(), "x.csv", text);
    let planned = Planned::new(dir.path(), "csv", json!({ "interactions": path })).unwrap();
    planned.split(split, params).prepare().ok()
}

fn rows_of(data: &Dataset, part: &Part<'_>) -> Vec<Row> {
    let row = |user: usize| {
        let pairs = part.items_of(user).iter().zip(part.timestamps_of(user).iter());
        pairs.map(move |(&item, time)| {
            let item = data.raw_item(item as usize).parse().unwrap();
            (data.raw_user(user).parse().unwrap(), item, time)
        })
    };
    (0..part.n_users()).flat_map(row).collect()
}

/// How often each row occurs.
fn counted(rows: impl IntoIterator<Item = Row>) -> HashMap<Row, u32> {
    let mut counts = HashMap::new();
    for row in rows {
        *counts.entry(row).or_default() += 1;
    }
    counts
}

fn splits() -> impl Strategy<Value = (&'static str, Value)> {
    prop_oneof![
        (0..100u64).prop_map(|seed| ("random", json!({ "valid": 0.2, "test": 0.3, "seed": seed }))),
        Just(("temporal", json!({ "valid": 0.2, "test": 0.3 }))),
        Just(("leave_one_out", json!({}))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_interaction_is_in_exactly_one_part(rows in rows(), (split, params) in splits()) {
        if let Some(data) = prepare(&rows, split, params) {
            let parts = [data.train(), data.valid(), data.test()];
            let divided = parts.iter().flat_map(|part| rows_of(&data, part));
            prop_assert_eq!(counted(divided), counted(rows));
        }
    }

    #[test]
    fn shares_of_a_random_split_are_exact(rows in rows(), seed in 0..100u64) {
        let params = json!({ "valid": 0.25, "test": 0.5, "seed": seed });
        let data = prepare(&rows, "random", params).unwrap();
        let n = rows.len() as f64;
        prop_assert_eq!(data.test().n_interactions(), (0.5 * n).round() as usize);
        prop_assert_eq!(data.valid().n_interactions(), (0.25 * n).round() as usize);
    }

    #[test]
    fn leave_one_out_keeps_the_order_of_time(rows in rows()) {
        if let Some(data) = prepare(&rows, "leave_one_out", json!({})) {
            for user in 0..data.n_users() {
                let [train, valid, test] = [data.train(), data.valid(), data.test()]
                    .map(|part| part.timestamps_of(user).to_vec());
                let times = [&train[..], &valid, &test].concat();
                prop_assert!(times.is_sorted());
                prop_assert_eq!(valid.len(), usize::from(times.len() >= 3));
                prop_assert_eq!(test.len(), valid.len());
            }
        }
    }

    #[test]
    fn a_temporal_split_never_trains_on_the_future(rows in rows()) {
        if let Some(data) = prepare(&rows, "temporal", json!({ "valid": 0.2, "test": 0.2 })) {
            let range = |part: Part<'_>| {
                let times = part.timestamps;
                (times.iter().min().unwrap(), times.iter().max().unwrap())
            };
            let [train, valid, test] = [data.train(), data.valid(), data.test()].map(range);
            prop_assert!(train.1 < valid.0 && valid.1 < test.0);
        }
    }

    #[test]
    fn a_k_core_is_that_of_a_slow_reference(rows in rows(), k_user in 1..9usize, k_item in 1..9usize) {
        let core = apply("k_core", json!({ "k_user": k_user, "k_item": k_item }), &rows);
        prop_assert_eq!(core, slow_k_core(rows, k_user, k_item));
    }

    #[test]
    fn deduplicated_pairs_are_unique_and_none_is_lost(rows in rows()) {
        let pairs = |rows: &[Row]| counted(rows.iter().map(|&(user, item, _)| (user, item, 0)));
        let kept = apply("deduplicate", json!({ "keep": "last" }), &rows);
        prop_assert!(pairs(&kept).values().all(|&n| n == 1));
        prop_assert_eq!(pairs(&kept).len(), pairs(&rows).len());
        for (user, item, time) in kept {
            let of_pair = rows.iter().filter(|row| (row.0, row.1) == (user, item));
            prop_assert_eq!(of_pair.map(|row| row.2).max(), Some(time));
        }
    }
}
