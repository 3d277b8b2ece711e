//! Tables that are the result of a query, against a SQLite file or a PostgreSQL server.
//!
//! What a query gives is hashed row by row, so that the content is that of the rows and neither that of a file nor of a
//! server. Without `ORDER BY` a server may give rows in another order each time; hence, unless the query's own order is
//! asked for, the hash does not depend on the order and rows are read in an order that depends on what they hold alone.

mod postgres;
mod sqlite;
mod tls;
mod wire;

use std::path::{Path, PathBuf};

use bakeoff_spec::registry::{SpecPath, SpecPlace};
use bakeoff_spec::trial::content_key;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cells::{Cell, Cells, Wrong};
use crate::column::RawColumn;
use crate::delimited::shortened;
use crate::error::DataError;
use crate::frame::{Frame, Kind, Want};
use crate::interactions::Origin;

/// A query and where it goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Query<'a> {
    pub(crate) database: Database<'a>,
    pub(crate) text: &'a str,
    pub(crate) order: RowOrder,
}

/// Where a query goes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Database<'a> {
    Sqlite(&'a Path),
    Postgres {
        /// A URL, or words such as `host=…`.
        server: &'a str,
        /// The environment variable that holds the password.
        password_env: &'a str,
        /// Who may have signed the server's certificate; anybody if not given.
        certificates: Option<&'a Path>,
    },
}

/// The order in which the rows of a query are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RowOrder {
    /// One that depends on what the rows hold alone, and is no order in time: of the same rows it is always the same.
    #[default]
    Content,
    /// That of the query, which must end in an `ORDER BY` that leaves no two different rows in either order.
    Query,
}

impl<'a> Database<'a> {
    /// The database that parameters name.
    pub(crate) fn of(
        sqlite: Option<&'a SpecPath>,
        server: Option<&'a SpecPlace>,
        password_env: &'a SpecPlace,
        certificates: Option<&'a SpecPath>,
    ) -> Result<Self, String> {
        match (sqlite, server) {
            (Some(path), None) => Ok(Self::Sqlite(path.as_ref())),
            (None, Some(server)) => Ok(Self::Postgres {
                server: &server.0,
                password_env: &password_env.0,
                certificates: certificates.map(AsRef::as_ref),
            }),
            _ => {
                Err("give either `sqlite`, the path of a database, or `postgres`, a server".into())
            }
        }
    }
}

impl Query<'_> {
    /// What parameters can be checked for without the database.
    pub(crate) fn check(&self) -> Result<(), String> {
        if let Database::Postgres { server, password_env, certificates } = self.database {
            postgres::check(server, password_env, certificates)?;
        }
        if self.text.trim().is_empty() {
            return Err("query: is empty".into());
        }
        let words = self.text.to_lowercase();
        let words: Vec<&str> = words.split_whitespace().collect();
        if self.order == RowOrder::Query && !words.windows(2).any(|pair| pair == ["order", "by"]) {
            return Err("order: the query has no ORDER BY, and a database may give its rows in any order then; add \
                        one, or use `order: content`"
                .into());
        }
        Ok(())
    }

    /// A hash of the rows, as far as they are wanted.
    pub(crate) fn content(&self, want: &Want) -> Result<String, DataError> {
        let mut rows = Rows::new(self.label(), want, self.order);
        self.run(&mut rows)?;
        Ok(rows.content())
    }

    /// The rows, and [`Query::content`] of just these. The line of one is its number in the result, from 1.
    pub(crate) fn read(&self, want: &Want) -> Result<(Frame, String), DataError> {
        let mut rows = Rows::new(self.label(), want, self.order);
        rows.is_read = true;
        self.run(&mut rows)?;
        let content = rows.content();
        Ok((rows.into_frame(), content))
    }

    /// The names of the wanted columns; the query is asked for and not run.
    pub(crate) fn columns(&self, want: &Want) -> Result<Vec<String>, DataError> {
        let mut rows = Rows::new(self.label(), want, self.order);
        rows.is_header_only = true;
        self.run(&mut rows)?;
        Ok(rows.columns.into_iter().map(|(name, _)| name).collect())
    }

    fn run(&self, rows: &mut Rows<'_>) -> Result<(), DataError> {
        match self.database {
            Database::Sqlite(path) => sqlite::run(path, self.text, rows),
            Database::Postgres { server, password_env, certificates } => {
                postgres::run(server, password_env, certificates, self.text, rows)
            }
        }
    }

    /// What messages call the table.
    fn label(&self) -> PathBuf {
        match self.database {
            Database::Sqlite(path) => path.to_owned(),
            Database::Postgres { server, .. } => postgres::place(server).into(),
        }
    }
}

/// What stands in a query from where a message means, for the message.
fn around(rest: &str) -> String {
    let line = rest.trim_start().lines().next().unwrap_or_default();
    if line.is_empty() {
        " at the end of the query".into()
    } else {
        format!(" at `{}`", shortened(line))
    }
}

/// What a column of a result is, as far as its type says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Any,
    Text,
    List,
}

