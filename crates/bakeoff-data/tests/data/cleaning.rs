//! What holds for every table that is cleaned: steps that remove rows against slow references.

use std::collections::{BTreeSet, HashMap};

use bakeoff_data::{Interactions, steps};
use bakeoff_spec::Params;
use bakeoff_spec::registry::find;
use proptest::prelude::*;
use serde_json::{Value, json};

/// User, item, rating, time: few values, so that all coincidences occur.
type Row = (u8, u8, Option<u8>, Option<u8>);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let missing = prop::option::weighted(0.8, 0..5u8);
    prop::collection::vec((0..8u8, 0..6u8, missing, prop::option::weighted(0.9, 0..9u8)), 1..90)
}

/// The lines, from 0, that a step keeps, and their ratings.
fn apply(step: &str, params: Value, rows: &[Row]) -> Vec<(usize, Option<f64>)> {
    let mut table = Interactions::new("x.csv", true, true);
    let number = |value: Option<u8>| value.map_or(f64::NAN, f64::from);
    for (&(user, item, rating, time), line) in rows.iter().zip(0..) {
        table.push(&format!("u{user}"), &format!("i{item}"), number(rating), number(time), line);
    }
    let params: Params = serde_json::from_value(params).unwrap();
    let step = (find(steps::ALL, step).unwrap().build)(&params).unwrap();
    step.apply(&mut table, &steps::Train::default()).unwrap();
    let ratings = table.rating.unwrap();
    let ratings = ratings.into_iter().map(|rating| (!rating.is_nan()).then_some(rating));
    table.origin.lines().iter().map(|&line| line as usize).zip(ratings).collect()
}

fn kept(step: &str, params: Value, rows: &[Row]) -> Vec<usize> {
    apply(step, params, rows).into_iter().map(|(line, _)| line).collect()
}

fn lines(rows: &[Row], is_kept: impl Fn(&Row) -> bool) -> Vec<usize> {
    (0..rows.len()).filter(|&line| is_kept(&rows[line])).collect()
}

