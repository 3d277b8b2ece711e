//! From a recipe to a prepared dataset: read, clean, encode, split, write. Done once, kept under the recipe's key.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use bakeoff_spec::card::StepCount;
use bakeoff_spec::spec::EncryptSpec;
use bakeoff_spec::trial::content_key;
use bakeoff_spec::{
    DataPart, JoinUse, Params, Plugin, ReadParams, Recipe, Side, Task, Unprepared, Use,
};

use crate::arrays;
use crate::cache::{self, Lock};
use crate::card::{card, keep_lacking, missing as n_missing};
use crate::dataset::Dataset;
use crate::error::DataError;
use crate::input::{self, InputFiles};
use crate::interactions::{Axis, Interactions};
use crate::joins;
use crate::layout::{Layout, layout};
use crate::look::Look;
use crate::manifest::{self, Content, Manifest};
use crate::order::{Ordered, missing};
use crate::outline;
use crate::panics::QuietPanics;
use crate::privacy_error::PrivacyError;
use crate::redact::without_quoted;
use crate::sealed::{self, Seal};
use crate::sound;
use crate::sources;
use crate::splits::fixed::Fixed;
use crate::splits::{self, Assigned};
use crate::steps::{self, Effect, Step, Train};

/// The revision of what happens between the plug-ins: ordering, encoding, the parts. Part of every dataset's key.
const REVISION: u32 = 3;

/// What source and joins would read, as a hash; parameters are not in it. Nothing is downloaded for it. The steps are
/// looked at too: whether they can be done in this order, with what the environment holds, and with the columns that
/// there are, as far as that can be told without reading the data.
pub fn fingerprint(
    recipe: &Recipe,
    params: &ReadParams,
    cache: &Path,
) -> Result<String, Unprepared> {
    let look = Look { cache, after: None };
    let content = content(recipe, params, look).and_then(|content| {
        outline::check(recipe, params, cache)?;
        Ok(content)
    });
    content.map_err(|(part, error)| {
        let hides = steps::hide_values(&recipe.steps);
        let error = if hides { Box::new(redacted(*error, recipe, params)) } else { error };
        Unprepared { part, value: error.column().map(str::to_owned), error }
    })
}

fn content(
    recipe: &Recipe,
    params: &ReadParams,
    look: Look<'_>,
) -> Result<String, (DataPart, Box<DataError>)> {
    let at = |part| move |error: DataError| (part, Box::new(error));
    let source = sources::source(&recipe.source.name, &params.source);
    let source = source.and_then(|source| look.source(&*source));
    let source = source.map_err(at(DataPart::Source))?;
    let join = |(i, (used, params)): (usize, (&JoinUse, &Params))| {
        let join = joins::join(&used.join.name, params);
        join.and_then(|join| look.join(&*join, i)).map_err(at(DataPart::Join(i)))
    };
    let joins = recipe.joins.iter().zip(&params.joins).enumerate().map(join);
    let joins = joins.collect::<Result<Vec<_>, _>>()?;
    let mut environments = Vec::new();
    let (mut fits, mut counts): (Option<&Use>, Option<&Use>) = (None, None);
    for (i, used) in recipe.steps.iter().enumerate() {
        let at = at(DataPart::Step(i));
        let step = steps::step(&used.name, &used.params).map_err(at)?;
        match step.effect() {
            Effect::Removes => {
                let removes = used.name.clone();
                if let Some(fits) = fits.map(|fits| fits.name.clone()) {
                    return Err(at(DataError::StepOrder { removes, fits }));
                }
                if let Some(counts) = counts.map(|counts| counts.name.clone()) {
                    return Err(at(PrivacyError::RemovesAfterCount { removes, counts }.into()));
                }
            }
            Effect::Fits => fits = fits.or(Some(used)),
            Effect::Counts => counts = counts.or(Some(used)),
            Effect::Changes => {}
        }
        environments.push(step.environment().map_err(at)?);
    }
    Ok(content_key(&(REVISION, source, joins, environments)))
}

/// The dataset of a recipe: from the cache if it is whole there, else built from the source.
///
/// With `encrypt`, its arrays are encrypted on disk; one that lies there plain is built again. Without, one that lies
/// there encrypted is used as it is, with its key: nothing is made less protected unless its folder is removed.
///
/// `notice` gets lines for people, such as the progress of a download.
pub fn prepare(
    recipe: &Recipe,
    params: &ReadParams,
    encrypt: Option<&EncryptSpec>,
    cache: &Path,
    notice: &mut dyn FnMut(&str),
) -> Result<Dataset, DataError> {
    if !steps::hide_values(&recipe.steps) {
        return prepare_openly(recipe, params, encrypt, cache, notice);
    }
    let _quiet = QuietPanics::new();
    let prepared = prepare_openly(recipe, params, encrypt, cache, notice);
    prepared.map_err(|error| redacted(error, recipe, params))
}

