//! Every split on tables small enough to be checked by hand.

use std::fmt::Write;

use bakeoff_data::splits::{self, Assigned};
use bakeoff_data::{Dataset, Interactions, Ordered};
use bakeoff_spec::Params;
use bakeoff_spec::registry::find;
use proptest::prelude::*;
use serde_json::{Value, json};

use Assigned::{FoldIn, Test, Train, Valid};

/// Users `u0`, `u1`, … with so many interactions each, all with different items unless they are the same number.
fn ordered(lengths: &[usize]) -> Ordered {
    let mut table = Interactions::new("x.csv", false, true);
    for (user, &length) in lengths.iter().enumerate() {
        for time in 0..length {
            let (user, item) = (format!("u{user}"), format!("i{}", (user * 7 + time) % 13));
            table.push(&user, &item, f64::NAN, time as f64, 1);
        }
    }
    Ordered::of(table).unwrap()
}

pub(crate) fn assign(name: &str, params: Value, data: &Ordered) -> Vec<Assigned> {
    let params: Params = serde_json::from_value(params).unwrap();
    let entry = find(splits::ALL, name).unwrap();
    let params = (entry.complete)(&params).unwrap();
    (entry.build)(&params).unwrap().assign(data).unwrap()
}

/// The parts of each user.
fn by_user(name: &str, params: Value, lengths: &[usize]) -> Vec<Vec<Assigned>> {
    let data = ordered(lengths);
    let assigned = assign(name, params, &data);
    data.rows_by_user().map(|rows| assigned[rows].to_vec()).collect()
}

fn count(parts: &[Assigned], part: Assigned) -> usize {
    parts.iter().filter(|&&of_row| of_row == part).count()
}

#[test]
fn leave_k_out_takes_the_newest_for_test_and_those_before_for_validation() {
    let parts = by_user("leave_k_out", json!({ "k": 2, "k_valid": 1 }), &[5, 4, 3]);
    assert_eq!(parts[0], [Train, Train, Valid, Test, Test]);
    assert_eq!(parts[1], [Train, Valid, Test, Test]);
    assert_eq!(parts[2], [Train; 3], "nothing would be left to train on");
    let random = by_user("leave_k_out", json!({ "k": 2, "which": "random" }), &[9; 20]);
    assert!(random.iter().all(|parts| (count(parts, Test), count(parts, Valid)) == (2, 2)));
    assert!(random.iter().any(|parts| parts != &random[0]), "by lot, not by time");
}

#[test]
fn shares_of_each_user_are_rounded_and_train_gets_one_at_least() {
    for name in ["by_user", "temporal_per_user"] {
        let parts = by_user(name, json!({ "valid": 0.2, "test": 0.3 }), &[10, 1, 2]);
        let counts = |user: usize| [Train, Valid, Test].map(|part| count(&parts[user], part));
        assert_eq!(counts(0), [5, 2, 3], "{name}");
        assert_eq!(counts(1), [1, 0, 0], "{name}");
        assert_eq!(counts(2), [1, 0, 1], "{name}: 0.3 of two is one, 0.2 of two is none");
    }
    let parts = by_user("temporal_per_user", json!({ "valid": 0.2, "test": 0.3 }), &[10]);
    assert!(parts[0].is_sorted_by_key(|&part| part as usize), "{:?}", parts[0]);
}

#[test]
fn folds_are_tested_once_each_and_differ_in_size_by_one() {
    let data = ordered(&[7, 8, 8]);
    let mut n_tested = [0; 23];
    for fold in 0..5 {
        let parts = assign("k_fold", json!({ "k": 5, "fold": fold }), &data);
        let next = assign("k_fold", json!({ "k": 5, "fold": (fold + 1) % 5 }), &data);
        for row in 0..23 {
            n_tested[row] += usize::from(parts[row] == Test);
            assert_eq!(parts[row] == Valid, next[row] == Test, "the next fold is for validation");
        }
        assert!([4, 5].contains(&count(&parts, Test)));
    }
    assert_eq!(n_tested, [1; 23]);
}

