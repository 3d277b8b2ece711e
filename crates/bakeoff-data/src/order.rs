//! Rows by user, oldest first, under ids that are numbered without gaps: what splits divide.

use std::ops::Range;

use rayon::prelude::*;

use crate::column::{Lists, RawColumn};
use crate::error::DataError;
use crate::group::Groups;
use crate::ids::Ids;
use crate::interactions::Interactions;

/// Interactions whose rows lie by user, oldest first, rows of the same time in the order of the source. Users and items
/// are numbered in the order in which they first appeared; each has a row (or stands in a list of candidates).
#[derive(Debug, Clone, Default)]
pub struct Ordered {
    /// The rows. Timestamps are whole seconds.
    pub table: Interactions,
    /// Where each user's rows begin and the last one's end, `[n_users + 1]`.
    pub offsets: Vec<u64>,
}

impl Ordered {
    /// Numbers the ids that have rows left, and orders the rows.
    pub fn of(mut table: Interactions) -> Result<Self, DataError> {
        if let Some(times) = &table.timestamp
            && let Some(row) = times.iter().position(|time| time.is_nan())
        {
            return Err(missing(&table, row, "timestamp"));
        }
        let users = Kept::of(&table.user, table.users.len());
        let mut items = Kept::of(&table.item, table.items.len());
        if let Some(lists) = &table.candidates {
            // Nobody is ranked against the candidates of a user who is gone.
            users.old.iter().for_each(|&user| items.add(lists.get(user as usize)));
        }
        table.user.par_iter_mut().for_each(|user| *user = users.number(*user));
        table.item.par_iter_mut().for_each(|item| *item = items.number(*item));
        table.users = users.names(&table.users);
        table.items = items.names(&table.items);
        users.take(&mut table.user_columns);
        items.take(&mut table.item_columns);
        table.candidates = table.candidates.map(|lists| {
            let mut kept = Lists::default();
            for &user in &users.old {
                kept.push(lists.get(user as usize).iter().map(|&item| items.number(item)));
            }
            kept
        });
        let (offsets, rows) = by_user(&table);
        if !rows.is_sorted() {
            table.reorder(&rows);
        }
        drop(rows);
        if let Some(times) = &mut table.timestamp {
            times.par_iter_mut().for_each(|time| *time = time.floor());
        }
        Ok(Self { table, offsets })
    }

    /// Rows.
    pub fn n_interactions(&self) -> usize {
        self.table.len()
    }

    /// The rows of each user.
    pub fn rows_by_user(&self) -> impl ExactSizeIterator<Item = Range<usize>> + Clone {
        self.offsets.windows(2).map(|ends| ends[0] as usize..ends[1] as usize)
    }

    /// The timestamps, for a split or step that cannot do without.
    pub fn times(&self, needed_by: impl Into<String>) -> Result<&[f64], DataError> {
        let needed_by = needed_by.into();
        self.table.timestamp.as_deref().ok_or(DataError::NeedsTimestamps { needed_by })
    }
}

/// The error of a row that has no `what`.
pub(crate) fn missing(table: &Interactions, row: usize, what: &'static str) -> DataError {
    let (path, line) = table.origin.place(row);
    DataError::Missing { path: path.to_owned(), line, what }
}

/// Where each user's rows begin, and the rows of each user together, oldest first.
fn by_user(table: &Interactions) -> (Vec<u64>, Vec<u32>) {
    let Groups { offsets, mut rows } = Groups::of(&table.user, table.users.len());
    if let Some(times) = &table.timestamp {
        let mut rest = rows.as_mut_slice();
        let mut of_users = Vec::with_capacity(table.users.len());
        for ends in offsets.windows(2) {
            let (of_user, after) = rest.split_at_mut((ends[1] - ends[0]) as usize);
            of_users.push(of_user);
            rest = after;
        }
        let time = |row: u32| times[row as usize];
        of_users.into_par_iter().for_each(|rows| {
            // A stable sort: rows of the same time stay in the order of the source.
            rows.sort_by(|&a, &b| time(a).total_cmp(&time(b)));
        });
    }
    (offsets, rows)
}

