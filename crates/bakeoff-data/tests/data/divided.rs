//! Data that comes divided: fixed files for training, validation and test, a column that says so, given negatives.

use bakeoff_data::{Assigned, Interactions};
use serde_json::json;

use crate::recipes::{Planned, file};
use crate::tables::{interactions, real, rows};
use Assigned::{Test, Train, Valid};

fn parts(table: &Interactions) -> &[Assigned] {
    table.part.as_deref().expect("the data comes divided")
}

#[test]
fn csv_takes_parts_from_files_or_from_a_column() {
    let dir = tempfile::tempdir().unwrap();
    let train = file(dir.path(), "train.csv", "user,item\na,x\na,y\nb,x\n");
    let valid = file(dir.path(), "valid.csv", "user,item\na,z\n");
    let test = file(dir.path(), "test.csv", "user,item\n\nb,new\na,x\n");
    let spec = json!({ "interactions": train, "valid": valid, "test": test });
    let table = interactions("csv", spec).unwrap();
    assert_eq!(parts(&table), [Train, Train, Train, Valid, Test, Test]);
    assert_eq!(rows(&table)[4], ("b", "new", 0.0, 0.0));
    let whole = interactions("csv", json!({ "interactions": train })).unwrap();
    assert_eq!(whole.part, None);

    let text = "user,item,split\na,x,train\na,y,Test\nb,x,val\nb,y,training\n";
    let path = file(dir.path(), "all.csv", text);
    let table = interactions("csv", json!({ "interactions": path, "part": "split" })).unwrap();
    assert_eq!(parts(&table), [Train, Test, Valid, Train]);
    assert!(table.columns.is_empty());
    let path = file(dir.path(), "bad.csv", "user,item,split\na,x,train\na,y,rest\n");
    let error = interactions("csv", json!({ "interactions": path, "part": "split" })).unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains("bad.csv, line 3, column `split`: found `rest`, expected train, valid"),
        "{error}"
    );
    let both = json!({ "interactions": path, "part": "split", "test": test });
    let error = interactions("csv", both).unwrap_err();
    assert!(format!("{error:?}").contains("not both"), "{error:?}");
}

#[test]
fn a_repeat_across_given_parts_is_left_to_the_audit_and_other_splits_know_no_parts() {
    let dir = tempfile::tempdir().unwrap();
    let train = file(dir.path(), "train.csv", "user,item\na,x\na,y\na,x\na,z\n");
    let valid = file(dir.path(), "valid.csv", "user,item\na,y\n");
    let test = file(dir.path(), "test.csv", "user,item\na,x\na,w\na,w\n");
    let files = json!({ "interactions": train, "valid": valid, "test": test });
    let planned = Planned::new(dir.path(), "csv", files).unwrap();
    let planned = planned.step("deduplicate", json!({ "keep": "last" }));
    let sizes = |split: &str| {
        let data = planned.clone().split(split, json!({})).prepare().unwrap();
        [data.train(), data.valid(), data.test()].map(|part| part.n_interactions())
    };
    assert_eq!(sizes("fixed"), [3, 1, 2]);
    assert_eq!(sizes("leave_one_out"), [2, 1, 1]);
}

#[test]
fn sequences_may_have_a_user_once_in_each_part() {
    let dir = tempfile::tempdir().unwrap();
    let train = file(dir.path(), "train.txt", "0 5 3\n1 5\n");
    let test = file(dir.path(), "test.txt", "1 7\n0 9\n");
    let table = interactions("sequences", json!({ "path": train, "test": test })).unwrap();
    assert_eq!(parts(&table), [Train, Train, Train, Test, Test]);
    assert_eq!(rows(&table)[3..], [("1", "7", 0.0, 0.0), ("0", "9", 0.0, 0.0)]);
    let test = file(dir.path(), "test.txt", "1 7\n1 9\n");
    let error = interactions("sequences", json!({ "path": train, "test": test })).unwrap_err();
    assert!(error.to_string().contains("test.txt, line 2: `1` was described before"), "{error}");
}

