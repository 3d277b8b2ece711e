//! Why data could not be read, cleaned, split or kept.

use std::io;
use std::path::PathBuf;

use bakeoff_spec::registry::ParamError;

use crate::mismatch::MismatchError;
use crate::privacy_error::PrivacyError;
pub(crate) use crate::wording::nearest;
use crate::wording::{did_you_mean, fields, listed, other_ways, reasons};

/// What went wrong, where, and what would help.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A file that a spec names could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file could not be written: a full disk, a read-only folder.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A value is not what its column holds.
    #[error("{}, line {line}, column `{column}`: found `{found}`, expected {expected}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: u64,
        /// Its name, or its number from 1 where there is no header.
        column: String,
        /// As it stands in the file.
        found: String,
        /// What is allowed, and how to get there.
        expected: String,
    },
    /// A line has too few or too many fields.
    #[error("{}, line {line}: {}, expected {expected}", path.display(), fields(*found))]
    Fields {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: u64,
        /// How many there are.
        found: u64,
        /// How many there should be.
        expected: String,
    },
    /// The file does not have a column that is needed.
    #[error(
        "{} has no column `{column}`{}; it has {}; `{param}` names the column", path.display(),
        did_you_mean(suggestion.as_deref()), listed(present)
    )]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// The column looked for.
        column: String,
        /// The source's parameter that says which column it is.
        param: &'static str,
        /// The columns that are there.
        present: Vec<String>,
        /// The one of them that was perhaps meant.
        suggestion: Option<String>,
    },
    /// Two lines describe the same user or item.
    #[error("{}, line {line}: `{id}` was described before; remove one of the two lines", path.display())]
    Twice {
        /// The file.
        path: PathBuf,
        /// The second line, from 1.
        line: u64,
        /// The raw id.
        id: String,
    },
    /// A source, step or split of this name is not registered.
    #[error("there is no {kind} called `{name}`")]
    Unknown {
        /// `source`, `step` or `split`.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// A plug-in refused its parameters.
    #[error("the parameters of `{plugin}` are wrong")]
    Params {
        /// Its name.
        plugin: &'static str,
        /// Why.
        source: ParamError,
    },
    /// The source's files are not those that were planned with.
    #[error(
        "the files of source `{source_name}` have changed since planning; start again to plan with what they hold now"
    )]
    SourceChanged {
        /// The source.
        source_name: String,
    },
    /// Something needs ratings and the data has none.
    #[error("{needed_by} needs ratings and the data has none; {fix}")]
    NeedsRatings {
        /// A step, a split or the task.
        needed_by: String,
        /// What would help.
        fix: &'static str,
    },
    /// Something needs timestamps and the data has none.
    #[error(
        "{needed_by} needs timestamps and the data has none; name their column in the source, or use split `random` or \
         `leave_one_out`"
    )]
    NeedsTimestamps {
        /// A step or a split.
        needed_by: String,
    },
    /// A rating or timestamp is still missing after cleaning.
    #[error(
        "{}, line {line}: no {what}; drop such rows with a `fill_missing` step (columns: [{what}], with: drop) or \
         remove the line",
        path.display()
    )]
    Missing {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: u64,
        /// `rating` or `timestamp`.
        what: &'static str,
    },
    /// A step names a column that the data does not have.
    #[error(
        "step `{step}`: there is no column `{column}`{}; the data has {}",
        did_you_mean(suggestion.as_deref()), listed(present)
    )]
    UnknownColumn {
        /// The step.
        step: &'static str,
        /// The column looked for.
        column: String,
        /// The columns that are there.
        present: Vec<String>,
        /// The one of them that was perhaps meant.
        suggestion: Option<String>,
    },
    /// A column cannot be filled in the way asked for.
    #[error("step `fill_missing`: column `{column}` cannot be filled with {with}: {reason}")]
    CannotFill {
        /// The column.
        column: String,
        /// `mean`, `mode`, …
        with: String,
        /// Why, and what is allowed.
        reason: &'static str,
    },
    /// The source holds no interaction, or a step removed the last one.
    #[error("no interactions are left after `{step}`; {fix}")]
    NothingLeft {
        /// The source or step.
        step: String,
        /// What would help.
        fix: &'static str,
    },
    /// A part of the split came out empty.
    #[error(
        "split `{split}` leaves the {part} part without interactions, out of {n_interactions}; use more data, other \
         shares or another split"
    )]
    EmptyPart {
        /// The split.
        split: String,
        /// `train`, `valid` or `test`.
        part: &'static str,
        /// Interactions there were to divide.
        n_interactions: usize,
    },
    /// A prepared dataset is not what was once written.
    #[error("the prepared dataset {} is not whole ({reason}); prepare it again", dir.display())]
    Damaged {
        /// Its folder.
        dir: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A path leads to no file.
    #[error("{}: {reason}; the path of a source is a file, a folder of files, or a pattern such as `data/*.csv`", path.display())]
    NoFiles {
        /// As it stands in the spec, resolved.
        path: PathBuf,
        /// What was looked for.
        reason: String,
    },
    /// A step cannot do what it is asked to with this column.
    #[error("step `{step}`: column `{column}` {reason}")]
    Column {
        /// The step.
        step: &'static str,
        /// The column.
        column: String,
        /// What it is, what is allowed, and the fix.
        reason: String,
    },
    /// The split `fixed` has nothing to go by.
    #[error(
        "split `fixed` needs a source that divides its rows: one with files for training and test, or with a column that \
         says which row is which (`part`)"
    )]
    NoParts,
    /// A step that removes rows stands after one that has learned from them.
    #[error(
        "step `{removes}` removes rows and stands after `{fits}`, which learns from the training part; put `{removes}` \
         before it"
    )]
    StepOrder {
        /// The one that removes.
        removes: String,
        /// The one that learns.
        fits: String,
    },
    /// Two tables bring a column of one name.
    #[error(
        "{of} have a column `{column}` twice; give the second table a `prefix`, or name the `columns` that it is to bring"
    )]
    ColumnTwice {
        /// `rows`, `users` or `items`.
        of: &'static str,
        /// The name.
        column: String,
    },
    /// Nothing of this name can be fetched.
    #[error(
        "`{name}` is no data set that can be fetched{}; `bakeoff data fetch` lists those that can",
        did_you_mean(suggestion.as_deref())
    )]
    NotFetchable {
        /// The name asked for.
        name: String,
        /// The one that was perhaps meant.
        suggestion: Option<String>,
    },
    /// A download failed or brought something else than expected.
    #[error("cannot fetch {name}: {reason}; {fix}")]
    Download {
        /// The source.
        name: &'static str,
        /// What happened.
        reason: String,
        /// What would help.
        fix: String,
    },
    /// A file is not of the format that its source reads, or not whole.
    #[error(
        "{} cannot be read as {format}: {reason}; give the path of a whole {format} file, or name the source of the \
         format that it is", path.display()
    )]
    Format {
        /// The file.
        path: PathBuf,
        /// What it should be.
        format: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A column is of a type that cannot be read.
    #[error("{}, column `{column}`: it is {is}, which cannot be read; {fix}", path.display())]
    ColumnType {
        /// The file or query.
        path: PathBuf,
        /// Its name.
        column: String,
        /// Its type.
        is: String,
        /// What would help.
        fix: String,
    },
    /// A database does not answer a query.
    #[error("query at {place}: {reason}; {fix}")]
    Sql {
        /// The file, or user, host and database.
        place: String,
        /// What it says.
        reason: String,
        /// What would help.
        fix: String,
    },
    /// No mirror brought a file whole and with the right checksum.
    #[error(
        "cannot fetch {set}: no mirror brought {file}{}\n{}", reasons(tried), other_ways(set, pin.as_deref())
    )]
    NoMirror {
        /// The data set.
        set: String,
        /// The file.
        file: String,
        /// Each URL that was asked, and why it did not do.
        tried: Vec<(String, String)>,
        /// Where the checksum was noted at the first download, if it comes from there.
        pin: Option<PathBuf>,
    },
    /// A mirror must be a URL.
    #[error(
        "`{mirror}` is no mirror; give the URL of a folder, such as https://HOST/FOLDER or file:///FOLDER"
    )]
    Mirror {
        /// What was given.
        mirror: String,
    },
    /// A downloaded archive does not hold what it should, or far too much.
    #[error(
        "cannot unpack {set}: {reason}; fetch it again, from another `--mirror` if that does not help"
    )]
    Archive {
        /// The data set.
        set: String,
        /// What is wrong, beginning with the member of the archive.
        reason: String,
    },
    /// The disk is full.
    #[error(
        "the disk is full at {}; make room and give the command again: what has arrived is kept", path.display()
    )]
    DiskFull {
        /// The file that was written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Keys, encryption, or users who stand out.
    #[error(transparent)]
    Privacy(#[from] PrivacyError),
    /// Something that the spec says of the data does not hold.
    #[error(transparent)]
    Mismatch(#[from] Box<MismatchError>),
    /// Two files of a folder belong to one user or item.
    #[error("{} and {} are both named after `{id}`; remove one of the two", first.display(), second.display())]
    SameName {
        /// The first file.
        first: PathBuf,
        /// The second file.
        second: PathBuf,
        /// The raw id.
        id: String,
    },
    /// More files of a folder are broken than a spec allows.
    #[error(
        "{n_broken} of {n_files} {what} cannot be read, and max_broken: {max_broken} allows no more than that share; mend \
         or remove them, or allow more: {}{}",
        first.join("; "), if *n_broken > first.len() { "; …" } else { "" }
    )]
    Broken {
        /// What the files are.
        what: &'static str,
        /// Files that cannot be read.
        n_broken: usize,
        /// Files that were read for some user or item.
        n_files: usize,
        /// The share that may be broken.
        max_broken: f64,
        /// The first of them, with reasons.
        first: Vec<String>,
    },
    /// Too few users or items have a file of their own.
    #[error(
        "{n_without} of {n_ids} ids have no file among the {what} (there is none for `{id}`; a file is {}), and \
         max_missing: {max_missing} allows no more than that share, and never all; files are to be named ID.ENDING",
        file.display()
    )]
    Unnamed {
        /// What the files are.
        what: &'static str,
        /// Ids without a file.
        n_without: usize,
        /// All ids.
        n_ids: usize,
        /// The share that may have none.
        max_missing: f64,
        /// The first id without a file.
        id: String,
        /// The first file.
        file: PathBuf,
    },
    /// A file of numbers is not what is needed.
    #[error("{}: {reason}", path.display())]
    Array {
        /// The file.
        path: PathBuf,
        /// What it is, what is allowed, and the fix.
        reason: String,
    },
}
