//! What sources make of files, by hand.

use bakeoff_data::column::{Numbers, Values};
use bakeoff_data::{ColumnValues, Dataset, export};
use bakeoff_spec::Side;
use serde_json::json;

use crate::recipes::{Planned, file};
use crate::tables::interactions;

/// Raw item ids of a user's training rows.
fn train_items(data: &Dataset, user: usize) -> Vec<&str> {
    data.train().items_of(user).iter().map(|&item| data.raw_item(item as usize)).collect()
}

#[test]
fn csv_reads_named_columns_quotes_dates_and_a_byte_order_mark() {
    let dir = tempfile::tempdir().unwrap();
    let text = "\u{feff}film;who;when;stars\n\
        \"Up; again\";ann;2024-01-03;4.5\n\
        Heat;ann;2024-01-01T00:00:01Z;3\n\
        Jaws;ann;2024-01-02 12:00:00;\n\
        Heat;ann;1704067200;5\n";
    let path = file(dir.path(), "x.csv", text);
    let params = json!({
        "interactions": path, "user": "who", "item": "film", "rating": "stars", "timestamp": "when", "delimiter": ";"
    });
    let data = Planned::new(dir.path(), "csv", params).unwrap().prepare().unwrap();
    assert_eq!(train_items(&data, 0), ["Heat", "Heat"]);
    assert_eq!(data.train().timestamps.to_vec(), [1_704_067_200, 1_704_067_201]);
    assert_eq!(data.train().ratings.to_vec(), [5.0, 3.0]);
    assert_eq!(data.raw_item(data.test().items[0] as usize), "Up; again");
    assert_eq!(data.valid().timestamps.to_vec(), [1_704_196_800]);
    assert_eq!(data.rating_range(), Some((3.0, 5.0)));
}

#[test]
fn csv_infers_the_kinds_of_side_columns() {
    let dir = tempfile::tempdir().unwrap();
    let inter = file(dir.path(), "x.csv", "user,item\na,x\na,y\na,z\n");
    let items = file(dir.path(), "i.csv", "item,price,kind\nz,3,toy\nx,,book\nnobody,9,book\n");
    let params = json!({ "interactions": inter, "items": items });
    let data = Planned::new(dir.path(), "csv", params).unwrap().prepare().unwrap();
    let columns = data.item_columns();
    let [price, kind] = columns[..] else { panic!("two columns") };
    let ColumnValues::Numeric(prices) = price.values else { panic!("price is a number") };
    assert!(prices[0].is_nan() && prices[1].is_nan());
    assert_eq!(prices[2..], [3.0]);
    // Train has books alone: the toy is unseen; y has no line.
    let kinds = ColumnValues::Categorical { n_values: 3, codes: &[2, 0, 1] };
    assert_eq!(kind.values, kinds);
}

#[test]
fn recbole_takes_kinds_from_the_header_and_leaves_quotes_alone() {
    let dir = tempfile::tempdir().unwrap();
    let inter = "user_id:token\titem_id:token\ttimestamp:float\n1\ta\t3\n1\tb\t2\n1\tc\t1\n";
    let inter = file(dir.path(), "t.inter", inter);
    let items = "item_id:token\ttitle:token_seq\tyear:token\nb\t\"Up\" again\t1999\n";
    file(dir.path(), "t.item", items);
    let planned = Planned::new(dir.path(), "recbole", json!({ "path": inter })).unwrap();
    let data = planned.prepare().unwrap();
    assert_eq!(train_items(&data, 0), ["c"]);
    assert_eq!(data.item_columns().len(), 2);
    let alone = json!({ "path": inter, "side": false });
    let alone = Planned::new(dir.path(), "recbole", alone).unwrap();
    assert_ne!(alone.recipe.content, planned.recipe.content);
    assert!(alone.prepare().unwrap().item_columns().is_empty());
}

#[test]
fn sequences_keep_their_order_and_have_neither_ratings_nor_times() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(dir.path(), "s.txt", "u1 5 3 9 3\n\nu2 3 5\n");
    let planned = Planned::new(dir.path(), "sequences", json!({ "path": path })).unwrap();
    let data = planned.prepare().unwrap();
    assert_eq!(train_items(&data, 0), ["5", "3"]);
    assert_eq!(train_items(&data, 1), ["3", "5"], "two items are too few to leave any out");
    assert_eq!((data.valid().n_interactions(), data.test().n_interactions()), (1, 1));
    assert_eq!((data.rating_range(), data.card().time_span), (None, None));
    assert_eq!(data.train().ratings.to_vec(), [1.0; 4]);
    assert_eq!(data.card().overlaps[1].repeated_rows, 1);
    let files = export(&data, &dir.path().join("out")).unwrap();
    assert_eq!(std::fs::read_to_string(&files[0]).unwrap(), "user,item\nu1,5\nu1,3\nu2,3\nu2,5\n");
}

