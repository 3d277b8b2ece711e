//! From a recipe to a prepared dataset: read, clean, encode, split, write. Done once, kept under the recipe's key.

use std::path::Path;

use bakeoff_spec::card::StepCount;
use bakeoff_spec::{Params, Recipe, Task};

use crate::arrays::{self, ArraysWriter};
use crate::cache::{self, Lock};
use crate::card::card;
use crate::dataset::{Column, ColumnValues, Dataset, PARTS};
use crate::encode::{Encoded, missing};
use crate::error::DataError;
use crate::interactions::Interactions;
use crate::manifest::{self, ColumnInfo, Content, Manifest};
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
    for (part, name) in [Assigned::Train, Assigned::Valid, Assigned::Test].into_iter().zip(PARTS) {
        if !assigned.contains(&part) {
            let n_interactions = data.n_interactions();
            let split = recipe.split.name.clone();
            return Err(DataError::EmptyPart { split, part: name, n_interactions });
        }
    }
    let card = card(recipe, &data, &assigned, counts, table.notes);
    let arrays = encode_arrays(&data, &assigned);
    let content = Content {
        arrays_len: arrays.len() as u64,
        arrays_blake3: blake3::hash(&arrays).to_string(),
        rating_range: rating_range(&data, &assigned),
        user_columns: data.user_columns.iter().map(info).collect(),
        item_columns: data.item_columns.iter().map(info).collect(),
        card,
    };
    Ok((content, arrays))
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

fn encode_arrays(data: &Encoded, assigned: &[Assigned]) -> Vec<u8> {
    let mut arrays = ArraysWriter::default();
    for (part, name) in [Assigned::Train, Assigned::Valid, Assigned::Test].into_iter().zip(PARTS) {
        let rows: Vec<usize> = (0..assigned.len()).filter(|&row| assigned[row] == part).collect();
        let mut offsets = vec![0u64];
        for of_user in data.rows_by_user() {
            let n = assigned[of_user].iter().filter(|&&assigned| assigned == part).count();
            offsets.push(offsets.last().unwrap_or(&0) + n as u64);
        }
        let items: Vec<u32> = rows.iter().map(|&row| data.item[row]).collect();
        let rating = |&row: &usize| data.rating.as_ref().map_or(1.0, |ratings| ratings[row]);
        let ratings: Vec<f32> = rows
            .iter()
            .map(rating)
            .map(|rating| if rating.is_nan() { 1.0 } else { rating })
            .collect();
        let time = |&row: &usize| data.timestamp.as_ref().map_or(0, |times| times[row]);
        let times: Vec<i64> = rows.iter().map(time).collect();
        arrays.add(format!("{name}.offsets"), &offsets);
        arrays.add(format!("{name}.items"), &items);
        arrays.add(format!("{name}.ratings"), &ratings);
        arrays.add(format!("{name}.timestamps"), &times);
    }
    for (of, names) in [("users", &data.users), ("items", &data.items)] {
        let ends = names.iter().scan(0, |end, name| {
            *end += name.len() as u64;
            Some(*end)
        });
        let offsets: Vec<u64> = std::iter::once(0).chain(ends).collect();
        arrays.add(format!("{of}.name_offsets"), &offsets);
        arrays.add(format!("{of}.names"), names.concat().as_bytes());
    }
    for (of, columns) in [("users", &data.user_columns), ("items", &data.item_columns)] {
        for column in columns {
            let name = format!("{of}.column.{}", column.name);
            match &column.values {
                ColumnValues::Categorical { codes, .. } => arrays.add(name, codes),
                ColumnValues::Numeric(numbers) => arrays.add(name, numbers),
            }
        }
    }
    arrays.encode()
}

fn rating_range(data: &Encoded, assigned: &[Assigned]) -> Option<(f32, f32)> {
    let rated = data.rating.as_ref()?.iter().zip(assigned);
    let train = rated.filter(|(rating, part)| **part == Assigned::Train && !rating.is_nan());
    train.map(|(&rating, _)| (rating, rating)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

fn info(column: &Column) -> ColumnInfo {
    let n_values = match &column.values {
        ColumnValues::Categorical { n_values, .. } => Some(*n_values),
        ColumnValues::Numeric(_) => None,
    };
    ColumnInfo { name: column.name.clone(), n_values }
}
