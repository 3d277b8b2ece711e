//! The columns that the spec names to a step: found by name, taken out, put back, added.

use std::mem;

use crate::column::{RawColumn, Values};
use crate::error::{DataError, nearest};
use crate::interactions::{Axis, Interactions};

/// Where a named column stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// Its name.
    pub(crate) name: String,
    /// What its entries are of.
    pub(crate) axis: Axis,
    /// Its place among the columns of the axis; `None` for the ratings.
    index: Option<usize>,
}

/// The columns of these names, in that order: `rating`, and those of rows, users and items. A name that columns of two
/// axes bear means both.
pub(crate) fn find(
    step: &'static str,
    table: &Interactions,
    names: &[String],
) -> Result<Vec<Named>, DataError> {
    let mut found = Vec::new();
    for name in names {
        let n_before = found.len();
        if name == "rating" && table.rating.is_some() {
            found.push(Named { name: name.clone(), axis: Axis::Rows, index: None });
        }
        let of_axes = [
            (Axis::Rows, &table.columns),
            (Axis::Users, &table.user_columns),
            (Axis::Items, &table.item_columns),
        ];
        for (axis, columns) in of_axes {
            let indices = (0..columns.len()).filter(|&i| columns[i].name == *name);
            found.extend(indices.map(|i| Named { name: name.clone(), axis, index: Some(i) }));
        }
        if found.len() == n_before {
            if name == "timestamp" && table.timestamp.is_some() {
                return Err(refused(step, name, "orders the rows and is left as it is"));
            }
            let present = table.column_names();
            let suggestion = nearest(name, &present);
            return Err(DataError::UnknownColumn {
                step,
                column: name.clone(),
                present,
                suggestion,
            });
        }
    }
    Ok(found)
}

impl Named {
    /// Whether it is the ratings.
    pub(crate) fn is_rating(&self) -> bool {
        self.index.is_none()
    }

    /// The column's values, moved out until [`Named::put`] brings them back; the ratings as numbers.
    pub(crate) fn take(&self, table: &mut Interactions) -> Values {
        match self.index {
            None => Values::Number(table.rating.take().unwrap_or_default()),
            Some(index) => {
                let values = &mut table.columns_of_mut(self.axis)[index].values;
                mem::replace(values, Values::Number(Vec::new()))
            }
        }
    }

    /// Puts values in the place of those taken.
    pub(crate) fn put(&self, table: &mut Interactions, values: Values) {
        match (self.index, values) {
            (None, Values::Number(ratings)) => table.rating = Some(ratings),
            (None, _) => unreachable!("ratings stay numbers"),
            (Some(index), values) => table.columns_of_mut(self.axis)[index].values = values,
        }
    }

    /// What is to be told of this column.
    pub(crate) fn refused(&self, step: &'static str, reason: impl Into<String>) -> DataError {
        refused(step, &self.name, reason)
    }

    /// The file and line of a row, or the user or item, for messages.
    pub(crate) fn entry(&self, table: &Interactions, entry: usize) -> String {
        entry_name(table, self.axis, entry)
    }
}

/// The file and line of a row, or the user or item, for messages.
pub(crate) fn entry_name(table: &Interactions, axis: Axis, entry: usize) -> String {
    match axis {
        Axis::Rows => {
            let (path, line) = table.origin.place(entry);
            format!("{}, line {line}", path.display())
        }
        Axis::Users => format!("user `{}`", table.users.name(entry as u32)),
        Axis::Items => format!("item `{}`", table.items.name(entry as u32)),
    }
}

/// What is to be told of a column.
pub(crate) fn refused(step: &'static str, column: &str, reason: impl Into<String>) -> DataError {
    DataError::Column { step, column: column.to_owned(), reason: reason.into() }
}

/// Adds a column whose name must be new to its axis.
pub(crate) fn add(
    step: &'static str,
    table: &mut Interactions,
    axis: Axis,
    column: RawColumn,
) -> Result<(), DataError> {
    let is_own = axis == Axis::Rows && matches!(&*column.name, "rating" | "timestamp");
    let columns = table.columns_of_mut(axis);
    if is_own || columns.iter().any(|other| other.name == column.name) {
        let reason = format!("would be added to the {}, which have one already", axis.name());
        return Err(refused(step, &column.name, reason));
    }
    columns.push(column);
    Ok(())
}
