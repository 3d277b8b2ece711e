//! What is known of users or items, from tables and files beside the interactions. To add one: write its file, add its
//! line.

use bakeoff_spec::registry::{find, params_of};
use bakeoff_spec::{Entry, Params, Plugin};

use crate::column::RawColumn;
use crate::error::DataError;
use crate::ids::Ids;
use crate::input::{InputFile, InputFiles};
use crate::interactions::Repairs;

bakeoff_spec::register! { JoinEntry, build;
    csv::CsvTable,
    parquet::ParquetTable,
    json_lines::JsonTable,
    sql::SqlTable,
    images::Images,
    audio::Audio,
    embeddings::Embeddings,
    prices::Prices,
}

/// A join with its parameters.
pub trait Join {
    /// The files it reads, in a fixed order. Their content is all that the columns depend on besides the parameters.
    fn files(&self) -> Result<Vec<InputFile>, DataError> {
        Ok(Vec::new())
    }

    /// What a join that reads no files reads: a hash of it.
    fn content(&self) -> Result<Option<String>, DataError> {
        Ok(None)
    }

    /// The names of the columns that it brings, without reading its rows; `None` where only reading tells.
    fn columns(&self, _files: &InputFiles) -> Result<Option<Vec<String>>, DataError> {
        Ok(None)
    }

    /// Whether one of its columns holds images.
    fn has_images(&self) -> bool {
        false
    }

    /// The columns that it brings, one entry for each of `ids`. What is said of others is left aside, since nobody can
    /// meet them.
    fn read(&self, files: &InputFiles, ids: &Ids) -> Result<Joined, DataError>;
}

/// What a join brings.
#[derive(Debug, Clone, Default)]
pub struct Joined {
    /// One entry for each user or item.
    pub columns: Vec<RawColumn>,
    /// What a reader of the card should know.
    pub notes: Vec<String>,
    /// What was wrong and put right in a documented way, and how often.
    pub repairs: Repairs,
    /// Of what reads no files: [`Join::content`] of the very rows that were read.
    pub content: Option<String>,
}

/// Role of the files of a join.
pub const TABLE: &str = "table";

/// One registered join.
pub type JoinEntry = Entry<fn(&Params) -> Result<Box<dyn Join>, DataError>>;

/// The join called `name` with these parameters.
pub fn join(name: &str, params: &Params) -> Result<Box<dyn Join>, DataError> {
    let unknown = || DataError::Unknown { kind: "join", name: name.to_owned() };
    (find(ALL, name).ok_or_else(unknown)?.build)(params)
}

fn build<P: Plugin<Params: Join>>(params: &Params) -> Result<Box<dyn Join>, DataError> {
    let params =
        params_of::<P>(params).map_err(|source| DataError::Params { plugin: P::NAME, source })?;
    Ok(Box::new(params))
}
