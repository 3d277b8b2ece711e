//! `RecBole`'s atomic files: tab-separated text whose header gives every column a type.
//!
//! `token` columns are categorical, `token_seq` columns tags, `float` columns numbers, `float_seq` columns vectors.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use bakeoff_spec::Plugin;
use bakeoff_spec::registry::SpecPath;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{INTERACTIONS, ITEMS, Source, USERS};
use crate::column::{Dense, Numbers, RawColumn, Texts, Values};
use crate::delimited::{self, Format, shortened};
use crate::error::DataError;
use crate::frame::{Frame, Kind, Roles, Want};
use crate::input::{InputFile, InputFiles};
use crate::interactions::{Axis, Interactions};

/// Which files, and which of their columns. A column of type `float_seq` holds as many numbers in every line, with
/// blanks between them.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecBole {
    /// The `.inter` file, packed with gzip or Zstandard (`.inter.gz`, `.inter.zst`) or not.
    pub path: SpecPath,
    /// Whether to read the `.user` and `.item` files of the same name that lie beside it, packed or not.
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
        let sides = [(USERS, "user"), (ITEMS, "item")].into_iter().filter(|_| self.side);
        let sides =
            sides.filter_map(|(role, ending)| Some(InputFile::new(role, beside(path, ending)?)));
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
            let widths = widths(&frame, &lists)?;
            let (axis, ids) = match role {
                USERS => (Axis::Users, &table.users),
                _ => (Axis::Items, &table.items),
            };
            let mut side = frame.into_side(key, ids)?;
            // Nothing is known by a column in which no line has numbers.
            let is_empty =
                |name: &String| widths[name] == 0 && lists.contains(&(name.clone(), List::Numbers));
            side.columns.retain(|column| !is_empty(&column.name));
            for column in &mut side.columns {
                let Values::Text(texts) = &column.values else { continue };
                match lists.iter().find(|(name, _)| *name == column.name) {
                    Some((_, List::Tags)) => column.values = Values::Tags(texts.split(" ")),
                    Some((name, List::Numbers)) => column.values = vectors(texts, widths[name]),
                    None => {}
                }
            }
            table.take_side(axis, side);
        }
        Ok(table)
    }
}

/// The file with another ending beside the one with the interactions, packed or not.
fn beside(path: &Path, ending: &str) -> Option<PathBuf> {
    const PACKED: [&str; 3] = ["gz", "zst", "zstd"];
    let is_packed = path.extension().is_some_and(|ending| PACKED.iter().any(|p| ending == *p));
    let plain = if is_packed { path.with_extension("") } else { path.to_owned() };
    let plain = plain.with_extension(ending);
    let packed = PACKED.map(|packed| plain.with_extension(format!("{ending}.{packed}")));
    std::iter::once(plain).chain(packed).find(|path| path.exists())
}

fn format() -> Format {
    Format { quote: None, ..Format::new("\t") }
}

/// What a field is that holds several values.
#[derive(Debug, Clone, Copy, PartialEq)]
enum List {
    Tags,
    Numbers,
}

/// The rows, and the columns that hold lists.
fn read(files: &[PathBuf], mut want: Want) -> Result<(Frame, Vec<(String, List)>), DataError> {
    let format = format();
    let mut lists = Vec::new();
    for path in files {
        let typed = typed_header(&delimited::header(path, &format)?, path)?;
        for (name, kind, list) in typed {
            want.set_kind(&name, kind);
            lists.extend(list.map(|list| (name, list)));
        }
    }
    let names = |header: Vec<String>, path: &Path| {
        Ok(typed_header(&header, path)?.into_iter().map(|(name, ..)| name).collect())
    };
    Ok((delimited::read_with(files, &format, &want, &names)?, lists))
}

/// Name, kind and what it is a list of, of each `name:type` in a header.
fn typed_header(
    header: &[String],
    path: &Path,
) -> Result<Vec<(String, Kind, Option<List>)>, DataError> {
    let typed = header.iter().enumerate().map(|(i, header)| match header.split_once(':') {
        Some((name, "token")) => Ok((name.to_owned(), Kind::Text, None)),
        Some((name, "token_seq")) => Ok((name.to_owned(), Kind::Text, Some(List::Tags))),
        Some((name, "float")) => Ok((name.to_owned(), Kind::Number, None)),
        Some((name, "float_seq")) => Ok((name.to_owned(), Kind::Text, Some(List::Numbers))),
        _ => Err(DataError::Value {
            path: path.to_owned(),
            line: 1,
            column: (i + 1).to_string(),
            found: shortened(header),
            expected: "NAME:token, NAME:token_seq, NAME:float or NAME:float_seq between tabs"
                .to_owned(),
        }),
    });
    typed.collect()
}

/// How many numbers the vectors of each column have, which must be as many in every line; 0 where none has one.
fn widths(frame: &Frame, lists: &[(String, List)]) -> Result<HashMap<String, usize>, DataError> {
    let mut widths = HashMap::new();
    for RawColumn { name, values } in &frame.columns {
        let is_vectors = lists.contains(&(name.clone(), List::Numbers));
        let mut width = 0;
        let Values::Text(texts) = values else {
            widths.insert(name.clone(), width);
            continue;
        };
        for (row, text) in texts.iter().enumerate().filter(|(_, t)| is_vectors && !t.is_empty()) {
            let found = vector(text).map_or(0, |vector| vector.len());
            if found > 0 && (width == 0 || width == found) {
                width = found;
                continue;
            }
            let (path, line) = frame.origin.place(row);
            return Err(DataError::Value {
                path: path.to_owned(),
                line,
                column: name.clone(),
                found: shortened(text),
                expected: match width {
                    0 => "numbers with blanks between them".to_owned(),
                    width => {
                        format!("{width} numbers with blanks between them, as in the lines before")
                    }
                },
            });
        }
        widths.insert(name.clone(), width);
    }
    Ok(widths)
}

/// The numbers in a text, each finite in single precision.
fn vector(text: &str) -> Option<Vec<f32>> {
    let number = |word: &str| word.parse().ok().filter(|number: &f32| number.is_finite());
    text.split_ascii_whitespace().map(number).collect()
}

fn vectors(texts: &Texts, width: usize) -> Values {
    let mut numbers = vec![0.0; texts.len() * width];
    let mut is_missing = vec![true; texts.len()];
    for (entry, text) in texts.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
        let vector = vector(text).unwrap_or_default();
        numbers[entry * width..][..width].copy_from_slice(&vector[..width]);
        is_missing[entry] = false;
    }
    Values::Dense(Dense { shape: vec![width], numbers: Numbers::F32(numbers), is_missing })
}
