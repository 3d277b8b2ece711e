//! Embeddings of users or items that another program computed: a matrix with a row for each.

use std::path::Path;

use bakeoff_spec::Plugin;
use bakeoff_spec::registry::SpecPath;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Join, Joined};
use crate::column::{Dense, Numbers, RawColumn, Values};
use crate::error::DataError;
use crate::ids::Ids;
use crate::input::{InputFile, InputFiles};
use crate::media::npy::{self, Matrix};

/// Which matrix, and whose rows they are. The column holds `[d]` numbers an entry.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Embeddings {
    /// A `.npy` file of `[n, d]` floating point numbers of 2, 4 or 8 bytes, in any order of bytes and axes.
    pub path: SpecPath,
    /// A text file with the id of each row, an id a line; by default rows are numbered from `first_id`.
    #[serde(default)]
    pub ids: Option<SpecPath>,
    /// The id of the first row where no file gives ids; the next row has the next number.
    #[serde(default)]
    pub first_id: Option<u64>,
    /// The name of the column.
    #[serde(default = "embedding")]
    #[schemars(length(min = 1))]
    pub column: String,
}

const ARRAY: &str = "array";
const IDS: &str = "ids";

fn embedding() -> String {
    "embedding".into()
}

impl Plugin for Embeddings {
    const NAME: &'static str = "embeddings";
    const ABOUT: &'static str = "A .npy matrix of precomputed embeddings, one row a user or item.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        if params.ids.is_some() && params.first_id.is_some() {
            return Err(
                "first_id: numbers rows where no `ids` file names them; leave one of the two out"
                    .into(),
            );
        }
        Ok(())
    }
}

impl Join for Embeddings {
    fn files(&self) -> Result<Vec<InputFile>, DataError> {
        let array = InputFile::new(ARRAY, self.path.as_ref());
        let ids = self.ids.as_ref().map(|path| InputFile::new(IDS, path.as_ref()));
        Ok([array].into_iter().chain(ids).collect())
    }

    fn columns(&self, _files: &InputFiles) -> Result<Option<Vec<String>>, DataError> {
        Ok(Some(vec![self.column.clone()]))
    }

    fn read(&self, files: &InputFiles, ids: &Ids) -> Result<Joined, DataError> {
        let path = files.get(ARRAY).expect("the file is one of its own");
        let matrix = Matrix::open(path)?;
        let place = match files.get(IDS) {
            Some(names) => named(names, (path, matrix.n_rows), ids)?,
            None => numbered(self.first_id.unwrap_or_default(), matrix.n_rows, ids),
        };
        let mut is_missing = vec![true; ids.len()];
        for &entry in place.iter().flatten() {
            is_missing[entry as usize] = false;
        }
        let n_missing = is_missing.iter().filter(|&&is_missing| is_missing).count();
        if n_missing == ids.len() && !ids.is_empty() {
            let reason = format!(
                "none of its {} rows belongs to an id of the data, such as `{}`; name the rows with `ids` or set \
                 `first_id`",
                matrix.n_rows,
                ids.names().next().unwrap_or_default()
            );
            return Err(DataError::Array { path: path.to_owned(), reason });
        }
        let shape = vec![matrix.n_columns];
        let mut numbers = vec![0.0; ids.len() * matrix.n_columns];
        matrix.read_rows(&place, &mut numbers)?;
        let missing = format!("{n_missing} of {} entries have no embedding.", ids.len());
        let notes = (n_missing > 0).then_some(missing).into_iter().collect();
        let dense = Dense { shape, numbers: Numbers::F32(numbers), is_missing };
        let columns = vec![RawColumn::new(&self.column, Values::Dense(dense))];
        Ok(Joined { columns, notes, ..Joined::default() })
    }
}

/// The entry of each row, by the names in a file.
fn named(
    path: &Path,
    (array, n_rows): (&Path, usize),
    ids: &Ids,
) -> Result<Vec<Option<u32>>, DataError> {
    let names = npy::read_ids(path)?;
    if names.len() != n_rows {
        let reason = format!(
            "it has {} ids, but {n_rows} are the rows of `{}`; each row needs a line of its own",
            names.len(),
            array.display()
        );
        return Err(DataError::Array { path: path.to_owned(), reason });
    }
    let mut known = Ids::default();
    for (line, name) in names.iter().enumerate() {
        if known.index_or_add(name) as usize != line {
            let (path, line) = (path.to_owned(), line as u64 + 1);
            return Err(DataError::Twice { path, line, id: name.clone() });
        }
    }
    Ok(names.iter().map(|name| ids.index(name)).collect())
}

/// The entry of each row, by its number.
fn numbered(first: u64, n_rows: usize, ids: &Ids) -> Vec<Option<u32>> {
    (first..).take(n_rows).map(|id| ids.index(&id.to_string())).collect()
}
