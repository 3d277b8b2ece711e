//! Makes the values of a column coarser.

use std::collections::BTreeMap;

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, Step, Train};
use crate::column::{Lists, Tags, Values};
use crate::error::DataError;
use crate::ids::Ids;
use crate::interactions::Interactions;
use crate::named;

/// Which column, and how coarse. Missing values stay missing.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Generalise {
    /// A column of rows, users or items.
    pub column: String,
    /// How.
    pub with: Generalisation,
    /// Of `band`: how many whole numbers a band holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_000_000_000))]
    pub width: Option<u32>,
    /// Of `prefix`: how many characters stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100))]
    pub length: Option<u32>,
    /// Of `prefix`, for a column that was read as numbers: with how many digits they were written, so that zeros in front
    /// are put back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 20))]
    pub digits: Option<u32>,
    /// Of `buckets`: where one ends and the next begins, ascending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub edges: Option<Vec<f64>>,
    /// Of `map`: what each value becomes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub map: Option<BTreeMap<String, String>>,
    /// Of `suppress`: how many users a value must have to stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 2))]
    pub min_users: Option<u32>,
}

/// How values become coarser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Generalisation {
    /// Numbers to bands of `width`, such as 20-29.
    Band,
    /// Text to its first `length` characters, and `*` for the rest. Of a text that is no longer than that all but the
    /// last character stay, so that no text stays as it was.
    Prefix,
    /// Numbers to what lies between two `edges`, such as `18 to below 30`.
    Buckets,
    /// Each value to what `map` says, and to `*` if it says nothing.
    Map,
    /// Values that fewer than `min_users` users have to `*`, numbers to missing ones. If fewer users than that have `*`
    /// (or no number) then, the next rarest values become it too. All users are counted, those of validation and test
    /// too, since all are to be protected.
    Suppress,
}

/// What stands for a value that is not told.
const ANY: &str = "*";

impl Plugin for Generalise {
    const NAME: &'static str = "generalise";
    const ABOUT: &'static str =
        "Makes a column coarser: bands, prefixes, buckets, a hierarchy, rare values suppressed.";
    const REVISION: u32 = 2;
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        use Generalisation::{Band, Buckets, Map, Prefix, Suppress};
        let owned = [
            ("width", Band, params.width.is_some()),
            ("length", Prefix, params.length.is_some()),
            ("edges", Buckets, params.edges.is_some()),
            ("map", Map, params.map.is_some()),
            ("min_users", Suppress, params.min_users.is_some()),
        ];
        for (name, owner, is_given) in owned {
            match (owner == params.with, is_given) {
                (true, false) => return Err(format!("{name}: with: {} needs it", owner.name())),
                (false, true) => {
                    return Err(format!("{name}: goes with with: {} only", owner.name()));
                }
                _ => {}
            }
        }
        if params.digits.is_some() && params.with != Prefix {
            return Err("digits: goes with with: prefix only".into());
        }
        let edges = params.edges.as_deref().unwrap_or_default();
        if !edges.is_sorted_by(|a, b| a < b) {
            return Err("edges: each must be above the one before".into());
        }
        Ok(())
    }
}

impl Generalisation {
    fn name(self) -> &'static str {
        match self {
            Self::Band => "band",
            Self::Prefix => "prefix",
            Self::Buckets => "buckets",
            Self::Map => "map",
            Self::Suppress => "suppress",
        }
    }
}

impl Step for Generalise {
    fn effect(&self) -> Effect {
        match self.with {
            Generalisation::Suppress => Effect::Counts,
            _ => Effect::Changes,
        }
    }

    fn uses(&self) -> Vec<String> {
        vec![self.column.clone()]
    }

    fn apply(&self, table: &mut Interactions, _train: &Train) -> Result<u64, DataError> {
        let column = named::find_one(Self::NAME, table, &self.column)?;
        if column.is_rating() {
            return Err(column.refused(Self::NAME, "is what is predicted, and no column to hide"));
        }
        if column.is_timestamp() {
            return Err(column.refused(Self::NAME, "orders the rows and is left as it is"));
        }
        let old = column.take(table);
        let (new, n_changed) = match self.min_users {
            Some(min_users) => Self::suppressed(&column, &old, table, u64::from(min_users))?,
            None => (self.coarser(&old), old.len() as u64 - old.n_missing()),
        };
        column.put(table, new.ok_or_else(|| self.refused(&old))?);
        Ok(n_changed)
    }

