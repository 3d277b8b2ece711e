//! Categories as codes, as columns of zeros and ones, by hash, by mean rating; numbers as buckets.

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, Step, Train};
use crate::column::{Codes, RawColumn, Tags, Values};
use crate::encode::{label, label_tags};
use crate::encoding::{TargetMeans, hashed, hashed_tags, multi_hot, one_hot, quantile_codes};
use crate::error::DataError;
use crate::interactions::{Axis, Interactions};
use crate::named::{self, Named};

/// Which columns, and how. A column of text that no step encodes gets the codes of `label`, one of tags those of
/// `multi_hot`; a value keeps the spelling of the source.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Encode {
    /// Names of columns of rows, users or items.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// How.
    pub with: Encoding,
    /// With `label`, `one_hot`, `multi_hot`: how many entries of train must have a value for it to have a code of its
    /// own. By default 1.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub min_count: Option<u64>,
    /// With `one_hot` and `multi_hot` with `dense`: the most columns that may come out. By default 1000.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max_values: Option<u32>,
    /// With `multi_hot`: what stands between two tags of a text. By default `|`.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub separator: Option<String>,
    /// With `multi_hot`: whether the result is a block of zeros and ones instead of lists of tags.
    #[serde(default)]
    pub dense: bool,
    /// With `hashing` (required) and `quantiles` (by default 10): how many codes there are for values.
    #[serde(default)]
    #[schemars(range(min = 1, max = 100_000_000))]
    pub buckets: Option<u32>,
    /// With `target`: into how many folds the rows of train are dealt. By default 5.
    #[serde(default)]
    #[schemars(range(min = 2, max = 100))]
    pub folds: Option<u32>,
    /// With `target`: as many as how many ratings the mean of all counts in that of a category. By default 10.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1e9))]
    pub smoothing: Option<f64>,
    /// With `target`: deals rows to folds. By default 1.
    #[serde(default)]
    pub seed: Option<u64>,
}

/// A way to make numbers of categories. What is learned is learned of the entries of train: its rows, or the users or
/// items that have one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// One code a value. Code 0: missing; 1: unseen, a value that train lacks; with `min_count` above 1, 2: rare, a value
    /// that train has less often; then the values of train in alphabetical order.
    Label,
    /// A block of as many zeros and ones as `label` has codes, `[k]`: 1 in the column of the value's code, so that
    /// missing, unseen and rare values have columns of their own, the first ones.
    OneHot,
    /// Several categories an entry: a text is split at `separator`, tags stay. Code 0: unseen; with `min_count` above 1,
    /// 1: rare; then the tags of train in alphabetical order. An entry without tags is missing. With `dense`, a block of
    /// zeros and ones `[k]` with 1 in the column of each tag's code.
    MultiHot,
    /// One code a bucket: the hash of the value (the first 64 bits of BLAKE3) modulo `buckets`. Learns nothing: a value
    /// that train lacks shares the code of those in its bucket, and there is no code for rare ones. Code 0: missing; 1:
    /// unused, as there are no unseen values; then the buckets. Of n values in b buckets, n − b · (1 − (1 − 1/b)^n) are expected to fall into a bucket that is taken.
    /// A column of tags becomes lists of such codes: 0 unused, then the buckets.
    Hashing,
    /// The mean rating of the rows of train with this category, drawn towards that of all: a new column of numbers of
    /// rows, `NAME_target`. A row of train gets the mean over the other folds, so that its own rating is no part of what a
    /// model reads beside it; any other row that over all of train. A category that is unseen gets the mean of all;
    /// missing ones are a category. Ratings count as they are where the step stands.
    Target,
    /// A column of numbers as codes of buckets that are equally full in train. Code 0: missing; 1: unused, as there are
    /// no unseen values; then the buckets, ascending, the first and last without an outer end. Where many values are
    /// equal there are fewer buckets than `buckets`.
    Quantiles,
}

