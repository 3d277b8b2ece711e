//! Rows as CSV.

use std::io::Write;

use super::rows::{Cell, Columns};
use super::{Failed, Source};

pub(super) fn write(source: &mut Source<'_>, file: &mut impl Write) -> Result<(), Failed> {
    let columns = Columns::of(source)?;
    let mut writer = csv::Writer::from_writer(file);
    let mut write = |record: Vec<String>| {
        writer.write_record(record).map_err(|error| Failed::Writing(error.into()))
    };
    write(columns.columns.iter().map(|(name, _)| name.clone()).collect())?;
    source.each(|outcome| {
        let cells = columns.cells(&outcome)?.into_iter();
        write(cells.map(|cell| cell.map(text).unwrap_or_default()).collect())
    })?;
    Ok(writer.flush()?)
}

/// A cell as it is written. Text may come from anybody's store, and a spreadsheet runs what begins like a formula: such
/// text is led by an apostrophe. A number never is, in a column of text neither.
fn text(cell: Cell) -> String {
    match cell {
        Cell::Text(text) if text.starts_with(FORMULA) && text.parse::<f64>().is_err() => {
            format!("'{text}")
        }
        cell => cell.text(),
    }
}

const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];