/// The error without ids and values. Files that a join finds by id bear one in their names.
fn redacted(error: DataError, recipe: &Recipe, params: &ReadParams) -> DataError {
    let files = recipe.joins.iter().zip(&params.joins).filter_map(|(used, params)| {
        joins::join(&used.join.name, params).and_then(|join| join.files()).ok()
    });
    let named: HashSet<PathBuf> =
        files.flatten().filter(|file| file.name.is_some()).map(|file| file.path).collect();
    error.redacted(&|path| named.contains(path))
}

fn prepare_openly(
    recipe: &Recipe,
    params: &ReadParams,
    encrypt: Option<&EncryptSpec>,
    cache: &Path,
    notice: &mut dyn FnMut(&str),
) -> Result<Dataset, DataError> {
    let folder = cache.join("datasets").join(recipe.key());
    let needed_by = || "the encryption of prepared data".to_owned();
    let seal = encrypt.map(|encrypt| Seal::with(&encrypt.key_env, needed_by)).transpose()?;
    if let Ok(data) = open_whole(&folder, encrypt) {
        return Ok(data);
    }
    let lock = Lock::take(&folder, notice)?;
    match open_whole(&folder, encrypt) {
        Ok(data) => return Ok(data),
        // Whoever has the right key can read it.
        Err(DataError::Privacy(
            error @ (PrivacyError::Key { .. } | PrivacyError::OtherKey { .. }),
        )) => return Err(error.into()),
        Err(error) if folder.exists() => notice(&format!("{error}: building it again")),
        Err(_) => {}
    }
    let scratch = lock.scratch()?;
    let content = build(recipe, params, seal.as_ref(), cache, &scratch, notice)?;
    cache::write(&scratch.join(manifest::FILE), &Manifest::new(content).encode())?;
    lock.publish(&scratch)?;
    Dataset::open(&folder)
}

/// Opens a dataset that is protected as asked for, and compares every byte.
fn open_whole(folder: &Path, encrypt: Option<&EncryptSpec>) -> Result<Dataset, DataError> {
    let manifest = Manifest::read(folder)?;
    let key_env = manifest.content.sealed.as_ref().map(|sealed| &sealed.key_env);
    if let Some(encrypt) = encrypt.filter(|encrypt| key_env != Some(&encrypt.key_env)) {
        let (dir, variable) = (folder.to_owned(), encrypt.key_env.clone());
        return Err(PrivacyError::NotSealed { dir, variable }.into());
    }
    let expected = manifest.content.arrays_blake3.clone();
    let data = Dataset::open_with(folder, manifest)?;
    // Decrypting compares more than a checksum does.
    if !data.is_sealed() && data.checksum() != expected {
        let reason = format!("the checksum of {} does not match", arrays::FILE);
        return Err(DataError::Damaged { dir: folder.to_owned(), reason });
    }
    Ok(data)
}

/// Writes the arrays into `scratch`; what the manifest says of them.
fn build(
    recipe: &Recipe,
    params: &ReadParams,
    seal: Option<&Seal>,
    cache: &Path,
    scratch: &Path,
    notice: &mut dyn FnMut(&str),
) -> Result<Content, DataError> {
    let mut table = read(recipe, params, cache, notice)?;
    if steps::hide_values(&recipe.steps) {
        hide_quoted(&mut table);
    }
    let (data, assigned, train, counts) = run_steps(recipe, table)?;
    check_ratings(recipe.task, &data.table)?;
    let card = card(recipe, &data, &assigned, counts);
    let layout = layout(data, &assigned, &train);
    let Layout { arrays, rating_range, time_origin, has_candidates, columns } = layout;
    let content = Content {
        arrays_len: 0,
        arrays_blake3: String::new(),
        rating_range,
        time_origin,
        has_candidates,
        columns,
        card,
        sealed: seal.map(Seal::sealed),
    };
    let path = match seal {
        None => {
            let path = scratch.join(arrays::FILE);
            arrays.write(&path)?;
            path
        }
        Some(seal) => {
            let path = scratch.join(sealed::FILE);
            let plain = arrays.encode();
            drop(arrays);
            seal.write(&path, &plain, &content.seal_context())?;
            path
        }
    };
    let (arrays_len, arrays_blake3) = cache::measure(&path)?;
    Ok(Content { arrays_len, arrays_blake3, ..content })
}

