//! Checks that no user stands out by what is known of them.

use std::collections::{BTreeMap, BTreeSet};

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, Step, Train};
use crate::column::{Numbers, Values};
use crate::error::DataError;
use crate::ids::Ids;
use crate::interactions::{Axis, Interactions};
use crate::named::{self, Named};
use crate::privacy_error::PrivacyError;

/// Which columns an outsider may know of a user, and how many users must share them: k-anonymity (Sweeney 2002) of the
/// users that are left, those of validation and test too. A missing value is a value like others. Steps that remove rows
/// come before; that later ones have not undone it by changing these columns is looked at after the last. Groups are
/// told by their sizes alone, since their values may be those of one user.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KAnonymity {
    /// The quasi-identifiers: columns of users that an outsider may know, such as age and zip.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// How many users at least must share all their values.
    #[schemars(range(min = 2))]
    pub k: u32,
    /// What happens if fewer do.
    #[serde(default)]
    pub on_failure: OnFailure,
    /// A column of users that an outsider must not find out: each group needs `l` different values of it (distinct
    /// l-diversity, Machanavajjhala et al. 2007).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sensitive: Option<String>,
    /// How many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 2))]
    pub l: Option<u32>,
}

/// What happens if a group is too small.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// The dataset is not prepared; the sizes of the groups are told.
    #[default]
    Error,
    /// The columns of these users become missing. If too few users are without values then, those of the next smallest
    /// groups become missing too.
    Suppress,
    /// The sizes of the groups are told among the notes of the data, and so in reports.
    Report,
}

impl Plugin for KAnonymity {
    const NAME: &'static str = "k_anonymity";
    const ABOUT: &'static str = "Checks that at least k users share what is known of each; tells, or suppresses, those who stand out.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        match (&params.sensitive, params.l) {
            (Some(_), None) => Err("l: sensitive needs it".into()),
            (None, Some(_)) => Err("sensitive: l needs it".into()),
            (Some(column), _) if params.columns.iter().any(|other| own(other) == own(column)) => {
                Err(format!("sensitive: `{column}` is one of columns; it is known or it is not"))
            }
            _ => Ok(()),
        }
    }
}

impl Step for KAnonymity {
    fn effect(&self) -> Effect {
        Effect::Counts
    }

    fn uses(&self) -> Vec<String> {
        self.columns.iter().chain(&self.sensitive).cloned().collect()
    }

    fn apply(&self, table: &mut Interactions, _train: &Train) -> Result<u64, DataError> {
        let columns = named(table, &self.columns)?;
        let sensitive = named(table, self.sensitive.as_slice())?;
        let groups = Groups::of(table, &columns, &sensitive)?;
        let failing = self.failing(&groups);
        if failing.is_empty() {
            table.notes.push(self.holds(&groups, 0));
            return Ok(0);
        }
        match self.on_failure {
            OnFailure::Error => Err(self.refused(&groups, GENERALISE)),
            OnFailure::Report => {
                table.notes.push(self.broken(&groups));
                Ok(0)
            }
            OnFailure::Suppress => {
                let (groups, suppressed) = self.suppressed(groups, columns.len())?;
                table.notes.push(self.holds(&groups, suppressed.len()));
                let mut n_missing = 0;
                let n_users = table.users.len() as u32;
                let kept: Vec<Option<u32>> = (0..n_users)
                    .map(|user| (!suppressed.contains(&user)).then_some(user))
                    .collect();
                for column in columns {
                    let values = column.take(table);
                    let taken = values.take(kept.iter().copied());
                    n_missing += taken.n_missing() - values.n_missing();
                    column.put(table, taken);
                }
                Ok(n_missing)
            }
        }
    }

    fn finish(&self, table: &mut Interactions) -> Result<(), DataError> {
        // What has been masked since tells nothing any more.
        let left = |names: &[String]| -> Vec<String> {
            let is_left = |name: &&String| named(table, std::slice::from_ref(*name)).is_ok();
            names.iter().filter(is_left).cloned().collect()
        };
        let columns = named(table, &left(&self.columns))?;
        let sensitive = named(table, &left(self.sensitive.as_slice()))?;
        let groups = Groups::of(table, &columns, &sensitive)?;
        if columns.is_empty() || self.failing(&groups).is_empty() {
            return Ok(());
        }
        if self.on_failure != OnFailure::Report {
            return Err(self.refused(&groups, UNDONE));
        }
        let broken = format!("After all steps: {}", self.broken(&groups));
        if !table.notes.contains(&self.broken(&groups)) {
            table.notes.push(broken);
        }
        Ok(())
    }

