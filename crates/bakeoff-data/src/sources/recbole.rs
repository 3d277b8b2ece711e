//! `RecBole`'s atomic files: tab-separated text whose header gives every column a type.
//!
//! `token` and `token_seq` columns are categorical, a sequence of tokens as one value; `float` columns are numbers.

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

/// Which files, and which of their columns.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecBole {
    /// The `.inter` file.
    pub path: SpecPath,
    /// Whether to read the `.user` and `.item` files of the same name that lie beside it.
    #[serde(default = "yes")]
    pub side: bool,
    /// The column of user ids.
    #[serde(default = "user")]
    pub user: String,
    /// The column of item ids.
    #[serde(default = "item")]
    pub item: String,
    /// The column of ratings; by default `rating` if there is one.
    #[serde(default)]
    pub rating: Option<String>,
    /// The column of times in seconds since 1970; by default `timestamp` if there is one.
    #[serde(default)]
    pub timestamp: Option<String>,
}

fn yes() -> bool {
    true
}

fn user() -> String {
    "user_id".into()
}

fn item() -> String {
    "item_id".into()
}

impl Plugin for RecBole {
    const NAME: &'static str = "recbole";
    const ABOUT: &'static str =
        "RecBole's atomic files: NAME.inter, with NAME.user and NAME.item if they lie beside it.";
    type Params = Self;
}

impl RecBole {
    /// The files of this path with every default.
    pub fn at(path: &Path) -> Self {
        Self {
            path: SpecPath(path.to_string_lossy().into_owned()),
            side: yes(),
            user: user(),
            item: item(),
            rating: None,
            timestamp: None,
        }
    }
}

impl Source for RecBole {
    fn files(&self, _cache: &Path) -> Vec<(&'static str, PathBuf)> {
        let path: &Path = self.path.as_ref();
        let beside = |role, ending| (role, path.with_extension(ending));
        let sides = [beside(USERS, "user"), beside(ITEMS, "item")];
        let sides = sides.into_iter().filter(|(_, path)| self.side && path.exists());
        std::iter::once((INTERACTIONS, path.to_owned())).chain(sides).collect()
    }

    fn read(&self, files: &SourceFiles) -> Result<Interactions, DataError> {
        let file = files.interactions();
        let (lines, _) = open(file)?;
        let user = lines.require(&self.user, "user")?;
        let item = lines.require(&self.item, "item")?;
        let rating = lines.find(self.rating.as_ref(), "rating", "rating")?;
        let timestamp = lines.find(self.timestamp.as_ref(), "timestamp", "timestamp")?;
        let mut table = Interactions::new(&file.path, rating.is_some(), timestamp.is_some());
        lines.for_each(|row, line| {
            let rating = rating.map_or(Ok(f64::NAN), |column| row.number(column))?;
            let timestamp = timestamp.map_or(Ok(f64::NAN), |column| row.number(column))?;
            table.push(row.id(user)?, row.id(item)?, rating, timestamp, line);
            Ok(())
        })?;
        if let Some(file) = files.get(USERS) {
            table.user_columns = side(file, &self.user, "user", &table.users)?;
        }
        if let Some(file) = files.get(ITEMS) {
            table.item_columns = side(file, &self.item, "item", &table.items)?;
        }
        Ok(table)
    }
}

fn side(
    file: &SourceFile,
    id: &str,
    param: &'static str,
    ids: &Ids,
) -> Result<Vec<SideColumn>, DataError> {
    let (lines, kinds) = open(file)?;
    let id_column = lines.require(id, param)?;
    side_table::read(file, lines, id_column, &kinds, ids)
}

/// Splits the header `name:type` into names and kinds.
fn open(file: &SourceFile) -> Result<(Delimited<'_>, Vec<Kind>), DataError> {
    let mut lines = Delimited::new(file, b'\t', false)?;
    let typed = lines.header().iter().enumerate().map(|(i, header)| {
        let kind = match header.split_once(':') {
            Some((_, "token" | "token_seq")) => Some(Kind::Text),
            Some((_, "float")) => Some(Kind::Number),
            _ => None,
        };
        let name = header.split(':').next().unwrap_or_default().to_owned();
        let wrong = || DataError::Value {
            path: file.path.clone(),
            line: 1,
            column: (i + 1).to_string(),
            found: header.clone(),
            expected: "NAME:token, NAME:token_seq or NAME:float between tabs".to_owned(),
        };
        Ok((name, kind.ok_or_else(wrong)?))
    });
    let (names, kinds) = typed.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
    lines.rename(names)?;
    Ok((lines, kinds))
}
