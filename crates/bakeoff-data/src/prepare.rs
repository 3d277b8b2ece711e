//! From a recipe to a prepared dataset: read, clean, encode, split, write. Done once, kept under the recipe's key.

use std::path::Path;

use bakeoff_spec::card::StepCount;
use bakeoff_spec::{Params, Recipe, Task, Use};

use crate::arrays;
use crate::cache::{self, Lock};
use crate::card::card;
use crate::dataset::Dataset;
use crate::error::DataError;
use crate::input::{self, InputFiles};
use crate::interactions::Interactions;
use crate::layout::{Layout, layout};
use crate::manifest::{self, Content, Manifest};
use crate::order::{Ordered, missing};
use crate::sources::{self, Source};
use crate::splits::{self, Assigned};
use crate::steps::{self, Effect, Step, Train};

/// What a source would read, as a hash; parameters are not in it. Nothing is downloaded for it.
///
/// `params` are complete, their paths real.
pub fn fingerprint(source: &str, params: &Params, cache: &Path) -> Result<String, DataError> {
    content(&*sources::source(source, params)?, cache)
}

fn content(source: &dyn Source, cache: &Path) -> Result<String, DataError> {
    if let Some(download) = source.download() {
        return Ok(download.content.to_owned());
    }
    match source.content()? {
        Some(content) => Ok(content),
        None => input::content(&source.files(cache)?, Some(cache)),
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
    let scratch = lock.scratch()?;
    let content = build(recipe, source_params, cache, &scratch, notice)?;
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

/// Writes the arrays into `scratch`; what the manifest says of them.
fn build(
    recipe: &Recipe,
    source_params: &Params,
    cache: &Path,
    scratch: &Path,
    notice: &mut dyn FnMut(&str),
) -> Result<Content, DataError> {
    let source = sources::source(&recipe.source.name, source_params)?;
    let table = read(recipe, &*source, cache, notice)?;
    let (data, assigned, train, counts) = run_steps(recipe, table)?;
    check_ratings(recipe.task, &data.table)?;
    let card = card(recipe, &data, &assigned, counts);
    let layout = layout(data, &assigned, &train);
    let Layout { arrays, rating_range, time_origin, has_candidates, columns } = layout;
    let path = scratch.join(arrays::FILE);
    arrays.write(&path)?;
    drop(arrays);
    let (arrays_len, arrays_blake3) = cache::measure(&path)?;
    Ok(Content {
        arrays_len,
        arrays_blake3,
        rating_range,
        time_origin,
        has_candidates,
        columns,
        card,
    })
}

/// Reads the source, whose files must hold what the plan was made with, before and after.
fn read(
    recipe: &Recipe,
    source: &dyn Source,
    cache: &Path,
    notice: &mut dyn FnMut(&str),
) -> Result<Interactions, DataError> {
    if let Some(download) = source.download() {
        download.fetch(cache, notice)?;
    }
    let check = || {
        let content = match source.content()? {
            Some(content) => content,
            None => input::content(&source.files(cache)?, Some(cache))?,
        };
        if content == recipe.content {
            return Ok(());
        }
        Err(DataError::SourceChanged { source_name: recipe.source.name.clone() })
    };
    check()?;
    let table = source.read(&InputFiles(source.files(cache)?))?;
    check()?;
    Ok(table)
}

/// Applies the steps in order and splits before the first one that learns from values; counts after each.
fn run_steps(
    recipe: &Recipe,
    mut table: Interactions,
) -> Result<(Ordered, Vec<Assigned>, Train, Vec<StepCount>), DataError> {
    let steps = built(&recipe.steps)?;
    let n_before = n_before_split(&steps)?;
    let mut counts = vec![count(&recipe.source.name, &table, 0)];
    for (used, step) in &steps[..n_before] {
        check_rows(&table, &counts)?;
        let changed = step.apply(&mut table, &Train::default())?;
        counts.push(count(&used.name, &table, changed));
    }
    check_rows(&table, &counts)?;
    check_has_ratings(recipe.task, &table)?;
    let mut data = Ordered::of(table)?;
    let assigned = splits::split(&recipe.split.name, &recipe.split.params)?.assign(&data)?;
    if let Some(part) = Assigned::NEEDED.into_iter().find(|part| !assigned.contains(part)) {
        let (split, n_interactions) = (recipe.split.name.clone(), data.n_interactions());
        return Err(DataError::EmptyPart { split, part: part.name(), n_interactions });
    }
    let train = Train::of(&data.table, &assigned);
    for (used, step) in &steps[n_before..] {
        let changed = step.apply(&mut data.table, &train)?;
        counts.push(count(&used.name, &data.table, changed));
    }
    Ok((data, assigned, train, counts))
}

fn built(steps: &[Use]) -> Result<Vec<(&Use, Box<dyn Step>)>, DataError> {
    steps.iter().map(|used| Ok((used, steps::step(&used.name, &used.params)?))).collect()
}

/// How many steps come before the split: all up to the first that fits.
fn n_before_split(steps: &[(&Use, Box<dyn Step>)]) -> Result<usize, DataError> {
    let is = |effect| move |(_, step): &(&Use, Box<dyn Step>)| step.effect() == effect;
    let n_before = steps.iter().position(is(Effect::Fits)).unwrap_or(steps.len());
    match steps[n_before..].iter().find(|step| is(Effect::Removes)(step)) {
        None => Ok(n_before),
        Some((removes, _)) => Err(DataError::StepOrder {
            removes: removes.name.clone(),
            fits: steps[n_before].0.name.clone(),
        }),
    }
}

fn check_rows(table: &Interactions, counts: &[StepCount]) -> Result<(), DataError> {
    if !table.is_empty() {
        return Ok(());
    }
    let fix = match counts.len() {
        1 => "give the source a file with interactions",
        _ => "loosen the step or remove it",
    };
    let step = counts.last().map(|count| count.step.clone()).unwrap_or_default();
    Err(DataError::NothingLeft { step, fix })
}

fn count(step: &str, table: &Interactions, changed: u64) -> StepCount {
    let (users, items) = (table.n_users(), table.n_items());
    StepCount { step: step.to_owned(), rows: table.len() as u64, users, items, changed }
}

/// The rating task needs a rating in every row; to rank, a row counts as it is.
fn check_ratings(task: Task, table: &Interactions) -> Result<(), DataError> {
    let of_rating_task = table.rating.as_ref().filter(|_| task == Task::Rating);
    match of_rating_task.and_then(|ratings| ratings.iter().position(|rating| rating.is_nan())) {
        Some(row) => Err(missing(table, row, "rating")),
        None => Ok(()),
    }
}

/// The rating task needs ratings.
fn check_has_ratings(task: Task, table: &Interactions) -> Result<(), DataError> {
    if task == Task::Rating && table.rating.is_none() {
        return Err(DataError::NeedsRatings {
            needed_by: "task `rating`".into(),
            fix: "name their column in the source, or use task `top_n`",
        });
    }
    Ok(())
}
