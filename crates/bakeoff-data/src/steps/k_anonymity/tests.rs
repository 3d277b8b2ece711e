//! Groups by hand.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::column::RawColumn;

/// A user each, with a decade, a zip and an illness.
fn table(users: &[(&str, &str, &str)]) -> Interactions {
    let mut table = Interactions::new("x.csv", false, false);
    for i in 0..users.len() {
        table.push(&format!("u{i}"), "x", 0.0, 0.0, 1);
    }
    let text = |values: Vec<&str>| Values::Text(values.into_iter().collect());
    table.user_columns = vec![
        RawColumn::new("age", text(users.iter().map(|user| user.0).collect())),
        RawColumn::new("zip", text(users.iter().map(|user| user.1).collect())),
        RawColumn::new("illness", text(users.iter().map(|user| user.2).collect())),
    ];
    table
}

/// Three users of (20-29, 021*), two of (30-39, 554*), one of (30-39, 021*).
const USERS: [(&str, &str, &str); 6] = [
    ("20-29", "021*", "flu"),
    ("20-29", "021*", "flu"),
    ("30-39", "554*", "flu"),
    ("20-29", "021*", "cold"),
    ("30-39", "554*", "cold"),
    ("30-39", "021*", "cold"),
];

fn step(params: Value) -> KAnonymity {
    let step: KAnonymity = serde_json::from_value(params).unwrap();
    KAnonymity::check(&step).unwrap();
    step
}

fn apply(table: &mut Interactions, params: Value) -> Result<u64, DataError> {
    step(params).apply(table, &Train::default())
}

fn values(table: &Interactions, column: usize) -> Vec<&str> {
    let Values::Text(texts) = &table.user_columns[column].values else { panic!("still text") };
    texts.iter().collect()
}

#[test]
fn groups_that_are_too_small_are_told_smallest_first() {
    let error =
        apply(&mut table(&USERS), json!({ "columns": ["age", "zip"], "k": 3 })).unwrap_err();
    assert_eq!(
        error.to_string(),
        "step `k_anonymity`: it does not hold that at least 3 users share each combination of age, zip: 2 of 3 groups \
         break it: 1 of 1 user, 1 of 2 users (different values: age 2, zip 2); generalise the columns further, or set \
         on_failure to suppress or report"
    );
}

#[test]
fn what_holds_is_noted() {
    let mut data = table(&USERS);
    assert_eq!(apply(&mut data, json!({ "columns": ["age"], "k": 3 })).unwrap(), 0);
    assert_eq!(
        data.notes,
        [
            "It holds that at least 3 users share each combination of age: 2 groups, the smallest of 3."
        ]
    );
}

#[test]
fn what_is_reported_stays() {
    let mut data = table(&USERS);
    let params = json!({ "columns": ["age", "zip"], "k": 2, "on_failure": "report" });
    assert_eq!(apply(&mut data, params).unwrap(), 0);
    assert_eq!(
        data.notes,
        [
            "Not so: at least 2 users share each combination of age, zip. 1 of 3 groups break it: 1 of 1 user."
        ]
    );
    assert_eq!(data.user_columns, table(&USERS).user_columns);
}

#[test]
fn a_user_who_would_stand_out_by_having_no_values_is_joined_by_the_next_smallest_group() {
    let mut data = table(&USERS);
    let params = json!({ "columns": ["age", "zip"], "k": 2, "on_failure": "suppress" });
    // The one of (30-39, 021*), and then the two of (30-39, 554*): two values each.
    assert_eq!(apply(&mut data, params).unwrap(), 6);
    assert_eq!(values(&data, 0), ["20-29", "20-29", "", "20-29", "", ""]);
    assert_eq!(values(&data, 1), ["021*", "021*", "", "021*", "", ""]);
    assert_eq!(values(&data, 2), ["flu", "flu", "flu", "cold", "cold", "cold"]);
    assert!(
        data.notes[0]
            .ends_with("2 groups, the smallest of 3; the values of 3 users were removed for it.")
    );
}

#[test]
fn too_few_users_cannot_be_hidden_at_all() {
    let params = json!({ "columns": ["age"], "k": 7, "on_failure": "suppress" });
    let error = apply(&mut table(&USERS), params).unwrap_err().to_string();
    assert!(error.contains("1 of 1 groups break it: 1 of 6 users (different"), "{error}");
}

