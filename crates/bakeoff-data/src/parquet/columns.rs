//! The values of one column of a row group.

use std::borrow::Cow;
use std::fmt::Write;
use std::path::Path;

use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{DataType, Int96};
use parquet::errors::ParquetError;
use parquet::file::reader::RowGroupReader;

use super::leaves::{Leaf, Meaning};
use super::not_whole;
use crate::cells::{Cell, Cells, Wrong};
use crate::delimited::shortened;
use crate::error::DataError;

/// Rows that are read at a time.
const BATCH: usize = 1 << 14;
const SECONDS_A_DAY: f64 = 86_400.0;

/// Why a column cannot be read.
pub(super) enum ColumnError {
    Parquet(ParquetError),
    /// The value of a row of the group, from 0.
    Value(u64, Wrong),
}

impl From<ParquetError> for ColumnError {
    fn from(error: ParquetError) -> Self {
        Self::Parquet(error)
    }
}

impl ColumnError {
    /// Says where: rows of earlier groups come before this one.
    pub(super) fn at(self, path: &Path, column: &str, n_before: u64) -> DataError {
        match self {
            Self::Parquet(error) => not_whole(path, &error),
            Self::Value(row, Wrong { found, expected }) => DataError::Value {
                path: path.to_owned(),
                line: n_before + row + 1,
                column: column.to_owned(),
                found,
                expected: expected.to_owned(),
            },
        }
    }
}

/// Adds the values of a column to `cells`.
pub(super) fn read(
    group: &dyn RowGroupReader,
    leaf: &Leaf,
    cells: &mut Cells,
) -> Result<(), ColumnError> {
    let n_rows = u64::try_from(group.metadata().num_rows()).unwrap_or_default();
    let mut to = Column { leaf, n_rows, cells };
    let meaning = leaf.meaning;
    match group.get_column_reader(leaf.index)? {
        ColumnReader::BoolColumnReader(reader) => to.fill(reader, |&value| Ok(Cell::Bool(value))),
        ColumnReader::Int32ColumnReader(reader) => to.fill(reader, |&value| {
            Ok(match meaning {
                Meaning::Date => Cell::Time(f64::from(value) * SECONDS_A_DAY),
                Meaning::Unsigned => Cell::Integer(value.cast_unsigned().into()),
                _ => integer(value.into(), meaning),
            })
        }),
        ColumnReader::Int64ColumnReader(reader) => to.fill(reader, |&value| {
            Ok(match meaning {
                Meaning::Timestamp(a_second) => Cell::Time(value as f64 / a_second),
                // A double has no room for nanoseconds: as such, the last ones of a second are the next second.
                Meaning::Nanoseconds => Cell::Time(value.div_euclid(1000) as f64 / 1e6),
                Meaning::Unsigned => Cell::Integer(value.cast_unsigned().into()),
                _ => integer(value.into(), meaning),
            })
        }),
        ColumnReader::Int96ColumnReader(reader) => {
            to.fill(reader, |value| Ok(Cell::Time(seconds(value))))
        }
        ColumnReader::FloatColumnReader(reader) => {
            to.fill(reader, |&value| Ok(Cell::Number(value.into())))
        }
        ColumnReader::DoubleColumnReader(reader) => {
            to.fill(reader, |&value| Ok(Cell::Number(value)))
        }
        ColumnReader::ByteArrayColumnReader(reader) => {
            to.fill(reader, |value| bytes(value.data(), meaning))
        }
        ColumnReader::FixedLenByteArrayColumnReader(reader) => {
            to.fill(reader, |value| bytes(value.data(), meaning))
        }
    }
}

/// Where the values of a column go.
struct Column<'c> {
    leaf: &'c Leaf,
    n_rows: u64,
    cells: &'c mut Cells,
}