    fn hides_values(&self) -> bool {
        true
    }
}

const GENERALISE: &str = "generalise the columns further, or set on_failure to suppress or report";
const UNDONE: &str = "a step after `k_anonymity` has undone it; put that step before it";

impl KAnonymity {
    fn is_safe(&self, groups: &Groups, users: &[u32]) -> bool {
        users.len() >= self.k as usize
            && self.l.is_none_or(|l| groups.n_sensitive(users) >= l as usize)
    }

    fn failing<'a>(&self, groups: &'a Groups) -> Vec<&'a Vec<u32>> {
        groups.by_values.values().filter(|users| !self.is_safe(groups, users)).collect()
    }

    fn refused(&self, groups: &Groups, fix: &'static str) -> DataError {
        let failing = self.failing(groups);
        PrivacyError::NotAnonymous {
            promise: self.promise(),
            n_failing: failing.len(),
            n_groups: groups.by_values.len(),
            groups: groups.told(&failing),
            values: groups.widths(&self.columns),
            fix,
        }
        .into()
    }

    /// The note of a promise that does not hold.
    fn broken(&self, groups: &Groups) -> String {
        let failing = self.failing(groups);
        let (n_failing, n_groups) = (failing.len(), groups.by_values.len());
        let (promise, told) = (self.promise(), groups.told(&failing));
        format!("Not so: {promise}. {n_failing} of {n_groups} groups break it: {told}.")
    }

    /// The groups after the columns of unsafe ones were made missing, and the users in question.
    fn suppressed(
        &self,
        mut groups: Groups,
        n_columns: usize,
    ) -> Result<(Groups, BTreeSet<u32>), DataError> {
        let missing = vec![MISSING; n_columns];
        let mut without = groups.by_values.remove(&missing).unwrap_or_default();
        let mut suppressed = BTreeSet::new();
        for (values, users) in std::mem::take(&mut groups.by_values) {
            if self.is_safe(&groups, &users) {
                groups.by_values.insert(values, users);
            } else {
                suppressed.extend(users.iter().copied());
                without.extend(users);
            }
        }
        // Nobody stands out any more, unless it is by having no values.
        while !without.is_empty() && !self.is_safe(&groups, &without) {
            let smallest = groups.by_values.iter().min_by_key(|(_, users)| users.len());
            let Some(smallest) = smallest.map(|(values, _)| values.clone()) else { break };
            let users = groups.by_values.remove(&smallest).unwrap_or_default();
            suppressed.extend(users.iter().copied());
            without.extend(users);
        }
        if !without.is_empty() {
            groups.by_values.insert(missing, without);
        }
        if self.failing(&groups).is_empty() {
            return Ok((groups, suppressed));
        }
        Err(self.refused(&groups, GENERALISE))
    }

    fn promise(&self) -> String {
        let columns = self.columns.join(", ");
        let diverse = match (self.l, &self.sensitive) {
            (Some(l), Some(sensitive)) => {
                format!(" and have at least {l} different values of {sensitive}")
            }
            _ => String::new(),
        };
        format!("at least {} users share each combination of {columns}{diverse}", self.k)
    }

    fn holds(&self, groups: &Groups, n_suppressed: usize) -> String {
        let (n, promise) = (groups.by_values.len(), self.promise());
        let smallest = groups.by_values.values().map(Vec::len).min().unwrap_or_default();
        let removed = match n_suppressed {
            0 => String::new(),
            1 => "; the values of 1 user were removed for it".to_owned(),
            n => format!("; the values of {n} users were removed for it"),
        };
        format!("It holds that {promise}: {n} groups, the smallest of {smallest}{removed}.")
    }
}

fn named(table: &Interactions, names: &[String]) -> Result<Vec<Named>, DataError> {
    let of_users = |name: &String| named::find_of(KAnonymity::NAME, table, Axis::Users, name);
    names.iter().map(of_users).collect()
}

/// A name without that of its axis.
fn own(name: &str) -> &str {
    name.strip_prefix("users.").unwrap_or(name)
}

