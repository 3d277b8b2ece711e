//! What holds for every table: cleaning against a slow reference, splits without leaks.

use std::collections::HashMap;
use std::fmt::Write;

use bakeoff_data::{DataError, Dataset, Interactions, Part, steps};
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

/// Prepares rows in the given split; of each row of `fixed`, its place says the part.
fn prepare(rows: &[Row], split: &str, params: Value) -> Result<Dataset, DataError> {
    let dir = tempfile::tempdir().unwrap();
    let mut text = "user,item,timestamp,part\n".to_owned();
    for ((user, item, time), part) in
        rows.iter().zip(["train", "valid", "train", "test"].iter().cycle())
    {
        writeln!(text, "{user},{item},{time},{part}").unwrap();
    }
    let path = file(dir.path(), "x.csv", text);
    let mut source = json!({ "interactions": path });
    if split == "fixed" {
        source["part"] = "part".into();
    }
    let planned = Planned::new(dir.path(), "csv", source).unwrap();
    planned.split(split, params).prepare()
}

/// The same; `None` where the rows are too few for every part of that split to have one, which must be said then.
fn prepare_if_enough(rows: &[Row], split: &str, params: Value) -> Option<Dataset> {
    let is_enough = is_enough(rows, split, &params);
    match prepare(rows, split, params) {
        Ok(data) => {
            assert!(is_enough, "{split}: a part must be empty");
            Some(data)
        }
        Err(DataError::EmptyPart { .. }) if !is_enough => None,
        Err(error) => panic!("{split}: {error}"),
    }
}

/// Whether each part of a split of 12 rows or more, in the shares of [`splits`], has a row.
fn is_enough(rows: &[Row], split: &str, params: &Value) -> bool {
    let n_different = |mut ids: Vec<u8>| {
        ids.sort_unstable();
        ids.dedup();
        ids.len()
    };
    let most_of_user = (0..8).map(|user| rows.iter().filter(|row| row.0 == user).count()).max();
    let most_of_user = most_of_user.unwrap_or_default();
    match split {
        "leave_one_out" | "by_user" | "temporal_per_user" => most_of_user >= 3,
        "leave_k_out" => most_of_user > 3,
        "cold_users" => n_different(rows.iter().map(|row| row.0).collect()) >= 3,
        "cold_items" => n_different(rows.iter().map(|row| row.1).collect()) >= 3,
        "temporal" => {
            let mut times: Vec<i64> = rows.iter().map(|row| row.2).collect();
            times.sort_unstable();
            let share = |name: &str| params[name].as_f64().unwrap();
            let from =
                |share: f64| times[times.len() - (times.len() as f64 * share).round() as usize];
            let (valid, test) = (from(share("valid") + share("test")), from(share("test")));
            times[0] < valid && valid < test
        }
        _ => true,
    }
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

/// Every registered split, but for its seed with one set of parameters.
pub(crate) fn all_splits(seed: u64) -> Vec<(&'static str, Value)> {
    let shares = json!({ "valid": 0.2, "test": 0.3 });
    let seeded = json!({ "valid": 0.2, "test": 0.3, "seed": seed });
    vec![
        ("random", seeded.clone()),
        ("temporal", shares.clone()),
        ("leave_one_out", json!({})),
        ("leave_k_out", json!({ "k": 2, "k_valid": 1, "which": "random", "seed": seed })),
        ("by_user", seeded.clone()),
        ("temporal_per_user", shares),
        ("k_fold", json!({ "k": 5, "fold": seed % 5, "seed": seed })),
        ("cold_users", json!({ "valid": 0.2, "test": 0.3, "shown": 0.5, "seed": seed })),
        ("cold_items", seeded),
        ("fixed", json!({})),
    ]
}

fn splits() -> impl Strategy<Value = (&'static str, Value)> {
    let n = all_splits(0).len();
    (0..100u64, 0..n).prop_map(|(seed, i)| all_splits(seed).swap_remove(i))
}

#[test]
fn every_registered_split_is_drawn() {
    let drawn: Vec<&str> = all_splits(0).iter().map(|(name, _)| *name).collect();
    for entry in bakeoff_data::splits::ALL {
        assert!(drawn.contains(&entry.name), "split `{}` needs a line in `all_splits`", entry.name);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn every_interaction_is_in_exactly_one_part(rows in rows(), (split, params) in splits()) {
        if let Some(data) = prepare_if_enough(&rows, split, params) {
            let parts = [data.train(), data.valid(), data.test(), data.fold_in()];
            let divided = parts.iter().flat_map(|part| rows_of(&data, part));
            prop_assert_eq!(counted(divided), counted(rows));
            prop_assert!(parts[..3].iter().all(|part| part.n_interactions() > 0));
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
        if let Some(data) = prepare_if_enough(&rows, "leave_one_out", json!({})) {
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
        let params = json!({ "valid": 0.2, "test": 0.2 });
        if let Some(data) = prepare_if_enough(&rows, "temporal", params) {
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
