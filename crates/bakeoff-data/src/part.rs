//! One part of a split, as a view into the mapped arrays.

use std::ops::Range;

/// One part of the split, by user: a user's interactions lie together, oldest first.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// Where each user's rows begin and the last one's end, `[n_users + 1]`.
    pub offsets: &'a [u64],
    /// The item of each row.
    pub items: &'a [u32],
    /// The rating of each row.
    pub ratings: Ratings<'a>,
    /// When each row was.
    pub timestamps: Timestamps<'a>,
}

/// The ratings of rows: a number a row, or the code of one where there are few different ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ratings<'a> {
    /// There are none: each of so many rows counts as 1.
    None(usize),
    /// Codes of the few ratings there are, and those ratings.
    Codes(&'a [u8], &'a [f32]),
    /// A rating a row.
    Plain(&'a [f32]),
}

/// Seconds since 1970 of rows, counted from a first one where that is shorter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Timestamps<'a> {
    /// There are none: each of so many rows counts as 0.
    None(usize),
    /// Seconds after the given one.
    Offsets(i64, &'a [u32]),
    /// A timestamp a row.
    Plain(&'a [i64]),
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
    pub fn ratings_of(&self, user: usize) -> Ratings<'a> {
        self.ratings.slice(self.rows_of(user))
    }

    /// The timestamps of a user, in the order of [`Part::items_of`].
    pub fn timestamps_of(&self, user: usize) -> Timestamps<'a> {
        self.timestamps.slice(self.rows_of(user))
    }

    /// The rows of a user.
    pub fn rows_of(&self, user: usize) -> Range<usize> {
        self.offsets[user] as usize..self.offsets[user + 1] as usize
    }
}

impl<'a> Ratings<'a> {
    /// The rating of a row; 1 where it has none.
    pub fn get(self, row: usize) -> f32 {
        match self {
            Self::None(len) => {
                assert!(row < len, "row {row} of {len}");
                1.0
            }
            Self::Codes(codes, values) => values[codes[row] as usize],
            Self::Plain(ratings) => ratings[row],
        }
    }

    /// Rows.
    pub fn len(self) -> usize {
        match self {
            Self::None(len) => len,
            Self::Codes(codes, _) => codes.len(),
            Self::Plain(ratings) => ratings.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Every row's rating.
    pub fn iter(self) -> impl ExactSizeIterator<Item = f32> + Clone + 'a {
        (0..self.len()).map(move |row| self.get(row))
    }

    /// Every row's rating.
    pub fn to_vec(self) -> Vec<f32> {
        self.iter().collect()
    }

    fn slice(self, rows: Range<usize>) -> Self {
        match self {
            Self::None(_) => Self::None(rows.len()),
            Self::Codes(codes, values) => Self::Codes(&codes[rows], values),
            Self::Plain(ratings) => Self::Plain(&ratings[rows]),
        }
    }
}

impl<'a> Timestamps<'a> {
    /// The timestamp of a row; 0 where it has none.
    pub fn get(self, row: usize) -> i64 {
        match self {
            Self::None(len) => {
                assert!(row < len, "row {row} of {len}");
                0
            }
            Self::Offsets(origin, offsets) => origin + i64::from(offsets[row]),
            Self::Plain(times) => times[row],
        }
    }

    /// Rows.
    pub fn len(self) -> usize {
        match self {
            Self::None(len) => len,
            Self::Offsets(_, offsets) => offsets.len(),
            Self::Plain(times) => times.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Every row's timestamp.
    pub fn iter(self) -> impl ExactSizeIterator<Item = i64> + Clone + 'a {
        (0..self.len()).map(move |row| self.get(row))
    }

    /// Every row's timestamp.
    pub fn to_vec(self) -> Vec<i64> {
        self.iter().collect()
    }

    fn slice(self, rows: Range<usize>) -> Self {
        match self {
            Self::None(_) => Self::None(rows.len()),
            Self::Offsets(origin, offsets) => Self::Offsets(origin, &offsets[rows]),
            Self::Plain(times) => Self::Plain(&times[rows]),
        }
    }
}
