//! The one table that sources yield and steps change: raw interactions, and what is known of users and items.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::column::{Lists, RawColumn};
use crate::ids::Ids;
use crate::joins::Joined;
use crate::splits::Assigned;

/// Interactions in the order of their source, as columns.
#[derive(Debug, Clone, Default)]
pub struct Interactions {
    /// Raw user ids; `user` holds indices into them.
    pub users: Ids,
    /// Raw item ids; `item` holds indices into them.
    pub items: Ids,
    /// The user of each row.
    pub user: Vec<u32>,
    /// The item of each row.
    pub item: Vec<u32>,
    /// The rating of each row, NaN where it is missing; `None` if the source has none.
    pub rating: Option<Vec<f64>>,
    /// Seconds since 1970 of each row, NaN where missing; `None` if the source has none: then the order of a user's
    /// rows is their order in time.
    pub timestamp: Option<Vec<f64>>,
    /// What else is known of each row, such as the text of a review.
    pub columns: Vec<RawColumn>,
    /// Where each row comes from, for messages.
    pub origin: Origin,
    /// What is known of users, one entry for each of `users`.
    pub user_columns: Vec<RawColumn>,
    /// What is known of items, one entry for each of `items`.
    pub item_columns: Vec<RawColumn>,
    /// The part of each row, where the source itself divides its rows.
    pub part: Option<Vec<Assigned>>,
    /// Items that each of `users` is to be ranked against at test, where the source gives them.
    pub candidates: Option<Lists<u32>>,
    /// What a reader of the card should know.
    pub notes: Vec<String>,
    /// What was wrong in the source and put right in a documented way, and how often.
    pub repairs: Repairs,
    /// Of a source that reads no files: its hash of the very rows that were read.
    pub content: Option<String>,
}

/// What was put right, and how often.
pub type Repairs = BTreeMap<String, u64>;

/// Counts more of what was put right.
pub(crate) fn add_repairs(all: &mut Repairs, more: Repairs) {
    for (what, n) in more {
        *all.entry(what).or_default() += n;
    }
}

/// Which things a column has its entries for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    /// One a row.
    Rows,
    /// One a user.
    Users,
    /// One an item.
    Items,
}

/// Where rows stand: their files, one after the other, and a line in them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Origin {
    /// Each file, and the number that its line 0 would have if the lines of all files were numbered through.
    files: Vec<(PathBuf, u32)>,
    /// The line of each row, numbered through.
    lines: Vec<u32>,
}

impl Axis {
    /// What arrays and messages call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rows => "rows",
            Self::Users => "users",
            Self::Items => "items",
        }
    }
}

impl Interactions {
    /// A table without rows whose source has, or has not, ratings and timestamps.
    pub fn new(path: impl Into<PathBuf>, has_ratings: bool, has_timestamps: bool) -> Self {
        Self {
            origin: Origin::of(path),
            rating: has_ratings.then(Vec::new),
            timestamp: has_timestamps.then(Vec::new),
            ..Self::default()
        }
    }

    /// Adds a row. `rating` and `timestamp` are left aside if the table has none.
    pub fn push(&mut self, user: &str, item: &str, rating: f64, timestamp: f64, line: u32) {
        self.user.push(self.users.index_or_add(user));
        self.item.push(self.items.index_or_add(item));
        if let Some(ratings) = &mut self.rating {
            ratings.push(rating);
        }
        if let Some(timestamps) = &mut self.timestamp {
            timestamps.push(timestamp);
        }
        self.origin.push(line);
    }

    /// Rows.
    pub fn len(&self) -> usize {
        self.user.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.user.is_empty()
    }

    /// Users with at least one row.
    pub fn n_users(&self) -> u64 {
        n_true(&self.has_rows(Axis::Users))
    }

    /// Items with at least one row.
    pub fn n_items(&self) -> u64 {
        n_true(&self.has_rows(Axis::Items))
    }

    /// Whether each row, user or item has a row: users and items need not have one any more.
    pub(crate) fn has_rows(&self, axis: Axis) -> Vec<bool> {
        let (rows, n) = match axis {
            Axis::Rows => return vec![true; self.len()],
            Axis::Users => (&self.user, self.users.len()),
            Axis::Items => (&self.item, self.items.len()),
        };
        let mut has_rows = vec![false; n];
        for &row in rows {
            has_rows[row as usize] = true;
        }
        has_rows
    }

    /// Keeps the rows for which `is_kept` says so, in their order.
    pub fn retain(&mut self, is_kept: &[bool]) {
        retain(&mut self.user, is_kept);
        retain(&mut self.item, is_kept);
        retain(&mut self.origin.lines, is_kept);
        if let Some(ratings) = &mut self.rating {
            retain(ratings, is_kept);
        }
        if let Some(timestamps) = &mut self.timestamp {
            retain(timestamps, is_kept);
        }
        if let Some(parts) = &mut self.part {
            retain(parts, is_kept);
        }
        if !self.columns.is_empty() {
            let kept = (0..is_kept.len() as u32).filter(|&row| is_kept[row as usize]);
            let kept: Vec<u32> = kept.collect();
            self.take_columns(&kept);
        }
    }

    /// Puts the rows `rows` in the place of all, in that order.
    pub fn reorder(&mut self, rows: &[u32]) {
        take(&mut self.user, rows);
        take(&mut self.item, rows);
        take(&mut self.origin.lines, rows);
        if let Some(ratings) = &mut self.rating {
            take(ratings, rows);
        }
        if let Some(timestamps) = &mut self.timestamp {
            take(timestamps, rows);
        }
        if let Some(parts) = &mut self.part {
            take(parts, rows);
        }
        self.take_columns(rows);
    }

