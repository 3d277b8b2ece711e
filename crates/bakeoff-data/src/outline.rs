//! Which columns a step will find, as far as headers and schemas tell: looked at when a spec is planned, so that a name
//! that is not there is told before anything is read.

use std::path::Path;

use bakeoff_spec::{DataPart, ReadParams, Recipe};

use crate::error::{DataError, nearest};
use crate::input::InputFiles;
use crate::mismatch::MismatchError;
use crate::named::bare;
use crate::{joins, sources, steps};

/// Goes through the steps with the names of the columns that source and joins bring. Where one of these cannot say
/// without reading all it has, nothing is checked.
pub(crate) fn check(
    recipe: &Recipe,
    params: &ReadParams,
    cache: &Path,
) -> Result<(), (DataPart, Box<DataError>)> {
    let at = |part| move |error: DataError| (part, Box::new(error));
    let source = sources::source(&recipe.source.name, &params.source);
    let source = source.and_then(|source| {
        // What is yet to be downloaded has no header.
        let names = match source.download() {
            None => source.columns(&InputFiles(source.files(cache)?))?,
            Some(_) => None,
        };
        Ok((names, source.has_images()))
    });
    let (names, mut has_images) = source.map_err(at(DataPart::Source))?;
    let mut all_names = names;
    for (i, (used, params)) in recipe.joins.iter().zip(&params.joins).enumerate() {
        let join = joins::join(&used.join.name, params).and_then(|join| {
            has_images |= join.has_images();
            join.columns(&InputFiles(join.files()?))
        });
        let names = join.map_err(at(DataPart::Join(i)))?;
        all_names = all_names.zip(names).map(|(mut all, names)| {
            all.extend(names.into_iter().map(|name| format!("{}{name}", used.prefix)));
            all
        });
    }
    let Some(mut names) = all_names else { return Ok(()) };
    for (i, used) in recipe.steps.iter().enumerate() {
        let at = at(DataPart::Step(i));
        let step = steps::step(&used.name, &used.params).map_err(at)?;
        let entry = bakeoff_spec::registry::find(steps::ALL, &used.name);
        let name = entry.map_or("", |entry| entry.name);
        let is_there =
            |column: &str| names.iter().any(|name| [column, bare(column)].contains(&&**name));
        if let Some(column) = step.uses().into_iter().find(|column| !is_there(column)) {
            let (suggestion, present) = (nearest(&column, &names), names);
            return Err(at(DataError::UnknownColumn { step: name, column, present, suggestion }));
        }
        if step.needs_images() && !has_images {
            return Err(at(Box::new(MismatchError::NoImages { step: name }).into()));
        }
        step.outline(&mut names);
    }
    Ok(())
}

/// Takes out the name of a column that a step drops. Columns of two axes may bear it, of which one stays.
pub(crate) fn drop_name(names: &mut Vec<String>, dropped: &str) {
    let is_it = |name: &String| [dropped, bare(dropped)].contains(&&**name);
    if let Some(place) = names.iter().position(is_it) {
        names.remove(place);
    }
}
