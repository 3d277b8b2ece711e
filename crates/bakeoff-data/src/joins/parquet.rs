//! Parquet files about users or items, a row each.

use bakeoff_spec::Plugin;
use bakeoff_spec::registry::SpecPath;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Join, Joined, TABLE};
use crate::error::DataError;
use crate::frame::Want;
use crate::ids::Ids;
use crate::input::{InputFile, InputFiles, expand};
use crate::parquet;

/// Which files, and which of their columns. A column within a group is named `group.column`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParquetTable {
    /// A file, a folder of files ending in `.parquet` or `.pq`, or a pattern such as `data/*.parquet`.
    pub path: SpecPath,
    /// The column of ids.
    pub key: String,
    /// The columns to bring; by default all. Their types say what they are: numbers, texts, or tags where they are lists.
    #[serde(default)]
    pub columns: Option<Vec<String>>,
}

impl Plugin for ParquetTable {
    const NAME: &'static str = "parquet";
    const ABOUT: &'static str = "Parquet files, one user or item a row.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        Want::check_side(&params.key, params.columns.as_deref())
    }
}

impl Join for ParquetTable {
    fn files(&self) -> Result<Vec<InputFile>, DataError> {
        let paths = expand(self.path.as_ref(), parquet::ENDINGS)?;
        Ok(paths.into_iter().map(|path| InputFile::new(TABLE, path)).collect())
    }

    fn columns(&self, files: &InputFiles) -> Result<Option<Vec<String>>, DataError> {
        let path = files.get(TABLE).unwrap_or(self.path.as_ref());
        self.want().names_beside_key(&parquet::header(path)?, path).map(Some)
    }

    fn read(&self, files: &InputFiles, ids: &Ids) -> Result<Joined, DataError> {
        let frame = parquet::read(&files.of(TABLE), &self.want())?;
        frame.into_side(&self.key, ids)
    }
}

impl ParquetTable {
    fn want(&self) -> Want {
        Want::side(&self.key, "key", self.columns.as_deref())
    }
}
