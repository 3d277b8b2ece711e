//! Fixed files with given negatives, as He et al. (Neural Collaborative Filtering, WWW 2017) publish them.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use bakeoff_spec::Plugin;
use bakeoff_spec::registry::SpecPath;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{INTERACTIONS, Source, TEST, VALID};
use crate::column::Lists;
use crate::delimited::{self, Format, shortened};
use crate::error::DataError;
use crate::frame::{Roles, Want};
use crate::input::{self, InputFile, InputFiles};
use crate::interactions::Interactions;
use crate::sound::{LONGEST_ID, NO_ID, stands_for_none};

/// Which files. Those of interactions have lines `USER, ITEM, RATING, TIMESTAMP` between tabs, without a header. Split
/// `fixed` takes the parts as they are.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ncf {
    /// The training part, such as `ml-1m.train.rating`.
    pub train: SpecPath,
    /// The test part, such as `ml-1m.test.rating`.
    pub test: SpecPath,
    /// The validation part; without it, the split takes one out of the training part.
    #[serde(default)]
    pub valid: Option<SpecPath>,
    /// What the item of each line of the test part is ranked against, such as `ml-1m.test.negative`: lines
    /// `(USER,ITEM), NEGATIVE, NEGATIVE, …` between tabs.
    #[serde(default)]
    pub negatives: Option<SpecPath>,
}

/// Role of the file with the negatives.
const NEGATIVES: &str = "negatives";
const COLUMNS: [&str; 4] = ["user", "item", "rating", "timestamp"];

impl Plugin for Ncf {
    const NAME: &'static str = "ncf";
    const ABOUT: &'static str = "Fixed files for training and test with given negatives, as the authors of NCF publish them.";
    type Params = Self;
}

impl Source for Ncf {
    fn files(&self, _cache: &Path) -> Result<Vec<InputFile>, DataError> {
        let files = [
            (INTERACTIONS, Some(&self.train)),
            (VALID, self.valid.as_ref()),
            (TEST, Some(&self.test)),
            (NEGATIVES, self.negatives.as_ref()),
        ];
        let files = files.into_iter().filter_map(|(role, path)| Some((role, path?)));
        Ok(files.map(|(role, path)| InputFile::new(role, &path.0)).collect())
    }

    fn columns(&self, _files: &InputFiles) -> Result<Option<Vec<String>>, DataError> {
        Ok(Some(["rating", "timestamp"].map(str::to_owned).into()))
    }

    fn read(&self, files: &InputFiles) -> Result<Interactions, DataError> {
        let [user, item, rating, timestamp] = COLUMNS;
        let (rating, timestamp) = (Some(rating), Some(timestamp));
        let roles = Roles { user, item, rating, timestamp, columns: &[], part: None };
        let names = Some(COLUMNS.map(String::from).to_vec());
        let format = Format { quote: None, names, ..Format::new("\t") };
        let (paths, parts) = files.divided();
        let frame = delimited::read(&paths, &format, &Want::roles(&roles))?;
        let mut table = frame.into_interactions(&roles)?;
        table.divide(parts);
        if let (Some(negatives), Some(test)) = (files.get(NEGATIVES), files.get(TEST)) {
            let test_rows = table.origin.rows_of_files().last().unwrap_or_default();
            table.candidates = Some(candidates(negatives, test, test_rows, &mut table)?);
        }
        Ok(table)
    }
}

/// What the items of each user's test rows are ranked among: these items first, then the given negatives.
fn candidates(
    path: &Path,
    test: &Path,
    test_rows: std::ops::Range<usize>,
    table: &mut Interactions,
) -> Result<Lists<u32>, DataError> {
    let mut of_users: Vec<Vec<u32>> = vec![Vec::new(); table.users.len()];
    let mut positives = HashSet::new();
    for row in test_rows.clone() {
        let (user, item) = (table.user[row], table.item[row]);
        if positives.insert((user, item)) {
            of_users[user as usize].push(item);
        }
    }
    let n_positives: Vec<usize> = of_users.iter().map(Vec::len).collect();
    let n_known = table.items.len();
    let bytes = input::read(path)?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    for (bytes, line) in bytes.split(|&byte| byte == b'\n').zip(1..) {
        let text = std::str::from_utf8(bytes).map_err(|_| {
            delimited::not_utf8(path, line, "1".to_owned(), bytes, delimited::NOT_UTF8)
        })?;
        let text = text.trim_end();
        if text.is_empty() {
            continue;
        }
        let mut fields = text.split('\t');
        let pair = fields.next().unwrap_or_default();
        let known = pair
            .strip_prefix('(')
            .and_then(|pair| pair.strip_suffix(')')?.split_once(','))
            .and_then(|(user, item)| {
                Some((table.users.index(user.trim())?, table.items.index(item.trim())?))
            });
        let Some((user, _)) = known.filter(|known| positives.contains(known)) else {
            return Err(DataError::Value {
                path: path.to_owned(),
                line,
                column: "1".to_owned(),
                found: shortened(pair),
                expected: format!("(USER,ITEM) as on a line of {}", test.display()),
            });
        };
        for item in fields.map(str::trim).filter(|item| !item.is_empty()) {
            let is_long = item.len() > LONGEST_ID;
            if is_long || stands_for_none(item) {
                return Err(DataError::Value {
                    path: path.to_owned(),
                    line,
                    column: "negatives".to_owned(),
                    found: shortened(item),
                    expected: if is_long {
                        format!("an id of at most {LONGEST_ID} bytes")
                    } else {
                        NO_ID.to_owned()
                    },
                });
            }
            let item = table.items.index_or_add(item);
            let listed = &mut of_users[user as usize];
            if !listed.contains(&item) {
                listed.push(item);
            }
        }
    }
    let without = |&row: &usize| {
        let user = table.user[row] as usize;
        of_users[user].len() == n_positives[user]
    };
    if let Some(row) = test_rows.clone().find(without) {
        let (file, line) = table.origin.place(row);
        return Err(DataError::Value {
            path: PathBuf::from(file),
            line,
            column: COLUMNS[0].to_owned(),
            found: table.users.name(table.user[row]).to_owned(),
            expected: format!("a user with negatives in {}", path.display()),
        });
    }
    let n_unknown = table.items.len() - n_known;
    if n_unknown > 0 {
        table.notes.push(format!(
            "{n_unknown} items stand among the negatives alone: nobody met them, and models rank them by chance."
        ));
    }
    let mut lists = Lists::default();
    for items in of_users {
        lists.push(items);
    }
    Ok(lists)
}
