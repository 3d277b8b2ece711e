//! What a user reads when data is not as it should be: file, line, column, what was found, what is allowed.

use bakeoff_spec::Task;
use serde_json::{Value, json};

use crate::recipes::{Planned, file};

/// The error of preparing from a file of these bytes, with the folder's name taken out.
fn error_of(source: &str, name: &str, bytes: &[u8], adapt: impl Fn(Planned) -> Planned) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = file(dir.path(), name, bytes);
    let param = if source == "csv" { "interactions" } else { "path" };
    let planned = Planned::new(dir.path(), source, json!({ param: path }));
    let error = planned.and_then(|planned| adapt(planned).prepare()).unwrap_err();
    assert!(error.is_user_mistake(), "{error}");
    error.to_string().replace(&format!("{}/", dir.path().display()), "")
}

fn csv_error(text: impl AsRef<[u8]>) -> String {
    error_of("csv", "x.csv", text.as_ref(), |planned| planned)
}

#[test]
fn a_missing_column_is_told_with_those_that_are_there() {
    assert_eq!(
        csv_error("users,item\n1,2\n"),
        "x.csv has no column `user` (did you mean `users`?); it has `users`, `item`; `user` names the column"
    );
}

#[test]
fn an_unreadable_number_is_told_with_file_line_and_column() {
    assert_eq!(
        csv_error("user,item,rating\n1,2,3\n1,3,good\n"),
        "x.csv, line 3, column `rating`: found `good`, expected a number, or nothing where it is missing"
    );
    assert!(csv_error("user,item,rating\n1,2,inf\n").contains("found `inf`"));
}

#[test]
fn an_unreadable_time_is_told_with_the_formats_there_are() {
    assert_eq!(
        csv_error("user,item,timestamp\n1,2,yesterday\n"),
        "x.csv, line 2, column `timestamp`: found `yesterday`, expected seconds since 1970, or a date such as \
         2024-05-31 or 2024-05-31T12:00:00Z"
    );
}

#[test]
fn a_short_line_is_told_with_the_header() {
    assert_eq!(
        csv_error("user,item,rating\n1,2,3\n1,2\n"),
        "x.csv, line 3: 2 fields, expected 3 as in the header (user, item, rating)"
    );
}

#[test]
fn an_empty_id_is_no_id() {
    assert_eq!(
        csv_error("user,item\n,2\n"),
        "x.csv, line 2, column `user`: found ``, expected an id"
    );
}

#[test]
fn an_empty_file_and_a_file_of_a_header_alone_are_told_apart() {
    assert_eq!(csv_error(""), "x.csv has no column `user`; it has none; `user` names the column");
    assert_eq!(
        csv_error("user,item\n"),
        "no interactions are left after `csv`; give the source a file with interactions"
    );
}

#[test]
fn bytes_that_are_no_text_are_told_with_their_line() {
    assert_eq!(
        csv_error(b"user,item\na,x\nb,caf\xe9\n"),
        "x.csv, line 3, column `item`: found `b,caf\u{fffd}`, expected UTF-8 text; give `encoding: latin1` if \
         it is in ISO 8859-1, or convert the file, with iconv for example"
    );
    let error = error_of("sequences", "s.txt", b"u 1 2\nv \xff\n", |planned| planned);
    assert!(error.starts_with("s.txt, line 2, column `1`: found `v \u{fffd}`"), "{error}");
}

#[test]
fn a_header_names_each_column_once() {
    let error = csv_error("user,item,user\n1,2,3\n");
    assert_eq!(
        error,
        "x.csv, line 1, column `3`: found `user`, expected a name that no column before it has"
    );
}

#[test]
fn a_recbole_header_without_types_is_told_how_it_should_be() {
    let error = error_of("recbole", "x.inter", b"user_id\titem_id\n1\t2\n", |planned| planned);
    assert_eq!(
        error,
        "x.inter, line 1, column `1`: found `user_id`, expected NAME:token, NAME:token_seq, NAME:float or \
         NAME:float_seq between tabs"
    );
}

