//! `RecBole`'s atomic files: tab-separated text whose header gives every column a type.
//!
//! `token` columns are categorical, `token_seq` columns tags, `float` columns numbers.

use std::path::{Path, PathBuf};

use bakeoff_spec::Plugin;
use bakeoff_spec::registry::SpecPath;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{INTERACTIONS, ITEMS, Source, USERS};
use crate::column::Values;
use crate::delimited::{self, Format};
use crate::error::DataError;
use crate::frame::{Frame, Kind, Roles, Want};
use crate::input::{InputFile, InputFiles};
use crate::interactions::{Axis, Interactions};

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

    fn check(params: &Self) -> Result<(), String> {
        params.roles().check()
    }
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

    fn roles(&self) -> Roles<'_> {
        Roles {
            user: &self.user,
            item: &self.item,
            rating: self.rating.as_deref(),
            timestamp: self.timestamp.as_deref(),
            columns: &[],
            part: None,
        }
    }
}

impl Source for RecBole {
    fn files(&self, _cache: &Path) -> Result<Vec<InputFile>, DataError> {
        let path: &Path = self.path.as_ref();
        let beside = |role, ending| InputFile::new(role, path.with_extension(ending));
        let sides = [beside(USERS, "user"), beside(ITEMS, "item")];
        let sides = sides.into_iter().filter(|file| self.side && file.path.exists());
        Ok(std::iter::once(InputFile::new(INTERACTIONS, path)).chain(sides).collect())
    }

    fn columns(&self, files: &InputFiles) -> Result<Option<Vec<String>>, DataError> {
        let format = format();
        let mut names = Vec::new();
        for (role, key, param) in
            [(INTERACTIONS, "", ""), (USERS, &self.user, "user"), (ITEMS, &self.item, "item")]
        {
            let Some(path) = files.get(role) else { continue };
            let header = typed_header(&delimited::header(path, &format)?, path)?;
            let header: Vec<String> = header.into_iter().map(|(name, ..)| name).collect();
            if role == INTERACTIONS {
                Want::roles(&self.roles()).of(&header, path)?;
                names.extend(self.roles().names(&header));
            } else {
                names.extend(Want::side(key, param, None).names_beside_key(&header, path)?);
            }
        }
        Ok(Some(names))
    }

    fn read(&self, files: &InputFiles) -> Result<Interactions, DataError> {
        let roles = self.roles();
        let (frame, _) = read(&files.of(INTERACTIONS), Want::roles(&roles))?;
        let mut table = frame.into_interactions(&roles)?;
        for (role, key, param) in [(USERS, &self.user, "user"), (ITEMS, &self.item, "item")] {
            let files = files.of(role);
            if files.is_empty() {
                continue;
            }
            let (frame, lists) = read(&files, Want::side(key, param, None))?;
            let (axis, ids) = match role {
                USERS => (Axis::Users, &table.users),
                _ => (Axis::Items, &table.items),
            };
            let mut side = frame.into_side(key, ids)?;
            for column in &mut side.columns {
                if let Values::Text(texts) = &column.values
                    && lists.contains(&column.name)
                {
                    column.values = Values::Tags(texts.split(" "));
                }
            }
            table.take_side(axis, side);
        }
        Ok(table)
    }
}

fn format() -> Format {
    Format { quote: None, ..Format::new("\t") }
}

/// The rows, and the names of the columns that hold lists.
fn read(files: &[PathBuf], mut want: Want) -> Result<(Frame, Vec<String>), DataError> {
    let format = format();
    let mut lists = Vec::new();
    for path in files {
        let typed = typed_header(&delimited::header(path, &format)?, path)?;
        for (name, kind, is_list) in typed {
            want.set_kind(&name, kind);
            if is_list {
                lists.push(name);
            }
        }
    }
    let names = |header: Vec<String>, path: &Path| {
        Ok(typed_header(&header, path)?.into_iter().map(|(name, ..)| name).collect())
    };
    Ok((delimited::read_with(files, &format, &want, &names)?, lists))
}

/// Name, kind and whether it is a list, of each `name:type` in a header.
fn typed_header(header: &[String], path: &Path) -> Result<Vec<(String, Kind, bool)>, DataError> {
    let typed = header.iter().enumerate().map(|(i, header)| match header.split_once(':') {
        Some((name, "token")) => Ok((name.to_owned(), Kind::Text, false)),
        Some((name, "token_seq")) => Ok((name.to_owned(), Kind::Text, true)),
        Some((name, "float")) => Ok((name.to_owned(), Kind::Number, false)),
        _ => Err(DataError::Value {
            path: path.to_owned(),
            line: 1,
            column: (i + 1).to_string(),
            found: header.clone(),
            expected: "NAME:token, NAME:token_seq or NAME:float between tabs".to_owned(),
        }),
    });
    typed.collect()
}
