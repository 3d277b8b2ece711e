//! Delimited text, read strictly and on all cores: whatever is wrong is told with file, line and column.
//!
//! A file is cut into blocks of whole records; blocks are read side by side, each with texts numbered for itself, and
//! put together in the order of the file, so that the result does not depend on the cores.

use std::borrow::Cow;
use std::io::Read;
use std::path::{Path, PathBuf};

use csv::{ByteRecord, ErrorKind, ReaderBuilder, Trim};
use rayon::prelude::*;

use crate::column::{RawColumn, Texts, Values};
use crate::error::DataError;
use crate::frame::{Frame, Kind, Want};
use crate::input;

/// How a file is delimited.
#[derive(Debug, Clone)]
pub(crate) struct Format {
    /// What stands between two fields. Where it is longer than one byte, quotes mean nothing.
    pub(crate) delimiter: String,
    /// What quotes stand around fields that hold a delimiter or a line break.
    pub(crate) quote: Option<u8>,
    /// The names of the columns, where no header gives them.
    pub(crate) names: Option<Vec<String>>,
    /// Whether bytes are characters of ISO 8859-1 instead of UTF-8.
    pub(crate) is_latin1: bool,
}

impl Format {
    /// Fields between `delimiter`, `"` as quotes, a header, UTF-8.
    pub(crate) fn new(delimiter: &str) -> Self {
        Self { delimiter: delimiter.into(), quote: Some(b'"'), names: None, is_latin1: false }
    }

    /// What the parser splits at: a longer delimiter is replaced by a character that no text has.
    fn byte(&self) -> u8 {
        match self.delimiter.as_bytes() {
            &[byte] => byte,
            _ => UNIT_SEPARATOR,
        }
    }
}

/// How the names of such files end.
pub(crate) const ENDINGS: &[&str] = &["csv", "tsv", "txt", "dat"];
const UNIT_SEPARATOR: u8 = 0x1f;
/// Bytes that are read at a time: enough that putting blocks together costs nothing.
const BLOCK: usize = 1 << 22;
/// The longest record: past it, a quote was most likely left open.
const LONGEST_RECORD: usize = 1 << 26;

/// The rows of files, one after the other.
pub(crate) fn read(files: &[PathBuf], format: &Format, want: &Want) -> Result<Frame, DataError> {
    read_with(files, format, want, &|header, _| Ok(header))
}

/// The names of a file's columns, from its header.
type Rename<'a> = dyn Fn(Vec<String>, &Path) -> Result<Vec<String>, DataError> + 'a;

/// Like [`read`]; `rename` makes the names of the columns from the header of each file.
pub(crate) fn read_with(
    files: &[PathBuf],
    format: &Format,
    want: &Want,
    rename: &Rename<'_>,
) -> Result<Frame, DataError> {
    let mut frame = Frame::default();
    for (i, path) in files.iter().enumerate() {
        let mut blocks = Blocks::open(path, format)?;
        let header = match &format.names {
            Some(names) => names.clone(),
            None => rename(blocks.header()?, path)?,
        };
        check_unique(path, &header)?;
        let kinds = want.of(&header, path)?;
        if i == 0 {
            frame.columns = columns(&header, &kinds);
        } else {
            check_same(path, &header, &kinds, &frame, &files[0])?;
        }
        frame.origin.next_file(path);
        let table = Table { path, header: &header, kinds: &kinds, format };
        read_file(&table, blocks, &mut frame)?;
    }
    Ok(frame)
}

/// The header of a file.
pub(crate) fn header(path: &Path, format: &Format) -> Result<Vec<String>, DataError> {
    Blocks::open(path, format)?.header()
}

/// What is known of a file while its blocks are read.
struct Table<'a> {
    path: &'a Path,
    header: &'a [String],
    kinds: &'a [Option<Kind>],
    format: &'a Format,
}

/// Empty columns of the kinds that are wanted.
fn columns(header: &[String], kinds: &[Option<Kind>]) -> Vec<RawColumn> {
    let wanted = header.iter().zip(kinds).filter_map(|(name, kind)| Some((name, (*kind)?)));
    wanted.map(|(name, kind)| RawColumn::new(name, empty(kind))).collect()
}