#[test]
fn users_without_rows_hide_nobody() {
    let mut data = table(&USERS);
    // The last of the three users of (20-29, 021*) is gone.
    data.retain(&[true, true, true, false, true, true]);
    assert!(apply(&mut data, json!({ "columns": ["age"], "k": 3 })).is_err());
}

#[test]
fn a_group_of_one_illness_gives_it_away() {
    let params =
        |l| json!({ "columns": ["age", "zip"], "k": 1 + 1, "sensitive": "illness", "l": l });
    let users = &USERS[..5];
    assert!(apply(&mut table(users), params(2)).is_ok());
    let same = users.iter().map(|&(age, zip, _)| (age, zip, "flu")).collect::<Vec<_>>();
    let error = apply(&mut table(&same), params(2)).unwrap_err().to_string();
    assert!(
        error.contains("1 of 2 users with 1 sensitive value, 1 of 3 users with 1 sensitive value"),
        "{error}"
    );
}

#[test]
fn a_later_step_that_undoes_it_is_found_at_the_end() {
    let params = |on_failure: &str| json!({ "columns": ["age"], "k": 3, "on_failure": on_failure });
    let finished = |on_failure: &str, ages: Option<Vec<f64>>| {
        let mut data = table(&USERS);
        apply(&mut data, params(on_failure)).unwrap();
        match ages {
            Some(ages) => data.user_columns[0].values = Values::Number(ages),
            None => drop(data.user_columns.remove(0)),
        }
        step(params(on_failure)).finish(&mut data).map(|()| data.notes.pop().unwrap())
    };
    assert!(finished("error", None).is_ok(), "what is masked tells nothing");
    // Numbers that stand for the old values, one for one; then one user with a number of their own.
    assert!(finished("error", Some(vec![1.0, 1.0, 2.0, 1.0, 2.0, 2.0])).is_ok());
    let finer = || Some(vec![1.0, 1.0, 2.0, 1.0, 2.0, 3.0]);
    for on_failure in ["error", "suppress"] {
        let error = finished(on_failure, finer()).unwrap_err().to_string();
        assert!(
            error.ends_with("a step after `k_anonymity` has undone it; put that step before it")
        );
    }
    let note = finished("report", finer()).unwrap();
    assert!(
        note.starts_with("After all steps: Not so: ")
            && note.ends_with("1 of 1 user, 1 of 2 users.")
    );
}

#[test]
fn columns_must_be_of_users_and_comparable() {
    let error = apply(&mut table(&USERS), json!({ "columns": ["ages"], "k": 2 })).unwrap_err();
    assert!(error.to_string().contains("no column `ages` (did you mean `age`?)"), "{error}");
    let sensitive: KAnonymity =
        serde_json::from_value(json!({ "columns": ["age"], "k": 2, "sensitive": "age", "l": 2 }))
            .unwrap();
    assert!(KAnonymity::check(&sensitive).is_err());
}

proptest! {
    /// Whatever the users are: after suppressing, the check holds, and nobody is changed who did not have to be.
    #[test]
    fn after_suppressing_the_check_holds(
        codes in prop::collection::vec((0..4usize, 0..3usize, 0..3usize), 1..40),
        k in 2..6u32,
        l in prop::option::of(2..3u32),
    ) {
        let names = ["", "a", "b", "c"];
        let users: Vec<_> =
            codes.iter().map(|&(age, zip, ill)| (names[age], names[zip], names[ill + 1])).collect();
        let mut data = table(&users);
        let with = |on_failure: &str| match l {
            Some(l) => json!({
                "columns": ["age", "zip"], "k": k, "on_failure": on_failure, "sensitive": "illness", "l": l
            }),
            None => json!({ "columns": ["age", "zip"], "k": k, "on_failure": on_failure }),
        };
        let was_safe = apply(&mut table(&users), with("error")).is_ok();
        if let Ok(n) = apply(&mut data, with("suppress")) {
            prop_assert!(apply(&mut data, with("error")).is_ok());
            prop_assert!(n == 0 || !was_safe);
        } else {
            let n_ill = users.iter().map(|user| user.2).collect::<BTreeSet<_>>().len();
            prop_assert!(users.len() < k as usize || l.is_some_and(|l| n_ill < l as usize));
        }
    }
}