    fn take_columns(&mut self, rows: &[u32]) {
        for column in &mut self.columns {
            column.values = column.values.take(rows.iter().map(|&row| Some(row)));
        }
    }

    /// Takes in what a table about users or items brings.
    pub(crate) fn take_side(&mut self, axis: Axis, joined: Joined) {
        self.notes.extend(joined.notes);
        for (what, n) in joined.repairs {
            *self.repairs.entry(what).or_default() += n;
        }
        self.columns_of_mut(axis).extend(joined.columns);
    }

    /// Every column beside rating and timestamp.
    pub fn all_columns(&self) -> impl Iterator<Item = (Axis, &RawColumn)> {
        let rows = self.columns.iter().map(|column| (Axis::Rows, column));
        let users = self.user_columns.iter().map(|column| (Axis::Users, column));
        let items = self.item_columns.iter().map(|column| (Axis::Items, column));
        rows.chain(users).chain(items)
    }

    /// Every column beside rating and timestamp, to be changed.
    pub fn all_columns_mut(&mut self) -> impl Iterator<Item = (Axis, &mut RawColumn)> {
        let rows = self.columns.iter_mut().map(|column| (Axis::Rows, column));
        let users = self.user_columns.iter_mut().map(|column| (Axis::Users, column));
        let items = self.item_columns.iter_mut().map(|column| (Axis::Items, column));
        rows.chain(users).chain(items)
    }

    /// The columns of an axis.
    pub fn columns_of(&self, axis: Axis) -> &[RawColumn] {
        match axis {
            Axis::Rows => &self.columns,
            Axis::Users => &self.user_columns,
            Axis::Items => &self.item_columns,
        }
    }

    /// The columns of an axis, to be changed.
    pub fn columns_of_mut(&mut self, axis: Axis) -> &mut Vec<RawColumn> {
        match axis {
            Axis::Rows => &mut self.columns,
            Axis::Users => &mut self.user_columns,
            Axis::Items => &mut self.item_columns,
        }
    }

    /// The names of all columns, `rating` and `timestamp` first where they are there.
    pub fn column_names(&self) -> Vec<String> {
        let own = [("rating", self.rating.is_some()), ("timestamp", self.timestamp.is_some())];
        let own =
            own.into_iter().filter(|(_, is_there)| *is_there).map(|(name, _)| name.to_owned());
        own.chain(self.all_columns().map(|(_, column)| column.name.clone())).collect()
    }
}

impl Origin {
    /// Rows of one file, none yet.
    pub fn of(path: impl Into<PathBuf>) -> Self {
        Self { files: vec![(path.into(), 0)], lines: Vec::new() }
    }

    /// The file that rows now come from.
    pub fn next_file(&mut self, path: impl Into<PathBuf>) {
        self.files.push((path.into(), self.lines.last().copied().unwrap_or(0)));
    }

    /// The first file; of none, an empty path.
    pub fn first_file(&self) -> &Path {
        self.files.first().map_or(Path::new(""), |(path, _)| path)
    }

    /// A row on a line of the present file.
    pub fn push(&mut self, line: u32) {
        let start = self.files.last().map_or(0, |(_, start)| *start);
        self.lines.push(start.saturating_add(line));
    }

    /// Rows on lines of the present file.
    pub fn extend(&mut self, lines: impl IntoIterator<Item = u32>) {
        let start = self.files.last().map_or(0, |(_, start)| *start);
        self.lines.extend(lines.into_iter().map(|line| start.saturating_add(line)));
    }

    /// The file and line of a row.
    pub fn place(&self, row: usize) -> (&Path, u64) {
        let line = self.lines[row];
        let file = self.files.partition_point(|&(_, start)| start < line).saturating_sub(1);
        let (path, start) = &self.files[file];
        (path, u64::from(line - start))
    }

    /// The rows of each file.
    pub fn rows_of_files(&self) -> impl Iterator<Item = Range<usize>> {
        let first_row =
            |&(_, start): &(PathBuf, u32)| self.lines.partition_point(|&line| line <= start);
        let starts: Vec<usize> =
            self.files.iter().map(first_row).chain([self.lines.len()]).collect();
        (1..starts.len()).map(move |end| starts[end - 1]..starts[end])
    }

    /// Rows.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// The line of each row, numbered through all files.
    pub fn lines(&self) -> &[u32] {
        &self.lines
    }
}

fn n_true(values: &[bool]) -> u64 {
    values.iter().filter(|&&value| value).count() as u64
}

fn retain<T>(values: &mut Vec<T>, is_kept: &[bool]) {
    let mut kept = is_kept.iter();
    values.retain(|_| *kept.next().expect("one answer a row"));
}

fn take<T: Copy>(values: &mut Vec<T>, rows: &[u32]) {
    *values = rows.iter().map(|&row| values[row as usize]).collect();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rows_place_is_its_file_and_the_line_in_it() {
        let mut origin = Origin::of("a.csv");
        origin.extend([2, 3]);
        origin.next_file("b.csv");
        origin.extend([1, 2]);
        origin.next_file("empty.csv");
        origin.next_file("c.csv");
        origin.push(9);
        let places: Vec<_> =
            (0..5).map(|row| origin.place(row)).map(|(path, line)| (path.to_str(), line)).collect();
        let [a, b, c] = ["a.csv", "b.csv", "c.csv"].map(Some);
        assert_eq!(places, [(a, 2), (a, 3), (b, 1), (b, 2), (c, 9)]);
        let rows: Vec<_> = origin.rows_of_files().collect();
        assert_eq!(rows, [0..2, 2..4, 4..4, 4..5]);
    }
}