/// The ids that are left, in the order of their first row.
struct Kept {
    /// The old number of each new one.
    old: Vec<u32>,
    /// The new number of each old one.
    new: Vec<u32>,
}

impl Kept {
    fn of(rows: &[u32], n: usize) -> Self {
        let mut kept = Self { old: Vec::new(), new: vec![u32::MAX; n] };
        kept.add(rows);
        kept
    }

    fn add(&mut self, ids: &[u32]) {
        for &id in ids {
            let new = &mut self.new[id as usize];
            if *new == u32::MAX {
                *new = self.old.len() as u32;
                self.old.push(id);
            }
        }
    }

    fn number(&self, old: u32) -> u32 {
        self.new[old as usize]
    }

    fn is_all(&self) -> bool {
        self.old.len() == self.new.len() && self.old.is_sorted()
    }

    fn names(&self, ids: &Ids) -> Ids {
        if self.is_all() {
            ids.clone()
        } else {
            self.old.iter().map(|&old| ids.name(old)).collect()
        }
    }

    fn take(&self, columns: &mut [RawColumn]) {
        if !self.is_all() {
            for column in columns {
                column.values = column.values.take(self.old.iter().map(|&old| Some(old)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::Values;

    #[test]
    fn a_users_rows_lie_oldest_first_and_rows_of_one_time_in_source_order() {
        let mut table = Interactions::new("x.csv", true, true);
        for (user, item, time) in
            [("b", "x", 5.0), ("a", "y", 9.0), ("b", "z", 2.0), ("b", "y", 5.5)]
        {
            table.push(user, item, 1.0, time, 1);
        }
        let data = Ordered::of(table).unwrap();
        assert_eq!(data.table.users.names().collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(data.table.items.names().collect::<Vec<_>>(), ["x", "y", "z"]);
        assert_eq!(data.offsets, [0, 3, 4]);
        assert_eq!(data.table.item, [2, 0, 1, 1]);
        assert_eq!(data.table.timestamp.unwrap(), [2.0, 5.0, 5.0, 9.0]);
    }

    #[test]
    fn ids_without_rows_are_gone_and_columns_follow_the_rest() {
        let mut table = Interactions::new("x.csv", false, false);
        table.push("a", "x", 0.0, 0.0, 1);
        table.push("b", "y", 0.0, 0.0, 2);
        table.push("c", "x", 0.0, 0.0, 3);
        let jobs = ["nurse", "cook", ""].into_iter().collect();
        table.user_columns = vec![RawColumn::new("job", Values::Text(jobs))];
        table.item_columns = vec![RawColumn::new("price", Values::Number(vec![2.5, 1.0]))];
        table.retain(&[true, false, true]);
        let table = Ordered::of(table).unwrap().table;
        assert_eq!((table.users.len(), table.items.len()), (2, 1));
        let Values::Text(jobs) = &table.user_columns[0].values else { panic!("still text") };
        assert_eq!(jobs.iter().collect::<Vec<_>>(), ["nurse", ""]);
        assert_eq!(table.item_columns[0].values, Values::Number(vec![2.5]));
    }

    #[test]
    fn candidates_of_removed_users_keep_no_item() {
        let mut table = Interactions::new("x.csv", false, false);
        table.push("a", "x", 0.0, 0.0, 1);
        table.push("b", "y", 0.0, 0.0, 2);
        let [for_a, for_b] = ["z", "w"].map(|item| table.items.index_or_add(item));
        let mut lists = Lists::default();
        lists.push([0, for_a]);
        lists.push([1, for_b]);
        table.candidates = Some(lists);
        table.retain(&[false, true]);
        let table = Ordered::of(table).unwrap().table;
        assert_eq!(table.items.names().collect::<Vec<_>>(), ["y", "w"]);
        assert_eq!(table.candidates.unwrap().get(0), [0, 1]);
    }

    #[test]
    fn a_missing_time_is_told_with_its_line() {
        let mut table = Interactions::new("x.csv", false, true);
        table.push("a", "x", 0.0, f64::NAN, 7);
        let error = Ordered::of(table).unwrap_err().to_string();
        assert!(error.starts_with("x.csv, line 7: no timestamp; drop such rows with"), "{error}");
    }
}
