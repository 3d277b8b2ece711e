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
        write(cells.map(|cell| cell.map(Cell::text).unwrap_or_default()).collect())
    })?;
    Ok(writer.flush()?)
}
