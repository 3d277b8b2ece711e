//! Delimited text with a header, read strictly: whatever is wrong is told with file, line and column.

use std::path::Path;

use csv::{ErrorKind, Reader, ReaderBuilder, StringRecord, Trim};

use crate::error::{DataError, nearest};
use crate::sources::SourceFile;

/// A file whose header was read.
pub(crate) struct Delimited<'a> {
    path: &'a Path,
    bytes: &'a [u8],
    reader: Reader<&'a [u8]>,
    header: Vec<String>,
}

/// One line of it.
pub(crate) struct Row<'r> {
    path: &'r Path,
    header: &'r [String],
    record: &'r StringRecord,
}

impl<'a> Delimited<'a> {
    /// Reads the header. Quotes mean something only where `is_quoted`.
    pub(crate) fn new(
        file: &'a SourceFile,
        delimiter: u8,
        is_quoted: bool,
    ) -> Result<Self, DataError> {
        let (path, bytes) = (file.path.as_path(), file.bytes.as_slice());
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .quoting(is_quoted)
            .trim(Trim::All)
            .from_reader(bytes);
        let header: Vec<String> = match reader.headers() {
            Ok(header) => header.iter().map(str::to_owned).collect(),
            Err(error) => return Err(at(path, bytes, &[], error)),
        };
        check_unique(path, &header)?;
        Ok(Self { path, bytes, reader, header })
    }

    /// The names in the header.
    pub(crate) fn header(&self) -> &[String] {
        &self.header
    }

    /// Gives the columns other names, such as those without the types that stand beside them.
    pub(crate) fn rename(&mut self, header: Vec<String>) -> Result<(), DataError> {
        check_unique(self.path, &header)?;
        self.header = header;
        Ok(())
    }

    /// Where the column `name` stands; `param` is the source's parameter that names it.
    pub(crate) fn require(&self, name: &str, param: &'static str) -> Result<usize, DataError> {
        self.position(name).ok_or_else(|| DataError::MissingColumn {
            path: self.path.to_owned(),
            column: name.to_owned(),
            param,
            present: self.header.clone(),
            suggestion: nearest(name, &self.header),
        })
    }

    /// Where a column stands that must be there only if the spec names it.
    pub(crate) fn find(
        &self,
        named: Option<&String>,
        default: &str,
        param: &'static str,
    ) -> Result<Option<usize>, DataError> {
        match named {
            Some(name) => self.require(name, param).map(Some),
            None => Ok(self.position(default)),
        }
    }

    /// Hands every row to `read`, with the line it stands on.
    pub(crate) fn for_each(
        mut self,
        mut read: impl FnMut(&Row<'_>, u32) -> Result<(), DataError>,
    ) -> Result<(), DataError> {
        let mut record = StringRecord::new();
        loop {
            match self.reader.read_record(&mut record) {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(error) => return Err(at(self.path, self.bytes, &self.header, error)),
            }
            let row = Row { path: self.path, header: &self.header, record: &record };
            read(&row, row.line() as u32)?;
        }
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|column| column == name)
    }
}

impl Row<'_> {
    /// The field as it stands there.
    pub(crate) fn text(&self, column: usize) -> &str {
        &self.record[column]
    }

    /// The field as a raw id.
    pub(crate) fn id(&self, column: usize) -> Result<&str, DataError> {
        match self.text(column) {
            "" => Err(self.wrong(column, "an id")),
            id => Ok(id),
        }
    }

    /// The field as a number; NaN where it is missing.
    pub(crate) fn number(&self, column: usize) -> Result<f64, DataError> {
        parse_number(self.text(column))
            .ok_or_else(|| self.wrong(column, "a number, or nothing where it is missing"))
    }

    /// The field as seconds since 1970; NaN where it is missing.
    pub(crate) fn timestamp(&self, column: usize) -> Result<f64, DataError> {
        let text = self.text(column);
        parse_number(text).or_else(|| parse_date(text)).ok_or_else(|| {
            self.wrong(
                column,
                "seconds since 1970, or a date such as 2024-05-31 or 2024-05-31T12:00:00Z",
            )
        })
    }

    /// The line on which the row begins, from 1.
    pub(crate) fn line(&self) -> u64 {
        self.record.position().map_or(0, csv::Position::line)
    }

    fn wrong(&self, column: usize, expected: &str) -> DataError {
        DataError::Value {
            path: self.path.to_owned(),
            line: self.line(),
            column: self.header[column].clone(),
            found: self.text(column).to_owned(),
            expected: expected.to_owned(),
        }
    }
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
            found: header[i].clone(),
            expected: "a name that no column before it has".to_owned(),
        }),
    }
}

/// What the parser says, in our words.
fn at(path: &Path, bytes: &[u8], header: &[String], error: csv::Error) -> DataError {
    let path = path.to_owned();
    match error.into_kind() {
        ErrorKind::Utf8 { pos, err } => {
            let line = pos.as_ref().map_or(1, csv::Position::line);
            let column = header.get(err.field());
            let text = bytes.split(|&b| b == b'\n').nth(line.saturating_sub(1) as usize);
            DataError::Value {
                path,
                line,
                column: column.cloned().unwrap_or_else(|| (err.field() + 1).to_string()),
                found: String::from_utf8_lossy(text.unwrap_or_default()).trim_end().to_owned(),
                expected: "UTF-8 text; convert the file, with iconv for example".to_owned(),
            }
        }
        ErrorKind::UnequalLengths { pos, expected_len, len } => DataError::Fields {
            path,
            line: pos.as_ref().map_or(1, csv::Position::line),
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
