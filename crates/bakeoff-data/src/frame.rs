//! A table as a file or a query holds it, before its columns get their roles.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::column::{RawColumn, Values};
use crate::delimited::{is_missing, loses_digits, parse_number};
use crate::error::{DataError, nearest};
use crate::ids::Ids;
use crate::interactions::{Interactions, Origin, Repairs};
use crate::joins::Joined;
use crate::mismatch::MismatchError;
use crate::splits::Assigned;

/// Columns by name, all of one length.
#[derive(Debug, Clone, Default)]
pub(crate) struct Frame {
    pub(crate) columns: Vec<RawColumn>,
    /// Those of [`Kind::Inferred`] whose source has no types: where every text is a number, they are numbers.
    pub(crate) untyped: Vec<String>,
    /// Where each row stands.
    pub(crate) origin: Origin,
    pub(crate) repairs: Repairs,
    /// What a reader of the card should know.
    pub(crate) notes: Vec<String>,
}

/// Which columns a reader is to bring, and as what.
#[derive(Debug, Clone, Default)]
pub(crate) struct Want {
    pub(crate) fields: Vec<Field>,
    /// Whether to bring every other column too, [`Kind::Inferred`].
    pub(crate) rest: bool,
    /// What a number that is a time counts.
    pub(crate) time_unit: TimeUnit,
}

/// What a number that is a time counts, since the beginning of 1970.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimeUnit {
    /// Seconds.
    #[default]
    Seconds,
    /// Milliseconds.
    Milliseconds,
}

impl TimeUnit {
    /// A number of these as seconds.
    pub(crate) fn seconds(self, number: f64) -> f64 {
        match self {
            Self::Seconds => number,
            Self::Milliseconds => number / 1000.0,
        }
    }
}

/// A column that a reader is to bring.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) name: String,
    /// The parameter that names it, for messages.
    pub(crate) param: &'static str,
    pub(crate) kind: Kind,
    /// Whether the table must have it.
    pub(crate) is_required: bool,
}

/// What a column is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text in every row.
    Id,
    /// Numbers, NaN where missing.
    Number,
    /// Seconds since 1970, NaN where missing; dates are read too.
    Time,
    /// Text, empty where missing.
    Text,
    /// Numbers if every value that is there is one, else text; lists as tags. Where a source has types, they decide.
    Inferred,
}

/// The columns of interactions, as a spec names them.
#[derive(Debug, Clone)]
pub(crate) struct Roles<'a> {
    pub(crate) user: &'a str,
    pub(crate) item: &'a str,
    /// By default `rating`, if it is there.
    pub(crate) rating: Option<&'a str>,
    /// By default `timestamp`, if it is there.
    pub(crate) timestamp: Option<&'a str>,
    /// What else is read of each row.
    pub(crate) columns: &'a [String],
    /// The column that says which part a row belongs to.
    pub(crate) part: Option<&'a str>,
}

impl Roles<'_> {
    fn rating_column(&self) -> &str {
        self.rating.unwrap_or("rating")
    }

    fn timestamp_column(&self) -> &str {
        self.timestamp.unwrap_or("timestamp")
    }

    /// The columns that a table with this header has, as they are called once it is read.
    pub(crate) fn names(&self, header: &[String]) -> Vec<String> {
        let own = [("rating", self.rating_column()), ("timestamp", self.timestamp_column())];
        let own = own.into_iter().filter(|(_, column)| header.iter().any(|name| name == column));
        own.map(|(name, _)| name.to_owned()).chain(self.columns.iter().cloned()).collect()
    }

    /// Each role is another column's.
    pub(crate) fn check(&self) -> Result<(), String> {
        let (rating, timestamp) = (self.rating_column(), self.timestamp_column());
        let named = [("user", Some(self.user)), ("item", Some(self.item))];
        let named =
            named.into_iter().chain([("rating", Some(rating)), ("timestamp", Some(timestamp))]);
        let named = named.chain([("part", self.part)]);
        let others = self.columns.iter().map(|column| ("columns", Some(column.as_str())));
        let mut taken = std::collections::HashMap::new();
        for (param, column) in named.chain(others) {
            let Some(column) = column else { continue };
            if let Some(other) = taken.insert(column, param) {
                return Err(format!("{param}: `{column}` is already the column of `{other}`"));
            }
        }
        Ok(())
    }
}

/// The most columns that are told as unread.
const MOST_UNREAD: usize = 20;

impl Want {
    /// The columns of interactions.
    pub(crate) fn roles(roles: &Roles<'_>) -> Self {
        let field = |name: &str, param, kind, is_required| Field {
            name: name.to_owned(),
            param,
            kind,
            is_required,
        };
        let mut fields = vec![
            field(roles.user, "user", Kind::Id, true),
            field(roles.item, "item", Kind::Id, true),
            field(roles.rating_column(), "rating", Kind::Number, roles.rating.is_some()),
            field(roles.timestamp_column(), "timestamp", Kind::Time, roles.timestamp.is_some()),
        ];
        if let Some(part) = roles.part {
            fields.push(field(part, "part", Kind::Id, true));
        }
        for column in roles.columns {
            fields.push(field(column, "columns", Kind::Inferred, true));
        }
        Self { fields, ..Self::default() }
    }

