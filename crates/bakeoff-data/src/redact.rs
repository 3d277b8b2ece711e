//! Where a recipe hides values, no message shows one: errors and notes; of panics see `panics.rs`.

use std::io;
use std::path::{Path, PathBuf};

use crate::error::DataError;

const HIDDEN: &str = "(hidden)";

impl DataError {
    /// The same error without anything that stands in the data: ids and values are replaced by `(hidden)`, and so are the
    /// names of files of which `is_named` says that they are those of users or items; other files, lines and columns stay.
    #[must_use]
    pub fn redacted(self, is_named: &dyn Fn(&Path) -> bool) -> Self {
        let hidden = || HIDDEN.to_owned();
        let unnamed = |path: PathBuf| if is_named(&path) { beside(&path) } else { path };
        match self {
            // A reader of a format may say what it has found.
            Self::Read { path, source } => {
                let source = match source.raw_os_error() {
                    Some(_) => source,
                    None => io::Error::new(source.kind(), HIDDEN),
                };
                Self::Read { path: unnamed(path), source }
            }
            Self::Value { path, line, column, found: _, expected } => {
                Self::Value { path: unnamed(path), line, column, found: hidden(), expected }
            }
            // In a file without a header, the first row stands for the names.
            Self::MissingColumn { path, column, param, present: _, suggestion: _ } => {
                let present = vec![hidden()];
                Self::MissingColumn { path, column, param, present, suggestion: None }
            }
            Self::Twice { path, line, id: _ } => Self::Twice { path, line, id: hidden() },
            Self::Column { step, column, reason } => {
                Self::Column { step, column, reason: without_quoted(&reason) }
            }
            Self::SameName { first, second, id: _ } => {
                Self::SameName { first: beside(&first), second: beside(&second), id: hidden() }
            }
            Self::Broken { what, n_broken, n_files, max_broken, first: _ } => {
                Self::Broken { what, n_broken, n_files, max_broken, first: vec![hidden()] }
            }
            Self::Unnamed { what, n_without, n_ids, max_missing, id: _, file } => {
                let (id, file) = (hidden(), beside(&file));
                Self::Unnamed { what, n_without, n_ids, max_missing, id, file }
            }
            Self::Array { path, reason } => {
                Self::Array { path: unnamed(path), reason: without_quoted(&reason) }
            }
            Self::Mismatch(mismatch) => {
                Box::new(mismatch.redacted(HIDDEN, |error| error.redacted(is_named))).into()
            }
            // A parser or a server may quote what it could not read.
            Self::Format { path, format, reason: _ } => {
                Self::Format { path: unnamed(path), format, reason: hidden() }
            }
            Self::Sql { place, reason: _, fix } => Self::Sql { place, reason: hidden(), fix },
            // What the system says of a file below it holds the file's name.
            Self::NoFiles { path, reason } => {
                let is_ours = reason.starts_with("no file");
                Self::NoFiles { path, reason: if is_ours { reason } else { hidden() } }
            }
            // Not `_`: whoever adds a variant is to ask what it can hold.
            Self::Write { .. }
            | Self::Fields { .. }
            | Self::Unknown { .. }
            | Self::Params { .. }
            | Self::SourceChanged { .. }
            | Self::NeedsRatings { .. }
            | Self::NeedsTimestamps { .. }
            | Self::Missing { .. }
            | Self::UnknownColumn { .. }
            | Self::CannotFill { .. }
            | Self::NothingLeft { .. }
            | Self::EmptyPart { .. }
            | Self::Damaged { .. }
            | Self::NoParts
            | Self::StepOrder { .. }
            | Self::ColumnTwice { .. }
            | Self::ColumnType { .. }
            | Self::NotFetchable { .. }
            | Self::Download { .. }
            | Self::NoMirror { .. }
            | Self::Mirror { .. }
            | Self::Archive { .. }
            | Self::DiskFull { .. }
            // Groups of users are told by their sizes alone.
            | Self::Privacy(_) => self,
        }
    }
}

/// A path whose last part is hidden.
fn beside(path: &Path) -> PathBuf {
    path.with_file_name(HIDDEN)
}

/// The text with all from its first backtick to its last one hidden: values are quoted so, and may hold one.
pub(crate) fn without_quoted(text: &str) -> String {
    match text.split_once('`') {
        None => text.to_owned(),
        Some((before, rest)) => {
            let after = rest.rsplit_once('`').map_or("", |(_, after)| after);
            format!("{before}`{HIDDEN}`{after}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_values_are_hidden_and_their_place_stays() {
        let path = || "x.csv".into();
        let value = DataError::Value {
            path: path(),
            line: 3,
            column: "age".into(),
            found: "alice".into(),
            expected: "a number".into(),
        };
        let header = DataError::MissingColumn {
            path: path(),
            column: "user".into(),
            param: "user",
            present: vec!["alice".into()],
            suggestion: Some("alice".into()),
        };
        let source = io::Error::new(io::ErrorKind::InvalidData, "alice is no number");
        let gone = || io::Error::from_raw_os_error(2);
        let errors = [
            (value, "x.csv, line 3, column `age`: found `(hidden)`, expected a number"),
            (
                DataError::Twice { path: path(), line: 4, id: "alice".into() },
                "x.csv, line 4: `(hidden)` was described before; remove one of the two lines",
            ),
            (header, "x.csv has no column `user`; it has `(hidden)`; `user` names the column"),
            (DataError::Read { path: path(), source }, "cannot read x.csv"),
            (
                DataError::Read { path: "faces/alice.png".into(), source: gone() },
                "cannot read faces/(hidden)",
            ),
            (
                DataError::SameName {
                    first: "faces/alice.png".into(),
                    second: "faces/alice.jpg".into(),
                    id: "alice".into(),
                },
                "faces/(hidden) and faces/(hidden) are both named after `(hidden)`; remove one of the two",
            ),
        ];
        for (error, expected) in errors {
            let redacted = error.redacted(&|path| path.ends_with("alice.png"));
            assert_eq!(redacted.to_string(), expected);
            assert!(!format!("{redacted:?}").contains("alice"), "{redacted:?}");
        }
        let read = DataError::Read { path: path(), source: gone() }.redacted(&|_| false);
        let source = std::error::Error::source(&read).unwrap().to_string();
        assert_eq!(source, gone().to_string(), "what the system says holds no value");
    }

    #[test]
    fn quoted_values_are_hidden_even_if_they_hold_a_quote() {
        assert_eq!(without_quoted("holds text"), "holds text");
        assert_eq!(
            without_quoted("row 3 has `al`ice`, no number"),
            "row 3 has `(hidden)`, no number"
        );
        assert_eq!(without_quoted("ends in `alice"), "ends in `(hidden)`");
    }
}