#[test]
fn an_export_holds_columns_and_users_that_are_folded_in() {
    let dir = tempfile::tempdir().unwrap();
    let of_user = |user| format!("u{user},x,good\nu{user},y,\nu{user},z,bad\n");
    let rows = (0..9).map(of_user).collect::<String>();
    let rows = file(dir.path(), "x.csv", format!("user,item,mood\n{rows}"));
    let items = file(dir.path(), "i.csv", "item,price,kind\nx,3,toy\ny,,toy\nz,0.5,\n");
    let params = json!({ "interactions": rows, "items": items, "columns": ["mood"] });
    let planned = Planned::new(dir.path(), "csv", params).unwrap();
    let data = planned.split("cold_users", json!({})).prepare().unwrap();
    let files = export(&data, &dir.path().join("out")).unwrap();
    let names: Vec<_> = files.iter().map(|file| file.file_stem().unwrap()).collect();
    assert_eq!(names, ["train", "valid", "test", "fold_in", "items"]);
    let read = |i: usize| std::fs::read_to_string(&files[i]).unwrap();
    assert!(read(0).starts_with("user,item,mood\nu"), "{}", read(0));
    assert!(read(0).contains(",x,good\n") && read(0).contains(",y,\n"), "{}", read(0));
    assert!(read(3).contains(",x,good\n"), "{}", read(3));
    assert_eq!(read(4), "item,price,kind\nx,3,toy\ny,,toy\nz,0.5,\n");
}

#[test]
fn a_table_that_is_about_nobody_is_an_error_and_one_about_some_a_note() {
    let dir = tempfile::tempdir().unwrap();
    let rows = file(dir.path(), "x.csv", "user,item\n1,x\n1,y\n1,z\n2,x\n");
    let people = file(dir.path(), "p.csv", "id,age\n1.0,20\n2.0,30\n");
    let planned = Planned::new(dir.path(), "csv", json!({ "interactions": rows })).unwrap();
    let joined = |path: &str| {
        planned.clone().join(Side::Users, "csv", json!({ "path": path, "key": "id" })).prepare()
    };
    let error = joined(&people).unwrap_err();
    assert!(error.is_user_mistake() && error.column() == Some("id"), "{error}");
    assert_eq!(error.placed().0, Some(bakeoff_spec::DataPart::Join(0)));
    assert!(error.to_string().contains("the table has `1.0`, `2.0`, the data have `1`, `2`"));
    let some = file(dir.path(), "s.csv", "id,age\n1,20\n3,30\n");
    let notes = joined(&some).unwrap().card().notes.join("\n");
    assert!(notes.contains("1 of 2 ids stand in the table with the key `id`."), "{notes}");
}

#[test]
fn a_column_called_as_the_offsets_of_another_is_another_array() {
    let dir = tempfile::tempdir().unwrap();
    let rows = file(dir.path(), "x.csv", "user,item\na,x\na,y\na,z\n");
    let lines = "{\"id\":\"x\",\"tags\":[\"a\",\"b\"]}\n{\"id\":\"y\",\"tags\":[\"b\"]}\n";
    let tags = file(dir.path(), "i.jsonl", lines);
    let numbers = file(dir.path(), "i.csv", "id,tags.offsets\nx,7\ny,8\n");
    let planned = Planned::new(dir.path(), "csv", json!({ "interactions": rows })).unwrap();
    let planned = planned.join(Side::Items, "json_lines", json!({ "path": tags, "key": "id" }));
    let planned = planned.join(Side::Items, "csv", json!({ "path": numbers, "key": "id" }));
    let data = planned.prepare().unwrap();
    let columns = data.item_columns();
    let values = |name: &str| columns.iter().find(|column| column.name == name).unwrap().values;
    assert!(matches!(values("tags"), ColumnValues::Tags { offsets: [0, 2, 3, 3], .. }));
    let ColumnValues::Numeric(numbers) = values("tags.offsets") else { panic!("numbers") };
    assert_eq!(numbers[..2], [7.0, 8.0]);
}

#[test]
fn an_export_reads_back_as_csv() {
    let dir = tempfile::tempdir().unwrap();
    let params = json!({ "n_users": 20, "n_items": 40, "mean_length": 8, "n_categories": 2 });
    let data = Planned::new(dir.path(), "synthetic", params).unwrap().prepare().unwrap();
    let files = export(&data, &dir.path().join("out")).unwrap();
    let text = std::fs::read_to_string(&files[2]).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("user,item,rating,timestamp"));
    let test = data.test();
    for (user, line) in lines.enumerate() {
        let item = data.raw_item(test.items_of(user)[0] as usize);
        let (rating, time) = (test.ratings_of(user).get(0), test.timestamps_of(user).get(0));
        assert_eq!(line, format!("{},{item},{rating},{time}", data.raw_user(user)));
    }
}

