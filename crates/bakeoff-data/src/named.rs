//! The columns that the spec names to a step: found by name, taken out, put back, added, removed.
//!
//! One rule for all steps: a name is that of one column, be it of rows, users or items. Where columns of two of them
//! have the same name, `rows.NAME`, `users.NAME` and `items.NAME` tell them apart; the name alone is refused, since
//! whatever it were taken for, somebody would mean something else.

use std::mem;

use crate::column::{RawColumn, Values};
use crate::error::{DataError, nearest};
use crate::interactions::{Axis, Interactions};

/// Where a named column stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// Its name, without that of the axis.
    pub(crate) name: String,
    /// What its entries are of.
    pub(crate) axis: Axis,
    place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Rating,
    Timestamp,
    /// Among the columns of the axis.
    Column(usize),
}

/// A name without that of the axis before it.
pub(crate) fn bare(name: &str) -> &str {
    let is_axis = |axis: &str| AXES.iter().any(|other| other.name() == axis);
    name.split_once('.').filter(|(axis, _)| is_axis(axis)).map_or(name, |(_, name)| name)
}

/// Whether a name can only be that of the ratings, if there are some.
pub(crate) fn is_rating(name: &str) -> bool {
    ["rating", "rows.rating"].contains(&name)
}

/// Whether a name can only be that of the times, if there are some.
pub(crate) fn is_timestamp(name: &str) -> bool {
    ["timestamp", "rows.timestamp"].contains(&name)
}

/// The columns of these names, in that order; `rating` is one, `timestamp` is refused.
pub(crate) fn find(
    step: &'static str,
    table: &Interactions,
    names: &[String],
) -> Result<Vec<Named>, DataError> {
    let found = find_with_time(step, table, names)?;
    match found.iter().find(|column| column.place == Place::Timestamp) {
        Some(time) => Err(time.refused(step, "orders the rows and is left as it is")),
        None => Ok(found),
    }
}

/// The columns of these names, in that order; `rating` and `timestamp` are some.
pub(crate) fn find_with_time(
    step: &'static str,
    table: &Interactions,
    names: &[String],
) -> Result<Vec<Named>, DataError> {
    let mut found: Vec<Named> = Vec::new();
    for name in names {
        let column = find_one(step, table, name)?;
        if found.contains(&column) {
            return Err(column.refused(step, "is named twice; name it once"));
        }
        found.push(column);
    }
    Ok(found)
}

/// The column of a name; `rating` and `timestamp` are some.
pub(crate) fn find_one(
    step: &'static str,
    table: &Interactions,
    name: &str,
) -> Result<Named, DataError> {
    find_among(step, table, &AXES, name)
}

/// The column of a name among those of an axis.
pub(crate) fn find_of(
    step: &'static str,
    table: &Interactions,
    axis: Axis,
    name: &str,
) -> Result<Named, DataError> {
    find_among(step, table, &[axis], name)
}

/// Every column, `rating` and `timestamp` first where they are there.
pub(crate) fn all(table: &Interactions) -> Vec<Named> {
    AXES.into_iter().flat_map(|axis| of_axis(table, axis)).collect()
}

const AXES: [Axis; 3] = [Axis::Rows, Axis::Users, Axis::Items];

fn of_axis(table: &Interactions, axis: Axis) -> impl Iterator<Item = Named> {
    let is_rows = axis == Axis::Rows;
    let rating = (is_rows && table.rating.is_some()).then_some(("rating", Place::Rating));
    let time = (is_rows && table.timestamp.is_some()).then_some(("timestamp", Place::Timestamp));
    let columns = table.columns_of(axis).iter().enumerate();
    let columns = columns.map(|(i, column)| (column.name.as_str(), Place::Column(i)));
    let all = rating.into_iter().chain(time).chain(columns);
    all.map(move |(name, place)| Named { name: name.to_owned(), axis, place })
}

fn find_among(
    step: &'static str,
    table: &Interactions,
    axes: &[Axis],
    name: &str,
) -> Result<Named, DataError> {
    let of = |axes: &[Axis], name: &str| -> Vec<Named> {
        let all = axes.iter().flat_map(|&axis| of_axis(table, axis));
        all.filter(|column| column.name == name).collect()
    };
    let mut found = of(axes, name);
    if let ([], Some((axis, name))) = (&found[..], name.split_once('.')) {
        let axes = axes.iter().copied().filter(|other| other.name() == axis);
        found = of(&axes.collect::<Vec<_>>(), name);
    }
    if found.len() > 1 {
        let of: Vec<&str> = found.iter().map(|column| column.axis.name()).collect();
        let whole: Vec<String> = of.iter().map(|axis| format!("{axis}.{name}")).collect();
        let reason = format!(
            "is one of {}; say which is meant: {}",
            of.join(" and one of "),
            whole.join(" or ")
        );
        return Err(refused(step, name, reason));
    }
    found.pop().ok_or_else(|| {
        let present: Vec<String> =
            axes.iter().flat_map(|&axis| of_axis(table, axis)).map(|column| column.name).collect();
        let whose = name.split_once('.').map(|(_, name)| name);
        let suggestion =
            nearest(name, &present).or_else(|| whose.and_then(|name| nearest(name, &present)));
        let column = name.to_owned();
        DataError::UnknownColumn { step, column, present, suggestion }
    })
}

