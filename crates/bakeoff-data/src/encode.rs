//! Raw ids become numbers from 0, and interactions become rows by user, oldest first.

use rayon::prelude::*;

use crate::dataset::{Column, ColumnValues};
use crate::error::DataError;
use crate::interactions::{Ids, Interactions, SideColumn, SideValues};

/// Interactions after cleaning: what splits divide.
#[derive(Debug, Clone, Default)]
pub struct Encoded {
    /// Raw ids of the users, who are numbered in the order in which they first appear.
    pub users: Vec<String>,
    /// Raw ids of the items, numbered likewise.
    pub items: Vec<String>,
    /// Where each user's rows begin and the last one's end, `[n_users + 1]`.
    pub offsets: Vec<u64>,
    /// The item of each row: a user's oldest first, rows of the same time in the order of the source.
    pub item: Vec<u32>,
    /// The rating of each row, NaN where it is missing; `None` if the data has none.
    pub rating: Option<Vec<f32>>,
    /// Seconds since 1970 of each row; `None` if the data has none.
    pub timestamp: Option<Vec<i64>>,
    /// What is known of users.
    pub user_columns: Vec<Column>,
    /// What is known of items.
    pub item_columns: Vec<Column>,
}

impl Encoded {
    /// Numbers the ids that have rows left, and orders the rows.
    pub fn of(table: &Interactions) -> Result<Self, DataError> {
        if let Some(times) = &table.timestamp
            && let Some(row) = times.iter().position(|time| time.is_nan())
        {
            return Err(missing(table, row, "timestamp"));
        }
        let users = Kept::of(&table.user, &table.users);
        let items = Kept::of(&table.item, &table.items);
        let (offsets, rows) = by_user(table, &users);
        let take = |values: &Vec<f64>| rows.iter().map(|&row| values[row as usize]).collect();
        let times: Option<Vec<f64>> = table.timestamp.as_ref().map(take);
        let ratings: Option<Vec<f64>> = table.rating.as_ref().map(take);
        Ok(Self {
            item: rows.iter().map(|&row| items.number(table.item[row as usize])).collect(),
            rating: ratings.map(|ratings| ratings.into_iter().map(|r| r as f32).collect()),
            timestamp: times.map(|times| times.into_iter().map(|t| t.floor() as i64).collect()),
            user_columns: table.user_columns.iter().map(|column| users.column(column)).collect(),
            item_columns: table.item_columns.iter().map(|column| items.column(column)).collect(),
            users: users.names(&table.users),
            items: items.names(&table.items),
            offsets,
        })
    }

    /// Rows.
    pub fn n_interactions(&self) -> usize {
        self.item.len()
    }

    /// The rows of each user.
    pub fn rows_by_user(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        self.offsets.windows(2).map(|ends| ends[0] as usize..ends[1] as usize)
    }
}

/// The error of a row that has no `what`.
pub(crate) fn missing(table: &Interactions, row: usize, what: &'static str) -> DataError {
    DataError::Missing { path: table.path.clone(), line: u64::from(table.line[row]), what }
}

