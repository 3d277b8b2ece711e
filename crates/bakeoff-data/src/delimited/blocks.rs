//! A file cut into blocks of whole records, each with the line on which it begins.

use std::borrow::Cow;
use std::io::Read;
use std::path::Path;

use csv::{ByteRecord, ErrorKind, ReaderBuilder, Terminator, Trim};

use super::hints::not_utf8_in;
use super::text::{NOT_UTF8, not_utf8, shortened, text};
use super::{Format, UNIT_SEPARATOR};
use crate::error::DataError;
use crate::input;
use crate::wording::joined;

/// Bytes that are read at a time: enough that putting blocks together costs nothing.
pub(crate) const BLOCK: usize = 1 << 22;
/// The longest record: past it, a quote was most likely left open.
const LONGEST_RECORD: usize = 1 << 26;
const OPEN_QUOTE: &str =
    "the quote that closes the field; where quotes mean nothing, give `quote: \"\"`";

/// Whole records, and the line on which they begin.
pub(crate) struct Block {
    pub(crate) bytes: Vec<u8>,
    pub(crate) line: u64,
}

/// A file cut into blocks.
pub(crate) struct Blocks<'a> {
    path: &'a Path,
    format: &'a Format,
    input: Box<dyn Read + Send>,
    /// Bytes that are read at a time.
    size: usize,
    /// What was read and not yet handed out: it begins with a record.
    rest: Vec<u8>,
    /// The line on which `rest` begins, from 1.
    line: u64,
    is_at_end: bool,
    had_mark: bool,
    /// How the header ends.
    header_end: &'static [u8],
}

impl<'a> Blocks<'a> {
    /// `size` bytes are read at a time, of which a block is made, or more if a record is longer.
    pub(crate) fn open(path: &'a Path, format: &'a Format, size: usize) -> Result<Self, DataError> {
        let input = input::open(path)?;
        let mut blocks = Self {
            path,
            format,
            input,
            // A byte order mark is looked for in the first ones.
            size: size.max(4),
            rest: Vec::new(),
            line: 1,
            is_at_end: false,
            had_mark: false,
            header_end: b"",
        };
        blocks.fill()?;
        match blocks.rest[..] {
            [0xef, 0xbb, 0xbf, ..] => {
                blocks.rest.drain(..3);
                blocks.had_mark = true;
            }
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => {
                return Err(DataError::Value {
                    path: path.to_owned(),
                    line: 1,
                    column: "1".to_owned(),
                    found: "the byte order mark of UTF-16".to_owned(),
                    expected: NOT_UTF8.to_owned(),
                });
            }
            _ => {}
        }
        Ok(blocks)
    }

    /// Reads more into `rest`.
    fn fill(&mut self) -> Result<(), DataError> {
        let read = (&mut self.input).take(self.size as u64).read_to_end(&mut self.rest);
        let n = read.map_err(|source| DataError::Read { path: self.path.to_owned(), source })?;
        self.is_at_end = n < self.size;
        Ok(())
    }

    /// Takes the first record out, as the names of columns.
    pub(super) fn header(&mut self) -> Result<Vec<String>, DataError> {
        let block = loop {
            match record_end(&self.rest, self.format, Ends::First) {
                Some(end) if self.rest[..end].trim_ascii().is_empty() => drop(self.cut(end)),
                Some(end) => break self.cut(end),
                None if self.is_at_end => {
                    self.check_closed()?;
                    break self.cut(self.rest.len());
                }
                None => self.grow()?,
            }
        };
        if block.bytes.trim_ascii().contains(&b'\r') {
            return Err(DataError::Value {
                path: self.path.to_owned(),
                line: block.line,
                column: "1".to_owned(),
                found: "a carriage return within the line".to_owned(),
                expected: "lines that end in LF or CR LF; convert the file, with tr '\\r' '\\n' for example".to_owned(),
            });
        }
        self.header_end = match block.bytes[..] {
            [.., b'\r', b'\n'] => b"\r\n",
            [.., b'\n'] => b"\n",
            _ => b"",
        };
        let bytes = normalised(&block.bytes, self.format);
        let mut reader = reader(&bytes, self.format);
        let mut record = ByteRecord::new();
        reader
            .read_byte_record(&mut record)
            .map_err(|error| csv_error(self.path, &[], block.line, error))?;
        let name = |(i, field): (usize, &[u8])| {
            text(field, self.format).map(Cow::into_owned).map_err(|()| {
                let expected = not_utf8_in(self.format);
                not_utf8(self.path, block.line, (i + 1).to_string(), &bytes, expected)
            })
        };
        // An empty file has a record of one empty field or none.
        let fields =
            record.iter().enumerate().filter(|(_, field)| record.len() > 1 || !field.is_empty());
        fields.map(name).collect()
    }

    /// Up to `n` blocks.
    pub(crate) fn take(&mut self, n: usize) -> Result<Vec<Block>, DataError> {
        let mut blocks = Vec::new();
        while blocks.len() < n && !(self.is_at_end && self.rest.is_empty()) {
            if self.rest.len() < self.size && !self.is_at_end {
                self.fill()?;
                continue;
            }
            let end = if self.is_at_end {
                self.check_closed()?;
                Some(self.rest.len())
            } else {
                record_end(&self.rest, self.format, Ends::Last)
            };
            match end {
                Some(end) => blocks.push(self.cut(end)),
                None => self.grow()?,
            }
        }
        Ok(blocks)
    }