impl Plugin for Encode {
    const NAME: &'static str = "encode";
    const REVISION: u32 = 2;
    const ABOUT: &'static str = "Encodes categories: label, one-hot, multi-hot, hashing, target means; numbers as quantile buckets.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        use Encoding::{Hashing, Label, MultiHot, OneHot, Quantiles, Target};
        let given: [(&str, bool, &[Encoding]); 8] = [
            ("min_count", params.min_count.is_some(), &[Label, OneHot, MultiHot]),
            ("max_values", params.max_values.is_some(), &[OneHot, MultiHot]),
            ("separator", params.separator.is_some(), &[MultiHot]),
            ("dense", params.dense, &[MultiHot]),
            ("buckets", params.buckets.is_some(), &[Hashing, Quantiles]),
            ("folds", params.folds.is_some(), &[Target]),
            ("smoothing", params.smoothing.is_some(), &[Target]),
            ("seed", params.seed.is_some(), &[Target]),
        ];
        for (name, is_given, fits) in given {
            if is_given && !fits.contains(&params.with) {
                let fits: Vec<&str> = fits.iter().map(|with| with.name()).collect();
                return Err(format!("{name}: goes with with: {} only", fits.join(" or ")));
            }
        }
        match params {
            Self { with: Hashing, buckets: None, .. } => {
                Err("buckets: with: hashing needs a number of buckets".into())
            }
            Self { with: MultiHot, dense: false, max_values: Some(_), .. } => {
                Err("max_values: goes with dense: true".into())
            }
            Self { buckets: Some(0), .. } => Err("buckets: must be at least 1".into()),
            Self { folds: Some(0 | 1), .. } => Err("folds: must be at least 2".into()),
            Self { smoothing: Some(smoothing), .. } if smoothing.is_nan() || *smoothing < 0.0 => {
                Err("smoothing: must be at least 0".into())
            }
            _ => Ok(()),
        }
    }
}

impl Step for Encode {
    fn effect(&self) -> Effect {
        match self.with {
            Encoding::Hashing => Effect::Changes,
            Encoding::MultiHot if !self.dense && self.min_count.is_none() => Effect::Changes,
            _ => Effect::Fits,
        }
    }

    fn uses(&self) -> Vec<String> {
        self.columns.clone()
    }

    fn outline(&self, names: &mut Vec<String>) {
        if self.with == Encoding::Target {
            names.extend(
                self.columns.iter().map(|column| format!("{}_target", named::bare(column))),
            );
        }
    }

    fn apply(&self, table: &mut Interactions, train: &Train) -> Result<u64, DataError> {
        let mut n_changed = 0;
        for column in named::find(Self::NAME, table, &self.columns)? {
            if column.is_rating() {
                let reason =
                    "holds ratings, which models learn as numbers; `normalise` changes their scale";
                return Err(column.refused(Self::NAME, reason));
            }
            let values = column.take(table);
            n_changed += values.len() as u64 - values.n_missing();
            let values = if self.with == Encoding::Target {
                self.add_target(table, train, &column, &values)?;
                values
            } else {
                self.encoded(&column, values, train.has(column.axis))?
            };
            column.put(table, values);
        }
        Ok(n_changed)
    }
}

impl Encode {
    fn encoded(&self, column: &Named, values: Values, train: &[bool]) -> Result<Values, DataError> {
        let min_count = self.min_count.unwrap_or(1);
        Ok(match (self.with, values) {
            (Encoding::Label, Values::Text(texts)) => {
                Values::Codes(label(&texts, train, min_count))
            }
            (Encoding::OneHot, Values::Text(texts)) => {
                let codes = label(&texts, train, min_count);
                self.check_width(column, codes.names.len())?;
                Values::Dense(one_hot(&codes))
            }
            (Encoding::MultiHot, Values::Text(texts)) => {
                self.tags(column, texts.split(self.separator.as_deref().unwrap_or("|")), train)?
            }
            (Encoding::MultiHot, Values::Tags(tags)) => self.tags(column, tags, train)?,
            (Encoding::Hashing, Values::Text(texts)) => {
                Values::Codes(hashed(&texts, self.buckets()))
            }
            (Encoding::Hashing, Values::Tags(tags)) => {
                Values::CodeLists(hashed_tags(&tags, self.buckets()))
            }
            (Encoding::Quantiles, Values::Number(numbers)) => {
                let codes = quantile_codes(&numbers, train, self.buckets());
                let none = "has no value in the training part to take quantiles of";
                Values::Codes(codes.ok_or_else(|| column.refused(Self::NAME, none))?)
            }
            (with, other) => return Err(with.misfit(column, &other)),
        })
    }

