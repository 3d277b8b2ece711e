//! Checks that no user stands out by what is known of them.

use std::collections::{BTreeMap, BTreeSet};

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, Step, Train};
use crate::column::{Texts, Values};
use crate::error::{DataError, nearest};
use crate::interactions::Interactions;
use crate::privacy_error::PrivacyError;

/// Which columns an outsider may know of a user, and how many users must share them: k-anonymity (Sweeney 2002) of the
/// users that are left, those of validation and test too. A missing value is a value like others. Steps that remove rows
/// come before.
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
    /// The dataset is not prepared; the groups are told.
    #[default]
    Error,
    /// The columns of these users become missing. If too few users are without values then, those of the next smallest
    /// groups become missing too.
    Suppress,
    /// The groups are told among the notes of the data, and so in reports.
    Report,
}

/// The most groups that are told.
const MOST_TOLD: usize = 10;

impl Plugin for KAnonymity {
    const NAME: &'static str = "k_anonymity";
    const ABOUT: &'static str = "Checks that at least k users share what is known of each; tells, or suppresses, those who stand out.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        match (&params.sensitive, params.l) {
            (Some(_), None) => Err("l: sensitive needs it".into()),
            (None, Some(_)) => Err("sensitive: l needs it".into()),
            (Some(column), _) if params.columns.contains(column) => {
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
        let columns =
            self.columns.iter().map(|name| coded(table, name)).collect::<Result<Vec<_>, _>>()?;
        let sensitive = self.sensitive.as_ref().map(|name| coded(table, name)).transpose()?;
        let groups = Groups::of(table, &columns, sensitive.as_ref());
        let is_safe = |users: &[u32]| self.is_safe(&groups, users);
        let failing: Vec<_> =
            groups.by_values.iter().filter(|(_, users)| !is_safe(users)).collect();
        let (n_failing, n_groups) = (failing.len(), groups.by_values.len());
        if failing.is_empty() {
            table.notes.push(self.holds(&groups, 0));
            return Ok(0);
        }
        let told = groups.told(&failing, &self.columns);
        match self.on_failure {
            OnFailure::Error => Err(PrivacyError::NotAnonymous {
                promise: self.promise(),
                n_failing,
                n_groups,
                groups: told,
            }
            .into()),
            OnFailure::Report => {
                let promise = self.promise();
                let told = told.join("; ");
                table.notes.push(format!(
                    "Not so: {promise}. {n_failing} of {n_groups} groups break it: {told}."
                ));
                Ok(0)
            }
            OnFailure::Suppress => {
                let (groups, suppressed) = self.suppressed(groups.clone(), columns.len())?;
                table.notes.push(self.holds(&groups, suppressed.len()));
                let n_before = n_missing(table, &self.columns);
                let of = |user: u32| (!suppressed.contains(&user)).then_some(user);
                let n_users = table.users.len() as u32;
                for column in &mut table.user_columns {
                    if self.columns.contains(&column.name) {
                        column.values = column
                            .values
                            .take((0..n_users).map(of).collect::<Vec<_>>().into_iter());
                    }
                }
                Ok(n_missing(table, &self.columns) - n_before)
            }
        }
    }

    fn hides_values(&self) -> bool {
        true
    }
}