    /// A table about users or items: its `key`, and `columns` (all, if it names none).
    pub(crate) fn side(key: &str, param: &'static str, columns: Option<&[String]>) -> Self {
        let field = |name: &str, param, kind| Field {
            name: name.to_owned(),
            param,
            kind,
            is_required: true,
        };
        let mut fields = vec![field(key, param, Kind::Id)];
        for column in columns.unwrap_or_default() {
            fields.push(field(column, "columns", Kind::Inferred));
        }
        Self { fields, rest: columns.is_none(), ..Self::default() }
    }

    /// Of a table about users or items: the key is no column beside it.
    pub(crate) fn check_side(key: &str, columns: Option<&[String]>) -> Result<(), String> {
        match columns {
            Some(columns) if columns.iter().any(|column| column == key) => {
                Err(format!("columns: `{key}` is the `key`; leave it out"))
            }
            _ => Ok(()),
        }
    }

    /// The columns that a table about users or items with this header brings: those that are wanted but for the key.
    pub(crate) fn names_beside_key(
        &self,
        header: &[String],
        path: &Path,
    ) -> Result<Vec<String>, DataError> {
        let wanted = header.iter().zip(self.of(header, path)?);
        let wanted = wanted.filter(|(name, kind)| kind.is_some() && **name != self.fields[0].name);
        Ok(wanted.map(|(name, _)| name.clone()).collect())
    }

    /// Which columns of a table nothing reads, to be told; of one that is spelt like a missing column but for upper and
    /// lower case, how to have it read.
    pub(crate) fn unread(&self, header: &[String]) -> Option<String> {
        let is_wanted = |name: &str| self.fields.iter().any(|field| field.name == name);
        let unread: Vec<&String> =
            header.iter().filter(|name| !self.rest && !is_wanted(name)).collect();
        let told = |name: &&String| {
            let is_absent = |field: &&Field| !header.contains(&field.name);
            let mut absent = self.fields.iter().filter(is_absent);
            match absent.find(|field| field.name.to_lowercase() == name.to_lowercase()) {
                Some(Field { param, .. }) => {
                    format!("`{name}` (write `{param}: {name}` in the source if it is the {param})")
                }
                None => format!("`{name}`"),
            }
        };
        let first: Vec<String> = unread.iter().take(MOST_UNREAD).map(told).collect();
        let more = match unread.len() - first.len() {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        let first = first.join(", ");
        (!unread.is_empty())
            .then(|| format!("Columns of the interactions that nothing reads: {first}{more}."))
    }

    /// Has one of the other columns read as `kind`.
    pub(crate) fn set_kind(&mut self, name: &str, kind: Kind) {
        if self.rest && !self.fields.iter().any(|field| field.name == name) {
            let (name, param) = (name.to_owned(), "columns");
            self.fields.push(Field { name, param, kind, is_required: false });
        }
    }

    /// What each of a table's columns is read as; `None` for those that are left aside.
    pub(crate) fn of(
        &self,
        header: &[String],
        path: &Path,
    ) -> Result<Vec<Option<Kind>>, DataError> {
        let mut kinds = vec![self.rest.then_some(Kind::Inferred); header.len()];
        for field in &self.fields {
            match header.iter().position(|name| *name == field.name) {
                Some(column) => kinds[column] = Some(field.kind),
                None if !field.is_required => {}
                None => {
                    return Err(DataError::MissingColumn {
                        path: path.to_owned(),
                        column: field.name.clone(),
                        param: field.param,
                        present: header.to_vec(),
                        suggestion: nearest(&field.name, header),
                    });
                }
            }
        }
        Ok(kinds)
    }
}

impl Frame {
    /// The rows as interactions. Columns that are read as [`Kind::Inferred`] become columns of rows.
    pub(crate) fn into_interactions(
        mut self,
        roles: &Roles<'_>,
    ) -> Result<Interactions, DataError> {
        let part = roles.part.map(|column| self.parts(column)).transpose()?;
        let rating = self.numbers(roles.rating_column());
        let timestamp = self.numbers(roles.timestamp_column());
        let (users, user) = self.ids(roles.user);
        let (items, item) = self.ids(roles.item);
        let columns = std::mem::take(&mut self.columns);
        let columns = columns.into_iter().map(|column| self.typed(column)).collect();
        Ok(Interactions {
            users,
            items,
            user,
            item,
            rating,
            timestamp,
            columns,
            part,
            origin: self.origin,
            repairs: self.repairs,
            notes: self.notes,
            ..Interactions::default()
        })
    }

