//! Delimited text about users or items, a line each.

use bakeoff_spec::Plugin;
use bakeoff_spec::registry::SpecPath;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Join, Joined, TABLE};
use crate::delimited;
use crate::error::DataError;
use crate::frame::Want;
use crate::ids::Ids;
use crate::input::{InputFile, InputFiles, expand};
use crate::sources::csv::{Dialect, Encoding};

/// Which files, and which of their columns.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CsvTable {
    /// A file, a folder of files ending in `.csv`, `.tsv`, `.txt` or `.dat`, or a pattern such as `data/*.csv`; packed
    /// with gzip or Zstandard or not.
    pub path: SpecPath,
    /// The column of ids.
    pub key: String,
    /// The columns to bring; by default all. A column in which every value is a number is numeric, any other text.
    #[serde(default)]
    pub columns: Option<Vec<String>>,
    /// What stands between two fields, such as `,`, `\t` (or the word `tab`) or `::`.
    #[serde(default = "comma")]
    #[schemars(length(min = 1, max = 8))]
    pub delimiter: String,
    /// What stands around fields that hold a delimiter or a line break; empty where quotes mean nothing.
    #[serde(default = "double_quote")]
    #[schemars(length(max = 1))]
    pub quote: String,
    /// The names of the columns, where no header gives them.
    #[serde(default)]
    #[schemars(length(min = 2))]
    pub header: Option<Vec<String>>,
    /// How characters are written.
    #[serde(default)]
    pub encoding: Encoding,
}

fn comma() -> String {
    ",".into()
}

fn double_quote() -> String {
    "\"".into()
}

impl Plugin for CsvTable {
    const NAME: &'static str = "csv";
    const ABOUT: &'static str = "Delimited text, one user or item a line.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        Want::check_side(&params.key, params.columns.as_deref())?;
        params.dialect().check()
    }
}

impl Join for CsvTable {
    fn files(&self) -> Result<Vec<InputFile>, DataError> {
        let paths = expand(self.path.as_ref(), delimited::ENDINGS)?;
        Ok(paths.into_iter().map(|path| InputFile::new(TABLE, path)).collect())
    }

    fn columns(&self, files: &InputFiles) -> Result<Option<Vec<String>>, DataError> {
        let path = files.get(TABLE).unwrap_or(self.path.as_ref());
        let want = self.want();
        let header = delimited::header_with(path, &self.dialect().format(), &want)?;
        want.names_beside_key(&header, path).map(Some)
    }

    fn read(&self, files: &InputFiles, ids: &Ids) -> Result<Joined, DataError> {
        let frame = delimited::read(&files.of(TABLE), &self.dialect().format(), &self.want())?;
        frame.into_side(&self.key, ids)
    }
}

impl CsvTable {
    fn want(&self) -> Want {
        Want::side(&self.key, "key", self.columns.as_deref())
    }

    fn dialect(&self) -> Dialect<'_> {
        Dialect {
            delimiter: &self.delimiter,
            quote: &self.quote,
            header: self.header.as_deref(),
            encoding: self.encoding,
        }
    }
}
