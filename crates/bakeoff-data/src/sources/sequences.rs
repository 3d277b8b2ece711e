//! A line a user: `USER ITEM ITEM …`, oldest first. Neither ratings nor times, but the order is known.

use std::path::Path;

use bakeoff_spec::Plugin;
use bakeoff_spec::registry::SpecPath;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{INTERACTIONS, Source, TEST, VALID, part_files};
use crate::delimited::{NOT_UTF8, not_utf8};
use crate::error::DataError;
use crate::ids::Ids;
use crate::input::{self, InputFile, InputFiles};
use crate::interactions::Interactions;

/// How the names of such files end.
const ENDINGS: &[&str] = &["txt"];

/// Which files. A path is a file, a folder (of which the files below it are read whose names end in `.txt`, or in that
/// and `.gz`, `.zst` or `.zstd`), or a pattern such as `data/*.txt`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sequences {
    /// The file with a user a line: the user and then the items, oldest first, with blanks between.
    pub path: SpecPath,
    /// Where the data comes divided: the lines of the validation part, in which users may stand again. `path` is that
    /// of the training part then. Split `fixed` takes the parts as they are.
    #[serde(default)]
    pub valid: Option<SpecPath>,
    /// Where the data comes divided: the lines of the test part.
    #[serde(default)]
    pub test: Option<SpecPath>,
}

impl Plugin for Sequences {
    const NAME: &'static str = "sequences";
    const ABOUT: &'static str = "A line a user: the user, then the items, oldest first.";
    type Params = Self;
}

impl Source for Sequences {
    fn files(&self, _cache: &Path) -> Result<Vec<InputFile>, DataError> {
        part_files([Some(&self.path), self.valid.as_ref(), self.test.as_ref()], ENDINGS)
    }

    fn columns(&self, _files: &InputFiles) -> Result<Option<Vec<String>>, DataError> {
        Ok(Some(Vec::new()))
    }

    fn read(&self, files: &InputFiles) -> Result<Interactions, DataError> {
        let mut table = Interactions::default();
        for role in [INTERACTIONS, VALID, TEST] {
            let mut described = Ids::default();
            for path in files.of(role) {
                table.origin.next_file(&path);
                read(&path, &mut table, &mut described)?;
            }
        }
        table.divide(files.divided().1);
        Ok(table)
    }
}

/// Adds the lines of a file; `described` are the users of its part.
fn read(path: &Path, table: &mut Interactions, described: &mut Ids) -> Result<(), DataError> {
    let bytes = input::read(path)?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    for (bytes, number) in bytes.split(|&byte| byte == b'\n').zip(1u32..) {
        let (path, line) = (path.to_owned(), u64::from(number));
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Err(not_utf8(&path, line, "1".into(), bytes, NOT_UTF8));
        };
        let mut words = text.split_ascii_whitespace();
        let Some(user) = words.next() else { continue };
        let n_described = described.len();
        described.index_or_add(user);
        if described.len() == n_described {
            return Err(DataError::Twice { path, line, id: user.to_owned() });
        }
        let n_before = table.len();
        for item in words {
            table.push(user, item, f64::NAN, f64::NAN, number);
        }
        if table.len() == n_before {
            let expected = "a user and at least one item".to_owned();
            return Err(DataError::Fields { path, line, found: 1, expected });
        }
    }
    Ok(())
}
