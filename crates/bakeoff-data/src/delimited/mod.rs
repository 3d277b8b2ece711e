//! Delimited text, read strictly and on all cores: whatever is wrong is told with file, line and column.
//!
//! A file is cut into blocks of whole records; blocks are read side by side, each with texts numbered for itself, and
//! put together in the order of the file, so that the result does not depend on the cores.

mod blocks;
mod hints;
mod rows;
#[cfg(test)]
mod tests;
mod text;

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::column::{RawColumn, Texts, Values};
use crate::error::DataError;
use crate::frame::{Frame, Kind, TimeUnit, Want};
use crate::wording::joined;

pub(crate) use blocks::{BLOCK, Block, Blocks};
use rows::{LineEnds, parse};
pub(crate) use text::{
    NOT_UTF8, TIMES, is_missing, loses_digits, not_utf8, parse_number, parse_time, parse_time_in,
    shortened,
};

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
    /// Whether parameters of the spec say all this, so that messages may name them.
    pub(crate) is_of_spec: bool,
}

impl Format {
    /// Fields between `delimiter`, `"` as quotes, a header, UTF-8.
    pub(crate) fn new(delimiter: &str) -> Self {
        Self {
            delimiter: delimiter.into(),
            quote: Some(b'"'),
            names: None,
            is_latin1: false,
            is_of_spec: false,
        }
    }

    /// What the parser splits at: a longer delimiter is replaced by a character that no text has.
    fn byte(&self) -> u8 {
        match self.delimiter.as_bytes() {
            &[byte] => byte,
            _ => UNIT_SEPARATOR,
        }
    }

    /// What quotes fields, where it can.
    fn quote(&self) -> Option<u8> {
        self.quote.filter(|_| self.delimiter.len() == 1)
    }
}

/// How the names of such files end.
pub(crate) const ENDINGS: &[&str] = &["csv", "tsv", "txt", "dat"];
const UNIT_SEPARATOR: u8 = 0x1f;

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
    read_in_blocks(files, format, want, rename, BLOCK)
}

fn read_in_blocks(
    files: &[PathBuf],
    format: &Format,
    want: &Want,
    rename: &Rename<'_>,
    block_size: usize,
) -> Result<Frame, DataError> {
    let mut frame = Frame::default();
    for (i, path) in files.iter().enumerate() {
        let mut blocks = Blocks::open(path, format, block_size)?;
        let header = match &format.names {
            Some(names) => names.clone(),
            None => rename(blocks.header()?, path)?,
        };
        check_unique(path, &header)?;
        let kinds = kinds(path, &header, format, want)?;
        if i == 0 {
            frame.columns = columns(&header, &kinds);
            let wanted = frame.columns.iter().zip(kinds.iter().flatten());
            let untyped = wanted.filter(|(_, kind)| **kind == Kind::Inferred);
            frame.untyped = untyped.map(|(column, _)| column.name.clone()).collect();
            frame.notes.extend(want.unread(&header));
        } else {
            check_same(path, &header, &kinds, &frame, &files[0])?;
        }
        frame.origin.next_file(path);
        let table =
            Table { path, header: &header, kinds: &kinds, format, time_unit: want.time_unit };
        read_file(&table, blocks, &mut frame)?;
    }
    Ok(frame)
}

/// The names of a file's columns: those of its header, if the format does not give them.
pub(crate) fn header(path: &Path, format: &Format) -> Result<Vec<String>, DataError> {
    match &format.names {
        Some(names) => Ok(names.clone()),
        None => Blocks::open(path, format, BLOCK)?.header(),
    }
}

/// The same, once the columns that are needed are known to be there.
pub(crate) fn header_with(
    path: &Path,
    format: &Format,
    want: &Want,
) -> Result<Vec<String>, DataError> {
    let header = header(path, format)?;
    kinds(path, &header, format, want)?;
    Ok(header)
}

/// What each column is read as.
fn kinds(
    path: &Path,
    header: &[String],
    format: &Format,
    want: &Want,
) -> Result<Vec<Option<Kind>>, DataError> {
    let kinds = want.of(header, path);
    kinds.map_err(|error| hints::other_delimiter(path, header, format).unwrap_or(error))
}

/// What is known of a file while its blocks are read.
struct Table<'a> {
    path: &'a Path,
    header: &'a [String],
    kinds: &'a [Option<Kind>],
    format: &'a Format,
    time_unit: TimeUnit,
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
        found: joined(header),
        expected: format!("the columns of {} ({})", first.display(), joined(&expected)),
    })
}

/// Adds a file's rows.
fn read_file(
    table: &Table<'_>,
    mut blocks: Blocks<'_>,
    frame: &mut Frame,
) -> Result<(), DataError> {
    let n_at_once = 2 * rayon::current_num_threads();
    let mut ends = LineEnds::default();
    ends.count(blocks.header_end());
    let mut next = blocks.take(n_at_once)?;
    while !next.is_empty() {
        let (parsed, after) = rayon::join(
            || next.par_iter().map(|block| parse(table, block)).collect::<Vec<_>>(),
            || blocks.take(n_at_once),
        );
        for parsed in parsed {
            let parsed = parsed?;
            ends.add(&parsed.ends);
            parsed.append_to(frame);
        }
        next = after?;
    }
    let repairs = [
        ("byte order mark passed over", blocks.had_mark()),
        ("file with mixed line ends", ends.is_mixed()),
    ];
    for (repair, _) in repairs.into_iter().filter(|(_, is_needed)| *is_needed) {
        *frame.repairs.entry(repair.to_owned()).or_default() += 1;
    }
    Ok(())
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