    fn hides_values(&self) -> bool {
        true
    }
}

impl Generalise {
    /// `None` where it cannot be done with values of this kind.
    fn coarser(&self, values: &Values) -> Option<Values> {
        match values {
            Values::Number(numbers) => {
                let text = |&number: &f64| {
                    if number.is_nan() { Some(String::new()) } else { self.of_number(number) }
                };
                let texts = numbers.iter().map(text).collect::<Option<Vec<String>>>()?;
                Some(Values::Text(texts.into_iter().collect()))
            }
            Values::Text(texts) => {
                let mut is_text = true;
                let of_text = |text: &str| match text {
                    "" => String::new(),
                    text => self.of_text(text).unwrap_or_else(|| {
                        is_text = false;
                        String::new()
                    }),
                };
                let texts = texts.map(of_text);
                is_text.then_some(Values::Text(texts))
            }
            Values::Tags(tags) => {
                let new: Option<Vec<String>> =
                    tags.values.names().map(|tag| self.of_text(tag)).collect();
                Some(Values::Tags(retagged(tags, &new?)))
            }
            _ => None,
        }
    }

    fn of_number(&self, number: f64) -> Option<String> {
        match self.with {
            Generalisation::Band => self.width.map(|width| band(number, f64::from(width))),
            Generalisation::Buckets => self.edges.as_ref().map(|edges| bucket(number, edges)),
            Generalisation::Prefix => {
                let digits = self.digits? as usize;
                (number.fract() == 0.0 && number >= 0.0)
                    .then(|| format!("{number:0digits$}"))
                    .and_then(|text| self.of_text(&text))
            }
            Generalisation::Map => self.of_text(&number.to_string()),
            Generalisation::Suppress => None,
        }
    }

    fn of_text(&self, text: &str) -> Option<String> {
        match self.with {
            Generalisation::Prefix => self.length.map(|length| prefix(text, length as usize)),
            Generalisation::Map => {
                let map = self.map.as_ref()?;
                Some(map.get(text).map_or(ANY, String::as_str).to_owned())
            }
            _ => None,
        }
    }

    fn refused(&self, values: &Values) -> DataError {
        let (holds, with) = (values.kind(), self.with.name());
        let fix = match (self.with, values) {
            (Generalisation::Prefix, Values::Number(_)) => {
                "text; say with how many digits the numbers were written (digits), which must be whole and not negative"
            }
            (Generalisation::Band | Generalisation::Buckets, _) => {
                "numbers; use prefix or map for text and tags"
            }
            _ => "text, tags or numbers; mask it instead",
        };
        DataError::Column {
            step: Self::NAME,
            column: self.column.clone(),
            reason: format!("holds {holds}, and {with} takes {fix}"),
        }
    }
}

/// The band of a number: `20-29`; `20` if it is as wide as a number.
fn band(number: f64, width: f64) -> String {
    let low = (number / width).floor() * width;
    let high = low + width - 1.0;
    match () {
        () if width <= 1.0 => format!("{low}"),
        () if low < 0.0 => format!("{low} to {high}"),
        () => format!("{low}-{high}"),
    }
}

/// Between which edges a number lies.
fn bucket(number: f64, edges: &[f64]) -> String {
    let above = edges.partition_point(|&edge| edge <= number);
    match (above.checked_sub(1).map(|i| edges[i]), edges.get(above)) {
        (None, Some(high)) => format!("below {high}"),
        (Some(low), Some(high)) => format!("{low} to below {high}"),
        (Some(low), None) => format!("{low} and above"),
        (None, None) => ANY.to_owned(),
    }
}

fn prefix(text: &str, length: usize) -> String {
    let length = length.min(text.chars().count().saturating_sub(1));
    let kept: String = text.chars().take(length).collect();
    kept + ANY
}

/// Tags under new names; of several that become one, an entry keeps one.
fn retagged(tags: &Tags, new: &[String]) -> Tags {
    let mut values = Ids::default();
    let numbers: Vec<u32> = new.iter().map(|name| values.index_or_add(name)).collect();
    let mut lists = Lists::default();
    for list in tags.lists.iter() {
        let mut kept: Vec<u32> = Vec::with_capacity(list.len());
        for &tag in list {
            let number = numbers[tag as usize];
            if !kept.contains(&number) {
                kept.push(number);
            }
        }
        lists.push(kept);
    }
    Tags { values, lists }
}

mod suppress;
#[cfg(test)]
mod tests;
