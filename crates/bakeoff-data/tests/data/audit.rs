//! Leaks that were planted in small data, each found by its own check, and none where there is none.

use bakeoff_data::{AuditFinding, Dataset, Severity, audit};
use serde_json::{Value, json};

use crate::recipes::{Planned, file};

/// The table in the given split, after the given steps.
fn prepare(rows: &str, steps: &[(&str, Value)], split: &str, params: Value) -> Dataset {
    let dir = tempfile::tempdir().unwrap();
    let path = file(dir.path(), "x.csv", rows);
    let mut planned = Planned::new(dir.path(), "csv", json!({ "interactions": path })).unwrap();
    for (step, params) in steps {
        planned = planned.step(step, params.clone());
    }
    planned.split(split, params).prepare().unwrap()
}

fn find(data: &Dataset, check: &str) -> AuditFinding {
    let findings = audit(data).unwrap();
    findings.into_iter().find(|finding| finding.check == check).unwrap()
}

/// Severity, count and of how many.
fn counts(data: &Dataset, check: &str) -> (Severity, u64, u64) {
    let AuditFinding { severity, count, of, .. } = find(data, check);
    (severity, count, of)
}

/// Both users have each item once; all of train is before all of validation and that before all of test.
const CLEAN: &str = "user,item,timestamp
a,x,1
b,y,2
a,y,3
b,x,4
a,v,5
b,w,6
a,w,7
b,v,8
";

#[test]
fn clean_data_give_nothing_away() {
    // The items of test must be in train for that.
    let rows = CLEAN.to_owned() + "c,v,0\nc,w,0\n";
    let data = prepare(&rows, &[], "temporal", json!({ "valid": 0.2, "test": 0.2 }));
    let findings = audit(&data).unwrap();
    let worst = findings.iter().map(|finding| (finding.severity, finding.count));
    assert!(worst.clone().all(|worst| worst == (Severity::Fine, 0)), "{findings:#?}");
    assert!(findings.iter().all(|finding| finding.of > 0), "{findings:#?}");
}

#[test]
fn a_repeated_interaction_is_found_and_told_from_a_twin() {
    // a's newest is x again; b's is y again, at the second of the first y.
    let rows = "user,item,timestamp\na,x,1\na,y,2\na,z,3\na,x,4\nb,y,5\nb,z,5\nb,x,5\nb,y,5\n";
    let data = prepare(rows, &[], "leave_one_out", json!({}));
    assert_eq!(counts(&data, "repeated_interactions"), (Severity::Leak, 2, 4));
    let about = find(&data, "repeated_interactions").about;
    assert!(about.contains("(1 of them at the same second too)"), "{about}");
    let steps = [("deduplicate", json!({}))];
    let data = prepare(rows, &steps, "leave_one_out", json!({}));
    assert_eq!(counts(&data, "repeated_interactions"), (Severity::Fine, 0, 4));
}

#[test]
fn what_is_in_validation_and_in_test_is_found() {
    let rows = "user,item\na,x\na,y\na,y\nb,x\nb,y\nb,z\n";
    let data = prepare(rows, &[], "leave_one_out", json!({}));
    assert_eq!(counts(&data, "valid_in_test"), (Severity::Leak, 1, 2));
    assert_eq!(counts(&data, "repeated_interactions").1, 0);
}

#[test]
fn a_training_row_after_the_test_time_is_found() {
    // a's test row is of second 3; all three rows of b but its first came later, of which one is for training.
    let rows = "user,item,timestamp\na,x,1\na,y,2\na,z,3\nb,x,1\nb,v,4\nb,y,5\nb,z,6\n";
    let data = prepare(rows, &[], "leave_one_out", json!({}));
    assert_eq!(counts(&data, "train_after_test"), (Severity::Notice, 1, 3));
    assert_eq!(counts(&data, "own_future"), (Severity::Fine, 0, 5));
}

#[test]
fn a_users_own_future_is_found() {
    let rows: Vec<String> = (1..=9).map(|time| format!("a,i{time},{time}")).collect();
    let rows = format!("user,item,timestamp\n{}\n", rows.join("\n"));
    let data = prepare(&rows, &[], "random", json!({ "valid": 0.2, "test": 0.2, "seed": 1 }));
    let times = [data.train(), data.valid(), data.test()].map(|part| part.timestamps.to_vec());
    assert_eq!(times, [vec![1, 4, 6, 7, 8], vec![2, 9], vec![3, 5]]);
    // Four of train came after 2, which validation asks for; and at test, which asks for 3, 9 of validation is shown.
    assert_eq!(counts(&data, "own_future"), (Severity::Leak, 5, 7));
}

#[test]
fn without_timestamps_nothing_is_said_of_times() {
    let data = prepare("user,item\na,x\na,y\na,z\n", &[], "leave_one_out", json!({}));
    for check in ["own_future", "train_after_test"] {
        assert_eq!(counts(&data, check).0, Severity::Unknown);
    }
}

#[test]
fn items_and_users_that_only_test_has_are_found() {
    let data = prepare(CLEAN, &[], "temporal", json!({ "valid": 0.25, "test": 0.25 }));
    assert_eq!(counts(&data, "items_only_in_test"), (Severity::Notice, 2, 2));
    assert!(find(&data, "items_only_in_test").about.contains("(different items: 2)"));
    assert_eq!(counts(&data, "users_only_in_test"), (Severity::Fine, 0, 2));

    let rows = CLEAN.to_owned() + "c,x,9\nc,y,9\n";
    let data = prepare(&rows, &[], "temporal", json!({ "valid": 0.2, "test": 0.2 }));
    assert_eq!(counts(&data, "users_only_in_test"), (Severity::Notice, 1, 1));
    assert_eq!(counts(&data, "items_only_in_test"), (Severity::Fine, 0, 2));

    // Of a cold user, what is shown is enough.
    let cold = |shown: f64| {
        let params = json!({ "valid": 0.34, "test": 0.34, "shown": shown });
        prepare(&rows, &[], "cold_users", params)
    };
    assert_eq!(counts(&cold(0.0), "users_only_in_test"), (Severity::Notice, 1, 1));
    assert_eq!(counts(&cold(0.5), "users_only_in_test"), (Severity::Fine, 0, 1));
}

#[test]
fn a_k_core_of_all_parts_is_told_with_what_it_would_leave_of_train() {
    // Each user has four rows and each item two; of train, which has two rows a user, a 2-core leaves x and y of a
    // and b, and nothing of c, whose items nobody else has there.
    let rows = "user,item\na,x\na,y\na,p\na,q\nb,x\nb,y\nb,r\nb,s\nc,p\nc,q\nc,r\nc,s\n";
    let data = prepare(rows, &[("k_core", json!({ "k": 2 }))], "leave_one_out", json!({}));
    assert_eq!(data.card().n_interactions, 12, "all of it is its own 2-core");
    assert_eq!(counts(&data, "counted_before_split"), (Severity::Notice, 2, 6));
    let about = find(&data, "counted_before_split").about;
    assert!(about.contains("(on train alone `k_core` would remove 2)"), "{about}");
    let data = prepare(rows, &[], "leave_one_out", json!({}));
    assert_eq!(counts(&data, "counted_before_split"), (Severity::Fine, 0, 6));
}