/// What is kept of each pair, looked up for one pair after the other. A row with a time goes before one without.
fn slow_deduplicate(keep: &str, rows: &[Row]) -> Vec<(usize, Option<f64>)> {
    let mut kept = Vec::new();
    let pairs: BTreeSet<(u8, u8)> = rows.iter().map(|row| (row.0, row.1)).collect();
    for pair in pairs {
        let of_pair = lines(rows, |row| (row.0, row.1) == pair);
        let ratings = || of_pair.iter().filter_map(|&line| rows[line].2.map(f64::from));
        let age = |line: usize| (rows[line].3.is_none(), rows[line].3, line);
        let first = *of_pair.iter().min_by_key(|&&line| age(line)).unwrap();
        let last = *of_pair.iter().max_by_key(|&&line| (rows[line].3, line)).unwrap();
        let highest = of_pair.iter().copied().rev().max_by_key(|&line| rows[line].2).unwrap();
        let own = |line: usize| (line, rows[line].2.map(f64::from));
        let sum = ratings().sum::<f64>();
        kept.push(match keep {
            "first" => own(first),
            "last" => own(last),
            "highest" => own(highest),
            _ if ratings().count() == 0 => (last, None),
            "sum" => (last, Some(sum)),
            _ => (last, Some(sum / ratings().count() as f64)),
        });
    }
    kept.sort_unstable_by_key(|&(line, _)| line);
    kept
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn deduplication_is_that_of_a_slow_reference(rows in rows()) {
        for keep in ["first", "last", "highest", "mean", "sum"] {
            let fast = apply("deduplicate", json!({ "keep": keep }), &rows);
            prop_assert_eq!(fast, slow_deduplicate(keep, &rows), "{}", keep);
        }
    }

    #[test]
    fn only_users_with_enough_rows_stay(rows in rows(), n in 1..20usize) {
        let mut lengths: HashMap<u8, usize> = HashMap::new();
        for row in &rows {
            *lengths.entry(row.0).or_default() += 1;
        }
        let expected = lines(&rows, |row| lengths[&row.0] >= n);
        prop_assert_eq!(kept("min_length", json!({ "n": n }), &rows), expected);
    }

    #[test]
    fn each_user_keeps_the_newest(rows in rows(), n in 1..12usize) {
        // A row stays if fewer than n of its user's are newer, later lines counting as newer. A missing time is oldest.
        let age = |line: usize| (rows[line].3, line);
        let is_kept = |&line: &usize| {
            let newer = |&other: &usize| rows[other].0 == rows[line].0 && age(other) > age(line);
            (0..rows.len()).filter(newer).count() < n
        };
        let expected: Vec<usize> = (0..rows.len()).filter(is_kept).collect();
        prop_assert_eq!(kept("max_length", json!({ "n": n }), &rows), expected);
    }

    #[test]
    fn only_the_times_asked_for_stay(rows in rows(), from in 0..9u8, length in 1..9u8) {
        let to = from + length;
        let expected = lines(&rows, |row| row.3.is_some_and(|time| from <= time && time < to));
        prop_assert_eq!(kept("time_range", json!({ "from": from, "to": to }), &rows), expected);
        let expected = lines(&rows, |row| row.3.is_some_and(|time| time >= from));
        prop_assert_eq!(kept("time_range", json!({ "from": from }), &rows), expected);
    }

    #[test]
    fn a_sample_is_of_the_same_users_in_any_order_of_rows(
        (rows, shuffled) in rows().prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
        n in 1..9u64,
        seed in 0..50u64,
    ) {
        let users = |n: u64, rows: &[Row]| -> BTreeSet<u8> {
            let kept = kept("sample_users", json!({ "n": n, "seed": seed }), rows);
            kept.into_iter().map(|line| rows[line].0).collect()
        };
        let all: BTreeSet<u8> = rows.iter().map(|row| row.0).collect();
        let sample = users(n, &rows);
        prop_assert_eq!(&users(n, &shuffled), &sample);
        prop_assert_eq!(sample.len(), all.len().min(n as usize));
        prop_assert!(sample.is_subset(&users(n + 1, &rows)));
        // Whoever stays does so with all rows.
        let lines_kept = kept("sample_users", json!({ "n": n, "seed": seed }), &rows);
        prop_assert_eq!(lines_kept, lines(&rows, |row| sample.contains(&row.0)));
    }
}

/// What the audit has to look at: rows that stay because there are enough others.
#[test]
fn steps_that_keep_rows_for_the_number_of_others_say_so() {
    let params = |name: &str| match name {
        "k_core" | "deduplicate" => json!({}),
        _ => json!({ "n": 2 }),
    };
    for (name, counts) in [
        ("k_core", true),
        ("min_length", true),
        ("max_length", false),
        ("deduplicate", false),
        ("sample_users", false),
    ] {
        let params: Params = serde_json::from_value(params(name)).unwrap();
        assert_eq!(steps::step(name, &params).unwrap().counts_rows(), counts, "{name}");
    }
}

/// One row each of a hundred users.
#[test]
fn another_seed_keeps_other_users_and_a_share_is_of_whole_users() {
    let rows: Vec<Row> = (0..100).map(|user| (user, 0, None, None)).collect();
    let sample = |params: Value| kept("sample_users", params, &rows);
    assert_eq!(sample(json!({ "share": 0.255 })).len(), 26);
    assert_eq!(sample(json!({ "share": 0.2 })), sample(json!({ "n": 20, "seed": 1 })));
    assert_ne!(sample(json!({ "n": 20, "seed": 1 })), sample(json!({ "n": 20, "seed": 2 })));
    // These very users, in every version: a seed means the same for good.
    let sample = sample(json!({ "n": 3 }));
    assert_eq!(sample, [17, 63, 90]);
}
