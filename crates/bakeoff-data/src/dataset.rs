//! A prepared dataset as workers see it: mapped into memory, so that any number of processes share one copy.

use std::path::{Path, PathBuf};

use bakeoff_spec::DatasetCard;

use crate::arrays::{Arrays, Span};
use crate::error::DataError;
use crate::manifest::{ColumnInfo, Content, Manifest};
use crate::splits::Assigned;

/// A prepared dataset: three parts, the columns of users and items, the raw ids, and the card.
#[derive(Debug)]
pub struct Dataset {
    dir: PathBuf,
    content: Content,
    arrays: Arrays,
    parts: [PartSpans; 3],
    users: NameSpans,
    items: NameSpans,
    user_columns: Vec<Column>,
    item_columns: Vec<Column>,
}

/// One part of the split, by user: a user's interactions lie together, oldest first.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// Where each user's rows begin and the last one's end, `[n_users + 1]`.
    pub offsets: &'a [u64],
    /// The item of each row.
    pub items: &'a [u32],
    /// The rating of each row; 1 where the data has none.
    pub ratings: &'a [f32],
    /// Seconds since 1970 of each row; 0 where the data has none.
    pub timestamps: &'a [i64],
}

/// What is known of every user or every item, besides the id.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Its name in the source.
    pub name: String,
    /// One entry a user or item.
    pub values: ColumnValues,
}

/// The values of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnValues {
    /// One of a few values, as a code below `n_values`. A missing value has a code of its own.
    Categorical {
        /// How many values there are, the missing one included.
        n_values: u32,
        /// One a user or item.
        codes: Vec<u32>,
    },
    /// Numbers; NaN where one is missing.
    Numeric(Vec<f32>),
}

impl Dataset {
    /// Opens the dataset in `dir`. Looks at sizes alone; `prepare` has compared the checksums.
    pub fn open(dir: &Path) -> Result<Self, DataError> {
        Self::open_with(dir, Manifest::read(dir)?)
    }

    pub(crate) fn open_with(dir: &Path, manifest: Manifest) -> Result<Self, DataError> {
        let content = manifest.content;
        let arrays = Arrays::open(dir, content.arrays_len)?;
        let (n_users, n_items) = (content.card.n_users as usize, content.card.n_items as usize);
        let part = |part: Assigned| -> Result<PartSpans, DataError> {
            let name = part.name();
            let offsets = arrays.span::<u64>(&format!("{name}.offsets"), Some(n_users + 1))?;
            let n = *arrays.get::<u64>(&offsets).last().unwrap_or(&0) as usize;
            Ok(PartSpans {
                items: arrays.span::<u32>(&format!("{name}.items"), Some(n))?,
                ratings: arrays.span::<f32>(&format!("{name}.ratings"), Some(n))?,
                timestamps: arrays.span::<i64>(&format!("{name}.timestamps"), Some(n))?,
                offsets,
            })
        };
        let [train, valid, test] = Assigned::ALL.map(part);
        let parts = [train?, valid?, test?];
        let names = |of: &str, n: usize| -> Result<NameSpans, DataError> {
            Ok(NameSpans {
                offsets: arrays.span::<u64>(&format!("{of}.name_offsets"), Some(n + 1))?,
                text: arrays.span::<u8>(&format!("{of}.names"), None)?,
            })
        };
        let (users, items) = (names("users", n_users)?, names("items", n_items)?);
        let columns = |of: &str, infos: &[ColumnInfo], n: usize| {
            let column = |info: &ColumnInfo| -> Result<Column, DataError> {
                let name = format!("{of}.column.{}", info.name);
                let values = match info.n_values {
                    Some(n_values) => ColumnValues::Categorical {
                        n_values,
                        codes: arrays.get(&arrays.span::<u32>(&name, Some(n))?).to_vec(),
                    },
                    None => ColumnValues::Numeric(
                        arrays.get(&arrays.span::<f32>(&name, Some(n))?).to_vec(),
                    ),
                };
                Ok(Column { name: info.name.clone(), values })
            };
            infos.iter().map(column).collect::<Result<Vec<_>, _>>()
        };
        let user_columns = columns("users", &content.user_columns, n_users)?;
        let item_columns = columns("items", &content.item_columns, n_items)?;
        let dir = dir.to_owned();
        Ok(Self { dir, content, arrays, parts, users, items, user_columns, item_columns })
    }