    /// The rows as columns of `ids`, found by the column `key`; rows about others are left aside, since nobody can meet
    /// them. A table that is about none of `ids` is one that cannot have been meant.
    pub(crate) fn into_side(mut self, key: &str, ids: &Ids) -> Result<Joined, DataError> {
        let (names, codes) = self.ids(key);
        let mut rows = vec![None; ids.len()];
        for (row, &code) in codes.iter().enumerate() {
            let Some(index) = ids.index(names.name(code)) else { continue };
            if rows[index as usize].replace(row as u32).is_some() {
                let (path, line) = self.origin.place(row);
                let (path, id) = (path.to_owned(), names.name(code).to_owned());
                return Err(DataError::Twice { path, line, id });
            }
        }
        let n_matched = rows.iter().flatten().count();
        if n_matched == 0 && !ids.is_empty() {
            let path = self.origin.first_file();
            return Err(Box::new(MismatchError::no_match(path, key, &names, ids)).into());
        }
        let note =
            format!("{n_matched} of {} ids stand in the table with the key `{key}`.", ids.len());
        let notes = (n_matched < ids.len()).then_some(note).into_iter().collect();
        let columns = std::mem::take(&mut self.columns).into_iter();
        let taken = columns.map(|column| {
            let values = column.values.take(rows.iter().copied());
            self.typed(RawColumn::new(column.name, values))
        });
        Ok(Joined { columns: taken.collect(), notes, repairs: self.repairs, content: None })
    }

    /// A column with the type that its values give it, if its source gives it none.
    fn typed(&self, column: RawColumn) -> RawColumn {
        if self.untyped.contains(&column.name) { inferred(column) } else { column }
    }

    /// Takes a column of numbers out, if there is one.
    pub(crate) fn numbers(&mut self, name: &str) -> Option<Vec<f64>> {
        let column = self.columns.iter().position(|column| column.name == name)?;
        match self.columns.remove(column).values {
            Values::Number(numbers) => Some(numbers),
            other => unreachable!("a reader was asked for numbers and brought {}", other.kind()),
        }
    }

    /// Takes the column out that says which part each row belongs to.
    fn parts(&mut self, name: &str) -> Result<Vec<Assigned>, DataError> {
        let (names, codes) = self.ids(name);
        let part = |name: &str| match name.to_ascii_lowercase().as_str() {
            "train" | "training" => Some(Assigned::Train),
            "valid" | "validation" | "val" | "dev" => Some(Assigned::Valid),
            "test" => Some(Assigned::Test),
            _ => None,
        };
        let of_names: Vec<Option<Assigned>> = names.names().map(part).collect();
        let of_row = |(row, &code): (usize, &u32)| {
            of_names[code as usize].ok_or_else(|| {
                let (path, line) = self.origin.place(row);
                let (column, found) = (name.to_owned(), names.name(code).to_owned());
                let expected = "train, valid (validation, val, dev) or test".to_owned();
                DataError::Value { path: path.to_owned(), line, column, found, expected }
            })
        };
        codes.iter().enumerate().map(of_row).collect()
    }

    /// Takes a column of ids out.
    pub(crate) fn ids(&mut self, name: &str) -> (Ids, Vec<u32>) {
        let column = self.columns.iter().position(|column| column.name == name);
        let column = column.expect("a reader brings what it was asked for");
        match self.columns.remove(column).values {
            Values::Text(texts) => texts.into_parts(),
            other => unreachable!("a reader was asked for ids and brought {}", other.kind()),
        }
    }
}

/// A column of texts as numbers, if every one that is there is a number and there is at least one. An integer of more
/// digits than a double holds is no number.
pub(crate) fn inferred(column: RawColumn) -> RawColumn {
    let Values::Text(texts) = &column.values else { return column };
    // Values that only rows left aside have do not count.
    let mut is_used = vec![false; texts.values().len()];
    for &code in texts.codes() {
        is_used[code as usize] = true;
    }
    let number = |text: &str| parse_number(text).filter(|_| !loses_digits(text));
    let of_values: Vec<Option<f64>> = texts.values().names().map(number).collect();
    let used = || is_used.iter().zip(&of_values).filter(|(is_used, _)| **is_used);
    let is_number = used().all(|(_, number)| number.is_some())
        && used().any(|(_, number)| number.is_some_and(|number| !number.is_nan()));
    if is_number {
        let number = |&code: &u32| of_values[code as usize].unwrap_or(f64::NAN);
        let numbers = texts.codes().iter().map(number).collect();
        return RawColumn::new(column.name, Values::Number(numbers));
    }
    let known = |text: &str| if is_missing(text) { String::new() } else { text.to_owned() };
    RawColumn::new(column.name, Values::Text(texts.map(known)))
}