/// The wanted columns of a result, as its rows come in.
struct Rows<'w> {
    label: PathBuf,
    want: &'w Want,
    order: RowOrder,
    /// Whether rows are kept, or hashed alone.
    is_read: bool,
    /// Whether only the columns are asked for.
    is_header_only: bool,
    columns: Vec<(String, Cells)>,
    /// How many rows have come.
    n: u32,
    /// What a row is hashed from.
    bytes: Vec<u8>,
    /// The beginning of each row's hash.
    hashes: Vec<u128>,
    /// The sum of the rows' hashes, which does not depend on their order.
    sum: [u64; 4],
    /// The hash of the rows' hashes in their order.
    chain: blake3::Hasher,
}

impl<'w> Rows<'w> {
    fn new(label: PathBuf, want: &'w Want, order: RowOrder) -> Self {
        Self {
            label,
            want,
            order,
            is_read: false,
            is_header_only: false,
            columns: Vec::new(),
            n: 0,
            bytes: Vec::new(),
            hashes: Vec::new(),
            sum: [0; 4],
            chain: blake3::Hasher::new(),
        }
    }

    /// Takes note of the columns of the result; the numbers of those that are wanted.
    fn begin(&mut self, columns: &[(String, Shape)]) -> Result<Vec<usize>, DataError> {
        let header: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
        if let Some(i) = (0..header.len()).find(|&i| header[..i].contains(&header[i])) {
            return Err(DataError::Sql {
                place: self.label.display().to_string(),
                reason: format!("two columns of the result are called `{}`", header[i]),
                fix: "name each once, with AS".to_owned(),
            });
        }
        let kinds = self.want.of(&header, &self.label)?;
        let mut wanted = Vec::new();
        for (index, ((name, shape), kind)) in columns.iter().zip(kinds).enumerate() {
            let Some(kind) = kind else { continue };
            let mut cells = Cells::new(kind, self.want.time_unit, 0);
            if kind == Kind::Inferred {
                match shape {
                    Shape::Any => {}
                    Shape::Text => cells.make_texts(),
                    Shape::List => cells.make_tags(),
                }
            }
            self.columns.push((name.clone(), cells));
            wanted.push(index);
        }
        Ok(wanted)
    }

    /// Takes the wanted values of a row.
    fn row(&mut self, row: &[Cell<'_>]) -> Result<(), DataError> {
        self.n = self.n.saturating_add(1);
        self.bytes.clear();
        for cell in row {
            hashed(cell, &mut self.bytes);
        }
        let hash = blake3::hash(&self.bytes);
        let lanes = hash.as_bytes().chunks_exact(8);
        for (sum, lane) in self.sum.iter_mut().zip(lanes) {
            *sum = sum.wrapping_add(lane.iter().fold(0, |all, &byte| all << 8 | u64::from(byte)));
        }
        if self.order == RowOrder::Query {
            self.chain.update(hash.as_bytes());
        }
        if !self.is_read {
            return Ok(());
        }
        let start = hash.as_bytes()[..16].iter().fold(0, |all, &byte| all << 8 | u128::from(byte));
        self.hashes.push(start);
        for ((name, cells), cell) in self.columns.iter_mut().zip(row) {
            cells.push(cell).map_err(|Wrong { found, expected }| DataError::Value {
                path: self.label.clone(),
                line: self.n.into(),
                column: name.clone(),
                found,
                expected: expected.to_owned(),
            })?;
        }
        Ok(())
    }

    /// A hash of the rows that have come.
    fn content(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|(name, _)| name.as_str()).collect();
        let sum = match self.order {
            RowOrder::Content => self.sum.map(|lane| format!("{lane:016x}")).concat(),
            RowOrder::Query => self.chain.finalize().to_hex().to_string(),
        };
        content_key(&(names, self.n, sum))
    }

    fn into_frame(self) -> Frame {
        let mut rows: Vec<u32> = (0..self.n).collect();
        if self.order == RowOrder::Content {
            rows.sort_by_key(|&row| self.hashes[row as usize]);
        }
        let mut origin = Origin::of(self.label);
        origin.extend(rows.iter().map(|&row| row + 1));
        let column = |(name, cells): (String, Cells)| {
            let values = cells.finish();
            let is_moved = self.order == RowOrder::Content;
            let moved = is_moved.then(|| values.take(rows.iter().map(|&row| Some(row))));
            RawColumn::new(name, moved.unwrap_or(values))
        };
        let columns = self.columns.into_iter().map(column).collect();
        Frame { columns, origin, ..Frame::default() }
    }
}

/// Bytes that differ where cells do.
fn hashed(cell: &Cell<'_>, bytes: &mut Vec<u8>) {
    let text = |tag: u8, text: &str, bytes: &mut Vec<u8>| {
        bytes.push(tag);
        bytes.extend((text.len() as u64).to_le_bytes());
        bytes.extend(text.as_bytes());
    };
    match cell {
        Cell::Missing => bytes.push(0),
        Cell::Bool(value) => bytes.extend([1, u8::from(*value)]),
        Cell::Integer(integer) => {
            bytes.push(2);
            bytes.extend(integer.to_le_bytes());
        }
        Cell::Number(number) => {
            bytes.push(3);
            bytes.extend(number.to_le_bytes());
        }
        Cell::Written(written) => text(4, written, bytes),
        Cell::Text(written) => text(5, written, bytes),
        Cell::Time(seconds) => {
            bytes.push(6);
            bytes.extend(seconds.to_le_bytes());
        }
        Cell::List(list) => {
            bytes.push(7);
            bytes.extend((list.len() as u64).to_le_bytes());
            for entry in list {
                text(5, entry, bytes);
            }
        }
    }
}