fn empty(kind: Kind) -> Values {
    match kind {
        Kind::Number | Kind::Time => Values::Number(Vec::new()),
        Kind::Id | Kind::Text | Kind::Inferred => Values::Text(Texts::default()),
    }
}

/// Every file has the wanted columns in the same order.
fn check_same(
    path: &Path,
    header: &[String],
    kinds: &[Option<Kind>],
    frame: &Frame,
    first: &Path,
) -> Result<(), DataError> {
    let wanted = header.iter().zip(kinds).filter(|(_, kind)| kind.is_some());
    if wanted.map(|(name, _)| name).eq(frame.columns.iter().map(|column| &column.name)) {
        return Ok(());
    }
    let expected: Vec<&str> = frame.columns.iter().map(|column| column.name.as_str()).collect();
    Err(DataError::Value {
        path: path.to_owned(),
        line: 1,
        column: "1".to_owned(),
        found: header.join(", "),
        expected: format!("the columns of {} ({})", first.display(), expected.join(", ")),
    })
}

/// Adds a file's rows.
fn read_file(
    table: &Table<'_>,
    mut blocks: Blocks<'_>,
    frame: &mut Frame,
) -> Result<(), DataError> {
    let n_at_once = 2 * rayon::current_num_threads();
    let mut next = blocks.take(n_at_once)?;
    while !next.is_empty() {
        let (parsed, after) = rayon::join(
            || next.par_iter().map(|block| parse(table, block)).collect::<Vec<_>>(),
            || blocks.take(n_at_once),
        );
        for parsed in parsed {
            parsed?.append_to(frame);
        }
        next = after?;
    }
    for (repair, n) in blocks.repairs() {
        *frame.repairs.entry(repair.to_owned()).or_default() += n;
    }
    Ok(())
}

/// Whole records, and the line on which they begin.
struct Block {
    bytes: Vec<u8>,
    line: u64,
}

/// A file cut into blocks.
struct Blocks<'a> {
    path: &'a Path,
    format: &'a Format,
    input: Box<dyn Read + Send>,
    /// What was read and not yet handed out: it begins with a record.
    rest: Vec<u8>,
    /// The line on which `rest` begins, from 1.
    line: u64,
    is_at_end: bool,
    had_mark: bool,
    n_crlf: u64,
    n_lf: u64,
}