/// What a source or join tells of single ids and values is told of nobody.
fn hide_quoted(table: &mut Interactions) {
    for note in &mut table.notes {
        *note = without_quoted(note);
    }
    for (what, n) in std::mem::take(&mut table.repairs) {
        *table.repairs.entry(without_quoted(&what)).or_default() += n;
    }
}

/// Reads source and joins, whose files must hold what the plan was made with, before and after.
fn read(
    recipe: &Recipe,
    params: &ReadParams,
    cache: &Path,
    notice: &mut dyn FnMut(&str),
) -> Result<Interactions, DataError> {
    let source = sources::source(&recipe.source.name, &params.source)?;
    if let Some(download) = source.download() {
        download.fetch(cache, notice)?;
        // The pinned content says what files should hold; here they are looked at.
        if input::content(&source.files(cache)?, Some(cache))? != download.content {
            return Err(changed(recipe));
        }
    }
    let check =
        |after: Option<&[Option<String>]>| match content(recipe, params, Look { cache, after }) {
            Ok(content) if content == recipe.content => Ok(()),
            Ok(_) => Err(changed(recipe)),
            Err((_, error)) => Err(*error),
        };
    check(None)?;
    let mut table = source.read(&InputFiles(source.files(cache)?))?;
    let mut read = vec![table.content.take()];
    for (i, (used, params)) in recipe.joins.iter().zip(&params.joins).enumerate() {
        let (axis, ids) = match used.to {
            Side::Users => (Axis::Users, &table.users),
            Side::Items => (Axis::Items, &table.items),
        };
        let mut joined = joins::join(&used.join.name, params)
            .and_then(|join| join.read(&InputFiles(join.files()?), ids))
            .map_err(|error| error.at(DataPart::Join(i)))?;
        read.push(joined.content.take());
        let n_before = table.columns_of(axis).len();
        table.take_side(axis, joined);
        for column in table.columns_of_mut(axis).iter_mut().skip(n_before) {
            column.name.insert_str(0, &used.prefix);
        }
    }
    check(Some(&read[..]))?;
    sound::check(&table)?;
    Ok(table)
}

fn changed(recipe: &Recipe) -> DataError {
    DataError::SourceChanged { source_name: recipe.source.name.clone() }
}

/// Applies the steps in order and splits before the first one that learns from values; counts after each.
fn run_steps(
    recipe: &Recipe,
    mut table: Interactions,
) -> Result<(Ordered, Vec<Assigned>, Train, Vec<StepCount>), DataError> {
    let steps = built(&recipe.steps)?;
    let hides = steps::hide_values(&recipe.steps);
    let n_before = n_before_split(&steps);
    if recipe.split.name != Fixed::NAME {
        // Any other split makes parts of its own, and no step is to go by those.
        table.part = None;
    }
    let mut counts = vec![count(&recipe.source.name, &table, 0)];
    for (i, (used, step)) in steps[..n_before].iter().enumerate() {
        check_rows(&table, &counts)?;
        let changed = apply(used, &**step, &mut table, &Train::default(), hides)
            .map_err(|error| error.at(DataPart::Step(i)))?;
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
    for (i, (used, step)) in steps.iter().enumerate().skip(n_before) {
        let changed = apply(used, &**step, &mut data.table, &train, hides)
            .map_err(|error| error.at(DataPart::Step(i)))?;
        counts.push(count(&used.name, &data.table, changed));
    }
    for (_, step) in &steps {
        step.finish(&mut data.table)?;
    }
    keep_lacking(&mut counts);
    Ok((data, assigned, train, counts))
}

/// Applies a step. Where others hide values, only those may write notes about values.
fn apply(
    used: &Use,
    step: &dyn Step,
    table: &mut Interactions,
    train: &Train,
    hides: bool,
) -> Result<u64, DataError> {
    let n_notes = table.notes.len();
    let changed = step.apply(table, train)?;
    sound::check_numbers(&used.name, table)?;
    if hides && !step.hides_values() {
        for note in table.notes.iter_mut().skip(n_notes) {
            *note = without_quoted(note);
        }
    }
    Ok(changed)
}

type Built<'a> = (&'a Use, Box<dyn Step>);

fn built(steps: &[Use]) -> Result<Vec<Built<'_>>, DataError> {
    steps.iter().map(|used| Ok((used, steps::step(&used.name, &used.params)?))).collect()
}

/// How many steps come before the split: all up to the first that fits.
fn n_before_split(steps: &[Built<'_>]) -> usize {
    let fits = |(_, step): &Built<'_>| step.effect() == Effect::Fits;
    steps.iter().position(fits).unwrap_or(steps.len())
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
    let (rows, missing) = (table.len() as u64, n_missing(table));
    StepCount { step: step.to_owned(), rows, users, items, changed, missing }
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
