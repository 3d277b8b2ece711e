//! Bands, prefixes, buckets, maps and suppression, by hand.

use serde_json::json;

use super::*;
use crate::column::RawColumn;

fn step(params: serde_json::Value) -> Generalise {
    let step: Generalise = serde_json::from_value(params).unwrap();
    Generalise::check(&step).unwrap();
    step
}

fn texts(values: &Values) -> Vec<&str> {
    let Values::Text(texts) = values else { panic!("text, not {}", values.kind()) };
    texts.iter().collect()
}

/// Four users; `a` has two rows, `d` has none any more. Items x (a, b, c) and y (a).
fn table() -> Interactions {
    let mut table = Interactions::new("x.csv", false, false);
    for (user, item) in [("a", "x"), ("b", "x"), ("c", "x"), ("a", "y"), ("d", "y")] {
        table.push(user, item, 0.0, 0.0, 1);
    }
    table.retain(&[true, true, true, true, false]);
    table.user_columns = vec![
        RawColumn::new("age", Values::Number(vec![29.0, 30.0, f64::NAN, -3.0])),
        RawColumn::new("zip", Values::Number(vec![2139.0, 55411.0, 55455.0, f64::NAN])),
        RawColumn::new(
            "job",
            Values::Text(["cook", "nurse", "cook", "nurse"].into_iter().collect()),
        ),
    ];
    let mut genres = Tags::default();
    genres.push(["war", "noir"]);
    genres.push(["noir"]);
    table.item_columns = vec![RawColumn::new("genres", Values::Tags(genres))];
    table
}

fn applied(params: serde_json::Value) -> Result<(Interactions, u64), DataError> {
    let mut table = table();
    let n = step(params).apply(&mut table, &Train::default())?;
    Ok((table, n))
}

#[test]
fn ages_become_decades() {
    let (table, n) = applied(json!({ "column": "age", "with": "band", "width": 10 })).unwrap();
    assert_eq!(texts(&table.user_columns[0].values), ["20-29", "30-39", "", "-10 to -1"]);
    assert_eq!(n, 3);
    assert_eq!(band(29.5, 10.0), "20-29");
    assert_eq!(band(7.0, 1.0), "7");
}

#[test]
fn a_zip_that_was_read_as_a_number_gets_its_zeros_back() {
    let params = json!({ "column": "zip", "with": "prefix", "length": 3, "digits": 5 });
    let (table, _) = applied(params).unwrap();
    assert_eq!(texts(&table.user_columns[1].values), ["021*", "554*", "554*", ""]);
    let error = applied(json!({ "column": "zip", "with": "prefix", "length": 3 })).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("holds numbers, and prefix takes text; say with how many digits")
    );
    assert_eq!(prefix("čaj", 1), "č*");
    assert_eq!([prefix("abc", 3), prefix("ab", 9), prefix("č", 1)], ["ab*", "a*", "*"]);
}

#[test]
fn numbers_fall_between_edges() {
    let at = |number| bucket(number, &[18.0, 30.0]);
    assert_eq!(
        [17.9, 18.0, 29.0, 30.0].map(at),
        ["below 18", "18 to below 30", "18 to below 30", "30 and above"]
    );
    let error = applied(json!({ "column": "job", "with": "buckets", "edges": [1] })).unwrap_err();
    assert!(error.to_string().contains("holds text, and buckets takes numbers"), "{error}");
}

#[test]
fn what_a_map_does_not_name_is_not_told() {
    let map = json!({ "cook": "service" });
    let (table, _) = applied(json!({ "column": "job", "with": "map", "map": map })).unwrap();
    assert_eq!(texts(&table.user_columns[2].values), ["service", "*", "service", "*"]);
    let map = json!({ "war": "dark", "noir": "dark" });
    let (table, _) = applied(json!({ "column": "genres", "with": "map", "map": map })).unwrap();
    let Values::Tags(tags) = &table.item_columns[0].values else { panic!("still tags") };
    assert_eq!(tags.get(0).collect::<Vec<_>>(), ["dark"], "two that become one are one");
}

#[test]
fn values_of_few_users_are_suppressed_by_counting_users_that_are_left() {
    // Two users left have the job cook, one has nurse: `d` is gone. One user alone must not have `*` either.
    let (table, n) =
        applied(json!({ "column": "job", "with": "suppress", "min_users": 2 })).unwrap();
    assert_eq!(texts(&table.user_columns[2].values), ["*", "*", "*", "*"]);
    assert_eq!(n, 4);
    let error =
        applied(json!({ "column": "job", "with": "suppress", "min_users": 4 })).unwrap_err();
    assert!(error.to_string().contains("column `job` has too few users"), "{error}");
    // Noir is on both items, which a, b and c have; war on x, which all of them have too.
    let (table, n) =
        applied(json!({ "column": "genres", "with": "suppress", "min_users": 3 })).unwrap();
    let Values::Tags(tags) = &table.item_columns[0].values else { panic!("still tags") };
    assert_eq!((tags.get(0).collect::<Vec<_>>(), n), (vec!["war", "noir"], 0));
    // No age is that of two users.
    let (table, n) =
        applied(json!({ "column": "age", "with": "suppress", "min_users": 2 })).unwrap();
    let Values::Number(ages) = &table.user_columns[0].values else { panic!("still numbers") };
    assert!(ages.iter().all(|age| age.is_nan()));
    assert_eq!(n, 3);
}

#[test]
fn the_next_rarest_values_are_hidden_too_until_enough_users_are() {
    let suppressed = |jobs: &[&str], min_users: u32| {
        let mut table = Interactions::new("x.csv", false, false);
        for user in 0..jobs.len() {
            table.push(&user.to_string(), "x", 0.0, 0.0, 1);
        }
        let jobs = Values::Text(jobs.iter().collect());
        table.user_columns = vec![RawColumn::new("job", jobs)];
        let params = json!({ "column": "job", "with": "suppress", "min_users": min_users });
        step(params).apply(&mut table, &Train::default()).unwrap();
        texts(&table.user_columns[0].values).join(" ")
    };
    assert_eq!(suppressed(&["a", "a", "b", "c", "a"], 2), "a a * * a");
    assert_eq!(suppressed(&["a", "a", "b", "c", "c", "a"], 2), "a a * * * a");
    assert_eq!(suppressed(&["a", "a", "b", "*"], 2), "a a * *", "who has it already counts");
    assert_eq!(suppressed(&["a", "a", "", "b", "b"], 2), "a a  b b", "nothing is to be hidden");
}

#[test]
fn only_suppressing_looks_at_other_entries() {
    let effect = |params| step(params).effect();
    assert_eq!(
        effect(json!({ "column": "a", "with": "suppress", "min_users": 2 })),
        Effect::Counts
    );
    assert_eq!(effect(json!({ "column": "a", "with": "band", "width": 2 })), Effect::Changes);
}

#[test]
fn each_way_has_its_own_parameter() {
    let refused = |params| {
        let step: Generalise = serde_json::from_value(params).unwrap();
        Generalise::check(&step).unwrap_err()
    };
    assert_eq!(refused(json!({ "column": "a", "with": "band" })), "width: with: band needs it");
    let both = json!({ "column": "a", "with": "band", "width": 2, "length": 3 });
    assert_eq!(refused(both), "length: goes with with: prefix only");
    let edges = json!({ "column": "a", "with": "buckets", "edges": [2, 2] });
    assert_eq!(refused(edges), "edges: each must be above the one before");
    let digits = json!({ "column": "a", "with": "band", "width": 2, "digits": 3 });
    assert_eq!(refused(digits), "digits: goes with with: prefix only");
}
