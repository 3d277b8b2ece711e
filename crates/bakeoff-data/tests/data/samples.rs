//! A small file of every format that is read, each with a recipe that reads it: what is damaged in tests and by
//! `just fuzz`.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use bakeoff_data::DataError;
use bakeoff_spec::Side;
use serde_json::{Value, json};

use crate::recipes::Planned;

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
    vec![
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
    ]
}

fn text(
    name: &'static str,
    file: &'static str,
    text: String,
    plan: fn(&Path) -> Result<Planned, DataError>,
) -> Sample {
    Sample { name, file, bytes: text.into_bytes(), is_text: true, plan }
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
    (0..12).map(|user| format!("u{user} i{} i{} i{} i3\n", user % 5, user % 7, user % 3)).collect()
}

fn films() -> String {
    let film = |item| format!("i{item},Film no. {item},{},{}\n", 1990 + item, 2.5 * f64::from(item));
    std::iter::once("id,title,year,price\n".to_owned()).chain((0..11).map(film)).collect()
}
