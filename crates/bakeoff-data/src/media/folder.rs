//! A folder with a file for each user or item, named after it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::guarded;
use crate::error::DataError;
use crate::ids::Ids;
use crate::input::{InputFile, InputFiles, expand};
use crate::interactions::Repairs;

/// How many broken files an error or a note lists.
const LISTED: usize = 10;

/// How much of a folder may be amiss.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tolerance {
    /// What the files are, for messages: `images`.
    pub(crate) what: &'static str,
    /// The share of the files in question that may be broken.
    pub(crate) max_broken: f64,
    /// The share of ids that may have no file.
    pub(crate) max_missing: f64,
}

/// A block of numbers for each id.
#[derive(Debug)]
pub(crate) struct Blocks<T> {
    /// `[n, width]`, zeros where there is none.
    pub(crate) numbers: Vec<T>,
    /// `[n]`.
    pub(crate) is_missing: Vec<bool>,
    /// What a reader of the card should know.
    pub(crate) notes: Vec<String>,
    pub(crate) repairs: Repairs,
}

/// The files that `path` means, each under the id that it is named after: its name without folders and ending.
pub(crate) fn files(
    path: &Path,
    role: &'static str,
    endings: &[&str],
) -> Result<Vec<InputFile>, DataError> {
    let mut first_of: HashMap<String, PathBuf> = HashMap::new();
    let mut files = Vec::new();
    for path in expand(path, endings)? {
        let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if let Some(first) = first_of.insert(id.clone(), path.clone()) {
            return Err(DataError::SameName { first, second: path, id });
        }
        files.push(InputFile { role, path, name: Some(id) });
    }
    // The order is part of the content: that of the ids does not depend on where below the folder files lie.
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

/// Reads the file of each id into a block of `width` numbers, on all cores, one file at a time on each. Files that are
/// named after none of the ids are left aside.
pub(crate) fn read<T: Copy + Default + Send>(
    files: &InputFiles,
    ids: &Ids,
    width: usize,
    tolerance: Tolerance,
    decode: impl Fn(&Path, &mut [T]) -> Result<(), String> + Sync,
) -> Result<Blocks<T>, DataError> {
    let mut path_of: Vec<Option<&Path>> = vec![None; ids.len()];
    let mut n_unknown = 0;
    for file in &files.0 {
        match file.name.as_deref().and_then(|id| ids.index(id)) {
            Some(id) => path_of[id as usize] = Some(&file.path),
            None => n_unknown += 1,
        }
    }
    let n_files = path_of.iter().flatten().count();
    tolerance.check_names(files, ids, n_files)?;
    let mut numbers = vec![T::default(); ids.len() * width];
    let reasons: Vec<Option<(&Path, String)>> = (numbers.par_chunks_mut(width))
        .zip(&path_of)
        .map(|(block, path)| {
            let path = (*path)?;
            let reason = guarded(|| decode(path, block)).err()?;
            block.fill(T::default());
            Some((path, reason))
        })
        .collect();
    let is_missing =
        path_of.iter().zip(&reasons).map(|(path, reason)| path.is_none() || reason.is_some());
    let is_missing = is_missing.collect();
    let mut broken: Vec<_> = reasons.into_iter().flatten().collect();
    broken.sort_unstable();
    let n_broken = broken.len();
    let listed =
        broken.into_iter().take(LISTED).map(|(path, why)| format!("{}: {why}", path.display()));
    let listed: Vec<String> = listed.collect();
    let Tolerance { what, max_broken, .. } = tolerance;
    if n_broken as f64 > max_broken * n_files as f64 {
        return Err(DataError::Broken { what, n_broken, n_files, max_broken, first: listed });
    }
    let mut notes = Vec::new();
    let n_without = ids.len() - n_files;
    if n_without > 0 {
        notes.push(format!("{n_without} of {} entries have no file among the {what}.", ids.len()));
    }
    if n_unknown > 0 {
        notes
            .push(format!("{n_unknown} files among the {what} are named after no id of the data."));
    }
    let mut repairs = Repairs::new();
    if n_broken > 0 {
        let more = match n_broken - listed.len() {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        notes.push(format!(
            "{n_broken} of {n_files} {what} are broken and count as missing: `{}`{more}.",
            listed.join("; ")
        ));
        repairs.insert(format!("broken file among the {what} counted as missing"), n_broken as u64);
    }
    Ok(Blocks { numbers, is_missing, notes, repairs })
}

impl Tolerance {
    fn check_names(&self, files: &InputFiles, ids: &Ids, n_files: usize) -> Result<(), DataError> {
        let n_without = ids.len() - n_files;
        if ids.is_empty() || n_files > 0 && n_without as f64 <= self.max_missing * ids.len() as f64
        {
            return Ok(());
        }
        let without =
            ids.names().find(|id| files.0.iter().all(|file| file.name.as_deref() != Some(id)));
        Err(DataError::Unnamed {
            what: self.what,
            n_without,
            n_ids: ids.len(),
            max_missing: self.max_missing,
            id: without.unwrap_or_default().to_owned(),
            file: files.0.first().map(|file| file.path.clone()).unwrap_or_default(),
        })
    }
}
