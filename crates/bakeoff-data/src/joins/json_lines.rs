//! JSON objects about users or items, a line each.

use bakeoff_spec::Plugin;
use bakeoff_spec::registry::SpecPath;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Join, Joined, TABLE};
use crate::error::DataError;
use crate::frame::Want;
use crate::ids::Ids;
use crate::input::{InputFile, InputFiles, expand};
use crate::json_lines;

/// Which files, and which of their fields. A field of an object within is named `outer.inner`; files may be packed with
/// gzip or Zstandard.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JsonTable {
    /// A file, a folder of files ending in `.jsonl`, `.json` or `.ndjson`, packed or not, or a pattern such as
    /// `data/*.jsonl.gz`.
    pub path: SpecPath,
    /// The column of ids.
    pub key: String,
    /// The fields to bring; by default all. Numbers are numeric, lists are tags, and lists within lists are flattened; the
    /// first mention of a tag counts.
    #[serde(default)]
    pub columns: Option<Vec<String>>,
}

impl Plugin for JsonTable {
    const NAME: &'static str = "json_lines";
    const ABOUT: &'static str = "JSON objects, one user or item a line.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        Want::check_side(&params.key, params.columns.as_deref())
    }
}

impl Join for JsonTable {
    fn files(&self) -> Result<Vec<InputFile>, DataError> {
        let paths = expand(self.path.as_ref(), json_lines::ENDINGS)?;
        Ok(paths.into_iter().map(|path| InputFile::new(TABLE, path)).collect())
    }

    fn columns(&self, _files: &InputFiles) -> Result<Option<Vec<String>>, DataError> {
        // An object may have what the first ones lack.
        Ok(self.columns.clone())
    }

    fn read(&self, files: &InputFiles, ids: &Ids) -> Result<Joined, DataError> {
        let want = Want::side(&self.key, "key", self.columns.as_deref());
        let frame = json_lines::read(&files.of(TABLE), &want)?;
        frame.into_side(&self.key, ids)
    }
}
