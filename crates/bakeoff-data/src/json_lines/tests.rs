//! What lines of JSON become, and that blocks do not matter.

use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::column::Values;
use crate::frame::Roles;

fn read_texts(files: &[&str], want: &Want, size: usize) -> Result<Frame, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = |(i, text): (usize, &&str)| {
        let path = dir.path().join(format!("{i}.jsonl"));
        std::fs::write(&path, text).unwrap();
        path
    };
    let paths: Vec<PathBuf> = files.iter().enumerate().map(path).collect();
    let told =
        |error: DataError| error.to_string().replace(&format!("{}/", dir.path().display()), "");
    read_in_blocks(&paths, want, size).map_err(told)
}

fn side(columns: &[&str]) -> Want {
    let columns: Vec<String> = columns.iter().map(|&name| name.to_owned()).collect();
    Want::side("id", "key", Some(&columns))
}

fn all() -> Want {
    Want::side("id", "key", None)
}

fn values<'f>(frame: &'f Frame, name: &str) -> &'f Values {
    &frame.columns.iter().find(|column| column.name == name).unwrap().values
}

/// Numbers, of which some may be missing.
fn known(values: &Values) -> Vec<Option<f64>> {
    let Values::Number(numbers) = values else { panic!("numbers, and not {}", values.kind()) };
    numbers.iter().map(|&number| Some(number).filter(|n| !n.is_nan())).collect()
}

fn lists<'f>(frame: &'f Frame, name: &str) -> Vec<Vec<&'f str>> {
    let Values::Tags(tags) = values(frame, name) else { panic!("`{name}` holds tags") };
    (0..tags.lists.len()).map(|row| tags.get(row).collect()).collect()
}

#[test]
fn fields_are_found_by_name_and_within_objects() {
    let text = r#"{"id": 12345678901234567890123, "who": {"name": "Ann\n\"x\"", "age": 3}, "a.b": 1, "price": 2.50}
{"price": null, "id": "x", "who": {"age": 4, "name": "Bo"}, "a.b": 2, "who2": [1]}

{"id": 1.50, "who": {}, "a": {"b": 9}, "price": 1e1}
"#;
    let frame = read_texts(&[text], &side(&["who.name", "who.age", "a.b", "price"]), 8).unwrap();
    let text = |texts: &[&str]| Values::Text(texts.iter().collect());
    assert_eq!(*values(&frame, "id"), text(&["12345678901234567890123", "x", "1.50"]));
    assert_eq!(*values(&frame, "who.name"), text(&["Ann\n\"x\"", "Bo", ""]));
    assert_eq!(known(values(&frame, "who.age")), [Some(3.0), Some(4.0), None]);
    assert_eq!(*values(&frame, "a.b"), Values::Number(vec![1.0, 2.0, 9.0]));
    assert_eq!(known(values(&frame, "price")), [Some(2.5), None, Some(10.0)]);
    let lines: Vec<u64> = (0..3).map(|row| frame.origin.place(row).1).collect();
    assert_eq!(lines, [1, 2, 4]);
}

#[test]
fn lists_are_tags_and_lists_of_lists_are_flattened() {
    let text = r#"{"id": 1, "categories": [["Books", "Fiction"], ["Books", "Crime"]], "also_bought": ["a", "b"]}
{"id": 2, "categories": [], "also_bought": "c"}
{"id": 3, "categories": null, "n": [1, 2]}"#;
    for size in 1..200 {
        let frame = read_texts(&[text], &all(), size).unwrap();
        assert_eq!(lists(&frame, "categories"), [&["Books", "Fiction", "Crime"][..], &[], &[]]);
        assert_eq!(lists(&frame, "also_bought"), [&["a", "b"][..], &["c"], &[]]);
        assert_eq!(lists(&frame, "n"), [&[][..], &[], &["1", "2"]]);
    }
}

#[test]
fn digits_that_are_a_text_stay_one() {
    let frame = read_texts(&["{\"id\": 1, \"zip\": \"007\"}"], &all(), 99).unwrap();
    assert_eq!(*values(&frame, "zip"), Values::Text(["007"].iter().collect()));
    assert!(frame.untyped.is_empty());
}

