//! Delimited text with a header: interactions, and side tables of users and items.

use std::path::Path;

use bakeoff_spec::Plugin;
use bakeoff_spec::registry::SpecPath;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{INTERACTIONS, ITEMS, Source, TimeUnit, USERS, check_parts, part_files};
use crate::delimited::{self, Format};
use crate::error::DataError;
use crate::frame::{Roles, Want};
use crate::input::{InputFile, InputFiles, expand};
use crate::interactions::{Axis, Interactions};

/// Which files, and which of their columns. A path is a file, a folder, or a pattern such as `data/*.csv`; files may be
/// packed with gzip or Zstandard. Of a folder, the files below it are read whose names end in `.csv`, `.tsv`, `.txt` or
/// `.dat`, or in such and `.gz`, `.zst` or `.zstd`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Csv {
    /// The file with an interaction a line.
    pub interactions: SpecPath,
    /// Where the data comes divided: the interactions of the validation part, with the same columns. `interactions` are
    /// those of the training part then. Split `fixed` takes the parts as they are.
    #[serde(default)]
    pub valid: Option<SpecPath>,
    /// Where the data comes divided: the interactions of the test part.
    #[serde(default)]
    pub test: Option<SpecPath>,
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
    /// The column of times, in `time_unit`s since 1970 or as ISO 8601; by default `timestamp` if there is one. Without
    /// times, the order of a user's lines is their order in time.
    #[serde(default)]
    pub timestamp: Option<String>,
    /// What times that are numbers count, since the beginning of 1970.
    #[serde(default)]
    pub time_unit: TimeUnit,
    /// Where the data comes divided: the column that says `train`, `valid` or `test`.
    #[serde(default)]
    pub part: Option<String>,
    /// Further columns of the interactions to keep, such as the text of a review. A column in which every value is a
    /// number is numeric.
    #[serde(default)]
    pub columns: Vec<String>,
    /// What stands between two fields, such as `,`, `\t` (or the word `tab`) or `::`. Quotes mean nothing where it is
    /// longer than one character.
    #[serde(default = "comma")]
    #[schemars(length(min = 1, max = 8))]
    pub delimiter: String,
    /// What stands around fields that hold a delimiter or a line break; empty where quotes mean nothing.
    #[serde(default = "double_quote")]
    #[schemars(length(max = 1))]
    pub quote: String,
    /// The names of the interactions' columns, where no header gives them.
    #[serde(default)]
    #[schemars(length(min = 2))]
    pub header: Option<Vec<String>>,
    /// How characters are written.
    #[serde(default)]
    pub encoding: Encoding,
}

/// How characters are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// UTF-8.
    #[default]
    Utf8,
    /// ISO 8859-1, as older data sets have it.
    Latin1,
}

fn user() -> String {
    "user".into()
}

fn item() -> String {
    "item".into()
}

fn double_quote() -> String {
    "\"".into()
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
        params.dialect().check()?;
        check_parts(params.part.as_deref(), [params.valid.as_ref(), params.test.as_ref()])?;
        params.roles().check()
    }
}

/// How a spec says that files are delimited.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dialect<'a> {
    pub(crate) delimiter: &'a str,
    pub(crate) quote: &'a str,
    pub(crate) header: Option<&'a [String]>,
    pub(crate) encoding: Encoding,
}

impl Dialect<'_> {
    pub(crate) fn check(&self) -> Result<(), String> {
        let (delimiter, quote) = (self.delimiter().as_bytes(), self.quote.as_bytes());
        if !quote.is_ascii() || quote.iter().any(u8::is_ascii_alphanumeric) {
            return Err(
                "quote: must be one ASCII character that is no letter or digit, or empty".into()
            );
        }
        if delimiter.iter().any(|byte| matches!(byte, b'\n' | b'\r')) || delimiter == quote {
            return Err("delimiter: a quote or line break cannot be one".into());
        }
        if !delimiter.is_ascii() {
            return Err("delimiter: must be of ASCII characters, such as \",\" or \"\\t\"".into());
        }
        Ok(())
    }

    pub(crate) fn format(&self) -> Format {
        Format {
            delimiter: self.delimiter().to_owned(),
            quote: self.quote.bytes().next(),
            names: self.header.map(<[String]>::to_vec),
            is_latin1: self.encoding == Encoding::Latin1,
            is_of_spec: true,
        }
    }

    /// In YAML, only double quotes make a tab of `\t`.
    fn delimiter(&self) -> &str {
        if [r"\t", "tab"].contains(&self.delimiter) { "\t" } else { self.delimiter }
    }
}

impl Source for Csv {
    fn files(&self, _cache: &Path) -> Result<Vec<InputFile>, DataError> {
        let parts = [Some(&self.interactions), self.valid.as_ref(), self.test.as_ref()];
        let mut files = part_files(parts, delimited::ENDINGS)?;
        let roles = [(USERS, self.users.as_ref()), (ITEMS, self.items.as_ref())];
        for (role, path) in roles.into_iter().filter_map(|(role, path)| Some((role, path?))) {
            let paths = expand(path.as_ref(), delimited::ENDINGS)?;
            files.extend(paths.into_iter().map(|path| InputFile::new(role, path)));
        }
        Ok(files)
    }

    fn columns(&self, files: &InputFiles) -> Result<Option<Vec<String>>, DataError> {
        let (roles, format) = (self.roles(), self.dialect().format());
        let mut names = Vec::new();
        if let Some(path) = files.get(INTERACTIONS) {
            names = roles.names(&delimited::header_with(path, &format, &Want::roles(&roles))?);
        }
        for (role, key, param) in [(USERS, &self.user, "user"), (ITEMS, &self.item, "item")] {
            if let Some(path) = files.get(role) {
                let want = Want::side(key, param, None);
                let format = Format { names: None, ..format.clone() };
                let header = delimited::header_with(path, &format, &want)?;
                names.extend(want.names_beside_key(&header, path)?);
            }
        }
        Ok(Some(names))
    }

    fn read(&self, files: &InputFiles) -> Result<Interactions, DataError> {
        let roles = self.roles();
        let format = self.dialect().format();
        let want = Want { time_unit: self.time_unit, ..Want::roles(&roles) };
        let (paths, parts) = files.divided();
        let frame = delimited::read(&paths, &format, &want)?;
        let mut table = frame.into_interactions(&roles)?;
        table.divide(parts);
        for (role, key, param) in [(USERS, &self.user, "user"), (ITEMS, &self.item, "item")] {
            let files = files.of(role);
            if files.is_empty() {
                continue;
            }
            let want = Want::side(key, param, None);
            let with_header = Format { names: None, ..format.clone() };
            let frame = delimited::read(&files, &with_header, &want)?;
            let (axis, ids) = match role {
                USERS => (Axis::Users, &table.users),
                _ => (Axis::Items, &table.items),
            };
            let side = frame.into_side(key, ids)?;
            table.take_side(axis, side);
        }
        Ok(table)
    }
}

impl Csv {
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

    fn dialect(&self) -> Dialect<'_> {
        Dialect {
            delimiter: &self.delimiter,
            quote: &self.quote,
            header: self.header.as_deref(),
            encoding: self.encoding,
        }
    }
}
