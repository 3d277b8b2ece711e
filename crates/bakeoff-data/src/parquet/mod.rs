//! Parquet: the wanted columns alone, row groups side by side, put together in the order of the file.

mod chunks;
mod columns;
mod leaves;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use rayon::prelude::*;

use self::chunks::Chunks;
use self::leaves::{Leaf, leaves};
use crate::cells::Cells;
use crate::column::RawColumn;
use crate::error::DataError;
use crate::frame::{Frame, Kind, Want};
use crate::input;
use crate::panics::guarded;
use crate::wording::joined;

/// How the names of such files end.
pub(crate) const ENDINGS: &[&str] = &["parquet", "pq"];

/// The rows of files, one after the other. The line of a row is its number, from 1.
pub(crate) fn read(files: &[PathBuf], want: &Want) -> Result<Frame, DataError> {
    let mut frame = Frame::default();
    let mut columns: Vec<(String, Cells)> = Vec::new();
    for path in files {
        let file = unharmed(path, || open(path))?;
        let wanted = wanted(&*file, path, want)?;
        if columns.is_empty() {
            let leaves = leaves(file.metadata().file_metadata().schema_descr());
            let header: Vec<String> = leaves.into_iter().map(|(name, _)| name).collect();
            frame.notes.extend(want.unread(&header));
            columns = wanted.iter().map(|column| column.empty(want)).collect();
        }
        let wanted = in_order(&columns, wanted, path, &files[0])?;
        frame.origin.next_file(path);
        let n_rows = read_file(&*file, path, &wanted, want, &mut columns)?;
        frame.origin.extend(1..=u32::try_from(n_rows).unwrap_or(u32::MAX));
    }
    let columns = columns.into_iter().map(|(name, cells)| RawColumn::new(name, cells.finish()));
    frame.columns = columns.collect();
    Ok(frame)
}

/// The names of a file's columns.
pub(crate) fn header(path: &Path) -> Result<Vec<String>, DataError> {
    let file = unharmed(path, || open(path))?;
    let leaves = leaves(file.metadata().file_metadata().schema_descr());
    Ok(leaves.into_iter().map(|(name, _)| name).collect())
}

/// A column that is to be brought.
struct Wanted {
    name: String,
    kind: Kind,
    leaf: Leaf,
}

impl Wanted {
    fn empty(&self, want: &Want) -> (String, Cells) {
        let mut cells = Cells::new(self.kind, want.time_unit, 0);
        if self.kind == Kind::Inferred {
            self.leaf.prepare(&mut cells);
        }
        (self.name.clone(), cells)
    }
}

/// A file, from memory if it is packed as a whole, which is rare: pages are packed within.
fn open(path: &Path) -> Result<Box<dyn FileReader>, DataError> {
    let read_error = |source| DataError::Read { path: path.to_owned(), source };
    let mut start = Vec::new();
    input::open(path)?.take(4).read_to_end(&mut start).map_err(read_error)?;
    let mut file = File::open(path).map_err(read_error)?;
    let mut first = [0; 4];
    let is_plain = file.read_exact(&mut first).is_err() || first[..] == start[..];
    let opened: Result<Box<dyn FileReader>, ParquetError> = if is_plain {
        SerializedFileReader::new(Chunks::of(file).map_err(read_error)?)
            .map(|reader| Box::new(reader) as _)
    } else {
        SerializedFileReader::new(Bytes::from(input::read(path)?))
            .map(|reader| Box::new(reader) as _)
    };
    opened.map_err(|error| not_whole(path, &error))
}

fn not_whole(path: &Path, error: &ParquetError) -> DataError {
    let reason = match error {
        ParquetError::General(reason) | ParquetError::EOF(reason) => reason.clone(),
        other => other.to_string(),
    };
    DataError::Format { path: path.to_owned(), format: "Parquet", reason }
}

fn wanted(file: &dyn FileReader, path: &Path, want: &Want) -> Result<Vec<Wanted>, DataError> {
    let leaves = leaves(file.metadata().file_metadata().schema_descr());
    let header: Vec<String> = leaves.iter().map(|(name, _)| name.clone()).collect();
    let kinds = want.of(&header, path)?;
    let wanted = leaves.into_iter().zip(kinds).filter_map(|(leaf, kind)| Some((leaf, kind?)));
    wanted
        .map(|((name, leaf), kind)| match leaf {
            Ok(leaf) => Ok(Wanted { name, kind, leaf }),
            Err(is) => {
                let (path, fix) = (path.to_owned(), leaves::FIX.to_owned());
                Err(DataError::ColumnType { path, column: name, is, fix })
            }
        })
        .collect()
}

/// The columns of a file in the order of the first one.
fn in_order(
    columns: &[(String, Cells)],
    mut wanted: Vec<Wanted>,
    path: &Path,
    first: &Path,
) -> Result<Vec<Wanted>, DataError> {
    let place = |wanted: &Wanted| columns.iter().position(|(name, _)| *name == wanted.name);
    if wanted.len() == columns.len() && wanted.iter().all(|wanted| place(wanted).is_some()) {
        wanted.sort_by_key(place);
        return Ok(wanted);
    }
    let listed = |names: Vec<&str>| joined(&names);
    let expected = listed(columns.iter().map(|(name, _)| name.as_str()).collect());
    Err(DataError::Value {
        path: path.to_owned(),
        line: 1,
        column: "1".to_owned(),
        found: listed(wanted.iter().map(|wanted| wanted.name.as_str()).collect()),
        expected: format!("the columns of {} ({expected})", first.display()),
    })
}

/// Adds a file's rows; how many there are.
fn read_file(
    file: &dyn FileReader,
    path: &Path,
    wanted: &[Wanted],
    want: &Want,
    columns: &mut [(String, Cells)],
) -> Result<u64, DataError> {
    let n_groups = file.metadata().num_row_groups();
    let n_at_once = 2 * rayon::current_num_threads();
    let mut n_rows = 0;
    let mut groups = Vec::with_capacity(n_groups);
    for group in file.metadata().row_groups() {
        let n = u64::try_from(group.num_rows()).unwrap_or_default();
        groups.push((groups.len(), n_rows));
        n_rows += n;
    }
    for groups in groups.chunks(n_at_once) {
        let read: Vec<Result<Vec<Cells>, DataError>> = groups
            .par_iter()
            .map(|&(group, n_before)| {
                unharmed(path, || read_group(file, path, (group, n_before), wanted, want))
            })
            .collect();
        for group in read {
            for ((_, all), cells) in columns.iter_mut().zip(group?) {
                all.append(cells);
            }
        }
    }
    Ok(n_rows)
}

/// The wanted columns of a row group, before which come so many rows.
fn read_group(
    file: &dyn FileReader,
    path: &Path,
    (group, n_before): (usize, u64),
    wanted: &[Wanted],
    want: &Want,
) -> Result<Vec<Cells>, DataError> {
    let group = file.get_row_group(group).map_err(|error| not_whole(path, &error))?;
    let column = |wanted: &Wanted| {
        let (_, mut cells) = wanted.empty(want);
        columns::read(&*group, &wanted.leaf, &mut cells)
            .map_err(|error| error.at(path, &wanted.name, n_before))?;
        Ok(cells)
    };
    wanted.iter().map(column).collect()
}

/// What `read` gives; the library panics at some damaged files.
fn unharmed<T>(path: &Path, read: impl FnOnce() -> Result<T, DataError>) -> Result<T, DataError> {
    guarded(read).unwrap_or_else(|| {
        let reason = "the file is damaged".to_owned();
        Err(DataError::Format { path: path.to_owned(), format: "Parquet", reason })
    })
}
