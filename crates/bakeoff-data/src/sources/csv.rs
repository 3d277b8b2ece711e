//! Delimited text with a header: interactions, and side tables of users and items.

use std::path::{Path, PathBuf};

use bakeoff_spec::Plugin;
use bakeoff_spec::registry::SpecPath;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{INTERACTIONS, ITEMS, Source, SourceFile, SourceFiles, USERS};
use crate::delimited::Delimited;
use crate::error::DataError;
use crate::interactions::{Ids, Interactions, SideColumn};
use crate::side_table::{self, Kind};

/// Which files, and which of their columns. Other columns of the interactions are not read.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Csv {
    /// The file with an interaction a line.
    pub interactions: SpecPath,
    /// A file with a user a line. A column in which every value is a number is numeric, any other categorical.
    #[serde(default)]
    pub users: Option<SpecPath>,
    /// A file with an item a line, read as that of the users.
    #[serde(default)]
    pub items: Option<SpecPath>,
    /// The column of user ids, in the users' file too.
    #[serde(default = "user")]
    pub user: String,
    /// The column of item ids, in the items' file too.
    #[serde(default = "item")]
    pub item: String,
    /// The column of ratings; by default `rating` if there is one.
    #[serde(default)]
    pub rating: Option<String>,
    /// The column of times, in seconds since 1970 or as ISO 8601; by default `timestamp` if there is one. Without
    /// times, the order of a user's lines is their order in time.
    #[serde(default)]
    pub timestamp: Option<String>,
    /// What stands between two fields: one ASCII character.
    #[serde(default = "comma")]
    #[schemars(length(min = 1, max = 1))]
    pub delimiter: String,
}

fn user() -> String {
    "user".into()
}

fn item() -> String {
    "item".into()
}

fn comma() -> String {
    ",".into()
}

impl Plugin for Csv {
    const NAME: &'static str = "csv";
    const ABOUT: &'static str =
        "Delimited text with a header, one interaction a line; users and items beside it.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        match params.delimiter.as_bytes() {
            [b'"' | b'\n' | b'\r'] => Err("delimiter: a quote or line break cannot be one".into()),
            [byte] if byte.is_ascii() => Ok(()),
            _ => Err("delimiter: must be one ASCII character, such as \",\" or \"\\t\"".into()),
        }
    }
}

impl Source for Csv {
    fn files(&self, _cache: &Path) -> Vec<(&'static str, PathBuf)> {
        let roles = [
            (INTERACTIONS, Some(&self.interactions)),
            (USERS, self.users.as_ref()),
            (ITEMS, self.items.as_ref()),
        ];
        roles.into_iter().filter_map(|(role, path)| Some((role, path?.as_ref().into()))).collect()
    }

    fn read(&self, files: &SourceFiles) -> Result<Interactions, DataError> {
        let file = files.interactions();
        let lines = self.open(file)?;
        let user = lines.require(&self.user, "user")?;
        let item = lines.require(&self.item, "item")?;
        let rating = lines.find(self.rating.as_ref(), "rating", "rating")?;
        let timestamp = lines.find(self.timestamp.as_ref(), "timestamp", "timestamp")?;
        let mut table = Interactions::new(&file.path, rating.is_some(), timestamp.is_some());
        lines.for_each(|row, line| {
            let rating = rating.map_or(Ok(f64::NAN), |column| row.number(column))?;
            let timestamp = timestamp.map_or(Ok(f64::NAN), |column| row.timestamp(column))?;
            table.push(row.id(user)?, row.id(item)?, rating, timestamp, line);
            Ok(())
        })?;
        if let Some(file) = files.get(USERS) {
            table.user_columns = self.side(file, &self.user, "user", &table.users)?;
        }
        if let Some(file) = files.get(ITEMS) {
            table.item_columns = self.side(file, &self.item, "item", &table.items)?;
        }
        Ok(table)
    }
}

impl Csv {
    fn open<'a>(&self, file: &'a SourceFile) -> Result<Delimited<'a>, DataError> {
        Delimited::new(file, self.delimiter.as_bytes()[0], true)
    }

    fn side(
        &self,
        file: &SourceFile,
        id: &str,
        param: &'static str,
        ids: &Ids,
    ) -> Result<Vec<SideColumn>, DataError> {
        let lines = self.open(file)?;
        let id_column = lines.require(id, param)?;
        let kinds = vec![Kind::Inferred; lines.header().len()];
        side_table::read(file, lines, id_column, &kinds, ids)
    }
}