/// The values of a column of users as numbers, equal ones as the same, 0 where it is missing.
fn coded(table: &Interactions, column: &Named) -> Result<Vec<u32>, DataError> {
    let Some(values) = column.values(table) else { return Ok(Vec::new()) };
    let text: Box<dyn Fn(usize) -> String> = match values {
        Values::Text(texts) => Box::new(|user| texts.get(user).to_owned()),
        Values::Number(numbers) => Box::new(|user| (numbers[user] + 0.0).to_string()),
        Values::Tags(tags) => Box::new(|user| {
            let mut all: Vec<&str> = tags.get(user).collect();
            all.sort_unstable();
            format!("{all:?}")
        }),
        Values::Codes(codes) => Box::new(|user| codes.codes[user].to_string()),
        Values::CodeLists(codes) => Box::new(|user| {
            let mut all = codes.lists.get(user).to_vec();
            all.sort_unstable();
            format!("{all:?}")
        }),
        Values::Tokens(tokens) => {
            Box::new(|user| format!("{:?}", &tokens.codes[user * tokens.len..][..tokens.len]))
        }
        Values::Weighted(weighted) => Box::new(|user| format!("{:?}", weighted.lists.get(user))),
        Values::Dense(dense) => Box::new(|user| match &dense.numbers {
            Numbers::U8(bytes) => format!("{:?}", &bytes[user * dense.width()..][..dense.width()]),
            Numbers::F32(numbers) => {
                format!("{:?}", &numbers[user * dense.width()..][..dense.width()])
            }
        }),
        Values::Series(_) => {
            let reason = "holds series, which cannot be compared; mask it";
            return Err(column.refused(KAnonymity::NAME, reason));
        }
    };
    let mut distinct = Ids::default();
    let code = |user| {
        if values.is_missing(user) { MISSING } else { 1 + distinct.index_or_add(&text(user)) }
    };
    Ok((0..values.len()).map(code).collect())
}

const MISSING: u32 = 0;

/// Users who share all values.
#[derive(Debug)]
struct Groups {
    /// The code of each user's sensitive value.
    sensitive: Option<Vec<u32>>,
    /// By the codes of their values, one a column.
    by_values: BTreeMap<Vec<u32>, Vec<u32>>,
}

impl Groups {
    /// Those of users with a row. There is at most one sensitive column.
    fn of(table: &Interactions, columns: &[Named], sensitive: &[Named]) -> Result<Self, DataError> {
        let coded_columns = |columns: &[Named]| -> Result<Vec<Vec<u32>>, DataError> {
            columns.iter().map(|column| coded(table, column)).collect()
        };
        let (columns, mut sensitive) = (coded_columns(columns)?, coded_columns(sensitive)?);
        let has_row = table.has_rows(Axis::Users);
        let mut by_values: BTreeMap<Vec<u32>, Vec<u32>> = BTreeMap::new();
        for user in (0..table.users.len()).filter(|&user| has_row[user]) {
            let values = columns.iter().map(|codes| codes[user]).collect();
            by_values.entry(values).or_default().push(user as u32);
        }
        Ok(Self { sensitive: sensitive.pop(), by_values })
    }

    /// How many different sensitive values these users have.
    fn n_sensitive(&self, users: &[u32]) -> usize {
        let Some(sensitive) = &self.sensitive else { return usize::MAX };
        let codes = users.iter().map(|&user| sensitive[user as usize]);
        codes.filter(|&code| code != MISSING).collect::<BTreeSet<u32>>().len()
    }

    /// How many there are of each size (and of so many sensitive values), smallest first. Nothing of their values: a
    /// column need not have been generalised, and what is told is kept in plain text.
    fn told(&self, groups: &[&Vec<u32>]) -> String {
        let mut sizes: BTreeMap<(usize, Option<usize>), usize> = BTreeMap::new();
        for users in groups {
            let n_sensitive = self.sensitive.is_some().then(|| self.n_sensitive(users));
            *sizes.entry((users.len(), n_sensitive)).or_default() += 1;
        }
        let several = |n: usize, what: &str| {
            if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
        };
        let of_size = |((n_users, n_sensitive), n): (&(usize, Option<usize>), &usize)| {
            let of_sensitive = n_sensitive
                .map_or_else(String::new, |n| format!(" with {}", several(n, "sensitive value")));
            format!("{n} of {}{of_sensitive}", several(*n_users, "user"))
        };
        let told: Vec<String> = sizes.iter().map(of_size).collect();
        told.join(", ")
    }

    /// How many different values each column has: what to generalise first.
    fn widths(&self, names: &[String]) -> String {
        let width = |(place, name): (usize, &String)| {
            let codes: BTreeSet<u32> =
                self.by_values.keys().filter_map(|v| v.get(place)).copied().collect();
            format!("{name} {}", codes.len())
        };
        names.iter().enumerate().map(width).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests;
