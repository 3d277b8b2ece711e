//! `MovieLens` (Harper and Konstan, ACM `TiiS` 2015) in every format that `GroupLens` publishes: known by its files.

mod films;
mod layouts;

use std::path::{Path, PathBuf};

use bakeoff_spec::Plugin;
use bakeoff_spec::registry::SpecPath;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::layouts::{Layout, age_of_code, occupation_of_code};
use super::{INTERACTIONS, ITEMS, Source, USERS};
use crate::archive;
use crate::column::{RawColumn, Values};
use crate::delimited;
use crate::error::DataError;
use crate::frame::{Kind, Roles, Want};
use crate::ids::Ids;
use crate::input::{InputFile, InputFiles};
use crate::interactions::{Interactions, Repairs, add_repairs};
use crate::mismatch::MismatchError;

/// Where it lies, and what is read beside the ratings.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MovieLens {
    /// The folder with `u.data` (100K), `ratings.dat` (1M, 10M) or `ratings.csv` (latest, 20M, 25M, 32M); or that file,
    /// packed with gzip or Zstandard or not; or the zip archive as it is downloaded.
    pub path: SpecPath,
    /// Whether to read what lies beside the ratings: of films `title`, `year` (taken out of the title) and `genres`, of
    /// 100K `release_date` in seconds since 1970 too; of users (100K, 1M) `age`, `gender`, `occupation` and `zip_code`.
    /// The ages of 1M are ranges, such as `25-34`.
    #[serde(default = "yes")]
    pub side: bool,
    /// Whether to read the tags that users gave to films, as `tags` of films. They were given over the years, later than
    /// the cut of a split in time, too: what a model learns from them it could not have known then.
    #[serde(default)]
    pub tags: bool,
    /// Whether to read the films' numbers at IMDb and TMDB, as `imdb_id` and `tmdb_id`.
    #[serde(default)]
    pub links: bool,
}

fn yes() -> bool {
    true
}

/// Role of the file with tags.
const TAGS: &str = "tags";
/// Role of the file with the films' numbers elsewhere.
const LINKS: &str = "links";

impl Plugin for MovieLens {
    const NAME: &'static str = "movielens";
    const ABOUT: &'static str = "MovieLens as GroupLens publishes it: 100K, 1M, 10M, 20M, 25M, 32M, latest; a folder or the zip archive.";
    type Params = Self;
}

impl Source for MovieLens {
    fn files(&self, _cache: &Path) -> Result<Vec<InputFile>, DataError> {
        let path: &Path = self.path.as_ref();
        if archive::is_archive(path) {
            return Ok(vec![InputFile::new(INTERACTIONS, path)]);
        }
        Ok(self.find()?.1.0)
    }

    fn columns(&self, files: &InputFiles) -> Result<Option<Vec<String>>, DataError> {
        // The members of an archive lie packed.
        if archive::is_archive(self.path.as_ref()) {
            return Ok(None);
        }
        let (layout, _) = self.find()?;
        let sides =
            [USERS, ITEMS, TAGS, LINKS].into_iter().filter(|role| files.get(role).is_some());
        let names = ["rating", "timestamp"].into_iter();
        let names = names.chain(sides.flat_map(|role| layout.names(role)).copied());
        Ok(Some(names.map(str::to_owned).collect()))
    }

    fn read(&self, _files: &InputFiles) -> Result<Interactions, DataError> {
        // Of an archive, the files are its members.
        let (layout, files) = self.find()?;
        let [user, item, rating, timestamp] = layout.columns();
        let (rating, timestamp) = (Some(rating), Some(timestamp));
        let roles = Roles { user, item, rating, timestamp, columns: &[], part: None };
        let frame =
            delimited::read(&files.of(INTERACTIONS), &layout.ratings(), &Want::roles(&roles))?;
        let mut table = frame.into_interactions(&roles)?;
        let repairs = &mut table.repairs;
        if let Some(path) = files.get(USERS) {
            table.user_columns = users(path, layout, &table.users, repairs)?;
        }
        if let Some(path) = files.get(ITEMS) {
            table.item_columns = films::films(path, layout, &table.items, repairs)?;
        }
        if let Some(path) = files.get(TAGS) {
            table.item_columns.push(films::tags(path, layout, &table.items, repairs)?);
        }
        if let Some(path) = files.get(LINKS) {
            table.item_columns.extend(films::links(path, &table.items, repairs)?);
        }
        Ok(table)
    }
}

