//! Parquet and JSON lines as a user names them, and what is told of files that are not as they should be.

use std::io::Write;

use bakeoff_data::DataError;
use serde_json::{Value, json};

use crate::recipes::{Planned, file};
use crate::tables::{interactions, joined, known, numbers, real, rows, tags, texts};

#[test]
fn movielens_100k_in_parquet_has_its_published_size() {
    let Some(path) = real("ml-100k-parquet/interactions.parquet") else { return };
    let spec = json!({ "path": path, "user": "user_id", "item": "movie_id" });
    let table = interactions("parquet", spec).unwrap();
    assert_eq!((table.len(), table.users.len(), table.items.len()), (100_000, 943, 1682));
    let ratings = table.rating.as_ref().unwrap();
    assert_eq!(ratings.iter().filter(|&&rating| rating > 4.0).count(), 21_201);
    let times = table.timestamp.as_ref().unwrap();
    // The collection's README: from 1997-09-19 to 1998-04-22.
    let span = times.iter().fold((f64::MAX, f64::MIN), |(a, b), &t| (a.min(t), b.max(t)));
    assert_eq!(span, (874_724_710.0, 893_286_638.0));
    let side = path.with_file_name("items.parquet");
    let error = joined("parquet", json!({ "path": side, "key": "?" }), &[]).unwrap_err();
    let DataError::MissingColumn { present, .. } = error else { panic!("{error}") };
    assert!(present.contains(&"movie_id".to_owned()), "{present:?}");
    let columns = joined("parquet", json!({ "path": side, "key": "movie_id" }), &["1", "50"])
        .unwrap()
        .columns;
    assert_eq!(columns.len(), present.len() - 1);
}

#[test]
fn clothing_reviews_have_their_texts() {
    let Some(path) = real("clothing-reviews/reviews.parquet") else { return };
    let spec = json!({
        "path": path, "user": "__index_level_0__", "item": "Clothing ID", "rating": "Rating",
        "columns": ["Review Text", "Age", "Class Name"],
    });
    let table = interactions("parquet", spec).unwrap();
    assert_eq!((table.len(), table.items.len()), (23_486, 1206));
    assert_eq!(numbers(&table.columns, "Age")[..2], [33.0, 34.0]);
    let reviews = texts(&table.columns, "Review Text");
    assert_eq!(reviews[0], "Absolutely wonderful - silky and sexy and comfortable");
    assert!(
        reviews.iter().filter(|text| text.is_empty()).count() > 800,
        "some rate without a word"
    );
}

/// A line each as published: 2014 and 2018, then 2023.
const REVIEW_2018: &str = r#"{"overall": 5.0, "vote": "67", "verified": true, "reviewTime": "09 18, 1999", "reviewerID": "AAP7PPBU72QFM", "asin": "0151004714", "style": {"Format:": " Hardcover"}, "reviewerName": "D. C. Carrad", "reviewText": "This is the best novel", "summary": "A star", "unixReviewTime": 937612800}
"#;
const REVIEW_2023: &str = r#"{"rating": 4.0, "title": "Such a lovely scent", "text": "This spray is nice.", "images": [], "asin": "B00YQ6X8EO", "parent_asin": "B00YQ6X8EX", "user_id": "AGKHLEW2SOWHNMFQIJGBECAF7INQ", "timestamp": 1588687728923, "helpful_vote": 0, "verified_purchase": true}
"#;

#[test]
fn amazons_reviews_are_read_by_their_layout() {
    let dir = tempfile::tempdir().unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(REVIEW_2018.as_bytes()).unwrap();
    let path = file(dir.path(), "Books_5.json.gz", gzip.finish().unwrap());
    let spec = json!({ "path": path, "layout": "amazon_2018", "columns": ["reviewText", "style.Format:", "vote"] });
    let table = interactions("json_lines", spec).unwrap();
    assert_eq!(rows(&table), [("AAP7PPBU72QFM", "0151004714", 5.0, 937_612_800.0)]);
    assert_eq!(texts(&table.columns, "reviewText"), ["This is the best novel"]);
    assert_eq!(texts(&table.columns, "style.Format:"), [" Hardcover"]);
    assert_eq!(texts(&table.columns, "vote"), ["67"], "a text of digits is a text");
    let path = file(dir.path(), "All_Beauty.jsonl", REVIEW_2023);
    let table =
        interactions("json_lines", json!({ "path": path, "layout": "amazon_2023" })).unwrap();
    let user = "AGKHLEW2SOWHNMFQIJGBECAF7INQ";
    assert_eq!(rows(&table), [(user, "B00YQ6X8EX", 4.0, 1_588_687_728.923)]);
    let asked =
        json!({ "path": path, "layout": "amazon_2023", "item": "asin", "time_unit": "seconds" });
    let table = interactions("json_lines", asked).unwrap();
    assert_eq!(rows(&table), [(user, "B00YQ6X8EO", 4.0, 1_588_687_728_923.0)]);
    let plain = interactions("json_lines", json!({ "path": path })).unwrap_err().to_string();
    assert!(plain.contains("has no column `user` (did you mean `user_id`?)"), "{plain}");
}

