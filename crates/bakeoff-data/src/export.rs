//! A prepared dataset as CSV files, with the ids of the source.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::dataset::{Column, ColumnValues, Dataset};
use crate::error::DataError;
use crate::interactions::Axis;
use crate::splits::Assigned;

/// Writes `train.csv`, `valid.csv`, `test.csv` and, where users are folded in, `fold_in.csv` into the folder `to`, which
/// is made if it is not there: columns `user`, `item`, `rating` and `timestamp` where the data has them, then those of
/// rows; by user, oldest first. What is known of users and items goes into `users.csv` and `items.csv`.
///
/// Codes are written as what they stand for, several values of one entry with `|` between them, words and blocks of
/// numbers with blanks; a missing value is an empty field.
pub fn export(data: &Dataset, to: &Path) -> Result<Vec<PathBuf>, DataError> {
    let write_error = |path: &Path, source| DataError::Write { path: path.to_owned(), source };
    std::fs::create_dir_all(to).map_err(|source| write_error(to, source))?;
    let mut written = Vec::new();
    let mut write = |name: &str, table: &dyn Fn(&mut Writer) -> csv::Result<()>| {
        let path = to.join(format!("{name}.csv"));
        let whole = Writer::from_path(&path).and_then(|mut writer| {
            table(&mut writer)?;
            Ok(writer.flush()?)
        });
        whole.map_err(|error| write_error(&path, std::io::Error::other(error)))?;
        written.push(path);
        Ok::<(), DataError>(())
    };
    for part in Assigned::ALL {
        if part != Assigned::FoldIn || data.part(part).n_interactions() > 0 {
            write(part.name(), &|writer| write_part(data, part, writer))?;
        }
    }
    let sides = [(Axis::Users, data.user_columns()), (Axis::Items, data.item_columns())];
    for (axis, columns) in sides.into_iter().filter(|(_, columns)| !columns.is_empty()) {
        write(axis.name(), &|writer| write_side(data, axis, &columns, writer))?;
    }
    Ok(written)
}

type Writer = csv::Writer<File>;

fn write_part(data: &Dataset, of: Assigned, writer: &mut Writer) -> csv::Result<()> {
    let (part, columns) = (data.part(of), data.row_columns(of));
    let has_ratings = data.rating_range().is_some();
    let has_timestamps = data.card().time_span.is_some();
    let own =
        [("user", true), ("item", true), ("rating", has_ratings), ("timestamp", has_timestamps)];
    let own = own.into_iter().filter(|(_, is_there)| *is_there).map(|(name, _)| name);
    writer.write_record(own.chain(columns.iter().map(|column| column.name)))?;
    for user in 0..part.n_users() {
        for row in part.rows_of(user) {
            writer.write_field(data.raw_user(user))?;
            writer.write_field(data.raw_item(part.items[row] as usize))?;
            if has_ratings {
                writer.write_field(part.ratings.get(row).to_string())?;
            }
            if has_timestamps {
                writer.write_field(part.timestamps.get(row).to_string())?;
            }
            end_record(data, Axis::Rows, &columns, row, writer)?;
        }
    }
    Ok(())
}

fn write_side(
    data: &Dataset,
    axis: Axis,
    columns: &[Column<'_>],
    writer: &mut Writer,
) -> csv::Result<()> {
    let (key, n) = match axis {
        Axis::Users => ("user", data.n_users()),
        _ => ("item", data.n_items()),
    };
    writer.write_record(std::iter::once(key).chain(columns.iter().map(|column| column.name)))?;
    for entry in 0..n {
        let id = if axis == Axis::Users { data.raw_user(entry) } else { data.raw_item(entry) };
        writer.write_field(id)?;
        end_record(data, axis, columns, entry, writer)?;
    }
    Ok(())
}

fn end_record(
    data: &Dataset,
    axis: Axis,
    columns: &[Column<'_>],
    entry: usize,
    writer: &mut Writer,
) -> csv::Result<()> {
    for column in columns {
        writer.write_field(field(data, axis, column, entry))?;
    }
    writer.write_record(None::<&[u8]>)
}

fn field(data: &Dataset, axis: Axis, column: &Column<'_>, entry: usize) -> String {
    let name = |code: &u32| data.value_name(axis, column.name, *code).unwrap_or_default();
    let of_entry = |offsets: &[u64]| offsets[entry] as usize..offsets[entry + 1] as usize;
    let joined = |texts: &mut dyn Iterator<Item = String>, between: &str| {
        texts.collect::<Vec<_>>().join(between)
    };
    match column.values {
        ColumnValues::Categorical { codes, .. } => match &codes[entry] {
            0 => String::new(),
            code => name(code).to_owned(),
        },
        ColumnValues::Numeric(numbers) if numbers[entry].is_nan() => String::new(),
        ColumnValues::Numeric(numbers) => numbers[entry].to_string(),
        ColumnValues::Tags { offsets, codes, .. } => {
            joined(&mut codes[of_entry(offsets)].iter().map(|code| name(code).to_owned()), "|")
        }
        ColumnValues::Weighted { offsets, codes, weights, .. } => {
            let entries = codes[of_entry(offsets)].iter().zip(&weights[of_entry(offsets)]);
            joined(&mut entries.map(|(code, weight)| format!("{}:{weight}", name(code))), "|")
        }
        ColumnValues::Tokens { len, codes, .. } => {
            let words = codes[entry * len..][..len].iter().filter(|code| **code != 0);
            joined(&mut words.map(|code| name(code).to_owned()), " ")
        }
        ColumnValues::Pixels { shape, values } => {
            let width = shape.iter().product::<usize>();
            joined(&mut values[entry * width..][..width].iter().map(u8::to_string), " ")
        }
        ColumnValues::Dense { shape, values } => {
            let width = shape.iter().product::<usize>();
            joined(&mut values[entry * width..][..width].iter().map(f32::to_string), " ")
        }
    }
}