impl MovieLens {
    /// The format, and the files there are of those that are asked for.
    fn find(&self) -> Result<(Layout, InputFiles), DataError> {
        let path: &Path = self.path.as_ref();
        let (is_named, all) = if archive::is_archive(path) {
            (false, archive::members(path)?)
        } else {
            (!path.is_dir(), listed(if path.is_dir() { path } else { folder_of(path) })?)
        };
        let published = |path: &&PathBuf| Layout::of(path).is_some_and(|(_, published)| published);
        let ratings =
            if is_named { Some(path.to_owned()) } else { all.iter().find(published).cloned() };
        let found = ratings.and_then(|ratings| Some((Layout::of(&ratings)?.0, ratings)));
        let Some((layout, ratings)) = found else {
            let reason = "neither u.data nor ratings.dat nor ratings.csv is there".to_owned();
            return Err(DataError::NoFiles { path: path.to_owned(), reason });
        };
        let wanted =
            [(USERS, self.side), (ITEMS, self.side), (TAGS, self.tags), (LINKS, self.links)];
        let folder = folder_of(&ratings).to_owned();
        let mut files = vec![InputFile::new(INTERACTIONS, ratings)];
        for (role, name) in layout.side_files() {
            let beside = |file: &&PathBuf| {
                folder_of(file) == folder && layouts::unpacked_name(file) == *name
            };
            let is_wanted = wanted.contains(&(*role, true));
            if let Some(file) = all.iter().find(beside).filter(|_| is_wanted) {
                files.push(InputFile::new(role, file));
            }
        }
        let asked = [(TAGS, "tags", self.tags), (LINKS, "links", self.links)];
        for (role, param, _) in asked.into_iter().filter(|(.., is_asked)| *is_asked) {
            if files.iter().all(|file| file.role != role) {
                let named = layout.side_files().iter().find(|(of, _)| *of == role);
                let file = named
                    .map_or_else(|| format!("file of {param}"), |(_, name)| (*name).to_owned());
                let folder = path.to_owned();
                return Err(Box::new(MismatchError::NoSideFile { folder, file, param }).into());
            }
        }
        Ok((layout, InputFiles(files)))
    }
}

fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// What lies in a folder, ascending.
fn listed(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let entries = folder.read_dir().and_then(|entries| {
        entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<PathBuf>, _>>()
    });
    let mut entries =
        entries.map_err(|source| DataError::Read { path: folder.to_owned(), source })?;
    entries.sort_unstable();
    Ok(entries)
}

/// What is known of users.
fn users(
    path: &Path,
    layout: Layout,
    ids: &Ids,
    repairs: &mut Repairs,
) -> Result<Vec<RawColumn>, DataError> {
    let columns = ["age", "gender", "occupation", "zip_code"].map(String::from);
    let mut want = Want::side("user", "path", Some(&columns));
    for field in &mut want.fields[1..] {
        // A zip code of digits is no number.
        field.kind = if field.name == "age" { Kind::Inferred } else { Kind::Text };
        if layout == Layout::Dat {
            field.kind = Kind::Text;
        }
    }
    let mut frame = delimited::read(&[path.to_owned()], &layout.users(), &want)?;
    add_repairs(repairs, std::mem::take(&mut frame.repairs));
    let mut columns = frame.into_side("user", ids)?.columns;
    for column in columns.iter_mut().filter(|_| layout == Layout::Dat) {
        if let Values::Text(texts) = &column.values {
            let decoded = match column.name.as_str() {
                "age" => texts.map(|code| age_of_code(code).to_owned()),
                "occupation" => texts.map(|code| occupation_of_code(code).to_owned()),
                _ => continue,
            };
            column.values = Values::Text(decoded);
        }
    }
    Ok(columns)
}