impl KAnonymity {
    fn is_safe(&self, groups: &Groups, users: &[u32]) -> bool {
        users.len() >= self.k as usize
            && self.l.is_none_or(|l| groups.n_sensitive(users) >= l as usize)
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
        let failing: Vec<_> =
            groups.by_values.iter().filter(|(_, users)| !self.is_safe(&groups, users)).collect();
        if failing.is_empty() {
            return Ok((groups, suppressed));
        }
        Err(PrivacyError::NotAnonymous {
            promise: self.promise(),
            n_failing: failing.len(),
            n_groups: groups.by_values.len(),
            groups: groups.told(&failing, &self.columns),
        }
        .into())
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

/// A column of users as codes, 0 where it is missing.
#[derive(Debug, Clone)]
struct Coded {
    texts: Texts,
    codes: Vec<u32>,
}

const MISSING: u32 = 0;

fn coded(table: &Interactions, name: &str) -> Result<Coded, DataError> {
    let column = table.user_columns.iter().find(|column| column.name == name);
    let column = column.ok_or_else(|| {
        let present: Vec<String> = table.user_columns.iter().map(|c| c.name.clone()).collect();
        let (column, suggestion) = (name.to_owned(), nearest(name, &present));
        DataError::UnknownColumn { step: KAnonymity::NAME, column, present, suggestion }
    })?;
    let mut texts = Texts::default();
    // So that the code of a missing value is known.
    texts.push("");
    match &column.values {
        Values::Text(values) => values.iter().for_each(|text| texts.push(text)),
        Values::Number(numbers) => {
            for number in numbers {
                texts.push(&if number.is_nan() { String::new() } else { number.to_string() });
            }
        }
        Values::Tags(tags) => {
            for entry in 0..tags.lists.len() {
                let mut all: Vec<&str> = tags.get(entry).collect();
                all.sort_unstable();
                texts.push(&all.join(" + "));
            }
        }
        other => {
            return Err(DataError::Column {
                step: KAnonymity::NAME,
                column: name.to_owned(),
                reason: format!(
                    "holds {}, which cannot be compared; take text, tags or numbers",
                    other.kind()
                ),
            });
        }
    }
    let codes = texts.codes()[1..].to_vec();
    Ok(Coded { texts, codes })
}

/// Users who share all values.
#[derive(Debug, Clone)]
struct Groups {
    columns: Vec<Coded>,
    sensitive: Option<Coded>,
    by_values: BTreeMap<Vec<u32>, Vec<u32>>,
}

impl Groups {
    /// Those of users with a row.
    fn of(table: &Interactions, columns: &[Coded], sensitive: Option<&Coded>) -> Self {
        let mut has_row = vec![false; table.users.len()];
        for &user in &table.user {
            has_row[user as usize] = true;
        }
        let mut by_values: BTreeMap<Vec<u32>, Vec<u32>> = BTreeMap::new();
        for user in (0..table.users.len()).filter(|&user| has_row[user]) {
            let values = columns.iter().map(|column| column.codes[user]).collect();
            by_values.entry(values).or_default().push(user as u32);
        }
        Self { columns: columns.to_vec(), sensitive: sensitive.cloned(), by_values }
    }

    /// How many different sensitive values these users have.
    fn n_sensitive(&self, users: &[u32]) -> usize {
        let Some(sensitive) = &self.sensitive else { return usize::MAX };
        let codes = users.iter().map(|&user| sensitive.codes[user as usize]);
        codes.filter(|&code| code != MISSING).collect::<BTreeSet<u32>>().len()
    }

    /// The smallest of these groups in words.
    fn told(&self, groups: &[(&Vec<u32>, &Vec<u32>)], names: &[String]) -> Vec<String> {
        let mut told: Vec<(usize, String)> = groups
            .iter()
            .map(|(values, users)| {
                let value = |((column, name), &code): ((&Coded, &String), &u32)| match code {
                    MISSING => format!("{name} (missing)"),
                    code => format!("{name} {}", column.texts.values().name(code)),
                };
                let named = self.columns.iter().zip(names);
                let values: Vec<String> = named.zip(values.iter()).map(value).collect();
                let of_sensitive = match self.sensitive {
                    Some(_) => format!(" and {} sensitive values", self.n_sensitive(users)),
                    None => String::new(),
                };
                let plural = if users.len() == 1 { "" } else { "s" };
                let n = users.len();
                (n, format!("{} ({n} user{plural}{of_sensitive})", values.join(", ")))
            })
            .collect();
        told.sort_unstable();
        let n_more = told.len().saturating_sub(MOST_TOLD);
        let mut told: Vec<String> =
            told.into_iter().take(MOST_TOLD).map(|(_, told)| told).collect();
        if n_more > 0 {
            told.push(format!("and {n_more} more"));
        }
        told
    }
}

fn n_missing(table: &Interactions, names: &[String]) -> u64 {
    let columns = table.user_columns.iter().filter(|column| names.contains(&column.name));
    columns.map(|column| column.values.n_missing()).sum()
}

#[cfg(test)]
mod tests;