    fn buckets(&self) -> u32 {
        self.buckets.unwrap_or(10)
    }

    fn tags(&self, column: &Named, tags: Tags, train: &[bool]) -> Result<Values, DataError> {
        if !self.dense && self.min_count.is_none() {
            return Ok(Values::Tags(tags));
        }
        let tags = label_tags(&tags, train, self.min_count.unwrap_or(1));
        if !self.dense {
            return Ok(Values::CodeLists(tags));
        }
        self.check_width(column, tags.names.len())?;
        Ok(Values::Dense(multi_hot(&tags)))
    }

    fn check_width(&self, column: &Named, k: usize) -> Result<(), DataError> {
        let max = self.max_values.unwrap_or(1000);
        if k <= max as usize {
            return Ok(());
        }
        Err(column.refused(
            Self::NAME,
            format!("would become {k} columns, more than max_values: {max}; set min_count, or use label or hashing"),
        ))
    }

    fn add_target(
        &self,
        table: &mut Interactions,
        train: &Train,
        column: &Named,
        values: &Values,
    ) -> Result<(), DataError> {
        let Some(ratings) = &table.rating else {
            return Err(DataError::NeedsRatings {
                needed_by: "step `encode` with: target".into(),
                fix: "name their column in the source, or use with: label",
            });
        };
        let (of_entries, n) = match values {
            Values::Text(texts) => (texts.codes(), texts.values().len()),
            Values::Codes(Codes { names, codes }) => (&codes[..], names.len()),
            other => return Err(self.with.misfit(column, other)),
        };
        let of_owners = |owners: &[u32]| owners.iter().map(|&i| of_entries[i as usize]).collect();
        let categories: Vec<u32> = match column.axis {
            Axis::Rows => of_entries.to_vec(),
            Axis::Users => of_owners(&table.user),
            Axis::Items => of_owners(&table.item),
        };
        let means = TargetMeans {
            folds: self.folds.unwrap_or(5),
            smoothing: self.smoothing.unwrap_or(10.0),
            seed: self.seed.unwrap_or(1),
        };
        let values = means.of(&categories, n, ratings, train.has(Axis::Rows));
        let values = values.map_err(|reason| column.refused(Self::NAME, reason))?;
        let target = RawColumn::new(format!("{}_target", column.name), Values::Number(values));
        named::add(Self::NAME, table, Axis::Rows, target)
    }
}

impl Encoding {
    fn name(self) -> &'static str {
        match self {
            Self::Label => "label",
            Self::OneHot => "one_hot",
            Self::MultiHot => "multi_hot",
            Self::Hashing => "hashing",
            Self::Target => "target",
            Self::Quantiles => "quantiles",
        }
    }

    /// The error of a column that this way is not for.
    fn misfit(self, column: &Named, values: &Values) -> DataError {
        let fits = match self {
            Self::Label | Self::OneHot => "text (for tags: multi_hot; for numbers: quantiles)",
            Self::MultiHot | Self::Hashing => "text or tags (for numbers: quantiles)",
            Self::Target => "text or codes (for numbers: first quantiles)",
            Self::Quantiles => "numbers (for text: label)",
        };
        let reason = format!("holds {}; {} is for {fits}", values.kind(), self.name());
        column.refused(Encode::NAME, reason)
    }
}

#[cfg(test)]
mod tests;
