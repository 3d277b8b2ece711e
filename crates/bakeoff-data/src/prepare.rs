//! From a recipe to a prepared dataset: read, clean, encode, split, write. Done once, kept under the recipe's key.

use std::path::Path;

use bakeoff_spec::card::StepCount;
use bakeoff_spec::{Params, Recipe, Task};

use crate::arrays;
use crate::cache::{self, Lock};
use crate::card::card;
use crate::dataset::Dataset;
use crate::encode::{Encoded, missing};
use crate::error::DataError;
use crate::interactions::Interactions;
use crate::layout;
use crate::manifest::{self, Content, Manifest};
use crate::sources::{self, Source, SourceFiles};
use crate::splits::{self, Assigned};
use crate::steps;

/// What a source would read, as a hash; parameters are not in it. Nothing is downloaded for it.
///
/// `params` are complete, their paths real.
pub fn fingerprint(source: &str, params: &Params, cache: &Path) -> Result<String, DataError> {
    let source = sources::source(source, params)?;
    match source.download() {
        Some(download) => Ok(download.content.to_owned()),
        None => sources::hash(&source.files(cache)),
    }
}

/// The dataset of a recipe: from the cache if it is whole there, else built from the source.
///
/// `notice` gets lines for people, such as the progress of a download.
pub fn prepare(
    recipe: &Recipe,
    source_params: &Params,
    cache: &Path,
    notice: &mut dyn FnMut(&str),
) -> Result<Dataset, DataError> {
    let folder = cache.join("datasets").join(recipe.key());
    if let Ok(data) = open_whole(&folder) {
        return Ok(data);
    }
    let lock = Lock::take(&folder, notice)?;
    match open_whole(&folder) {
        Ok(data) => return Ok(data),
        Err(error) if folder.exists() => notice(&format!("{error}: building it again")),
        Err(_) => {}
    }
    let (content, arrays) = build(recipe, source_params, cache, notice)?;
    let scratch = lock.scratch()?;
    cache::write(&scratch.join(arrays::FILE), &arrays)?;
    cache::write(&scratch.join(manifest::FILE), &Manifest::new(content).encode())?;
    lock.publish(&scratch)?;
    Dataset::open(&folder)
}

/// Opens a dataset and compares the checksum of every byte.
fn open_whole(folder: &Path) -> Result<Dataset, DataError> {
    let manifest = Manifest::read(folder)?;
    let expected = manifest.content.arrays_blake3.clone();
    let data = Dataset::open_with(folder, manifest)?;
    if data.checksum() != expected {
        let reason = format!("the checksum of {} does not match", arrays::FILE);
        return Err(DataError::Damaged { dir: folder.to_owned(), reason });
    }
    Ok(data)
}

fn build(
    recipe: &Recipe,
    source_params: &Params,
    cache: &Path,
    notice: &mut dyn FnMut(&str),
) -> Result<(Content, Vec<u8>), DataError> {
    let source = sources::source(&recipe.source.name, source_params)?;
    let (table, counts) = clean(recipe, read(recipe, &*source, cache, notice)?)?;
    check_ratings(recipe.task, &table)?;
    let data = Encoded::of(&table)?;
    let assigned = splits::split(&recipe.split.name, &recipe.split.params)?.assign(&data)?;
    if let Some(part) = Assigned::ALL.into_iter().find(|part| !assigned.contains(part)) {
        let (split, n_interactions) = (recipe.split.name.clone(), data.n_interactions());
        return Err(DataError::EmptyPart { split, part: part.name(), n_interactions });
    }
    let card = card(recipe, &data, &assigned, counts, table.notes);
    Ok(layout::encode(&data, &assigned, card))
}

/// Reads the source, whose files must hold what the plan was made with.
fn read(
    recipe: &Recipe,
    source: &dyn Source,
    cache: &Path,
    notice: &mut dyn FnMut(&str),
) -> Result<Interactions, DataError> {
    if let Some(download) = source.download() {
        download.fetch(cache, notice)?;
    }
    let files = SourceFiles::read(source.files(cache))?;
    if files.content() != recipe.content {
        return Err(DataError::SourceChanged { source_name: recipe.source.name.clone() });
    }
    source.read(&files)
}

/// Applies the steps in order, and counts after each.
fn clean(
    recipe: &Recipe,
    mut table: Interactions,
) -> Result<(Interactions, Vec<StepCount>), DataError> {
    let mut counts = vec![count(&recipe.source.name, &table, 0)];
    for used in &recipe.steps {
        if table.is_empty() {
            break;
        }
        let (cleaned, changed) = steps::step(&used.name, &used.params)?.apply(table)?;
        table = cleaned;
        counts.push(count(&used.name, &table, changed));
    }
    if !table.is_empty() {
        return Ok((table, counts));
    }
    let fix = match counts.len() {
        1 => "give the source a file with interactions",
        _ => "loosen the step or remove it",
    };
    let step = counts.pop().map(|count| count.step).unwrap_or_default();
    Err(DataError::NothingLeft { step, fix })
}

fn count(step: &str, table: &Interactions, changed: u64) -> StepCount {
    let (users, items) = (table.n_users(), table.n_items());
    StepCount { step: step.to_owned(), rows: table.len() as u64, users, items, changed }
}

/// The rating task needs a rating in every row; to rank, a row counts as it is.
fn check_ratings(task: Task, table: &Interactions) -> Result<(), DataError> {
    if task != Task::Rating {
        return Ok(());
    }
    let Some(ratings) = &table.rating else {
        return Err(DataError::NeedsRatings {
            needed_by: "task `rating`".into(),
            fix: "name their column in the source, or use task `top_n`",
        });
    };
    match ratings.iter().position(|rating| rating.is_nan()) {
        Some(row) => Err(missing(table, row, "rating")),
        None => Ok(()),
    }
}
