//! The one table that sources yield and cleaning steps change: raw interactions, and what is known of users and items.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

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
    /// Where each row stands in `path`, for messages.
    pub line: Vec<u32>,
    /// The file that rows come from; empty if there is none.
    pub path: PathBuf,
    /// What is known of users, one entry for each of `users`.
    pub user_columns: Vec<SideColumn>,
    /// What is known of items, one entry for each of `items`.
    pub item_columns: Vec<SideColumn>,
    /// What a reader of the card should know.
    pub notes: Vec<String>,
}

/// What is known of every user or item, before encoding.
#[derive(Debug, Clone, PartialEq)]
pub struct SideColumn {
    /// Its name in the source.
    pub name: String,
    /// One entry a raw id.
    pub values: SideValues,
}

/// The values of a side column.
#[derive(Debug, Clone, PartialEq)]
pub enum SideValues {
    /// Categories; empty where missing.
    Text(Vec<String>),
    /// Numbers; NaN where missing.
    Number(Vec<f64>),
}

/// Raw ids, numbered in the order in which they first appear.
#[derive(Debug, Clone, Default)]
pub struct Ids {
    names: Vec<Arc<str>>,
    index: HashMap<Arc<str>, u32>,
}

impl Interactions {
    /// A table without rows whose sources have, or have not, ratings and timestamps.
    pub fn new(path: impl Into<PathBuf>, has_ratings: bool, has_timestamps: bool) -> Self {
        Self {
            path: path.into(),
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
        self.line.push(line);
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
        n_distinct(&self.user, self.users.len())
    }

    /// Items with at least one row.
    pub fn n_items(&self) -> u64 {
        n_distinct(&self.item, self.items.len())
    }

    /// Keeps the rows for which `is_kept` says so, in their order.
    pub fn retain(&mut self, is_kept: &[bool]) {
        retain(&mut self.user, is_kept);
        retain(&mut self.item, is_kept);
        retain(&mut self.line, is_kept);
        if let Some(ratings) = &mut self.rating {
            retain(ratings, is_kept);
        }
        if let Some(timestamps) = &mut self.timestamp {
            retain(timestamps, is_kept);
        }
    }
}

impl Ids {
    /// The number of `name`, which is added if it is new.
    pub fn index_or_add(&mut self, name: &str) -> u32 {
        if let Some(&index) = self.index.get(name) {
            return index;
        }
        let index = u32::try_from(self.names.len()).expect("memory ends before four billion ids");
        let name: Arc<str> = name.into();
        self.names.push(name.clone());
        self.index.insert(name, index);
        index
    }

    /// The number of `name`, if it is there.
    pub fn index(&self, name: &str) -> Option<u32> {
        self.index.get(name).copied()
    }

    /// The raw id of a number.
    pub fn name(&self, index: u32) -> &str {
        &self.names[index as usize]
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

fn n_distinct(values: &[u32], n: usize) -> u64 {
    let mut is_there = vec![false; n];
    for &value in values {
        is_there[value as usize] = true;
    }
    is_there.into_iter().filter(|&is_there| is_there).count() as u64
}

fn retain<T>(values: &mut Vec<T>, is_kept: &[bool]) {
    let mut kept = is_kept.iter();
    values.retain(|_| *kept.next().expect("one answer a row"));
}
