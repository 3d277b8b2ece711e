//! Folders of pictures and sounds, matrices and price lists as joins, with files written here.

mod audio;
mod embeddings;
mod images;
mod prices;

use std::path::Path;

use bakeoff_data::column::{Dense, Numbers, Values};
use bakeoff_data::input::InputFiles;
use bakeoff_data::joins::{self, Joined};
use bakeoff_data::{DataError, Ids};
use serde_json::Value;

/// What a join brings for these ids.
pub(super) fn join(name: &str, params: Value, ids: &[&str]) -> Result<Joined, DataError> {
    let params = serde_json::from_value(params).unwrap();
    let join = joins::join(name, &params)?;
    join.read(&InputFiles(join.files()?), &ids.iter().collect::<Ids>())
}

/// The error, with the folder's name taken out.
pub(super) fn error(dir: &Path, joined: Result<Joined, DataError>) -> String {
    let error = joined.unwrap_err();
    assert!(error.is_user_mistake(), "{error}");
    error.to_string().replace(&format!("{}/", dir.display()), "")
}

pub(super) fn dense(joined: &Joined) -> &Dense {
    let [column] = &joined.columns[..] else { panic!("one column") };
    let Values::Dense(dense) = &column.values else { panic!("{}", column.values.kind()) };
    dense
}

pub(super) fn numbers(joined: &Joined) -> &[f32] {
    let Numbers::F32(numbers) = &dense(joined).numbers else { panic!("numbers") };
    numbers
}