    /// Its folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Its key: that of its recipe.
    pub fn key(&self) -> &str {
        &self.content.card.key
    }

    /// What is known of it.
    pub fn card(&self) -> &DatasetCard {
        &self.content.card
    }

    /// Users of all parts together; they are numbered from 0.
    pub fn n_users(&self) -> usize {
        self.content.card.n_users as usize
    }

    /// Items of all parts together; they are numbered from 0.
    pub fn n_items(&self) -> usize {
        self.content.card.n_items as usize
    }

    /// What models are fitted on.
    pub fn train(&self) -> Part<'_> {
        self.part(Assigned::Train)
    }

    /// What configurations are chosen on.
    pub fn valid(&self) -> Part<'_> {
        self.part(Assigned::Valid)
    }

    /// What the chosen ones are scored on.
    pub fn test(&self) -> Part<'_> {
        self.part(Assigned::Test)
    }

    /// What is known of users.
    pub fn user_columns(&self) -> &[Column] {
        &self.user_columns
    }

    /// What is known of items.
    pub fn item_columns(&self) -> &[Column] {
        &self.item_columns
    }

    /// A user's id in the source.
    pub fn raw_user(&self, user: usize) -> &str {
        self.name(&self.users, user)
    }

    /// An item's id in the source.
    pub fn raw_item(&self, item: usize) -> &str {
        self.name(&self.items, item)
    }

    /// The smallest and the largest rating of the training part; `None` where the data has no ratings.
    pub fn rating_range(&self) -> Option<(f32, f32)> {
        self.content.rating_range
    }

    /// BLAKE3 of the arrays' file as it is now.
    pub(crate) fn checksum(&self) -> String {
        blake3::hash(self.arrays.bytes()).to_string()
    }

    /// One of the three parts.
    pub(crate) fn part(&self, part: Assigned) -> Part<'_> {
        let spans = &self.parts[part as usize];
        Part {
            offsets: self.arrays.get(&spans.offsets),
            items: self.arrays.get(&spans.items),
            ratings: self.arrays.get(&spans.ratings),
            timestamps: self.arrays.get(&spans.timestamps),
        }
    }

    fn name(&self, spans: &NameSpans, index: usize) -> &str {
        let offsets: &[u64] = self.arrays.get(&spans.offsets);
        let text: &[u8] = self.arrays.get(&spans.text);
        let bytes = &text[offsets[index] as usize..offsets[index + 1] as usize];
        std::str::from_utf8(bytes).expect("names were written from strings")
    }
}

impl<'a> Part<'a> {
    /// Rows of all users.
    pub fn n_interactions(&self) -> usize {
        self.items.len()
    }

    /// Users of the dataset, those without a row here included.
    pub fn n_users(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The items of a user, oldest first.
    pub fn items_of(&self, user: usize) -> &'a [u32] {
        &self.items[self.rows_of(user)]
    }

    /// The ratings of a user, in the order of [`Part::items_of`].
    pub fn ratings_of(&self, user: usize) -> &'a [f32] {
        &self.ratings[self.rows_of(user)]
    }

    /// The timestamps of a user, in the order of [`Part::items_of`].
    pub fn timestamps_of(&self, user: usize) -> &'a [i64] {
        &self.timestamps[self.rows_of(user)]
    }

    fn rows_of(&self, user: usize) -> std::ops::Range<usize> {
        self.offsets[user] as usize..self.offsets[user + 1] as usize
    }
}

/// Where the arrays of a part lie.
#[derive(Debug)]
struct PartSpans {
    offsets: Span,
    items: Span,
    ratings: Span,
    timestamps: Span,
}

/// Where raw ids lie: all of them in one text, and where each begins.
#[derive(Debug)]
struct NameSpans {
    offsets: Span,
    text: Span,
}
