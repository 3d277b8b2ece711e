//! Columns by the names that a spec gives them.

use hashbrown::HashMap;

use crate::column::Values;
use crate::error::{DataError, nearest};
use crate::interactions::{Axis, Interactions};
use crate::statistics::NO_GROUP;

/// Where a column lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// The ratings.
    Rating,
    /// The times.
    Timestamp,
    /// One of the columns of an axis, by its place there.
    Column(Axis, usize),
}

impl Found {
    /// What the column has its entries for.
    pub(crate) fn axis(self) -> Axis {
        match self {
            Self::Rating | Self::Timestamp => Axis::Rows,
            Self::Column(axis, _) => axis,
        }
    }
}

/// Checks that the table has a column of each of these names.
pub(crate) fn check(
    table: &Interactions,
    step: &'static str,
    columns: &[String],
) -> Result<(), DataError> {
    let present = table.column_names();
    match columns.iter().find(|column| !present.contains(column)) {
        None => Ok(()),
        Some(column) => Err(DataError::UnknownColumn {
            step,
            column: column.clone(),
            suggestion: nearest(column, &present),
            present,
        }),
    }
}

/// The one column of a name: `rating`, `timestamp` or another.
pub(crate) fn find(
    table: &Interactions,
    step: &'static str,
    column: &str,
) -> Result<Found, DataError> {
    check(table, step, &[column.to_owned()])?;
    let own = [
        (table.rating.is_some() && column == "rating").then_some(Found::Rating),
        (table.timestamp.is_some() && column == "timestamp").then_some(Found::Timestamp),
    ];
    let axes = [
        (Axis::Rows, &table.columns),
        (Axis::Users, &table.user_columns),
        (Axis::Items, &table.item_columns),
    ];
    let others = axes.into_iter().filter_map(|(axis, columns)| {
        let place = columns.iter().position(|other| other.name == column)?;
        Some(Found::Column(axis, place))
    });
    let mut found = own.into_iter().flatten().chain(others);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (first, second) => {
            let of = |found: Option<Found>| found.map_or("", |found| found.axis().name());
            let (first, second) = (of(first), of(second));
            let reason = format!(
                "is one of {first} and one of {second}; give the table of one of them a `prefix`"
            );
            Err(DataError::Column { step, column: column.to_owned(), reason })
        }
    }
}

/// The group of each row, user or item: those of one value in the column `by`, for rows also those of one `user` or
/// `item`.
pub(crate) fn groups(table: &Interactions, axis: Axis, by: &str) -> Result<Vec<u32>, &'static str> {
    let column = table.columns_of(axis).iter().find(|column| column.name == by);
    match column.map(|column| &column.values) {
        Some(Values::Codes(codes)) => Ok(codes.codes.clone()),
        Some(Values::Text(texts)) => {
            let group = |(entry, &code)| if texts.is_missing(entry) { NO_GROUP } else { code };
            Ok(texts.codes().iter().enumerate().map(group).collect())
        }
        Some(Values::Number(numbers)) => {
            let mut of_numbers: HashMap<u64, u32> = HashMap::new();
            let mut group = |&number: &f64| {
                if number.is_nan() {
                    return NO_GROUP;
                }
                let next = of_numbers.len() as u32;
                // Adding zero makes zero of minus zero.
                *of_numbers.entry((number + 0.0).to_bits()).or_insert(next)
            };
            Ok(numbers.iter().map(&mut group).collect())
        }
        Some(_) => Err("the column in `by` holds neither categories nor numbers"),
        None if axis == Axis::Rows && by == "user" => Ok(table.user.clone()),
        None if axis == Axis::Rows && by == "item" => Ok(table.item.clone()),
        None => Err(
            "the column in `by` belongs to something else; both must be of rows, of users or of items",
        ),
    }
}
