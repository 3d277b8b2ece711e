//! What a spec says of the data and the data do not bear out: where it says so, and how to mend it.

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};

use bakeoff_spec::DataPart;

use crate::error::DataError;
use crate::ids::Ids;
use crate::wording::listed;

/// What went wrong, and what would help.
#[derive(Debug, thiserror::Error)]
pub enum MismatchError {
    /// A table beside the interactions is about nobody in them.
    #[error(
        "{}: none of the {n_ids} ids of the data stands in the column `{key}`: the table has {}, the data have {}; {fix}",
        path.display(), listed(of_table), listed(of_data)
    )]
    NoMatch {
        /// The table's file or query.
        path: PathBuf,
        /// The column of ids.
        key: String,
        /// Users or items of the data.
        n_ids: usize,
        /// Some ids of the table.
        of_table: Vec<String>,
        /// Some ids of the data.
        of_data: Vec<String>,
        /// What would help.
        fix: &'static str,
    },
    /// A file beside the ratings that the spec asks for is not there.
    #[error("{} has no {file}, which `{param}: true` asks for; put it there or leave `{param}` out", folder.display())]
    NoSideFile {
        /// The folder or archive.
        folder: PathBuf,
        /// Its name.
        file: String,
        /// The parameter that asks for it.
        param: &'static str,
    },
    /// A step is for images and no column holds any.
    #[error(
        "step `{step}`: no column holds images; join some with `{{ to: items, name: images }}`, or remove the step"
    )]
    NoImages {
        /// The step.
        step: &'static str,
    },
    /// What is wrong with a join or a step.
    #[error(transparent)]
    At(#[from] At),
}

/// An error, and the part of the data section that it is about.
#[derive(Debug)]
pub struct At {
    /// The join or step.
    pub part: DataPart,
    /// What is wrong with it.
    pub error: DataError,
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for At {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&self.error)
    }
}

impl DataError {
    /// The same error of a part of the data section.
    pub(crate) fn at(self, part: DataPart) -> Self {
        Box::new(MismatchError::from(At { part, error: self })).into()
    }

    /// Which join or step it is about, if that is known, and what is wrong with it.
    pub fn placed(&self) -> (Option<DataPart>, &Self) {
        match self {
            Self::Mismatch(mismatch) => match &**mismatch {
                MismatchError::At(At { part, error }) => (Some(*part), error),
                _ => (None, self),
            },
            _ => (None, self),
        }
    }

    /// The column that is to blame, by its name in the spec.
    pub fn column(&self) -> Option<&str> {
        match self.placed().1 {
            Self::UnknownColumn { column, .. }
            | Self::Column { column, .. }
            | Self::CannotFill { column, .. }
            | Self::MissingColumn { column, .. } => Some(column),
            Self::Mismatch(mismatch) => match &**mismatch {
                MismatchError::NoMatch { key, .. } => Some(key),
                _ => None,
            },
            _ => None,
        }
    }
}

impl MismatchError {
    /// The error of a table whose `names` are none of the `ids`.
    pub(crate) fn no_match(path: &Path, key: &str, names: &Ids, ids: &Ids) -> Self {
        let some = |ids: &Ids| ids.names().take(EXAMPLES).map(str::to_owned).collect();
        let (path, key) = (path.to_owned(), key.to_owned());
        let (of_table, of_data) = (some(names), some(ids));
        Self::NoMatch { path, key, n_ids: ids.len(), of_table, of_data, fix: fix(names, ids) }
    }

    /// The same error without ids.
    pub(crate) fn redacted(self, hidden: &str, of_data: impl Fn(DataError) -> DataError) -> Self {
        let hide = |ids: Vec<String>| vec![hidden.to_owned(); ids.len().min(1)];
        match self {
            Self::NoMatch { path, key, n_ids, of_table, of_data, fix } => {
                let (of_table, of_data) = (hide(of_table), hide(of_data));
                Self::NoMatch { path, key, n_ids, of_table, of_data, fix }
            }
            Self::At(At { part, error }) => Self::At(At { part, error: of_data(error) }),
            Self::NoSideFile { .. } | Self::NoImages { .. } => self,
        }
    }
}

/// How many ids of each side an error shows.
const EXAMPLES: usize = 3;
/// How many are compared to tell how the two sides are written.
const COMPARED: usize = 10_000;

/// An id as it would be written otherwise; `None` where it would not.
type Rewrite = fn(&str) -> Option<String>;

/// What most likely keeps the two sides apart.
fn fix(names: &Ids, ids: &Ids) -> &'static str {
    if names.is_empty() {
        return "the table has no rows";
    }
    let ways: [(Rewrite, &str); 3] = [
        (
            |id| id.parse::<f64>().ok().map(|number| number.to_string()),
            "they are the same numbers written in two ways, as 1 and 1.0 or 01 are: write them alike in both",
        ),
        (
            |id| Some(id.trim().to_lowercase()),
            "they differ in upper and lower case alone: write them alike in both",
        ),
        (
            |id| {
                let digits = id.trim_start_matches(|c: char| !c.is_ascii_digit());
                (!digits.is_empty()).then(|| digits.to_owned())
            },
            "they differ in what stands before the number, as u1 and 1 do: write them alike in both",
        ),
    ];
    let alike = ways.into_iter().find(|(rewrite, _)| {
        let ids: HashSet<String> = ids.names().take(COMPARED).filter_map(rewrite).collect();
        let mut names = names.names().take(COMPARED).filter_map(rewrite);
        names.any(|name| ids.contains(&name))
    });
    alike.map_or(
        "name the column that holds the ids of the interactions, and look whether the table is of users or of items",
        |(_, fix)| fix,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(names: &[&str], ids: &[&str]) -> String {
        let [names, ids] = [names, ids].map(|ids| ids.iter().collect::<Ids>());
        MismatchError::no_match(Path::new("people.csv"), "id", &names, &ids).to_string()
    }

    #[test]
    fn two_sides_that_are_written_differently_are_shown_with_the_likely_fix() {
        assert_eq!(
            told(&["1.0", "2.0", "3.0", "4.0"], &["4", "7"]),
            "people.csv: none of the 2 ids of the data stands in the column `id`: the table has `1.0`, `2.0`, `3.0`, \
             the data have `4`, `7`; they are the same numbers written in two ways, as 1 and 1.0 or 01 are: write \
             them alike in both"
        );
        assert!(told(&["Ann"], &["ann"]).contains("upper and lower case"));
        assert!(told(&["user_17"], &["17"]).contains("before the number"));
        assert!(told(&["comedy"], &["17"]).contains("name the column that holds the ids"));
        assert!(
            told(&[], &["17"])
                .ends_with("the table has none, the data have `17`; the table has no rows")
        );
    }
}