#[test]
fn an_optional_field_that_no_line_has_is_left_out_and_a_needed_one_is_told() {
    let roles =
        Roles { user: "u", item: "i", rating: None, timestamp: None, columns: &[], part: None };
    let want = Want::roles(&roles);
    let table = read_texts(&["{\"u\": 1, \"i\": 2}"], &want, 99).unwrap().into_interactions(&roles);
    assert_eq!(table.unwrap().rating, None);
    let some = "{\"u\": 1, \"i\": 2}\n{\"u\": 1, \"i\": 3, \"rating\": 4}";
    let table = read_texts(&[some], &want, 4).unwrap().into_interactions(&roles).unwrap();
    assert_eq!(known(&Values::Number(table.rating.unwrap())), [None, Some(4.0)]);
    let error = read_texts(&["{\"user\": 1, \"i\": 2}"], &want, 99).unwrap_err();
    assert!(
        error.starts_with("0.jsonl has no column `u` (did you mean `user`?); it has `user`, `i`;"),
        "{error}"
    );
    let error = read_texts(&["", "\n"], &want, 99).unwrap_err();
    assert_eq!(error, "0.jsonl has no column `u`; it has none; `user` names the column");
}

#[test]
fn what_is_no_object_is_told_with_what_it_is() {
    let error = |text: &str| read_texts(&[text], &side(&["x"]), 99).unwrap_err();
    let good = "{\"id\": 1, \"x\": 2}\n";
    for (line, told) in [
        (
            "{'id': 1, 'x': 2}",
            "line 2, column `1`: found `{'id': 1, 'x': 2}`, expected JSON, and this is a Python",
        ),
        (
            "<!DOCTYPE html>",
            "line 2, column `1`: found `<!DOCTYPE html>`, expected a JSON object, and this is HTML",
        ),
        ("[1]", "line 2, column `1`: found `[1]`, expected one object a line, and this is a list"),
        ("hello", "line 2, column `1`: found `hello`, expected a whole JSON object on the line"),
        ("{\"id\": 1, \"x\"", "expected the rest of the object: the line or the file is cut off"),
        ("{\"id\": 1, \"x\": 2} 3", "line 2, column `19`: found"),
        ("{\"id\": 1, \"x\": nope}", "expected a whole JSON object on the line"),
        (
            "{\"id\": 1, \"x\": {\"y\": 2}}",
            "line 2, column `x`: found `{\"y\": 2}`, expected a text, a number or a list",
        ),
        (
            "{\"id\": 1, \"x\": [0.5]}",
            "line 2, column `x`: found `[0.5]`, expected a list of texts or whole numbers",
        ),
        (
            "{\"id\": null, \"x\": 1}",
            "line 2, column `id`: found `null`, expected an id: a text or a number",
        ),
        ("{\"x\": 1}", "line 2, column `id`: found `null`, expected an id: a text or a number"),
    ] {
        let error = error(&format!("{good}{line}\n"));
        assert!(error.contains(told), "{line}: {error}");
    }
    assert!(error("\u{feff}{\"id\": 1}").contains("has no column `x`"));
}

fn object() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        "[0-9]",
        "\"[a-c\u{e9}]\"",
        Just("null".to_owned()),
        Just("[\"t\", \"a\"]".to_owned())
    ];
    let field = ("[p-r]", value).prop_map(|(name, value)| format!("\"{name}\": {value}"));
    proptest::collection::vec(field, 0..4).prop_map(|fields| {
        let fields: Vec<String> = fields.into_iter().chain(["\"id\": 7".to_owned()]).collect();
        format!("{{{}}}", fields.join(", "))
    })
}

proptest! {
    #[test]
    fn a_table_is_the_same_whatever_the_blocks(lines in proptest::collection::vec(object(), 1..12), size in 1..80usize) {
        let text = lines.join("\n");
        let shown = |frame: Frame| {
            let column = |column: &RawColumn| {
                let shown = match &column.values {
                    Values::Tags(_) => format!("{:?}", lists(&frame, &column.name)),
                    Values::Text(texts) => format!("{:?}", texts.iter().collect::<Vec<_>>()),
                    other => format!("{other:?}"),
                };
                (column.name.clone(), shown)
            };
            frame.columns.iter().map(column).collect::<Vec<_>>()
        };
        let cut = shown(read_texts(&[&text], &all(), size).unwrap());
        prop_assert_eq!(cut, shown(read_texts(&[&text], &all(), BLOCK).unwrap()));
    }
}

#[test]
fn lists_without_end_within_one_another_are_refused() {
    let nested = |n: usize| format!("{{\"id\": 1, \"a\": {}7{}}}\n", "[".repeat(n), "]".repeat(n));
    let frame = read_texts(&[&nested(32)], &all(), 64).unwrap();
    assert_eq!(lists(&frame, "a"), [["7"]]);
    for n in [33, 100_000] {
        let error = read_texts(&["{\"id\": 0}\n", &nested(n)], &all(), 64).unwrap_err();
        assert!(error.starts_with("1.jsonl, line 1, column `a`: found `[[["), "{error}");
        assert!(error.contains("at most 32 lists within one another"), "{error}");
    }
}