impl Named {
    /// Whether it is the ratings.
    pub(crate) fn is_rating(&self) -> bool {
        self.place == Place::Rating
    }

    /// Whether it is the times.
    pub(crate) fn is_timestamp(&self) -> bool {
        self.place == Place::Timestamp
    }

    /// The numbers of the column, if it holds some: those of ratings and times too.
    pub(crate) fn numbers<'a>(&self, table: &'a Interactions) -> Option<&'a [f64]> {
        match (self.place, self.values(table)) {
            (Place::Rating, _) => table.rating.as_deref(),
            (Place::Timestamp, _) => table.timestamp.as_deref(),
            (_, Some(Values::Number(numbers))) => Some(numbers),
            _ => None,
        }
    }

    /// The values of a column that is neither ratings nor times.
    pub(crate) fn values<'a>(&self, table: &'a Interactions) -> Option<&'a Values> {
        match self.place {
            Place::Column(index) => Some(&table.columns_of(self.axis)[index].values),
            Place::Rating | Place::Timestamp => None,
        }
    }

    /// Whether an entry has no value.
    pub(crate) fn is_missing(&self, table: &Interactions, entry: usize) -> bool {
        match self.values(table) {
            Some(values) => values.is_missing(entry),
            None => self.numbers(table).is_none_or(|numbers| numbers[entry].is_nan()),
        }
    }

    /// The column's values, moved out until [`Named::put`] brings them back; ratings and times as numbers.
    pub(crate) fn take(&self, table: &mut Interactions) -> Values {
        match self.place {
            Place::Rating => Values::Number(table.rating.take().unwrap_or_default()),
            Place::Timestamp => Values::Number(table.timestamp.take().unwrap_or_default()),
            Place::Column(index) => {
                let values = &mut table.columns_of_mut(self.axis)[index].values;
                mem::replace(values, Values::Number(Vec::new()))
            }
        }
    }

    /// Puts values in the place of those taken.
    pub(crate) fn put(&self, table: &mut Interactions, values: Values) {
        match (self.place, values) {
            (Place::Column(index), values) => {
                table.columns_of_mut(self.axis)[index].values = values;
            }
            (Place::Rating, Values::Number(ratings)) => table.rating = Some(ratings),
            (Place::Timestamp, Values::Number(times)) => table.timestamp = Some(times),
            _ => unreachable!("ratings and times stay numbers"),
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

/// Removes columns; ratings and times stay.
pub(crate) fn remove(table: &mut Interactions, columns: &[Named]) {
    for axis in AXES {
        let mut index = 0;
        table.columns_of_mut(axis).retain(|_| {
            let place = Place::Column(index);
            index += 1;
            !columns.iter().any(|column| (column.axis, column.place) == (axis, place))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Prices of rows and of items, a rating of items beside those of rows, an age of users.
    fn table() -> Interactions {
        let mut table = Interactions::new("x.csv", true, true);
        table.push("a", "x", 3.0, 5.0, 1);
        let column = |name: &str, number| RawColumn::new(name, Values::Number(vec![number]));
        table.columns = vec![column("price", 1.0)];
        table.user_columns = vec![column("age", 30.0), column("odd.name", 4.0)];
        table.item_columns = vec![column("rating", 4.5), column("price", 2.0)];
        table
    }

    fn found(names: &[&str]) -> Result<Vec<f64>, String> {
        let (mut table, names) = (table(), names.iter().map(|&n| n.to_owned()).collect::<Vec<_>>());
        let found = find_with_time("step", &table, &names).map_err(|error| error.to_string())?;
        let number = |column: &Named| match column.take(&mut table) {
            Values::Number(numbers) => numbers[0],
            other => panic!("{}", other.kind()),
        };
        Ok(found.iter().map(number).collect())
    }

    #[test]
    fn a_name_is_that_of_one_column_or_says_whose() {
        let names = ["age", "timestamp", "rows.price", "items.price", "rows.rating", "odd.name"];
        assert_eq!(found(&names), Ok(vec![30.0, 5.0, 1.0, 2.0, 3.0, 4.0]));
        assert_eq!(
            found(&["price"]).unwrap_err(),
            "step `step`: column `price` is one of rows and one of items; say which is meant: rows.price or items.price"
        );
        assert!(found(&["rating"]).unwrap_err().contains("rows.rating or items.rating"));
        assert!(found(&["age", "users.age"]).unwrap_err().contains("is named twice"));
        let unknown = found(&["items.age"]).unwrap_err();
        assert!(unknown.contains("there is no column `items.age` (did you mean"), "{unknown}");
        let table = table();
        let of_items = find_of("step", &table, Axis::Items, "price").unwrap();
        assert_eq!(find_of("step", &table, Axis::Items, "items.price").unwrap(), of_items);
        assert!(find_of("step", &table, Axis::Items, "users.age").is_err());
        let time = find("step", &table, &["timestamp".to_owned()]).unwrap_err().to_string();
        assert!(time.contains("orders the rows"), "{time}");
    }

    #[test]
    fn a_column_that_is_removed_leaves_its_namesake() {
        let mut table = table();
        let columns = find("step", &table, &["rows.price".to_owned(), "age".to_owned()]).unwrap();
        remove(&mut table, &columns);
        assert_eq!(table.column_names(), ["rating", "timestamp", "odd.name", "rating", "price"]);
    }
}
