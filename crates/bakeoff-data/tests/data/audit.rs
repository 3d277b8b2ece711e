//! Leaks that were planted in small data, each found by its own check, and none where there is none.

use bakeoff_data::{AuditFinding, Dataset, Severity, audit};
use bakeoff_spec::Side;
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

#[test]
fn steps_that_count_one_after_the_other_are_told_one_after_the_other() {
    // As above; what the first leaves of train, two rows each of a and b, is too little for the second.
    let rows = "user,item\na,x\na,y\na,p\na,q\nb,x\nb,y\nb,r\nb,s\nc,p\nc,q\nc,r\nc,s\n";
    let steps = [("k_core", json!({ "k": 2 })), ("k_core", json!({ "k_user": 3, "k_item": 2 }))];
    let data = prepare(rows, &steps, "leave_one_out", json!({}));
    assert_eq!(counts(&data, "counted_before_split"), (Severity::Notice, 6, 6));
    let about = find(&data, "counted_before_split").about;
    let told = "(on train alone `k_core` would remove 2, then `k_core` would remove 4)";
    assert!(about.contains(told), "{about}");
}

#[test]
fn given_candidates_that_a_user_already_has_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let train =
        file(dir.path(), "t.train.rating", "0\t1\t4\t1\n0\t2\t4\t2\n1\t1\t5\t1\n1\t3\t5\t2\n");
    let test = file(dir.path(), "t.test.rating", "0\t4\t5\t3\n1\t2\t3\t3\n");
    let found = |negatives: &str| {
        let negatives = file(dir.path(), "t.test.negative", negatives);
        let params = json!({ "train": train, "test": test, "negatives": negatives });
        let planned = Planned::new(dir.path(), "ncf", params).unwrap();
        let data = planned.split("fixed", json!({})).prepare().unwrap();
        (counts(&data, "known_candidates"), find(&data, "known_candidates").fix)
    };
    // User 0 has 2 in validation and 1 in train; user 1 has neither 4 nor 5. Each list holds the target too.
    let (counts, fix) = found("(0,4)\t1\t2\t5\n(1,2)\t4\t5\n");
    assert_eq!(counts, (Severity::Leak, 2, 7));
    assert!(fix.contains("the source's lists"), "{fix}");
    assert_eq!(found("(0,4)\t3\t5\n(1,2)\t4\t5\n").0, (Severity::Fine, 0, 6));
    let data = prepare(CLEAN, &[], "leave_one_out", json!({}));
    assert!(audit(&data).unwrap().iter().all(|finding| finding.check != "known_candidates"));
}

#[test]
fn prices_of_later_than_what_is_to_be_predicted_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let rows = file(dir.path(), "x.csv", CLEAN);
    let prices = file(dir.path(), "prices.csv", "item,day,price\nx,1,2\ny,1,3\nv,1,1\nw,1,4\n");
    let found = |split: &str, shares: Value, price_windows: Value| {
        let planned = Planned::new(dir.path(), "csv", json!({ "interactions": rows })).unwrap();
        let params = json!({ "path": prices, "key": "item", "time": "day", "value": "price" });
        let planned = planned.join(Side::Items, "prices", params);
        let data = planned.step("price_windows", price_windows).split(split, shares).prepare();
        let findings = audit(&data.unwrap()).unwrap().into_iter();
        let mut found = findings.filter(|finding| finding.check == "after_the_row");
        found.next().map(|finding| (finding.severity, finding.count, finding.of))
    };
    let series = json!({ "column": "price_history", "series": { "length": 2 } });
    // By lot: the newest row of all is held out, and the other three are older than the newest of train.
    let shares = json!({ "valid": 0.25, "test": 0.25, "seed": 3 });
    assert_eq!(found("random", shares, series.clone()), Some((Severity::Leak, 3, 4)));
    let shares = json!({ "valid": 0.25, "test": 0.25 });
    assert_eq!(found("temporal", shares.clone(), series), Some((Severity::Fine, 0, 4)));
    let windows = json!({ "column": "price_history", "windows": [1] });
    assert_eq!(found("temporal", shares, windows), None, "windows look back from each row");
}

#[test]
fn rates_and_texts_that_a_row_is_part_of_are_told() {
    let rows = "user,item,rating,review\na,x,5,good\na,y,1,bad\na,z,3,good\nb,x,4,good\nb,y,4,bad\nb,z,2,so\n";
    let dir = tempfile::tempdir().unwrap();
    let path = file(dir.path(), "x.csv", rows);
    let with = |step: &str, params: Value| {
        let source = json!({ "interactions": path, "columns": ["review"] });
        let planned = Planned::new(dir.path(), "csv", source).unwrap();
        let data = planned.step(step, params).prepare().unwrap();
        let findings = audit(&data).unwrap();
        let found = findings.into_iter().find(|finding| finding.check == "own_row");
        found.map(|found| (found.severity, found.count, found.about))
    };
    let rate =
        json!({ "as": "liked", "ratings": { "at_least": 4, "per": "items" }, "with": "additive" });
    let (severity, count, about) = with("smooth_rate", rate).unwrap();
    assert_eq!((severity, count), (Severity::Notice, 2));
    assert!(about.contains("(`smooth_rate`)"), "{about}");
    let gathered = json!({ "columns": ["review"], "gather": ["items"] });
    assert_eq!(with("tokenise", gathered.clone()).unwrap().1, 2);
    assert_eq!(with("tf_idf", gathered).unwrap().1, 2);
    assert_eq!(with("tokenise", json!({ "columns": ["review"] })), None);
}