#[test]
fn a_user_on_two_lines_and_a_user_without_items_are_refused() {
    let error = |text: &[u8]| error_of("sequences", "s.txt", text, |planned| planned);
    assert_eq!(
        error(b"u 1 2\nu 3\n"),
        "s.txt, line 2: `u` was described before; remove one of the two lines"
    );
    assert_eq!(
        error(b"u 1 2\nv\n"),
        "s.txt, line 2: 1 field, expected a user and at least one item"
    );
}

#[test]
fn a_file_that_is_not_there_is_told_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let error = Planned::new(dir.path(), "csv", json!({ "interactions": "no/such.csv" }));
    assert_eq!(error.unwrap_err().to_string(), "cannot read no/such.csv");
}

/// What planning says of a step on ratings to which items with prices are joined.
fn planning_error(join: Option<Value>, steps: &[(&str, Value)]) -> Option<String> {
    let dir = tempfile::tempdir().unwrap();
    let path = file(dir.path(), "x.csv", RATED);
    let items = file(dir.path(), "i.csv", "id,price\nx,3\n");
    let mut planned = Planned::new(dir.path(), "csv", json!({ "interactions": path })).unwrap();
    let mut join = join.unwrap_or_else(|| json!({ "path": items, "key": "id" }));
    if join["path"].is_null() {
        join["path"] = items.into();
    }
    planned = match planned.try_join(bakeoff_spec::Side::Items, "csv", join) {
        Ok(planned) => planned,
        Err(error) => return Some(error.to_string()),
    };
    for (name, params) in steps {
        planned = match planned.try_step(name, params.clone()) {
            Ok(planned) => planned,
            Err(error) => return Some(error.to_string()),
        };
    }
    None
}

#[test]
fn a_step_that_names_no_column_is_told_when_it_is_planned() {
    let normalise = |column: &str| ("normalise", json!({ "columns": [column], "with": "z_score" }));
    let error = planning_error(None, &[normalise("prize")]).unwrap();
    assert_eq!(
        error,
        "step `normalise`: there is no column `prize` (did you mean `price`?); the data has `rating`, `price`"
    );
    assert_eq!(planning_error(None, &[normalise("price")]), None);
    // What steps before it add and drop counts.
    let band = json!({ "from": "price", "as": "band", "with": "band", "width": 2 });
    let cast = ("cast", json!({ "columns": ["band"], "to": "number", "lenient": true }));
    assert_eq!(planning_error(None, &[("derive", band), cast]), None);
    let keep = ("select_columns", json!({ "keep": [] }));
    assert!(planning_error(None, &[keep, normalise("price")]).unwrap().contains("has `rating`"));
    let error = planning_error(Some(json!({ "key": "item" })), &[]).unwrap();
    assert!(error.contains("i.csv has no column `item`"), "{error}");
    let images = ("normalise_images", json!({ "with": "imagenet" }));
    let error = planning_error(None, &[images]).unwrap();
    assert!(error.starts_with("step `normalise_images`: no column holds images; join some"));
}

const RATED: &[u8] = b"user,item,rating\na,x,3\na,y,\na,z,1\n";

fn rated_error(adapt: impl Fn(Planned) -> Planned) -> String {
    error_of("csv", "x.csv", RATED, adapt)
}

#[test]
fn the_rating_task_needs_a_rating_in_every_row() {
    assert_eq!(
        rated_error(|planned| planned.task(Task::Rating)),
        "x.csv, line 3: no rating; drop such rows with a `fill_missing` step (columns: [rating], with: drop) or \
         remove the line"
    );
    let error = error_of("csv", "x.csv", b"user,item\na,x\n", |planned| planned.task(Task::Rating));
    assert_eq!(
        error,
        "task `rating` needs ratings and the data has none; name their column in the source, or use task `top_n`"
    );
}