#[test]
fn another_seed_generates_another_world_and_the_same_seed_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let items = |seed: u64| {
        let planned = Planned::new(dir.path(), "synthetic", json!({ "seed": seed })).unwrap();
        let mut planned = planned;
        planned.recipe.source.params.insert("seed".into(), seed.into());
        planned.prepare().unwrap().train().items.to_vec()
    };
    assert_ne!(items(1), items(2));
    let again = tempfile::tempdir().unwrap();
    let planned = Planned::new(again.path(), "synthetic", json!({ "seed": 1 })).unwrap();
    assert_eq!(planned.prepare().unwrap().train().items, items(1));
}

#[test]
fn a_joined_table_brings_columns_of_users_or_items() {
    let dir = tempfile::tempdir().unwrap();
    let inter = file(dir.path(), "x.csv", "user,item\na,x\na,y\na,z\n");
    let films = file(dir.path(), "films.tsv", "id\tyear\nx\t1994\nnobody\t1\nz\t2001\n");
    let planned = Planned::new(dir.path(), "csv", json!({ "interactions": inter })).unwrap();
    let params = json!({ "path": films, "key": "id", "delimiter": "\t" });
    let mut planned = planned.join(Side::Items, "csv", params.clone());
    let data = planned.prepare().unwrap();
    let [year] = data.item_columns()[..] else { panic!("one column") };
    let ColumnValues::Numeric(years) = year.values else { panic!("years are numbers") };
    assert_eq!((year.name, years[0], years[2]), ("year", 1994.0, 2001.0));
    assert!(years[1].is_nan());
    planned = planned.join(Side::Items, "csv", params);
    assert_eq!(
        planned.prepare().unwrap_err().to_string(),
        "items have a column `year` twice; give the second table a `prefix`, or name the `columns` that it is to bring"
    );
    planned.recipe.joins[1].prefix = "second_".into();
    let data = planned.prepare().unwrap();
    assert_eq!(data.item_columns()[1].name, "second_year");
}

#[test]
fn recbole_reads_packed_files_vectors_and_counts_what_it_puts_right_beside_the_interactions() {
    let dir = tempfile::tempdir().unwrap();
    let inter = "user_id:token\titem_id:token\tw:float_seq\n1\ta\t1\n1\tb\t\n1\tc\t1 2\n";
    let inter = file(dir.path(), "t.inter.zst", zstd::encode_all(inter.as_bytes(), 1).unwrap());
    let items = "\u{feff}item_id:token\tvec:float_seq\tnone:float_seq\nb\t1.5 -2\t\na\t\t\n";
    file(dir.path(), "t.item.zst", zstd::encode_all(items.as_bytes(), 1).unwrap());
    let table = interactions("recbole", json!({ "path": inter })).unwrap();
    assert_eq!(table.repairs["byte order mark passed over"], 1);
    let [column] = &table.item_columns[..] else { panic!("one column") };
    let Values::Dense(vectors) = &column.values else { panic!("vectors") };
    assert_eq!((&*column.name, &vectors.shape), ("vec", &vec![2]));
    assert_eq!(vectors.numbers, Numbers::F32(vec![0.0, 0.0, 1.5, -2.0, 0.0, 0.0]));
    assert_eq!(vectors.is_missing, [true, false, true]);
    for (line, told) in [("c\t1\t", "found `1`, expected 2 numbers"), ("c\tx\t", "found `x`")] {
        let items = format!("{items}{line}\n");
        file(dir.path(), "t.item.zst", zstd::encode_all(items.as_bytes(), 1).unwrap());
        let error = interactions("recbole", json!({ "path": inter })).unwrap_err().to_string();
        assert!(error.contains(&format!("t.item.zst, line 4, column `vec`: {told}")), "{error}");
    }
}

#[test]
fn what_is_put_right_in_side_tables_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    let inter = file(dir.path(), "x.csv", "user,item\na,x\n");
    let items = file(dir.path(), "i.csv", "\u{feff}item,kind\r\nx,toy\n");
    let params = json!({ "interactions": inter, "items": items });
    let table = interactions("csv", params).unwrap();
    let repairs: Vec<&str> = table.repairs.keys().map(String::as_str).collect();
    assert_eq!(repairs, ["byte order mark passed over", "file with mixed line ends"]);
    file(dir.path(), "ratings.csv", "userId,movieId,rating,timestamp\n1,2,3,4\n");
    file(dir.path(), "movies.csv", "\u{feff}movieId,title,genres\n2,Heat (1995),Crime\n");
    let table = interactions("movielens", json!({ "path": dir.path() })).unwrap();
    assert_eq!(table.repairs["byte order mark passed over"], 1);
}

#[test]
fn a_tab_may_be_written_in_three_ways() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(dir.path(), "x.tsv", "user\titem\na\tx\n");
    for delimiter in ["\t", r"\t", "tab"] {
        let params = json!({ "interactions": path, "delimiter": delimiter });
        assert_eq!(interactions("csv", params).unwrap().len(), 1, "{delimiter}");
    }
}