impl<'a> Blocks<'a> {
    fn open(path: &'a Path, format: &'a Format) -> Result<Self, DataError> {
        let input = input::open(path)?;
        let mut blocks = Self {
            path,
            format,
            input,
            rest: Vec::new(),
            line: 1,
            is_at_end: false,
            had_mark: false,
            n_crlf: 0,
            n_lf: 0,
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
        let before = self.rest.len();
        let read = (&mut self.input).take(BLOCK as u64).read_to_end(&mut self.rest);
        let n = read.map_err(|source| DataError::Read { path: self.path.to_owned(), source })?;
        self.is_at_end = n < BLOCK;
        debug_assert_eq!(self.rest.len(), before + n);
        Ok(())
    }

    /// Takes the first record out, as the names of columns.
    fn header(&mut self) -> Result<Vec<String>, DataError> {
        let end = loop {
            match record_end(&self.rest, self.format, Ends::First) {
                Some(end) => break end,
                None if self.is_at_end => break self.rest.len(),
                None => self.grow()?,
            }
        };
        let block = self.cut(end);
        let bytes = normalised(&block.bytes, self.format);
        let mut reader = reader(&bytes, self.format);
        let mut record = ByteRecord::new();
        reader
            .read_byte_record(&mut record)
            .map_err(|error| csv_error(self.path, &[], block.line, error))?;
        let name = |(i, field): (usize, &[u8])| match text(field, self.format) {
            Ok(name) => Ok(name.into_owned()),
            Err(()) => Err(not_utf8(self.path, 1, (i + 1).to_string(), &bytes)),
        };
        // An empty file has a record of one empty field or none.
        let fields =
            record.iter().enumerate().filter(|(_, field)| record.len() > 1 || !field.is_empty());
        fields.map(name).collect()
    }

    /// Up to `n` blocks.
    fn take(&mut self, n: usize) -> Result<Vec<Block>, DataError> {
        let mut blocks = Vec::new();
        while blocks.len() < n && !(self.is_at_end && self.rest.is_empty()) {
            if self.rest.len() < BLOCK && !self.is_at_end {
                self.fill()?;
                continue;
            }
            let end = if self.is_at_end {
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
        let n_crlf = memchr::memmem::find_iter(&bytes, b"\r\n").count() as u64;
        self.n_lf += n_lf;
        self.n_crlf += n_crlf;
        self.line += n_lf;
        Block { bytes, line }
    }

    /// What was not as it should be and is read all the same.
    fn repairs(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let is_mixed = self.n_crlf > 0 && self.n_crlf < self.n_lf;
        let mark = self.had_mark.then_some(("byte order mark passed over", 1));
        let ends = is_mixed.then_some(("file with mixed line ends", 1));
        mark.into_iter().chain(ends)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Ends {
    First,
    Last,
}

/// Where the first or last record in `bytes`, which begin with one, ends; `None` if none ends there.
fn record_end(bytes: &[u8], format: &Format, which: Ends) -> Option<usize> {
    let quote = format.quote.filter(|_| format.delimiter.len() == 1);
    if quote.is_none_or(|quote| memchr::memchr(quote, bytes).is_none()) {
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
    // The parser stops between `\r` and `\n`.
    let is_between = |end: usize| bytes[end - 1] == b'\r' && bytes[end] == b'\n';
    end.map(|end| if is_between(end) { end + 1 } else { end })
}

fn reader<'b>(bytes: &'b [u8], format: &Format) -> csv::Reader<&'b [u8]> {
    let quote = format.quote.filter(|_| format.delimiter.len() == 1);
    ReaderBuilder::new()
        .delimiter(format.byte())
        .quoting(quote.is_some())
        .quote(quote.unwrap_or(b'"'))
        .has_headers(false)
        .flexible(true)
        .trim(Trim::None)
        .from_reader(bytes)
}

/// The bytes with a delimiter of one byte.
fn normalised<'b>(bytes: &'b [u8], format: &Format) -> Cow<'b, [u8]> {
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

/// What a block holds.
struct Parsed {
    columns: Vec<Values>,
    lines: Vec<u32>,
}

fn parse(table: &Table<'_>, block: &Block) -> Result<Parsed, DataError> {
    let bytes = normalised(&block.bytes, table.format);
    let mut reader = reader(&bytes, table.format);
    let mut columns: Vec<(usize, Kind, Values)> = (table.kinds.iter().enumerate())
        .filter_map(|(i, kind)| Some((i, (*kind)?, empty((*kind)?))))
        .collect();
    let mut lines = Vec::new();
    let mut record = ByteRecord::new();
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => return Err(csv_error(table.path, table.header, block.line, error)),
        }
        let line = block.line - 1 + record.position().map_or(1, csv::Position::line);
        let row = Row { table, record: &record, line, bytes: &bytes, block };
        if record.len() != table.header.len() {
            // The parser passes over empty lines, but not over blank ones.
            if record.len() == 1 && record[0].trim_ascii().is_empty() {
                continue;
            }
            return Err(row.unequal());
        }
        for (column, kind, values) in &mut columns {
            match (values, &*kind) {
                (Values::Number(numbers), Kind::Number) => numbers.push(row.number(*column)?),
                (Values::Number(numbers), _) => numbers.push(row.time(*column)?),
                (Values::Text(texts), Kind::Id) => texts.push(&row.id(*column)?),
                (Values::Text(texts), _) => texts.push(&row.text(*column)?),
                _ => unreachable!("columns are made as texts or numbers"),
            }
        }
        lines.push(u32::try_from(line).unwrap_or(u32::MAX));
    }
    Ok(Parsed { columns: columns.into_iter().map(|(_, _, values)| values).collect(), lines })
}

impl Parsed {
    fn append_to(self, frame: &mut Frame) {
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
            not_utf8(self.table.path, self.line, self.table.header[column].clone(), line)
        })
    }

    fn id(&self, column: usize) -> Result<Cow<'_, str>, DataError> {
        let id = self.text(column)?;
        if id.is_empty() { Err(self.wrong(column, &id, "an id")) } else { Ok(id) }
    }

    fn number(&self, column: usize) -> Result<f64, DataError> {
        let text = self.text(column)?;
        parse_number(&text)
            .ok_or_else(|| self.wrong(column, &text, "a number, or nothing where it is missing"))
    }

    fn time(&self, column: usize) -> Result<f64, DataError> {
        let text = self.text(column)?;
        parse_time(&text).ok_or_else(|| self.wrong(column, &text, TIMES))
    }

    fn wrong(&self, column: usize, found: &str, expected: &str) -> DataError {
        DataError::Value {
            path: self.table.path.to_owned(),
            line: self.line,
            column: self.table.header[column].clone(),
            found: shortened(found),
            expected: expected.to_owned(),
        }
    }

    fn unequal(&self) -> DataError {
        let header = self.table.header;
        DataError::Fields {
            path: self.table.path.to_owned(),
            line: self.line,
            found: self.record.len() as u64,
            expected: format!("{} as in the header ({})", header.len(), header.join(", ")),
        }
    }
}