/// Rows of each user together, oldest first.
fn by_user(table: &Interactions, users: &Kept) -> (Vec<u64>, Vec<u32>) {
    let mut offsets = vec![0u64; users.old.len() + 1];
    for &user in &table.user {
        offsets[users.number(user) as usize + 1] += 1;
    }
    for user in 0..users.old.len() {
        offsets[user + 1] += offsets[user];
    }
    let mut next = offsets.clone();
    let mut rows = vec![0u32; table.len()];
    for (row, &user) in table.user.iter().enumerate() {
        let place = &mut next[users.number(user) as usize];
        rows[*place as usize] = row as u32;
        *place += 1;
    }
    if let Some(times) = &table.timestamp {
        let mut rest = rows.as_mut_slice();
        let mut of_users = Vec::with_capacity(users.old.len());
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

/// The ids that have rows, in the order of their first one.
struct Kept {
    /// The old number of each new one.
    old: Vec<u32>,
    /// The new number of each old one.
    new: Vec<u32>,
}

impl Kept {
    fn of(rows: &[u32], ids: &Ids) -> Self {
        let mut kept = Self { old: Vec::new(), new: vec![u32::MAX; ids.len()] };
        for &id in rows {
            let new = &mut kept.new[id as usize];
            if *new == u32::MAX {
                *new = kept.old.len() as u32;
                kept.old.push(id);
            }
        }
        kept
    }

    fn number(&self, old: u32) -> u32 {
        self.new[old as usize]
    }

    fn names(&self, ids: &Ids) -> Vec<String> {
        self.old.iter().map(|&old| ids.name(old).to_owned()).collect()
    }

    /// A column's values for the ids that are left; categories are numbered in alphabetical order.
    fn column(&self, column: &SideColumn) -> Column {
        let old = self.old.iter().map(|&old| old as usize);
        let values = match &column.values {
            SideValues::Number(numbers) => {
                ColumnValues::Numeric(old.map(|old| numbers[old] as f32).collect())
            }
            SideValues::Text(texts) => {
                let texts: Vec<&str> = old.map(|old| texts[old].as_str()).collect();
                let mut values = texts.clone();
                values.sort_unstable();
                values.dedup();
                let code = |text: &&str| {
                    values.binary_search(text).expect("every text is among the values") as u32
                };
                let codes = texts.iter().map(code).collect();
                ColumnValues::Categorical { n_values: values.len() as u32, codes }
            }
        };
        Column { name: column.name.clone(), values }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_users_rows_lie_oldest_first_and_rows_of_one_time_in_source_order() {
        let mut table = Interactions::new("x.csv", true, true);
        for (user, item, time) in
            [("b", "x", 5.0), ("a", "y", 9.0), ("b", "z", 2.0), ("b", "y", 5.0)]
        {
            table.push(user, item, 1.0, time, 1);
        }
        let data = Encoded::of(&table).unwrap();
        assert_eq!(data.users, ["b", "a"]);
        assert_eq!(data.items, ["x", "y", "z"]);
        assert_eq!(data.offsets, [0, 3, 4]);
        assert_eq!(data.item, [2, 0, 1, 1]);
        assert_eq!(data.timestamp.unwrap(), [2, 5, 5, 9]);
    }

    #[test]
    fn ids_without_rows_are_gone_and_columns_follow_the_rest() {
        let mut table = Interactions::new("x.csv", false, false);
        table.push("a", "x", 0.0, 0.0, 1);
        table.push("b", "y", 0.0, 0.0, 2);
        table.push("c", "x", 0.0, 0.0, 3);
        let text = |values: [&str; 3]| SideValues::Text(values.map(str::to_owned).to_vec());
        table.user_columns =
            vec![SideColumn { name: "job".into(), values: text(["nurse", "cook", ""]) }];
        table.item_columns =
            vec![SideColumn { name: "price".into(), values: SideValues::Number(vec![2.5, 1.0]) }];
        table.retain(&[true, false, true]);
        let data = Encoded::of(&table).unwrap();
        assert_eq!((data.users.len(), data.items.len()), (2, 1));
        // The missing value is a category of its own, and "cook" is gone with its user.
        let jobs = ColumnValues::Categorical { n_values: 2, codes: vec![1, 0] };
        assert_eq!(data.user_columns[0].values, jobs);
        assert_eq!(data.item_columns[0].values, ColumnValues::Numeric(vec![2.5]));
    }

    #[test]
    fn a_missing_time_is_told_with_its_line() {
        let mut table = Interactions::new("x.csv", false, true);
        table.push("a", "x", 0.0, f64::NAN, 7);
        let error = Encoded::of(&table).unwrap_err().to_string();
        assert!(error.starts_with("x.csv, line 7: no timestamp; fill it with"), "{error}");
    }
}
