//! What sources and joins make of files, without preparing a dataset from it.

use std::path::{Path, PathBuf};

use bakeoff_data::column::{RawColumn, Values};
use bakeoff_data::input::InputFiles;
use bakeoff_data::joins::{self, Joined};
use bakeoff_data::{DataError, Ids, Interactions, sources};
use bakeoff_spec::Params;
use serde_json::Value;

fn params(params: Value) -> Params {
    serde_json::from_value(params).unwrap()
}

/// The interactions of a source.
pub(crate) fn interactions(source: &str, spec: Value) -> Result<Interactions, DataError> {
    let source = sources::source(source, &params(spec))?;
    source.read(&InputFiles(source.files(Path::new("no-cache"))?))
}

/// What a join brings of these ids.
pub(crate) fn joined(join: &str, spec: Value, ids: &[&str]) -> Result<Joined, DataError> {
    let join = joins::join(join, &params(spec))?;
    let ids: Ids = ids.iter().collect();
    join.read(&InputFiles(join.files()?), &ids)
}

/// User, item, rating and time of every row, in the order of the source; 0 where the source has none.
pub(crate) fn rows(table: &Interactions) -> Vec<(&str, &str, f64, f64)> {
    let number = |numbers: &Option<Vec<f64>>, row: usize| numbers.as_ref().map_or(0.0, |n| n[row]);
    let row = |row: usize| {
        let (user, item) = (table.users.name(table.user[row]), table.items.name(table.item[row]));
        (user, item, number(&table.rating, row), number(&table.timestamp, row))
    };
    (0..table.len()).map(row).collect()
}

pub(crate) fn column<'c>(columns: &'c [RawColumn], name: &str) -> &'c Values {
    let found = columns.iter().find(|column| column.name == name);
    let names = || columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>();
    &found.unwrap_or_else(|| panic!("no column `{name}` in {:?}", names())).values
}

pub(crate) fn texts<'c>(columns: &'c [RawColumn], name: &str) -> Vec<&'c str> {
    match column(columns, name) {
        Values::Text(texts) => texts.iter().collect(),
        other => panic!("`{name}` is {}", other.kind()),
    }
}

pub(crate) fn numbers<'c>(columns: &'c [RawColumn], name: &str) -> &'c [f64] {
    match column(columns, name) {
        Values::Number(numbers) => numbers,
        other => panic!("`{name}` is {}", other.kind()),
    }
}

/// Numbers, of which some may be missing.
pub(crate) fn known(columns: &[RawColumn], name: &str) -> Vec<Option<f64>> {
    numbers(columns, name).iter().map(|&number| Some(number).filter(|n| !n.is_nan())).collect()
}

pub(crate) fn tags<'c>(columns: &'c [RawColumn], name: &str) -> Vec<Vec<&'c str>> {
    match column(columns, name) {
        Values::Tags(tags) => (0..tags.lists.len()).map(|row| tags.get(row).collect()).collect(),
        other => panic!("`{name}` is {}", other.kind()),
    }
}

/// A path in `BAKEOFF_DATA`, by default the shared folder beside the repository; skipped, and said so, where it is not
/// there.
pub(crate) fn real(path: &str) -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let folder = std::env::var_os("BAKEOFF_DATA").map_or_else(|| beside.into(), PathBuf::from);
    let path = folder.join(path);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {} is not there; set BAKEOFF_DATA", path.display());
    None
}
