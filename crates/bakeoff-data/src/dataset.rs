//! A prepared dataset as workers see it: mapped into memory, so that any number of processes share one copy. Of an
//! encrypted one, each has its own copy, decrypted.

use std::path::{Path, PathBuf};

use bakeoff_spec::DatasetCard;
use memmap2::Mmap;

use crate::arrays::{self, Arrays};
use crate::error::DataError;
use crate::interactions::Axis;
use crate::manifest::{ColumnInfo, Content, Manifest};
use crate::part::{Part, Ratings, Timestamps};
use crate::sealed::Seal;
use crate::spans::{ColumnSpans, ListSpans, NameSpans, PartSpans, RatingSpans, TimeSpans};
use crate::splits::Assigned;

/// A prepared dataset: its parts, the columns of rows, users and items, the raw ids, and the card.
#[derive(Debug)]
pub struct Dataset {
    dir: PathBuf,
    content: Content,
    arrays: Arrays,
    parts: [PartSpans; 4],
    users: NameSpans,
    items: NameSpans,
    candidates: Option<ListSpans>,
    columns: [Vec<ColumnSpans>; 3],
}

/// What is known of every row, user or item, besides ids, rating and time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Column<'a> {
    /// Its name in the source or the step that made it.
    pub name: &'a str,
    /// One entry a row, user or item.
    pub values: ColumnValues<'a>,
}

/// The values of a column, of `n` entries.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ColumnValues<'a> {
    /// One of a few values, as a code below `n_values`: 0 where it is missing, 1 for a value that train does not have.
    Categorical {
        /// How many codes there are.
        n_values: u32,
        /// `[n]`.
        codes: &'a [u32],
    },
    /// Numbers, `[n]`; NaN where one is missing.
    Numeric(&'a [f32]),
    /// Any number of categories, as codes below `n_values`: 0 for one that train does not have.
    Tags {
        /// How many codes there are.
        n_values: u32,
        /// Where each entry's codes begin and the last one's end, `[n + 1]`.
        offsets: &'a [u64],
        /// The codes of all entries.
        codes: &'a [u32],
    },
    /// Words with weights, as codes below `n_values`.
    Weighted {
        /// How many codes there are.
        n_values: u32,
        /// Where each entry's codes begin and the last one's end, `[n + 1]`.
        offsets: &'a [u64],
        /// The codes of all entries.
        codes: &'a [u32],
        /// Their weights.
        weights: &'a [f32],
    },
    /// Sequences of words as codes below `n_values`: 0 pads at the end, 1 is a word outside the vocabulary.
    Tokens {
        /// How many codes there are.
        n_values: u32,
        /// Codes an entry.
        len: usize,
        /// `[n, len]`.
        codes: &'a [u32],
    },
    /// Blocks of small whole numbers, such as pixels.
    Pixels {
        /// The shape of an entry, such as `[3, height, width]`.
        shape: &'a [usize],
        /// `[n, shape…]`.
        values: &'a [u8],
    },
    /// Blocks of numbers, such as embeddings.
    Dense {
        /// The shape of an entry.
        shape: &'a [usize],
        /// `[n, shape…]`.
        values: &'a [f32],
    },
}

impl Dataset {
    /// Opens the dataset in `dir`. That sizes, offsets, codes and names fit one another is looked at, so that no look
    /// at it later can go wrong; `prepare` has compared the checksums. One that is encrypted is decrypted with the key
    /// in the environment variable that it was encrypted with, and every byte of it is compared.
    pub fn open(dir: &Path) -> Result<Self, DataError> {
        Self::open_with(dir, Manifest::read(dir)?)
    }

    pub(crate) fn open_with(dir: &Path, manifest: Manifest) -> Result<Self, DataError> {
        let content = manifest.content;
        let arrays = Arrays::of(dir, map(dir, &content)?)?;
        let (n_users, n_items) = (content.card.n_users as usize, content.card.n_items as usize);
        let [train, valid, test, fold_in] =
            Assigned::ALL.map(|part| PartSpans::find(&arrays, part.name(), n_users, n_items));
        let parts = [train?, valid?, test?, fold_in?];
        let users = NameSpans::find(&arrays, "users", Some(n_users))?;
        let items = NameSpans::find(&arrays, "items", Some(n_items))?;
        let candidates = content.has_candidates;
        let candidates = candidates
            .then(|| {
                let (offsets, items) = ("candidates.offsets", "candidates.items");
                ListSpans::find(&arrays, offsets, items, n_users, n_items)
            })
            .transpose()?;
        let columns = |axis: Axis, infos: &[ColumnInfo]| {
            let find = |info| ColumnSpans::find(&arrays, axis, info, [n_users, n_items], &parts);
            infos.iter().map(find).collect::<Result<Vec<_>, _>>()
        };
        let [rows, of_users, of_items] = &content.columns;
        let columns = [
            columns(Axis::Rows, rows)?,
            columns(Axis::Users, of_users)?,
            columns(Axis::Items, of_items)?,
        ];
        let dir = dir.to_owned();
        Ok(Self { dir, content, arrays, parts, users, items, candidates, columns })
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

    /// What evaluation may show of users that training does not see: their rows before those that are scored.
    pub fn fold_in(&self) -> Part<'_> {
        self.part(Assigned::FoldIn)
    }