#[test]
fn cold_users_are_in_no_training_row_and_shown_by_their_oldest() {
    let params = json!({ "valid": 0.2, "test": 0.3, "shown": 0.5 });
    let parts = by_user("cold_users", params, &[4; 10]);
    let of = |part: Assigned| parts.iter().filter(|parts| parts.contains(&part)).count();
    assert_eq!((of(Test), of(Valid), of(Train), of(FoldIn)), (3, 2, 5, 5));
    for parts in &parts {
        assert!(!(parts.contains(&Train) && parts.len() != count(parts, Train)));
        if parts.contains(&Test) {
            assert_eq!(parts[..], [FoldIn, FoldIn, Test, Test]);
        }
    }
    let unknown = by_user("cold_users", json!({ "shown": 0.0, "test": 0.5 }), &[3; 10]);
    assert!(unknown.iter().flatten().all(|&part| part != FoldIn));
}

#[test]
fn a_cold_item_is_in_one_part_alone() {
    let data = ordered(&[10; 8]);
    let assigned = assign("cold_items", json!({ "valid": 0.2, "test": 0.2 }), &data);
    let mut part_of = std::collections::HashMap::new();
    for (&item, &part) in data.table.item.iter().zip(&assigned) {
        assert_eq!(*part_of.entry(item).or_insert(part), part);
    }
    let items = |part: Assigned| part_of.values().filter(|&&of_item| of_item == part).count();
    // 13 items: a fifth is 2.6.
    assert_eq!((items(Test), items(Valid), items(Train)), (3, 3, 7));
}

#[test]
fn the_sources_own_parts_are_kept_and_validation_is_taken_out_of_train() {
    let mut data = ordered(&[4, 2, 1]);
    let given = vec![Train, Train, Train, Test, Train, Test, Train];
    data.table.part = Some(given.clone());
    let newest = assign("fixed", json!({}), &data);
    assert_eq!(newest, [Train, Train, Valid, Test, Train, Test, Train]);
    let random = assign("fixed", json!({ "valid": "random", "share": 0.4 }), &data);
    assert_eq!((count(&random, Valid), count(&random, Test), count(&random, Train)), (2, 2, 3));
    data.table.part = Some(vec![Train, Valid, Train, Test, Train, Test, Train]);
    assert_eq!(Some(assign("fixed", json!({}), &data)), data.table.part);
    let split = splits::split("fixed", &Params::new()).unwrap();
    let error = split.assign(&ordered(&[3])).unwrap_err().to_string();
    assert!(error.contains("a source that divides its rows"), "{error}");
}

#[test]
fn a_held_out_users_shown_rows_reach_the_prepared_dataset() {
    let dir = tempfile::tempdir().unwrap();
    let mut text = "user,item,timestamp\n".to_owned();
    for row in 0..40 {
        writeln!(text, "u{},i{},{row}", row / 4, row % 7).unwrap();
    }
    let path = crate::recipes::file(dir.path(), "x.csv", text);
    let planned = crate::recipes::Planned::new(dir.path(), "csv", json!({ "interactions": path }));
    let params = json!({ "valid": 0.2, "test": 0.2, "shown": 0.5 });
    let data: Dataset = planned.unwrap().split("cold_users", params).prepare().unwrap();
    let rows =
        [data.train(), data.valid(), data.test(), data.fold_in()].map(|p| p.n_interactions());
    assert_eq!(rows, [24, 4, 4, 8]);
    for user in 0..data.n_users() {
        let shown = data.fold_in().items_of(user).len();
        let scored = data.valid().items_of(user).len() + data.test().items_of(user).len();
        assert_eq!(shown, scored);
        assert_eq!(shown == 0, !data.train().items_of(user).is_empty());
    }
    let names: Vec<&str> = data.card().parts.iter().map(|part| part.part.as_str()).collect();
    assert_eq!(names, ["train", "valid", "test", "fold_in"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_seed_gives_one_split_and_another_seed_another(
        seed in 0..1000u64,
        name in prop::sample::select(vec!["random", "by_user", "k_fold", "cold_users", "cold_items"]),
    ) {
        let data = ordered(&[12; 12]);
        let with = |seed: u64| assign(name, json!({ "seed": seed }), &data);
        prop_assert_eq!(with(seed), with(seed));
        prop_assert!((1..5).any(|more| with(seed) != with(seed + more)));
    }
}
