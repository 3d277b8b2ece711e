//! JSON lines: an object a line, read in blocks of lines side by side, of which the wanted fields alone are looked at.

mod objects;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use self::objects::{Other, cell, pick};
use crate::cells::{Cell, Cells, Wrong};
use crate::column::RawColumn;
use crate::delimited::{BLOCK, Block, Blocks, Format};
use crate::error::{DataError, nearest};
use crate::frame::{Field, Frame, Kind, Want};

/// How the names of such files end.
pub(crate) const ENDINGS: &[&str] = &["jsonl", "json", "ndjson"];

/// The objects of files, one after the other.
pub(crate) fn read(files: &[PathBuf], want: &Want) -> Result<Frame, DataError> {
    read_in_blocks(files, want, BLOCK)
}

fn read_in_blocks(files: &[PathBuf], want: &Want, size: usize) -> Result<Frame, DataError> {
    let format = Format { quote: None, ..Format::new("\n") };
    let mut frame = Frame::default();
    let mut table = Table::new(want);
    let mut present = Vec::new();
    for path in files {
        frame.origin.next_file(path);
        let mut blocks = Blocks::open(path, &format, size)?;
        let n_at_once = 2 * rayon::current_num_threads();
        let mut next = blocks.take(n_at_once)?;
        if present.is_empty() {
            present = next.first().map(objects::fields_of).unwrap_or_default();
            check_ids(path, want, &present)?;
        }
        while !next.is_empty() {
            let (parsed, after) = rayon::join(
                || next.par_iter().map(|block| parse(path, block, want)).collect::<Vec<_>>(),
                || blocks.take(n_at_once),
            );
            for parsed in parsed {
                let parsed = parsed?;
                frame.origin.extend(parsed.lines.iter().copied());
                table.append(parsed, want);
            }
            next = after?;
        }
        if blocks.had_mark() {
            *frame.repairs.entry("byte order mark passed over".to_owned()).or_default() += 1;
        }
    }
    frame.columns = table.finish(want, &present, files)?;
    Ok(frame)
}

/// Ids are in every object, and so in the first one, which has the fields `present`.
fn check_ids(path: &Path, want: &Want, present: &[String]) -> Result<(), DataError> {
    let is_there = |name: &str| {
        let outer = name.split_once('.').map_or(name, |(outer, _)| outer);
        present.iter().any(|field| field == name || field == outer)
    };
    let lacking = want.fields.iter().find(|field| field.kind == Kind::Id && !is_there(&field.name));
    match lacking {
        Some(field) if !present.is_empty() => Err(missing(Some(path), field, present)),
        _ => Ok(()),
    }
}

fn missing(path: Option<&Path>, field: &Field, present: &[String]) -> DataError {
    DataError::MissingColumn {
        path: path.map(Path::to_owned).unwrap_or_default(),
        column: field.name.clone(),
        param: field.param,
        present: present.to_vec(),
        suggestion: nearest(&field.name, present),
    }
}

/// What lines hold.
struct Table {
    /// The wanted columns, then others in the order in which they first appear.
    columns: Vec<Column>,
    lines: Vec<u32>,
}

struct Column {
    name: String,
    cells: Cells,
    /// Whether any line has the field.
    is_there: bool,
}

impl Table {
    fn new(want: &Want) -> Self {
        let column = |field: &Field| Column {
            name: field.name.clone(),
            cells: Cells::new(field.kind, want.time_unit, 0),
            is_there: false,
        };
        Self { columns: want.fields.iter().map(column).collect(), lines: Vec::new() }
    }

    fn other(name: &str, want: &Want, n_missing: usize) -> Column {
        let cells = Cells::new(Kind::Inferred, want.time_unit, n_missing);
        Column { name: name.to_owned(), cells, is_there: true }
    }

    /// Adds the lines of a block.
    fn append(&mut self, block: Self, want: &Want) {
        let (n_before, n_more) = (self.lines.len(), block.lines.len());
        self.lines.extend(block.lines);
        let mut is_brought = vec![false; self.columns.len()];
        for column in block.columns {
            let at = self.columns.iter().position(|other| other.name == column.name);
            let at = at.unwrap_or_else(|| {
                self.columns.push(Self::other(&column.name, want, n_before));
                is_brought.push(false);
                self.columns.len() - 1
            });
            is_brought[at] = true;
            self.columns[at].is_there |= column.is_there;
            self.columns[at].cells.append(column.cells);
        }
        for (column, is_brought) in self.columns.iter_mut().zip(is_brought) {
            if !is_brought {
                column.cells.append(Cells::new(Kind::Inferred, want.time_unit, n_more));
            }
        }
    }

    /// The columns, without optional ones that no line has.
    fn finish(
        self,
        want: &Want,
        present: &[String],
        files: &[PathBuf],
    ) -> Result<Vec<RawColumn>, DataError> {
        for (field, column) in want.fields.iter().zip(&self.columns) {
            if field.is_required && !column.is_there {
                return Err(missing(files.first().map(PathBuf::as_path), field, present));
            }
        }
        let columns = self.columns.into_iter().filter(|column| column.is_there);
        Ok(columns.map(|column| RawColumn::new(column.name, column.cells.finish())).collect())
    }
}

fn parse(path: &Path, block: &Block, want: &Want) -> Result<Table, DataError> {
    let mut table = Table::new(want);
    let n_wanted = want.fields.len();
    let names: Vec<(usize, String)> =
        want.fields.iter().map(|field| field.name.clone()).enumerate().collect();
    for (bytes, number) in block.bytes.split(|&byte| byte == b'\n').zip(block.line..) {
        let bytes = bytes.trim_ascii();
        if bytes.is_empty() {
            continue;
        }
        let wrong = |column: &str, Wrong { found, expected }: Wrong| DataError::Value {
            path: path.to_owned(),
            line: number,
            column: column.to_owned(),
            found,
            expected: expected.to_owned(),
        };
        let mut fields = vec![None; n_wanted];
        let mut others = Vec::new();
        pick(bytes, &names, &mut fields, want.rest.then_some(&mut others))
            .map_err(|(column, wrong_line)| wrong(&column.to_string(), wrong_line))?;
        for ((column, field), wanted) in table.columns.iter_mut().zip(&fields).zip(&want.fields) {
            column.is_there |= field.is_some();
            let cell = field.map_or(Ok(Cell::Missing), cell);
            cell.and_then(|cell| column.cells.push(&cell))
                .map_err(|error| wrong(&wanted.name, error))?;
        }
        let n_rows = table.lines.len();
        for Other { name, value } in others {
            let at = table.columns.iter().position(|column| column.name == name);
            let at = at.unwrap_or_else(|| {
                table.columns.push(Table::other(&name, want, n_rows));
                table.columns.len() - 1
            });
            let column = &mut table.columns[at];
            cell(value)
                .and_then(|cell| column.cells.push(&cell))
                .map_err(|error| wrong(&name, error))?;
        }
        table.lines.push(u32::try_from(number).unwrap_or(u32::MAX));
        for column in &mut table.columns[n_wanted..] {
            column.cells.fill_to(n_rows + 1);
        }
    }
    Ok(table)
}
