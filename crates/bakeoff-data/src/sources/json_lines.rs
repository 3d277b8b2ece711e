//! JSON lines: interactions, an object each; Amazon's reviews among them.

use std::path::Path;

use bakeoff_spec::Plugin;
use bakeoff_spec::registry::SpecPath;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Source, TimeUnit, check_parts, part_files};
use crate::error::DataError;
use crate::frame::{Roles, Want};
use crate::input::{InputFile, InputFiles};
use crate::interactions::Interactions;
use crate::json_lines;

/// Which files, and which of their fields. A field of an object within is named `outer.inner`; files may be packed with
/// gzip or Zstandard. A number that is an id is taken as it is written.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JsonLines {
    /// A file, a folder of files ending in `.jsonl`, `.json` or `.ndjson`, packed or not, or a pattern such as
    /// `data/*.jsonl.gz`.
    pub path: SpecPath,
    /// Where the data comes divided: the lines of the validation part, with the same fields. `path` is that of the
    /// training part then. Split `fixed` takes the parts as they are.
    #[serde(default)]
    pub valid: Option<SpecPath>,
    /// Where the data comes divided: the lines of the test part.
    #[serde(default)]
    pub test: Option<SpecPath>,
    /// Which names the fields have that the other parameters do not name.
    #[serde(default)]
    pub layout: Layout,
    /// The field of user ids; by default that of the layout.
    #[serde(default)]
    pub user: Option<String>,
    /// The field of item ids; by default that of the layout.
    #[serde(default)]
    pub item: Option<String>,
    /// The field of ratings; by default that of the layout, if it is there.
    #[serde(default)]
    pub rating: Option<String>,
    /// The field of times; by default that of the layout, if it is there. Without times, the order of a user's lines is
    /// their order in time.
    #[serde(default)]
    pub timestamp: Option<String>,
    /// What times that are numbers count, since the beginning of 1970; by default what those of the layout do.
    #[serde(default)]
    pub time_unit: Option<TimeUnit>,
    /// Further fields of the interactions to keep, such as the text of a review. Lists are tags, those within lists too.
    #[serde(default)]
    pub columns: Vec<String>,
    /// Where the data comes divided: the field that says `train`, `valid` or `test`.
    #[serde(default)]
    pub part: Option<String>,
}

/// Names of fields.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// `user`, `item`, `rating`, `timestamp` in seconds.
    #[default]
    Plain,
    /// Amazon's reviews as published in 2014: `reviewerID`, `asin`, `overall`, `unixReviewTime` in seconds.
    #[serde(rename = "amazon_2014")]
    Amazon2014,
    /// Amazon's reviews as published in 2018: `reviewerID`, `asin`, `overall`, `unixReviewTime` in seconds.
    #[serde(rename = "amazon_2018")]
    Amazon2018,
    /// Amazon's reviews as published in 2023: `user_id`, `parent_asin`, `rating`, `timestamp` in milliseconds.
    #[serde(rename = "amazon_2023")]
    Amazon2023,
}

impl Layout {
    /// User, item, rating, time.
    fn names(self) -> [&'static str; 4] {
        match self {
            Self::Plain => ["user", "item", "rating", "timestamp"],
            Self::Amazon2014 | Self::Amazon2018 => {
                ["reviewerID", "asin", "overall", "unixReviewTime"]
            }
            Self::Amazon2023 => ["user_id", "parent_asin", "rating", "timestamp"],
        }
    }

    fn time_unit(self) -> TimeUnit {
        match self {
            Self::Plain | Self::Amazon2014 | Self::Amazon2018 => TimeUnit::Seconds,
            Self::Amazon2023 => TimeUnit::Milliseconds,
        }
    }
}

impl Plugin for JsonLines {
    const NAME: &'static str = "json_lines";
    const ABOUT: &'static str =
        "JSON objects, one interaction a line; Amazon's reviews among them.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        check_parts(params.part.as_deref(), [params.valid.as_ref(), params.test.as_ref()])?;
        params.roles().check()
    }
}

impl Source for JsonLines {
    fn files(&self, _cache: &Path) -> Result<Vec<InputFile>, DataError> {
        let parts = [Some(&self.path), self.valid.as_ref(), self.test.as_ref()];
        part_files(parts, json_lines::ENDINGS)
    }

    fn columns(&self, _files: &InputFiles) -> Result<Option<Vec<String>>, DataError> {
        // An object may lack what others have: what might be there counts as being there.
        let own = ["rating", "timestamp"].map(str::to_owned);
        Ok(Some(own.into_iter().chain(self.columns.iter().cloned()).collect()))
    }

    fn read(&self, files: &InputFiles) -> Result<Interactions, DataError> {
        let roles = self.roles();
        let time_unit = self.time_unit.unwrap_or_else(|| self.layout.time_unit());
        let want = Want { time_unit, ..Want::roles(&roles) };
        let (paths, parts) = files.divided();
        let mut table = json_lines::read(&paths, &want)?.into_interactions(&roles)?;
        table.divide(parts);
        Ok(table)
    }
}

impl JsonLines {
    fn roles(&self) -> Roles<'_> {
        let [user, item, rating, timestamp] = self.layout.names();
        let of_layout = |name| (self.layout != Layout::Plain).then_some(name);
        Roles {
            user: self.user.as_deref().unwrap_or(user),
            item: self.item.as_deref().unwrap_or(item),
            rating: self.rating.as_deref().or(of_layout(rating)),
            timestamp: self.timestamp.as_deref().or(of_layout(timestamp)),
            columns: &self.columns,
            part: self.part.as_deref(),
        }
    }
}
