//! A small file of every format that is read, each with a recipe that reads it: what is damaged in tests and by
//! `just fuzz`.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use bakeoff_data::DataError;
use bakeoff_spec::Side;
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use serde_json::{Value, json};

use crate::recipes::Planned;

#[path = "samples_media.rs"]
mod media;

/// A file and the recipe that reads it.
pub(crate) struct Sample {
    /// The source or join that reads it.
    pub(crate) name: &'static str,
    /// The name of the file.
    pub(crate) file: &'static str,
    pub(crate) bytes: Vec<u8>,
    /// Whether it holds lines of text.
    pub(crate) is_text: bool,
    /// Its recipe in a folder, in which the file lies already.
    pub(crate) plan: fn(&Path) -> Result<Planned, DataError>,
}

/// Every sample.
pub(crate) fn samples() -> Vec<Sample> {
    let mut samples = vec![
        text("csv", "x.csv", ratings(",", "user,item,rating,timestamp"), |dir| {
            Planned::new(dir, "csv", json!({ "interactions": at(dir, "x.csv") }))
        }),
        text("csv with quotes", "x.csv", quoted(), |dir| {
            let path = at(dir, "x.csv");
            Planned::new(dir, "csv", json!({ "interactions": path, "columns": ["review"] }))
        }),
        text("csv with ::", "x.dat", ratings("::", "user::item::rating::timestamp"), |dir| {
            let path = at(dir, "x.dat");
            Planned::new(dir, "csv", json!({ "interactions": path, "delimiter": "::" }))
        }),
        text("recbole", "x.inter", recbole(), |dir| {
            Planned::new(dir, "recbole", json!({ "path": at(dir, "x.inter") }))
        }),
        text("sequences", "s.txt", sequences(), |dir| {
            Planned::new(dir, "sequences", json!({ "path": at(dir, "s.txt") }))
        }),
        text("join csv", "films.csv", films(), |dir| {
            joined(dir, "csv", json!({ "path": at(dir, "films.csv"), "key": "id" }))
        }),
        text("join prices", "prices.csv", prices(), |dir| {
            let path = at(dir, "prices.csv");
            joined(
                dir,
                "prices",
                json!({ "path": path, "key": "id", "time": "day", "value": "price" }),
            )
        }),
        text("json_lines", "x.jsonl", objects(), |dir| {
            let path = at(dir, "x.jsonl");
            Planned::new(dir, "json_lines", json!({ "path": path, "columns": ["tags"] }))
        }),
        text("movielens", "ratings.dat", ratings("::", "u::i::1::1"), |dir| {
            Planned::new(dir, "movielens", json!({ "path": at(dir, "ratings.dat") }))
        }),
        text("ncf", "x.test.negative", negatives(), |dir| {
            let files = ncf(dir)?;
            let params = json!({ "train": files[0], "test": files[1], "negatives": at(dir, "x.test.negative") });
            Planned::new(dir, "ncf", params)
        }),
        binary("parquet", "x.parquet", parquet(), |dir| {
            Planned::new(dir, "parquet", json!({ "path": at(dir, "x.parquet") }))
        }),
        binary("sql", "x.db", sqlite(), |dir| {
            let query = "SELECT user, item, rating, timestamp FROM seen";
            Planned::new(dir, "sql", json!({ "sqlite": at(dir, "x.db"), "query": query }))
        }),
    ];
    samples.extend(media::samples());
    samples
}

fn text(
    name: &'static str,
    file: &'static str,
    text: String,
    plan: fn(&Path) -> Result<Planned, DataError>,
) -> Sample {
    Sample { name, file, bytes: text.into_bytes(), is_text: true, plan }
}

fn binary(
    name: &'static str,
    file: &'static str,
    bytes: Vec<u8>,
    plan: fn(&Path) -> Result<Planned, DataError>,
) -> Sample {
    Sample { name, file, bytes, is_text: false, plan }
}

fn at(dir: &Path, name: &str) -> Value {
    json!(dir.join(name))
}

/// Sound interactions with a join to their items.
fn joined(dir: &Path, name: &str, params: Value) -> Result<Planned, DataError> {
    let path = dir.join("sound.csv");
    let write = fs::write(&path, ratings(",", "user,item,rating,timestamp"));
    write.map_err(|source| DataError::Write { path: path.clone(), source })?;
    let planned = Planned::new(dir, "csv", json!({ "interactions": path }))?;
    planned.try_join(Side::Items, name, params)
}

/// Twelve users with five interactions each.
fn rows() -> impl Iterator<Item = (usize, usize, f64, usize)> {
    (0..60).map(|row| (row / 5, row * 7 % 11, (row % 9) as f64 / 2.0 + 0.5, 1_000_000_000 + row))
}

fn ratings(delimiter: &str, header: &str) -> String {
    let line = |(user, item, rating, time)| {
        [format!("u{user}"), format!("i{item}"), format!("{rating}"), format!("{time}")]
            .join(delimiter)
    };
    let lines: Vec<String> = std::iter::once(header.to_owned()).chain(rows().map(line)).collect();
    lines.join("\n") + "\n"
}