#[test]
fn movielens_1m_as_reczoo_divides_it_has_its_published_size() {
    let Some(train) = real("ml-1m-recall/train.txt") else { return };
    let test = train.with_file_name("test.txt");
    let table = interactions("sequences", json!({ "path": train, "test": test })).unwrap();
    let n = |part| parts(&table).iter().filter(|&&other| other == part).count();
    assert_eq!((n(Train), n(Valid), n(Test)), (796_244, 0, 99_455));
    assert_eq!((table.users.len(), table.items.len()), (6_022, 3_043));
}

#[test]
fn ncf_ranks_each_test_item_among_its_given_negatives() {
    let dir = tempfile::tempdir().unwrap();
    let train = file(
        dir.path(),
        "t.train.rating",
        "0\t32\t4\t978824330\n0\t34\t4\t978824330\n1\t32\t5\t9\n",
    );
    let test = file(dir.path(), "t.test.rating", "0\t25\t5\t978824351\n1\t133\t3\t978300174\n");
    let text = "(0,25)\t1064\t174\t32\n(1,133)\t1072\t1064\t133\n";
    let negatives = file(dir.path(), "t.test.negative", text);
    let spec = |negatives: &str| json!({ "train": train, "test": test, "negatives": negatives });
    let table = interactions("ncf", spec(&negatives)).unwrap();
    assert_eq!(parts(&table), [Train, Train, Train, Test, Test]);
    assert_eq!(rows(&table)[3], ("0", "25", 5.0, 978_824_351.0));
    let candidates = table.candidates.as_ref().unwrap();
    let of = |user: &str| -> Vec<&str> {
        let user = table.users.index(user).unwrap();
        candidates.get(user as usize).iter().map(|&item| table.items.name(item)).collect()
    };
    assert_eq!(of("0"), ["25", "1064", "174", "32"]);
    assert_eq!(of("1"), ["133", "1072", "1064"], "the item itself is no negative");
    assert!(
        table.notes[0].starts_with("3 items stand among the negatives alone"),
        "{:?}",
        table.notes
    );
    let marked = file(dir.path(), "t.test.marked", format!("\u{feff}{text}"));
    assert_eq!(interactions("ncf", spec(&marked)).unwrap().candidates, table.candidates);
    let latin1 = file(dir.path(), "t.test.latin1", b"(0,25)\t7\n(1,133)\tcaf\xe9\n");
    let error = interactions("ncf", spec(&latin1)).unwrap_err().to_string();
    assert!(error.contains("t.test.latin1, line 2") && error.contains("UTF-8"), "{error}");
    let without = interactions("ncf", json!({ "train": train, "test": test })).unwrap();
    assert_eq!((without.candidates, without.items.len()), (None, 4));

    for (text, told) in [
        (
            "(0,25)\t3\n(1,99)\t4\n",
            "t.test.negative, line 2, column `1`: found `(1,99)`, expected (USER,ITEM) as on",
        ),
        ("(0,32)\t3\n", "line 1, column `1`: found `(0,32)`"),
        ("0\t25\t3\n", "line 1, column `1`: found `0`"),
        (
            "(0,25)\t3\n",
            "t.test.rating, line 2, column `user`: found `1`, expected a user with negatives in",
        ),
    ] {
        let path = file(dir.path(), "t.test.negative", text);
        let error = interactions("ncf", spec(&path)).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
}

#[test]
fn json_lines_may_come_as_a_file_for_each_part() {
    let dir = tempfile::tempdir().unwrap();
    let line = |item: &str| format!("{{\"user\": \"a\", \"item\": \"{item}\"}}\n");
    let train = file(dir.path(), "train.jsonl", line("x") + &line("y"));
    let valid = file(dir.path(), "valid.jsonl", "");
    let test = file(dir.path(), "test.jsonl", line("z"));
    let spec = json!({ "path": train, "valid": valid, "test": test });
    let table = interactions("json_lines", spec).unwrap();
    assert_eq!(parts(&table), [Train, Train, Test]);
    let spec = json!({ "path": train, "test": test, "part": "item" });
    let error = format!("{:?}", interactions("json_lines", spec).unwrap_err());
    assert!(error.contains("part: a column says it, or the files"), "{error}");
}