    fn grow(&mut self) -> Result<(), DataError> {
        if self.rest.len() > LONGEST_RECORD {
            return Err(DataError::Value {
                path: self.path.to_owned(),
                line: self.line,
                column: "1".to_owned(),
                found: "a record that does not end within 64 MiB".to_owned(),
                expected:
                    "a line break, or the quote that closes a field opened on or after this line"
                        .to_owned(),
            });
        }
        self.fill()
    }

    fn cut(&mut self, end: usize) -> Block {
        let after = self.rest.split_off(end);
        let bytes = std::mem::replace(&mut self.rest, after);
        let line = self.line;
        let n_lf = memchr::memchr_iter(b'\n', &bytes).count() as u64;
        self.line += n_lf;
        Block { bytes, line }
    }

    /// The line break that the header ends with, once it was taken out.
    pub(super) fn header_end(&self) -> &'static [u8] {
        self.header_end
    }

    /// Whether the file began with a byte order mark.
    pub(crate) fn had_mark(&self) -> bool {
        self.had_mark
    }

    /// Whether the last record is one that ends: a quote that is left open takes in all lines after it.
    fn check_closed(&self) -> Result<(), DataError> {
        if self.format.quote().is_none_or(|quote| memchr::memchr(quote, &self.rest).is_none()) {
            return Ok(());
        }
        let mut followed = self.rest.clone();
        followed.extend(b"\n.");
        let end = record_end(&followed, self.format, Ends::Last).unwrap_or(0);
        if self.rest.get(end..).is_none_or(|after| after.trim_ascii().is_empty()) {
            return Ok(());
        }
        Err(DataError::Value {
            path: self.path.to_owned(),
            line: self.line + memchr::memchr_iter(b'\n', &self.rest[..end]).count() as u64,
            column: "1".to_owned(),
            found: shortened(String::from_utf8_lossy(&self.rest[end..]).trim_end()),
            expected: OPEN_QUOTE.to_owned(),
        })
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Ends {
    First,
    Last,
}

/// Where the first or last record in `bytes`, which begin with one, ends; `None` if none ends there.
fn record_end(bytes: &[u8], format: &Format, which: Ends) -> Option<usize> {
    if format.quote().is_none_or(|quote| memchr::memchr(quote, bytes).is_none()) {
        let end = match which {
            Ends::First => memchr::memchr(b'\n', bytes),
            Ends::Last => memchr::memrchr(b'\n', bytes),
        };
        return end.map(|end| end + 1);
    }
    // A line break may stand inside quotes: only the parser knows.
    let mut reader = reader(bytes, format);
    let (mut record, mut end) = (ByteRecord::new(), None);
    while let Ok(true) = reader.read_byte_record(&mut record) {
        let at = reader.position().byte() as usize;
        // The last record may go on past the end of the bytes, inside quotes.
        if at >= bytes.len() {
            break;
        }
        end = Some(at);
        if which == Ends::First {
            break;
        }
    }
    end
}

/// Records end at LF alone, so that the parser and [`record_end`] agree; the CR before it is a blank like others.
pub(super) fn reader<'b>(bytes: &'b [u8], format: &Format) -> csv::Reader<&'b [u8]> {
    let quote = format.quote();
    ReaderBuilder::new()
        .delimiter(format.byte())
        .quoting(quote.is_some())
        .quote(quote.unwrap_or(b'"'))
        .has_headers(false)
        .flexible(true)
        .trim(Trim::None)
        .terminator(Terminator::Any(b'\n'))
        .from_reader(bytes)
}

/// The bytes with a delimiter of one byte.
pub(super) fn normalised<'b>(bytes: &'b [u8], format: &Format) -> Cow<'b, [u8]> {
    let delimiter = format.delimiter.as_bytes();
    if delimiter.len() == 1 {
        return Cow::Borrowed(bytes);
    }
    let mut replaced = Vec::with_capacity(bytes.len());
    let mut start = 0;
    for at in memchr::memmem::find_iter(bytes, delimiter) {
        replaced.extend_from_slice(&bytes[start..at]);
        replaced.push(UNIT_SEPARATOR);
        start = at + delimiter.len();
    }
    replaced.extend_from_slice(&bytes[start..]);
    Cow::Owned(replaced)
}

/// What the parser says, in our words.
pub(super) fn csv_error(
    path: &Path,
    header: &[String],
    first_line: u64,
    error: csv::Error,
) -> DataError {
    let path = path.to_owned();
    match error.into_kind() {
        ErrorKind::UnequalLengths { pos, expected_len, len } => DataError::Fields {
            path,
            line: first_line - 1 + pos.as_ref().map_or(1, csv::Position::line),
            found: len,
            expected: format!("{expected_len} as in the header ({})", joined(header)),
        },
        ErrorKind::Io(source) => DataError::Read { path, source },
        other => {
            let source = std::io::Error::other(format!("{other:?}"));
            DataError::Read { path, source }
        }
    }
}