fn quoted() -> String {
    let mut text = "user,item,review\n".to_owned();
    for (user, item, rating, _) in rows() {
        writeln!(text, "u{user},\"i,{item}\",\"{rating} stars,\nand \"\"good\"\" too\"")
            .expect("a string takes all");
    }
    text
}

fn recbole() -> String {
    ratings("\t", "user_id:token\titem_id:token\trating:float\ttimestamp:float")
}

fn sequences() -> String {
    (0..12)
        .map(|user| format!("u{user} i{} i{} i{} i3\n", user % 5, user % 7, user % 3))
        .collect::<Vec<_>>()
        .concat()
}

fn films() -> String {
    let film =
        |item| format!("i{item},Film no. {item},{},{}\n", 1990 + item, 2.5 * f64::from(item));
    std::iter::once("id,title,year,price\n".to_owned()).chain((0..11).map(film)).collect()
}

fn prices() -> String {
    let days = (0..11).flat_map(|item| (0..5).map(move |day| (item, day)));
    let line = |(item, day)| format!("i{item},2024-01-0{},{}.5\n", day + 1, item + day);
    std::iter::once("id,day,price\n".to_owned()).chain(days.map(line)).collect()
}

fn objects() -> String {
    let object = |(user, item, rating, time)| {
        let tags = json!([["all", format!("t{}", item % 3)]]);
        let object = json!({ "user": user, "item": format!("i{item}"), "rating": rating, "timestamp": time, "tags": tags });
        format!("{object}\n")
    };
    rows().map(object).collect()
}

/// Sound files for training and test: the last of each user's interactions is the test item.
fn ncf(dir: &Path) -> Result<[String; 2], DataError> {
    ["train", "test"]
        .map(|part| {
            let is_test = part == "test";
            let of_part = rows().filter(|(_, _, _, time)| (time % 5 == 4) == is_test);
            let lines: Vec<String> = of_part
                .map(|(user, item, rating, time)| format!("{user}\t{item}\t{rating}\t{time}\n"))
                .collect();
            let path = dir.join(format!("x.{part}.rating"));
            match fs::write(&path, lines.concat()) {
                Ok(()) => Ok(path.display().to_string()),
                Err(source) => Err(DataError::Write { path, source }),
            }
        })
        .into_iter()
        .collect::<Result<Vec<_>, _>>()
        .map(|paths| paths.try_into().expect("two parts"))
}

fn negatives() -> String {
    let test = rows().filter(|(_, _, _, time)| time % 5 == 4);
    test.map(|(user, item, ..)| format!("({user},{item})\t{}\t{}\t99\n", item + 11, item + 22))
        .collect::<Vec<_>>()
        .concat()
}

fn parquet() -> Vec<u8> {
    let schema = "message m {
        required binary user (STRING); required binary item (STRING); required double rating; required int64 timestamp;
    }";
    let schema = Arc::new(parse_message_type(schema).expect("a schema"));
    let mut bytes = Vec::new();
    let properties = Arc::new(WriterProperties::builder().build());
    let written = SerializedFileWriter::new(&mut bytes, schema, properties).and_then(|mut file| {
        let mut group = file.next_row_group()?;
        let ids = |letter: &str, id: usize| ByteArray::from(format!("{letter}{id}").as_str());
        let users: Vec<ByteArray> = rows().map(|row| ids("u", row.0)).collect();
        let items: Vec<ByteArray> = rows().map(|row| ids("i", row.1)).collect();
        let ratings: Vec<f64> = rows().map(|row| row.2).collect();
        let times: Vec<i64> = rows().map(|row| row.3 as i64).collect();
        for index in 0..4 {
            let mut column = group.next_column()?.expect("four columns");
            match index {
                0 => column.typed::<ByteArrayType>().write_batch(&users, None, None)?,
                1 => column.typed::<ByteArrayType>().write_batch(&items, None, None)?,
                2 => column.typed::<DoubleType>().write_batch(&ratings, None, None)?,
                _ => column.typed::<Int64Type>().write_batch(&times, None, None)?,
            };
            column.close()?;
        }
        group.close()?;
        file.close()
    });
    written.expect("memory takes all that is written");
    bytes
}

fn sqlite() -> Vec<u8> {
    let dir = tempfile::tempdir().expect("a folder for temporary files");
    let path = dir.path().join("x.db");
    let written = rusqlite::Connection::open(&path).and_then(|connection| {
        connection.execute_batch("CREATE TABLE seen (user, item, rating, timestamp)")?;
        for (user, item, rating, time) in rows() {
            let row = (format!("u{user}"), format!("i{item}"), rating, time as i64);
            connection.execute("INSERT INTO seen VALUES (?, ?, ?, ?)", row)?;
        }
        Ok(())
    });
    written.expect("a database of one table");
    fs::read(path).expect("it was written a moment ago")
}
