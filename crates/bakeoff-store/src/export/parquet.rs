//! Rows as Parquet: 64-bit numbers, booleans and UTF-8, null where a trial has no such value.

use std::io::{self, Write};
use std::mem;
use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, Type as PhysicalType};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;

use super::rows::{Cell, Columns, Kind};
use super::{Failed, Source};

/// Rows that are in memory at a time.
const ROWS_PER_GROUP: usize = 8192;

pub(super) fn write(source: &mut Source<'_>, file: &mut (impl Write + Send)) -> Result<(), Failed> {
    let columns = Columns::of(source)?;
    let fields = columns.columns.iter().map(|(name, kind)| Ok(Arc::new(field(name, *kind)?)));
    let fields = fields.collect::<Result<_, _>>().map_err(failed)?;
    let schema = Type::group_type_builder("trials").with_fields(fields).build().map_err(failed)?;
    let properties = Arc::new(WriterProperties::default());
    let mut writer =
        SerializedFileWriter::new(file, Arc::new(schema), properties).map_err(failed)?;
    let mut rows = Vec::new();
    source.each(|outcome| {
        rows.push(columns.cells(&outcome)?);
        if rows.len() == ROWS_PER_GROUP {
            write_group(&mut writer, &columns, mem::take(&mut rows))?;
        }
        Ok(())
    })?;
    if !rows.is_empty() {
        write_group(&mut writer, &columns, rows)?;
    }
    writer.close().map(drop).map_err(failed)
}

fn field(name: &str, kind: Kind) -> Result<Type, ParquetError> {
    let (physical, logical) = match kind {
        Kind::Bool => (PhysicalType::BOOLEAN, None),
        Kind::Int => (PhysicalType::INT64, None),
        Kind::Float => (PhysicalType::DOUBLE, None),
        Kind::Text => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
    };
    Type::primitive_type_builder(name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical)
        .build()
}

fn write_group<W: Write + Send>(
    writer: &mut SerializedFileWriter<W>,
    columns: &Columns,
    rows: Vec<Vec<Option<Cell>>>,
) -> Result<(), Failed> {
    let mut group = writer.next_row_group().map_err(failed)?;
    let mut by_column: Vec<Vec<Option<Cell>>> =
        columns.columns.iter().map(|_| Vec::with_capacity(rows.len())).collect();
    for row in rows {
        by_column.iter_mut().zip(row).for_each(|(column, cell)| column.push(cell));
    }
    for cells in by_column {
        write_column(&mut group, cells).map_err(failed)?;
    }
    group.close().map(drop).map_err(failed)
}

fn write_column<W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    cells: Vec<Option<Cell>>,
) -> Result<(), ParquetError> {
    let there: Vec<i16> = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
    let cells = cells.into_iter().flatten();
    let missing = || ParquetError::General("there are more columns than the schema has".into());
    let mut column = group.next_column()?.ok_or_else(missing)?;
    // The columns made every cell of its column's kind.
    match column.untyped() {
        ColumnWriter::BoolColumnWriter(writer) => {
            let values: Vec<bool> = cells.map(|cell| matches!(cell, Cell::Bool(true))).collect();
            writer.write_batch(&values, Some(&there), None)
        }
        ColumnWriter::Int64ColumnWriter(writer) => {
            let value = |cell| if let Cell::Int(value) = cell { value } else { 0 };
            writer.write_batch(&cells.map(value).collect::<Vec<i64>>(), Some(&there), None)
        }
        ColumnWriter::DoubleColumnWriter(writer) => {
            let value = |cell| if let Cell::Float(value) = cell { value } else { f64::NAN };
            writer.write_batch(&cells.map(value).collect::<Vec<f64>>(), Some(&there), None)
        }
        ColumnWriter::ByteArrayColumnWriter(writer) => {
            let values: Vec<ByteArray> =
                cells.map(|cell| ByteArray::from(cell.text().into_bytes())).collect();
            writer.write_batch(&values, Some(&there), None)
        }
        _ => Err(ParquetError::General("a column is of no kind of ours".into())),
    }?;
    column.close()
}

fn failed(error: ParquetError) -> Failed {
    Failed::Writing(io::Error::other(error))
}