#[test]
fn filled_ratings_serve_the_rating_task_in_train_alone() {
    let prepared = |rows: &str| {
        let dir = tempfile::tempdir().unwrap();
        let path = file(dir.path(), "x.csv", rows);
        let planned = Planned::new(dir.path(), "csv", json!({ "interactions": path })).unwrap();
        let step = json!({ "columns": ["rating"], "with": "mean" });
        planned.step("fill_missing", step).task(Task::Rating).prepare()
    };
    // Train is all but the last two.
    let data = prepared("user,item,rating\na,w,3\na,x,\na,y,5\na,z,1\n").unwrap();
    assert_eq!(data.train().ratings.to_vec(), [3.0, 3.0]);
    assert_eq!(data.card().steps[1].changed, 1);
    let error = prepared("user,item,rating\na,x,3\na,y,\na,z,1\n").unwrap_err().to_string();
    assert!(error.contains("line 3: no rating; drop such rows"), "{error}");
}

#[test]
fn a_split_or_step_that_needs_what_is_not_there_says_so() {
    let split = |name: &'static str, params: Value| {
        rated_error(move |planned| planned.split(name, params.clone()))
    };
    assert_eq!(
        split("temporal", json!({})),
        "split `temporal` needs timestamps and the data has none; name their column in the source, or use split \
         `random` or `leave_one_out`"
    );
    assert_eq!(
        split("random", json!({ "valid": 0.1, "test": 0.4 })),
        "split `random` leaves the valid part without interactions, out of 3; use more data, other shares or another \
         split"
    );
    assert_eq!(
        rated_error(|planned| planned.step("k_core", json!({ "k": 2 }))),
        "no interactions are left after `k_core`; loosen the step or remove it"
    );
    let error = error_of("sequences", "s.txt", b"u 1 2 3\n", |planned| {
        planned.step("min_rating", json!({ "value": 3 }))
    });
    assert_eq!(
        error,
        "step `min_rating` needs ratings and the data has none; name their column in the source, or remove the step"
    );
}

/// The error of a CSV file with more parameters.
fn csv_error_with(text: &str, more: &[(&str, Value)]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let mut params = json!({ "interactions": file(dir.path(), "x.csv", text) });
    for (name, value) in more {
        params[name] = value.clone();
    }
    let error = Planned::new(dir.path(), "csv", params).unwrap().prepare().unwrap_err();
    error.to_string().replace(&format!("{}/", dir.path().display()), "")
}

#[test]
fn a_delimiter_that_does_not_occur_is_told_with_the_one_that_does() {
    assert_eq!(
        csv_error("user;item\n1;2\n"),
        "x.csv, line 1, column `1`: found `user;item`, expected names with \",\" between them; give `delimiter: \";\"` \
         if that is what stands there"
    );
    assert!(csv_error("user\titem\n1\t2\n").contains(r#"give `delimiter: "\t"`"#));
    assert!(csv_error("users\n1\n").contains("has no column `user` (did you mean `users`?)"));
    let header = [("header", json!(["user", "item"]))];
    assert_eq!(
        csv_error_with("a,b\n1|2\n", &header),
        "x.csv, line 2: 1 field, expected 2 as in the header (user, item); give `delimiter: \"|\"` if that is what \
         stands between fields"
    );
}

#[test]
fn a_header_that_is_given_and_stands_there_too_is_told() {
    let header = [("header", json!(["user", "item", "rating"]))];
    assert_eq!(
        csv_error_with("User,item,rating\na,b,1\n", &header),
        "x.csv, line 1, column `1`: found `User,item,rating`, expected values, and this line names the columns; leave \
         `header` out"
    );
    let told = csv_error_with("who,what,stars\na,b,1\n", &header);
    assert!(told.contains("found `stars`, expected a number"), "{told}");
    assert!(told.ends_with("leave `header` out if this line names the columns"), "{told}");
    let told = csv_error_with("a,b,1\na,c,x\n", &header);
    assert!(told.contains("line 2") && !told.contains("`header`"), "{told}");
}