#[test]
fn a_join_of_json_lines_brings_what_is_known_of_items() {
    let dir = tempfile::tempdir().unwrap();
    let text = r#"{"asin": "A", "title": "Socks", "price": 3.5, "categories": [["Clothing", "Socks"], ["Clothing"]], "also_bought": ["B"]}
{"asin": "C", "title": "Nobody met it", "price": 9}
{"asin": "B", "categories": [], "price": null}
"#;
    let path = file(dir.path(), "meta.jsonl", text);
    let spec = |columns: Value| json!({ "path": path, "key": "asin", "columns": columns });
    let columns = joined("json_lines", spec(Value::Null), &["B", "A", "X"]).unwrap().columns;
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["title", "price", "categories", "also_bought"]);
    assert_eq!(texts(&columns, "title"), ["", "Socks", ""]);
    assert_eq!(tags(&columns, "categories"), [&[][..], &["Clothing", "Socks"], &[]]);
    assert_eq!(known(&columns, "price"), [None, Some(3.5), None]);
    let one = joined("json_lines", spec(json!(["price"])), &["A"]).unwrap().columns;
    assert_eq!(one.len(), 1);
    let error = joined("json_lines", spec(json!(["asin"])), &["A"]).unwrap_err();
    assert!(format!("{error:?}").contains("`asin` is the `key`; leave it out"), "{error:?}");
    file(dir.path(), "meta.jsonl", "{\"asin\": \"A\"}\n{\"asin\": \"A\"}\n");
    let error = joined("json_lines", spec(Value::Null), &["A"]).unwrap_err().to_string();
    assert!(error.contains("meta.jsonl, line 2: `A` was described before"), "{error}");
}

#[test]
fn times_that_are_numbers_count_what_the_spec_says() {
    let dir = tempfile::tempdir().unwrap();
    let text = "user,item,timestamp\na,x,1500\na,y,1970-01-02\n";
    let path = file(dir.path(), "x.csv", text);
    let spec = json!({ "interactions": path, "time_unit": "milliseconds" });
    let table = interactions("csv", spec).unwrap();
    assert_eq!(table.timestamp.unwrap(), [1.5, 86_400.0], "a date is one in either unit");
}

#[test]
fn a_spec_with_a_source_of_json_lines_prepares() {
    let dir = tempfile::tempdir().unwrap();
    let line = |item: &str, time: u32| {
        format!("{{\"user\": 1, \"item\": \"{item}\", \"timestamp\": {time}}}\r\n")
    };
    let text = format!("\u{feff}{}{}{}", line("c", 3), line("a", 1), line("b", 2));
    let path = file(dir.path(), "x.jsonl", text);
    let data =
        Planned::new(dir.path(), "json_lines", json!({ "path": path })).unwrap().prepare().unwrap();
    let item = |items: &[u32]| data.raw_item(items[0] as usize).to_owned();
    let parts = [data.train().items, data.valid().items, data.test().items];
    assert_eq!(parts.map(item), ["a", "b", "c"]);
    let table = interactions("json_lines", json!({ "path": path })).unwrap();
    assert_eq!(table.repairs["byte order mark passed over"], 1);
}

#[test]
fn what_a_source_cannot_read_is_told_with_what_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR and so on, for some more bytes";
    let html = b"<!DOCTYPE html>\n<html><body>Sign in</body></html>\n";
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&REVIEW_2018.repeat(200).into_bytes()).unwrap();
    let mut cut = gzip.finish().unwrap();
    cut.truncate(cut.len() / 2);
    let cases: [(&str, &str, &[u8], &str); 9] = [
        ("parquet", "x.parquet", png, "x.parquet cannot be read as Parquet: "),
        ("parquet", "x.parquet", html, "cannot read x.parquet"),
        ("parquet", "x.parquet", b"", "x.parquet cannot be read as Parquet: "),
        ("parquet", "x.parquet", b"PAR1", "x.parquet cannot be read as Parquet: "),
        ("json_lines", "x.json", html, "cannot read x.json"),
        ("json_lines", "x.json", png, "x.json, line 1, column `1`: found `\u{fffd}PNG`, expected a whole JSON object"),
        ("json_lines", "x.json", b"", "x.json has no column `user`; it has none"),
        ("json_lines", "x.json.gz", &cut, "cannot read x.json.gz"),
        (
            "json_lines",
            "x.json",
            b"{\"user\": 1, \"item\": 2, \"rating\": 3}\r\n{\"user\": 1, \"item\": 3, \"rating\": \"good\"}\n",
            "x.json, line 2, column `rating`: found `good`, expected a number, or null",
        ),
    ];
    for (source, name, bytes, told) in cases {
        let path = file(dir.path(), name, bytes);
        let error = interactions(source, json!({ "path": path })).unwrap_err();
        assert!(error.is_user_mistake());
        let error = error.to_string().replace(&format!("{}/", dir.path().display()), "");
        assert!(error.starts_with(told), "{error}");
    }
}

#[test]
fn two_roles_of_one_column_are_refused_by_every_source() {
    for (source, path) in
        [("csv", "interactions"), ("parquet", "path"), ("json_lines", "path"), ("recbole", "path")]
    {
        let spec = json!({ path: "x", "user": "rating" });
        let error = interactions(source, spec).unwrap_err();
        assert!(
            format!("{error:?}").contains("`rating` is already the column of `user`"),
            "{error:?}"
        );
    }
}
