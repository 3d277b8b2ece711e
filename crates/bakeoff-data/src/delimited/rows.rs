//! What the records of a block hold.

use std::borrow::Cow;

use csv::{ByteRecord, Position};

use super::blocks::{Block, csv_error, normalised, reader};
use super::hints;
use super::text::{NUMBERS, TIMES, not_utf8, parse_number, parse_time_in, shortened, text};
use super::{Table, empty, is_missing};
use crate::column::Values;
use crate::error::DataError;
use crate::frame::{Frame, Kind};
use crate::wording::joined;

/// What a block holds.
pub(super) struct Parsed {
    columns: Vec<Values>,
    lines: Vec<u32>,
    pub(super) ends: LineEnds,
}

/// How often records end in one way or the other.
#[derive(Default)]
pub(super) struct LineEnds {
    n_crlf: u64,
    n_lf: u64,
}

impl LineEnds {
    /// Those of a record that these bytes end with.
    pub(super) fn count(&mut self, bytes: &[u8]) {
        self.n_lf += u64::from(bytes.ends_with(b"\n"));
        self.n_crlf += u64::from(bytes.ends_with(b"\r\n"));
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.n_lf += other.n_lf;
        self.n_crlf += other.n_crlf;
    }

    /// Whether some records end in CR LF, but not all.
    pub(super) fn is_mixed(&self) -> bool {
        self.n_crlf > 0 && self.n_crlf < self.n_lf
    }
}

pub(super) fn parse(table: &Table<'_>, block: &Block) -> Result<Parsed, DataError> {
    let bytes = normalised(&block.bytes, table.format);
    let mut reader = reader(&bytes, table.format);
    let mut columns: Vec<(usize, Kind, Values)> = (table.kinds.iter().enumerate())
        .filter_map(|(i, kind)| Some((i, (*kind)?, empty((*kind)?))))
        .collect();
    let mut lines = Vec::new();
    let mut ends = LineEnds::default();
    let mut record = ByteRecord::new();
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => return Err(csv_error(table.path, table.header, block.line, error)),
        }
        ends.count(&bytes[..reader.position().byte() as usize]);
        // The parser passes over empty lines, but not over blank ones.
        if record.len() == 1 && record[0].trim_ascii().is_empty() {
            continue;
        }
        let line = block.line - 1 + record.position().map_or(1, |start| line_of(&bytes, start));
        let row = Row { table, record: &record, line, bytes: &bytes, block };
        if record.len() != table.header.len() {
            return Err(row.unequal());
        }
        if line == 1 && hints::is_header(&record, table.header, table.format) {
            return Err(row.header());
        }
        for (column, kind, values) in &mut columns {
            match (values, &*kind) {
                (Values::Number(numbers), Kind::Number) => numbers.push(row.number(*column)?),
                (Values::Number(numbers), _) => numbers.push(row.time(*column)?),
                (Values::Text(texts), Kind::Id) => texts.push(&row.id(*column)?),
                (Values::Text(texts), Kind::Text) => texts.push(&row.known(*column)?),
                (Values::Text(texts), _) => texts.push(&row.text(*column)?),
                _ => unreachable!("columns are made as texts or numbers"),
            }
        }
        lines.push(u32::try_from(line).unwrap_or(u32::MAX));
    }
    let columns = columns.into_iter().map(|(_, _, values)| values).collect();
    Ok(Parsed { columns, lines, ends })
}

/// The line on which a record stands: the parser counts empty lines before it as its own.
fn line_of(bytes: &[u8], start: &Position) -> u64 {
    let empty = bytes[start.byte() as usize..].iter().take_while(|&&byte| byte == b'\n');
    start.line() + empty.count() as u64
}

impl Parsed {
    pub(super) fn append_to(self, frame: &mut Frame) {
        for (column, values) in frame.columns.iter_mut().zip(self.columns) {
            match (&mut column.values, values) {
                (Values::Number(all), Values::Number(numbers)) => all.extend(numbers),
                (Values::Text(all), Values::Text(texts)) => all.append(&texts),
                _ => unreachable!("blocks have the columns of their file"),
            }
        }
        frame.origin.extend(self.lines);
    }
}

/// A record of a block.
struct Row<'r> {
    table: &'r Table<'r>,
    record: &'r ByteRecord,
    line: u64,
    bytes: &'r [u8],
    block: &'r Block,
}

impl Row<'_> {
    fn text(&self, column: usize) -> Result<Cow<'_, str>, DataError> {
        text(&self.record[column], self.table.format).map_err(|()| {
            let start = (self.line - self.block.line) as usize;
            let line = self.bytes.split(|&b| b == b'\n').nth(start).unwrap_or_default();
            let (path, column) = (self.table.path, self.table.header[column].clone());
            not_utf8(path, self.line, column, line, hints::not_utf8_in(self.table.format))
        })
    }

    fn id(&self, column: usize) -> Result<Cow<'_, str>, DataError> {
        let id = self.text(column)?;
        if id.is_empty() { Err(self.wrong(column, &id, "an id")) } else { Ok(id) }
    }

    /// Text, empty for what stands for a missing one.
    fn known(&self, column: usize) -> Result<Cow<'_, str>, DataError> {
        let text = self.text(column)?;
        Ok(if is_missing(&text) { "".into() } else { text })
    }

    fn number(&self, column: usize) -> Result<f64, DataError> {
        let text = self.text(column)?;
        parse_number(&text).ok_or_else(|| self.wrong(column, &text, NUMBERS))
    }

    fn time(&self, column: usize) -> Result<f64, DataError> {
        let text = self.text(column)?;
        parse_time_in(&text, self.table.time_unit).ok_or_else(|| self.wrong(column, &text, TIMES))
    }

    fn wrong(&self, column: usize, found: &str, expected: &str) -> DataError {
        DataError::Value {
            path: self.table.path.to_owned(),
            line: self.line,
            column: self.table.header[column].clone(),
            found: shortened(found),
            expected: expected.to_owned() + hints::first_line(self.line, self.table.format),
        }
    }

    /// The line names the columns, which the spec does too.
    fn header(&self) -> DataError {
        let line =
            String::from_utf8_lossy(self.bytes.split(|&b| b == b'\n').next().unwrap_or_default());
        DataError::Value {
            path: self.table.path.to_owned(),
            line: self.line,
            column: "1".to_owned(),
            found: shortened(line.trim_end()),
            expected: "values, and this line names the columns; leave `header` out".to_owned(),
        }
    }

    fn unequal(&self) -> DataError {
        let header = self.table.header;
        DataError::Fields {
            path: self.table.path.to_owned(),
            line: self.line,
            found: self.record.len() as u64,
            expected: format!(
                "{} as in the header ({}){}{}",
                header.len(),
                joined(header),
                hints::first_line(self.line, self.table.format),
                hints::delimiter_of(self.record, self.table.format),
            ),
        }
    }
}