/// What a time may be.
pub(crate) const TIMES: &str =
    "seconds since 1970, or a date such as 2024-05-31 or 2024-05-31T12:00:00Z";
const NOT_UTF8: &str = "UTF-8 text; convert the file, with iconv for example";

/// A field without blanks around it; an error where it is not text.
#[inline]
fn text<'f>(field: &'f [u8], format: &Format) -> Result<Cow<'f, str>, ()> {
    let field = field.trim_ascii();
    if format.is_latin1 {
        return Ok(field.iter().map(|&byte| char::from(byte)).collect::<String>().into());
    }
    std::str::from_utf8(field).map(Cow::Borrowed).map_err(|_| ())
}

/// A finite number, or NaN for what stands for a missing one; `None` for anything else.
pub(crate) fn parse_number(text: &str) -> Option<f64> {
    if is_missing(text) {
        return Some(f64::NAN);
    }
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// Whether a field stands for no value: empty, `nan`, `na` or `null` in any case.
pub(crate) fn is_missing(text: &str) -> bool {
    text.is_empty() || ["nan", "na", "null"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Seconds since 1970, NaN where missing; `None` for what is no time.
pub(crate) fn parse_time(text: &str) -> Option<f64> {
    parse_number(text).or_else(|| parse_date(text))
}

/// A date without a time is its midnight; without a zone it is in UTC.
fn parse_date(text: &str) -> Option<f64> {
    let instant = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let local: jiff::civil::DateTime = text.parse().ok()?;
        jiff::tz::TimeZone::UTC.to_timestamp(local).ok()
    })?;
    Some(instant.as_millisecond() as f64 / 1000.0)
}

fn check_unique(path: &Path, header: &[String]) -> Result<(), DataError> {
    let is_repeated = |&i: &usize| header[..i].contains(&header[i]);
    match (0..header.len()).find(is_repeated) {
        None => Ok(()),
        Some(i) => Err(DataError::Value {
            path: path.to_owned(),
            line: 1,
            column: (i + 1).to_string(),
            found: shortened(&header[i]),
            expected: "a name that no column before it has".to_owned(),
        }),
    }
}

/// A text that may be long, for a message.
pub(crate) fn shortened(text: &str) -> String {
    const LONGEST: usize = 60;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST).chain(['…']).collect()
}

fn not_utf8(path: &Path, line: u64, column: String, bytes: &[u8]) -> DataError {
    DataError::Value {
        path: path.to_owned(),
        line,
        column,
        found: shortened(String::from_utf8_lossy(bytes).trim_end()),
        expected: NOT_UTF8.to_owned(),
    }
}

/// What the parser says, in our words.
fn csv_error(path: &Path, header: &[String], first_line: u64, error: csv::Error) -> DataError {
    let path = path.to_owned();
    match error.into_kind() {
        ErrorKind::UnequalLengths { pos, expected_len, len } => DataError::Fields {
            path,
            line: first_line - 1 + pos.as_ref().map_or(1, csv::Position::line),
            found: len,
            expected: format!("{expected_len} as in the header ({})", header.join(", ")),
        },
        ErrorKind::Io(source) => DataError::Read { path, source },
        other => {
            let source = std::io::Error::other(format!("{other:?}"));
            DataError::Read { path, source }
        }
    }
}
