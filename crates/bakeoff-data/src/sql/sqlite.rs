//! A query against a SQLite file, which is opened for reading alone.

use std::path::Path;

use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::types::ValueRef;
use rusqlite::{Batch, Connection, Error, ErrorCode, OpenFlags, Statement};

use super::{Rows, Shape};
use crate::cells::Cell;
use crate::error::DataError;

pub(super) fn run(path: &Path, query: &str, rows: &mut Rows<'_>) -> Result<(), DataError> {
    let wrong = |error: &Error| told(path, query, error);
    let connection = open(path)?;
    // One snapshot for as long as it lasts, whatever others write meanwhile.
    connection.execute_batch("BEGIN").map_err(|error| wrong(&error))?;
    let mut statement = one_statement(path, query, &connection)?;
    let columns: Vec<(String, Shape)> =
        statement.column_names().map(|name| (name.to_owned(), Shape::Any)).collect();
    let wanted = rows.begin(&columns)?;
    if rows.is_header_only {
        return Ok(());
    }
    let mut n_rows = 0;
    let mut result = statement.query([]).map_err(|error| wrong(&error))?;
    while let Some(row) = result.next().map_err(|error| wrong(&error))? {
        n_rows += 1;
        let mut cells = Vec::with_capacity(wanted.len());
        for &index in &wanted {
            let value = row.get_ref(index).map_err(|error| wrong(&error))?;
            let no_value = |found: &str, expected: &str| DataError::Value {
                path: path.to_owned(),
                line: n_rows,
                column: columns[index].0.clone(),
                found: found.to_owned(),
                expected: expected.to_owned(),
            };
            cells.push(match value {
                ValueRef::Null => Cell::Missing,
                ValueRef::Integer(integer) => Cell::Integer(integer.into()),
                ValueRef::Real(number) => Cell::Number(number),
                ValueRef::Text(text) => match std::str::from_utf8(text) {
                    Ok(text) => Cell::Text(text.into()),
                    Err(_) => return Err(no_value(&String::from_utf8_lossy(text), "UTF-8 text")),
                },
                ValueRef::Blob(_) => {
                    let expected =
                        "a number or a text; cast it in the query, such as CAST(x AS TEXT) AS x";
                    return Err(no_value("a blob", expected));
                }
            });
        }
        rows.row(&cells)?;
    }
    Ok(())
}

/// Opens a file for reading. One with a write-ahead log needs a file of shared memory beside it while it is read; where
/// none can be made because the folder may not be written to, and no log is there, nobody writes and it is read without.
fn open(path: &Path) -> Result<Connection, DataError> {
    let wrong = |error: &Error| told(path, "", error);
    // What does not exist or is no file, said in the same words as for other files.
    crate::input::open(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| wrong(&error))?;
    let looked = connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()));
    match looked {
        Ok(()) => Ok(connection),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::CannotOpen) => {
            let mut log = path.as_os_str().to_owned();
            log.push("-wal");
            if std::fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
                return Err(DataError::Sql {
                    place: path.display().to_string(),
                    reason: "it has a write-ahead log, and its folder cannot be written to, which reading that takes".into(),
                    fix: "run PRAGMA wal_checkpoint(TRUNCATE) where it can be, or make the folder writable".into(),
                });
            }
            let url = format!("file:{}?immutable=1", escaped(path));
            let flags = flags | OpenFlags::SQLITE_OPEN_URI;
            Connection::open_with_flags(url, flags).map_err(|error| wrong(&error))
        }
        Err(error) => Err(wrong(&error)),
    }
}

/// A path as SQLite takes it in a URL.
fn escaped(path: &Path) -> String {
    path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}

/// The one statement of a query, which must be one that reads.
fn one_statement<'c>(
    path: &Path,
    query: &str,
    connection: &'c Connection,
) -> Result<Statement<'c>, DataError> {
    let no_query = |reason: &str| DataError::Sql {
        place: path.display().to_string(),
        reason: reason.to_owned(),
        fix: "give one SELECT".to_owned(),
    };
    let mut statements = Batch::new(connection, query);
    let mut next = || statements.next().map_err(|error| told(path, query, &error));
    let Some(first) = next()? else { return Err(no_query("the query is empty")) };
    if next()?.is_some() {
        return Err(no_query("the query is more than one statement"));
    }
    // Statements such as ATTACH or PRAGMA change no rows; they give none either.
    if !first.readonly() || first.column_count() == 0 {
        return Err(no_query("the query does something else than read rows"));
    }
    Ok(first)
}

/// What SQLite says, in our words.
fn told(path: &Path, query: &str, error: &Error) -> DataError {
    if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) {
        let reason = "it does not begin as a SQLite database does".to_owned();
        return DataError::Format { path: path.to_owned(), format: "SQLite", reason };
    }
    let (reason, at) = match error {
        Error::SqlInputError { msg, offset, .. } => (msg.clone(), usize::try_from(*offset).ok()),
        Error::SqliteFailure(_, Some(message)) => (message.clone(), None),
        other => (other.to_string(), None),
    };
    let around = at.and_then(|at| query.get(at..)).map(super::around);
    let (place, fix) = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            (None, "somebody writes to it; try again when they have ended")
        }
        Some(ErrorCode::DatabaseCorrupt) => (None, "the file is damaged; restore it"),
        _ => (around, "mend the query"),
    };
    let reason = format!("{reason}{}", place.unwrap_or_default());
    DataError::Sql { place: path.display().to_string(), reason, fix: fix.to_owned() }
}