    /// What is known of users.
    pub fn user_columns(&self) -> Vec<Column<'_>> {
        self.columns(Axis::Users, 0)
    }

    /// What is known of items.
    pub fn item_columns(&self) -> Vec<Column<'_>> {
        self.columns(Axis::Items, 0)
    }

    /// What is known of the rows of a part.
    pub fn row_columns(&self, part: Assigned) -> Vec<Column<'_>> {
        self.columns(Axis::Rows, part as usize)
    }

    /// What a code of a column stands for; `None` for columns without codes.
    pub fn value_name(&self, axis: Axis, column: &str, code: u32) -> Option<&str> {
        let infos = &self.content.columns[axis as usize];
        let index = infos.iter().position(|info| info.name == column)?;
        let names = self.columns[axis as usize][index].names.as_ref()?;
        Some(self.name(names, code as usize))
    }

    /// The items that a user is to be ranked against at test, where the source gives them.
    pub fn candidates(&self, user: usize) -> Option<&[u32]> {
        let spans = self.candidates.as_ref()?;
        let offsets: &[u64] = self.arrays.get(&spans.offsets);
        let items: &[u32] = self.arrays.get(&spans.values);
        Some(&items[offsets[user] as usize..offsets[user + 1] as usize])
    }

    fn columns(&self, axis: Axis, place: usize) -> Vec<Column<'_>> {
        let infos = &self.content.columns[axis as usize];
        let spans = &self.columns[axis as usize];
        let of = infos.iter().zip(spans);
        of.map(|(info, spans)| Column {
            name: &info.name,
            values: spans.values(&self.arrays, &info.kind, place),
        })
        .collect()
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
        let mut hasher = blake3::Hasher::new();
        hasher.update_rayon(self.arrays.bytes());
        hasher.finalize().to_string()
    }

    /// One of the parts.
    pub fn part(&self, part: Assigned) -> Part<'_> {
        let spans = &self.parts[part as usize];
        let items: &[u32] = self.arrays.get(&spans.items);
        let ratings = match &spans.ratings {
            RatingSpans::None => Ratings::None(items.len()),
            RatingSpans::Codes(codes, values) => {
                Ratings::Codes(self.arrays.get(codes), self.arrays.get(values))
            }
            RatingSpans::Plain(ratings) => Ratings::Plain(self.arrays.get(ratings)),
        };
        let origin = self.content.time_origin.unwrap_or_default();
        let timestamps = match &spans.timestamps {
            TimeSpans::None => Timestamps::None(items.len()),
            TimeSpans::Offsets(offsets) => Timestamps::Offsets(origin, self.arrays.get(offsets)),
            TimeSpans::Plain(times) => Timestamps::Plain(self.arrays.get(times)),
        };
        Part { offsets: self.arrays.get(&spans.offsets), items, ratings, timestamps }
    }

    /// Whether its arrays are encrypted on disk.
    pub fn is_sealed(&self) -> bool {
        self.content.sealed.is_some()
    }

    fn name(&self, spans: &NameSpans, index: usize) -> &str {
        let offsets: &[u64] = self.arrays.get(&spans.offsets);
        let text: &[u8] = self.arrays.get(&spans.text);
        let bytes = &text[offsets[index] as usize..offsets[index + 1] as usize];
        std::str::from_utf8(bytes).expect("names were looked at when the dataset was opened")
    }
}

/// The arrays as they were written, before they were encrypted.
fn map(dir: &Path, content: &Content) -> Result<Mmap, DataError> {
    let Some(sealed) = &content.sealed else {
        return arrays::map_file(dir, arrays::FILE, content.arrays_len);
    };
    let needed_by = || format!("the encrypted dataset {}", dir.display());
    let seal = Seal::with(&sealed.key_env, needed_by)?;
    seal.open(dir, sealed, content.arrays_len, &content.seal_context())
}