impl Column<'_> {
    fn fill<T: DataType>(
        &mut self,
        mut reader: ColumnReaderImpl<T>,
        cell: impl Fn(&T::T) -> Result<Cell<'_>, Wrong>,
    ) -> Result<(), ColumnError> {
        let (mut defined, mut repeated, mut values) = (Vec::new(), Vec::new(), Vec::new());
        let mut row = 0;
        loop {
            defined.clear();
            repeated.clear();
            values.clear();
            let levels = (Some(&mut defined), Some(&mut repeated));
            let (n_rows, _, n_levels) =
                reader.read_records(BATCH, levels.0, levels.1, &mut values)?;
            if n_rows == 0 {
                break;
            }
            // Where every value must be there, the levels are left out.
            let is_there =
                |level: usize| defined.get(level).is_none_or(|&level| level == self.leaf.max_level);
            let mut values = values.iter();
            let mut level = 0;
            while level < n_levels {
                let mut entry = Entry::new(self.leaf.is_list);
                loop {
                    if is_there(level) {
                        let value = values.next().ok_or_else(too_few)?;
                        entry.add(cell(value).map_err(|wrong| ColumnError::Value(row, wrong))?);
                    }
                    level += 1;
                    if repeated.get(level).is_none_or(|&level| level == 0) {
                        break;
                    }
                }
                self.cells.push(&entry.0).map_err(|wrong| ColumnError::Value(row, wrong))?;
                row += 1;
            }
        }
        if row == self.n_rows { Ok(()) } else { Err(too_few().into()) }
    }
}

fn too_few() -> ParquetError {
    ParquetError::General("a column has fewer values than rows".to_owned())
}

/// What a row holds.
struct Entry<'v>(Cell<'v>);

impl<'v> Entry<'v> {
    fn new(is_list: bool) -> Self {
        Self(if is_list { Cell::List(Vec::new()) } else { Cell::Missing })
    }

    fn add(&mut self, cell: Cell<'v>) {
        match (&mut self.0, cell) {
            (Cell::List(list), Cell::Text(text)) => list.push(text),
            (Cell::List(list), Cell::Integer(integer)) => list.push(integer.to_string().into()),
            (Cell::List(list), Cell::Bool(value)) => list.push(value.to_string().into()),
            (entry, cell) => *entry = cell,
        }
    }
}

fn integer(value: i128, meaning: Meaning) -> Cell<'static> {
    match meaning {
        Meaning::Decimal(scale) => Cell::Written(decimal(value, scale).into()),
        _ => Cell::Integer(value),
    }
}

/// The old format of times: nanoseconds within a day, and the day.
fn seconds(value: &Int96) -> f64 {
    value.to_micros() as f64 / 1e6
}

fn bytes(bytes: &[u8], meaning: Meaning) -> Result<Cell<'_>, Wrong> {
    match meaning {
        Meaning::Uuid => {
            let mut text = String::with_capacity(36);
            for (i, byte) in bytes.iter().enumerate() {
                let dash = if matches!(i, 4 | 6 | 8 | 10) { "-" } else { "" };
                write!(text, "{dash}{byte:02x}").expect("a String takes what is written");
            }
            Ok(Cell::Text(text.into()))
        }
        Meaning::Decimal(scale) => {
            let (found, expected) =
                (format!("{} bytes", bytes.len()), "a decimal of 1 to 16 bytes");
            let Some(&first) = bytes.first().filter(|_| bytes.len() <= 16) else {
                return Err(Wrong { found, expected });
            };
            // Big-endian two's complement: the sign goes on to the left.
            let sign = if first >= 0x80 { -1i128 } else { 0 };
            let unscaled = bytes.iter().fold(sign, |all, &byte| all << 8 | i128::from(byte));
            Ok(Cell::Written(decimal(unscaled, scale).into()))
        }
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Cell::Text(Cow::Borrowed(text))),
            Err(_) => Err(Wrong {
                found: shortened(&String::from_utf8_lossy(bytes)),
                expected: "UTF-8 text",
            }),
        },
    }
}

/// A decimal number with so many digits after the point.
fn decimal(unscaled: i128, scale: usize) -> String {
    let sign = if unscaled < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, rest) = digits.split_at(digits.len() - scale);
    if rest.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") }
}
