//! The manifest of a prepared dataset: its card, what its arrays are, and the checksums that say whether it is whole.

use std::fs;
use std::path::Path;

use bakeoff_spec::DatasetCard;
use bakeoff_spec::trial::content_key;
use serde::{Deserialize, Serialize};

use crate::error::DataError;
use crate::sealed::Sealed;

/// The file's name in a dataset's folder.
pub(crate) const FILE: &str = "manifest.json";

/// The version that is written; a dataset of another version is built again.
const SCHEMA: u32 = 3;

/// What the file holds.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Manifest {
    schema: u32,
    /// [`content_key`] of `content`.
    checksum: String,
    pub(crate) content: Content,
}

/// What is known of a dataset without its arrays.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Content {
    /// Size of the arrays' file.
    pub(crate) arrays_len: u64,
    /// BLAKE3 of the arrays' file as it lies there.
    pub(crate) arrays_blake3: String,
    /// The smallest and the largest rating of train.
    pub(crate) rating_range: Option<(f32, f32)>,
    /// What the times of rows are counted from, in seconds since 1970.
    pub(crate) time_origin: Option<i64>,
    /// Whether the source gives the items that users are to be ranked against at test.
    pub(crate) has_candidates: bool,
    /// What is known of rows, of users and of items.
    pub(crate) columns: [Vec<ColumnInfo>; 3],
    pub(crate) card: DatasetCard,
    /// How the arrays are encrypted, if they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sealed: Option<Sealed>,
}

impl Content {
    /// What encrypted arrays are bound to: all of this but what depends on their bytes.
    pub(crate) fn seal_context(&self) -> String {
        content_key(&Self { arrays_len: 0, arrays_blake3: String::new(), ..self.clone() })
    }
}

/// A column without its values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ColumnInfo {
    pub(crate) name: String,
    #[serde(flatten)]
    pub(crate) kind: ColumnKind,
}

/// What a column's arrays are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum ColumnKind {
    Categorical { n_values: u32 },
    Numeric,
    Tags { n_values: u32 },
    Weighted { n_values: u32 },
    Tokens { n_values: u32, len: usize },
    Dense { shape: Vec<usize>, is_u8: bool },
}

impl Manifest {
    pub(crate) fn new(content: Content) -> Self {
        Self { schema: SCHEMA, checksum: content_key(&content), content }
    }

    /// Reads the manifest in `dir` and compares its own checksum.
    pub(crate) fn read(dir: &Path) -> Result<Self, DataError> {
        let damaged = |reason: String| DataError::Damaged { dir: dir.to_owned(), reason };
        let bytes = fs::read(dir.join(FILE)).map_err(|e| damaged(format!("{FILE}: {e}")))?;
        let manifest: Self =
            serde_json::from_slice(&bytes).map_err(|e| damaged(format!("{FILE}: {e}")))?;
        if manifest.schema != SCHEMA {
            return Err(damaged(format!("version {} instead of {SCHEMA}", manifest.schema)));
        }
        if manifest.checksum != content_key(&manifest.content) {
            return Err(damaged(format!("the checksum of {FILE} does not match")));
        }
        Ok(manifest)
    }

    /// The content of the file.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("a manifest always serialises");
        bytes.push(b'\n');
        bytes
    }
}
