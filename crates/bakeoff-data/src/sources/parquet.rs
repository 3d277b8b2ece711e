//! Parquet: interactions, a row each.

use std::path::Path;

use bakeoff_spec::Plugin;
use bakeoff_spec::registry::SpecPath;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{INTERACTIONS, Source, TimeUnit, check_parts, part_files};
use crate::error::DataError;
use crate::frame::{Roles, Want};
use crate::input::{InputFile, InputFiles};
use crate::interactions::Interactions;
use crate::parquet;

/// Which files, and which of their columns. A column within a group is named `group.column`. Dates and timestamps are
/// read as seconds since 1970; in messages, the line of a row is its number from 1.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Parquet {
    /// A file, a folder of files ending in `.parquet` or `.pq`, or a pattern such as `data/*.parquet`.
    pub path: SpecPath,
    /// Where the data comes divided: the rows of the validation part, with the same columns. `path` is that of the
    /// training part then. Split `fixed` takes the parts as they are.
    #[serde(default)]
    pub valid: Option<SpecPath>,
    /// Where the data comes divided: the rows of the test part.
    #[serde(default)]
    pub test: Option<SpecPath>,
    /// The column of user ids.
    #[serde(default = "user")]
    pub user: String,
    /// The column of item ids.
    #[serde(default = "item")]
    pub item: String,
    /// The column of ratings; by default `rating` if there is one.
    #[serde(default)]
    pub rating: Option<String>,
    /// The column of times; by default `timestamp` if there is one. Without times, the order of a user's rows is their
    /// order in time.
    #[serde(default)]
    pub timestamp: Option<String>,
    /// What times count that are plain numbers, since the beginning of 1970.
    #[serde(default)]
    pub time_unit: TimeUnit,
    /// Further columns of the interactions to keep, such as the text of a review. Lists of texts are tags.
    #[serde(default)]
    pub columns: Vec<String>,
    /// Where the data comes divided: the column that says `train`, `valid` or `test`.
    #[serde(default)]
    pub part: Option<String>,
}

fn user() -> String {
    "user".into()
}

fn item() -> String {
    "item".into()
}

impl Plugin for Parquet {
    const NAME: &'static str = "parquet";
    const ABOUT: &'static str = "Parquet files, one interaction a row.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        check_parts(params.part.as_deref(), [params.valid.as_ref(), params.test.as_ref()])?;
        params.roles().check()
    }
}

impl Source for Parquet {
    fn files(&self, _cache: &Path) -> Result<Vec<InputFile>, DataError> {
        let parts = [Some(&self.path), self.valid.as_ref(), self.test.as_ref()];
        part_files(parts, parquet::ENDINGS)
    }

    fn columns(&self, files: &InputFiles) -> Result<Option<Vec<String>>, DataError> {
        let (roles, mut names) = (self.roles(), Vec::new());
        if let Some(path) = files.get(INTERACTIONS) {
            let header = parquet::header(path)?;
            Want::roles(&roles).of(&header, path)?;
            names = roles.names(&header);
        }
        Ok(Some(names))
    }

    fn read(&self, files: &InputFiles) -> Result<Interactions, DataError> {
        let roles = self.roles();
        let want = Want { time_unit: self.time_unit, ..Want::roles(&roles) };
        let (paths, parts) = files.divided();
        let mut table = parquet::read(&paths, &want)?.into_interactions(&roles)?;
        table.divide(parts);
        Ok(table)
    }
}

impl Parquet {
    fn roles(&self) -> Roles<'_> {
        Roles {
            user: &self.user,
            item: &self.item,
            rating: self.rating.as_deref(),
            timestamp: self.timestamp.as_deref(),
            columns: &self.columns,
            part: self.part.as_deref(),
        }
    }
}
