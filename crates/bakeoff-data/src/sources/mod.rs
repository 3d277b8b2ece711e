//! Where interactions come from. To add a source: write its file, add its line.

use std::path::{Path, PathBuf};

use bakeoff_spec::registry::{SpecPath, find, params_of};
use bakeoff_spec::{Entry, Params, Plugin};

use crate::error::DataError;
use crate::fetch::Download;
use crate::input::{InputFile, InputFiles, expand};
use crate::interactions::Interactions;
use crate::splits::Assigned;

pub use crate::frame::TimeUnit;
pub use crate::sql::RowOrder;

bakeoff_spec::register! { SourceEntry, build;
    csv::Csv,
    recbole::RecBole,
    sequences::Sequences,
    ml_100k::Ml100k,
    synthetic::Synthetic,
    parquet::Parquet,
    json_lines::JsonLines,
    movielens::MovieLens,
    ncf::Ncf,
    sql::Sql,
}

/// The sources that can give [`Interactions::candidates`], each with the parameter that names their file.
pub const CANDIDATES: &[(&str, &str)] = &[("ncf", "negatives")];

/// A source with its parameters.
pub trait Source {
    /// The files it reads, in a fixed order. Their content is all that a prepared dataset depends on besides the
    /// parameters.
    fn files(&self, _cache: &Path) -> Result<Vec<InputFile>, DataError> {
        Ok(Vec::new())
    }

    /// What must be downloaded before, if anything.
    fn download(&self) -> Option<&'static Download> {
        None
    }

    /// What a source that reads no files reads: a hash of it.
    fn content(&self) -> Result<Option<String>, DataError> {
        Ok(None)
    }

    /// The names of its columns, `rating` and `timestamp` among them where it has them, without reading its rows; `None`
    /// where only reading tells.
    fn columns(&self, _files: &InputFiles) -> Result<Option<Vec<String>>, DataError> {
        Ok(None)
    }

    /// Whether one of its columns holds images.
    fn has_images(&self) -> bool {
        false
    }

    /// The interactions in `files`, which are those of [`Source::files`].
    fn read(&self, files: &InputFiles) -> Result<Interactions, DataError>;
}

/// Role of the files with the interactions.
pub const INTERACTIONS: &str = "interactions";
/// Role of the files with the interactions of the validation part, where the data comes divided.
pub const VALID: &str = "valid";
/// Role of the files with the interactions of the test part, where the data comes divided.
pub const TEST: &str = "test";
/// Role of the files with what is known of users.
pub const USERS: &str = "users";
/// Role of the files with what is known of items.
pub const ITEMS: &str = "items";

/// What files hold, in 32 hex digits; roles and order count, paths do not.
pub fn hash(files: &[(&'static str, PathBuf)]) -> Result<String, DataError> {
    let files: Vec<_> = files.iter().map(|(role, path)| InputFile::new(role, path)).collect();
    crate::input::content(&files, None)
}

/// The files with interactions: all of them, or those of the training part and those of `valid` and `test`.
fn part_files(
    paths: [Option<&SpecPath>; 3],
    endings: &[&str],
) -> Result<Vec<InputFile>, DataError> {
    let mut files = Vec::new();
    for (role, path) in [INTERACTIONS, VALID, TEST].into_iter().zip(paths) {
        let Some(path) = path else { continue };
        let paths = expand(path.as_ref(), endings)?;
        files.extend(paths.into_iter().map(|path| InputFile::new(role, path)));
    }
    Ok(files)
}

/// One thing alone says which part a row belongs to: a column, or the files `valid` and `test`.
fn check_parts(column: Option<&str>, files: [Option<&SpecPath>; 2]) -> Result<(), String> {
    if column.is_some() && files.iter().any(Option::is_some) {
        return Err("part: a column says it, or the files `valid` and `test` do, not both".into());
    }
    Ok(())
}

impl InputFiles {
    /// The files of all parts, and the part of each if the data comes divided.
    fn divided(&self) -> (Vec<PathBuf>, Option<Vec<Assigned>>) {
        let parts =
            [(INTERACTIONS, Assigned::Train), (VALID, Assigned::Valid), (TEST, Assigned::Test)];
        let files = parts
            .into_iter()
            .flat_map(|(role, part)| self.of(role).into_iter().map(move |path| (path, part)));
        let (paths, parts): (Vec<_>, Vec<_>) = files.unzip();
        let is_divided = parts.iter().any(|&part| part != Assigned::Train);
        (paths, is_divided.then_some(parts))
    }
}

impl Interactions {
    /// Gives the rows of each file its part.
    fn divide(&mut self, parts: Option<Vec<Assigned>>) {
        if let Some(parts) = parts {
            let of_files = self.origin.rows_of_files().zip(parts);
            let rows = of_files.flat_map(|(rows, part)| std::iter::repeat_n(part, rows.len()));
            self.part = Some(rows.collect());
        }
    }
}

/// One registered source.
pub type SourceEntry = Entry<fn(&Params) -> Result<Box<dyn Source>, DataError>>;

/// The source called `name` with these parameters.
pub fn source(name: &str, params: &Params) -> Result<Box<dyn Source>, DataError> {
    let unknown = || DataError::Unknown { kind: "source", name: name.to_owned() };
    (find(ALL, name).ok_or_else(unknown)?.build)(params)
}

fn build<P: Plugin<Params: Source>>(params: &Params) -> Result<Box<dyn Source>, DataError> {
    let params =
        params_of::<P>(params).map_err(|source| DataError::Params { plugin: P::NAME, source })?;
    Ok(Box::new(params))
}
