//! What a prepared dataset would give away: whatever training, or a model that is asked to predict, sees of validation
//! and test that it would not have in use. Steps that learn from values are given train alone; those that still put
//! something beside a row that is not known of it in use say so ([`GivesAway`]).

use bakeoff_spec::Use;
use rayon::prelude::*;
use serde::Serialize;

use crate::dataset::Dataset;
use crate::error::DataError;
use crate::interactions::Interactions;
use crate::part::Part;
use crate::steps::{self, GivesAway, Step, Train};

/// One thing that was looked for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditFinding {
    /// What was looked for, as a name: `repeated_interactions`, …
    pub check: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// How many there are.
    pub count: u64,
    /// Out of how many.
    pub of: u64,
    /// What is counted and what it means, in a sentence.
    pub about: String,
    /// What would help.
    pub fix: &'static str,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// There is none.
    Fine,
    /// It could not be looked for.
    Unknown,
    /// Usual, and to be told with the numbers: the task is not the one in use.
    Notice,
    /// Numbers are better than they would be in use.
    Leak,
}

/// Looks for leaks. Everything that was looked for is told, whether found or not.
pub fn audit(data: &Dataset) -> Result<Vec<AuditFinding>, DataError> {
    let mut findings = vec![
        repeated_interactions(data),
        valid_in_test(data),
        own_future(data),
        train_after_test(data),
        items_only_in_test(data),
        users_only_in_test(data),
        counted_before_split(data)?,
    ];
    findings.extend(known_candidates(data));
    findings.extend(after_the_row(data)?);
    findings.extend(own_row(data)?);
    Ok(findings)
}

const DEDUPLICATE: &str = "add a `deduplicate` step, which keeps one interaction of a user with an item; with split \
                           `fixed`, whose parts it looks at one by one, take the repeats out of the source";

/// Validation and test rows whose user has the same item in what the model is fitted on or shown.
fn repeated_interactions(data: &Dataset) -> AuditFinding {
    let known = [data.train(), data.fold_in()];
    let repeats = [data.valid(), data.test()].map(|scored| Repeats::of(data, &known, scored));
    let [count, n_identical] =
        [repeats[0].n + repeats[1].n, repeats[0].n_identical + repeats[1].n_identical];
    AuditFinding {
        check: "repeated_interactions",
        severity: if_any(count, Severity::Leak),
        count,
        of: n_rows([data.valid(), data.test()]),
        about: format!(
            "validation and test interactions whose user has the same item in the training part{}: other items that \
             the user has do not compete with it, so that a memory of train is enough",
            identical(data, n_identical)
        ),
        fix: DEDUPLICATE,
    }
}

/// Test rows that the configuration was already chosen on.
fn valid_in_test(data: &Dataset) -> AuditFinding {
    let Repeats { n: count, n_identical } = Repeats::of(data, &[data.valid()], data.test());
    AuditFinding {
        check: "valid_in_test",
        severity: if_any(count, Severity::Leak),
        count,
        of: n_rows([data.test()]),
        about: format!(
            "test interactions whose user has the same item in the validation part{}: configurations are chosen for \
             them",
            identical(data, n_identical)
        ),
        fix: DEDUPLICATE,
    }
}

fn identical(data: &Dataset, n: u64) -> String {
    if has_times(data) { format!(" ({n} of them at the same second too)") } else { String::new() }
}

/// Rows whose user has the same item elsewhere.
#[derive(Debug, Clone, Copy, Default)]
struct Repeats {
    n: u64,
    /// Those of them with the same timestamp.
    n_identical: u64,
}

impl Repeats {
    /// The rows of `scored` that are `known` already.
    fn of(data: &Dataset, known: &[Part<'_>], scored: Part<'_>) -> Self {
        let of_user = |user: usize| {
            if scored.items_of(user).is_empty() {
                return Self::default();
            }
            let mut pairs: Vec<(u32, i64)> =
                known.iter().flat_map(|part| rows(part, user)).collect();
            pairs.sort_unstable();
            let is_known = |item: u32| {
                let first = pairs.partition_point(|&(other, _)| other < item);
                pairs.get(first).is_some_and(|&(other, _)| other == item)
            };
            let repeats = rows(&scored, user).filter(|&(item, _)| is_known(item));
            repeats.fold(Self::default(), |sum, row| Self {
                n: sum.n + 1,
                n_identical: sum.n_identical + u64::from(pairs.binary_search(&row).is_ok()),
            })
        };
        let add =
            |a: Self, b: Self| Self { n: a.n + b.n, n_identical: a.n_identical + b.n_identical };
        (0..data.n_users()).into_par_iter().map(of_user).reduce(Self::default, add)
    }
}

/// Item and time of a user's rows.
fn rows<'a>(part: &Part<'a>, user: usize) -> impl Iterator<Item = (u32, i64)> + use<'a> {
    part.items_of(user).iter().copied().zip(part.timestamps_of(user).iter())
}

/// Rows that the model is fitted on, or shown, though they came after what it is to predict of the same user.
fn own_future(data: &Dataset) -> AuditFinding {
    let first_of = |part: Part<'_>, user| part.timestamps_of(user).iter().min();
    let later = |part: Part<'_>, user, first: Option<i64>| {
        let is_later = |time: &i64| first.is_some_and(|first| *time > first);
        part.timestamps_of(user).iter().filter(is_later).count() as u64
    };
    let of_user = |user: usize| {
        let of_test = first_of(data.test(), user);
        let first = first_of(data.valid(), user).into_iter().chain(of_test).min();
        // What is shown at test includes validation.
        later(data.train(), user, first)
            + later(data.fold_in(), user, first)
            + later(data.valid(), user, of_test)
    };
    let count = (0..data.n_users()).into_par_iter().map(of_user).sum();
    AuditFinding {
        check: "own_future",
        severity: of_times(data, count, Severity::Leak),
        count,
        of: n_rows([data.train(), data.fold_in(), data.valid()]),
        about: "interactions that models are fitted on or shown, though they came after one of the same user that \
                is to be predicted"
            .into(),
        fix: "use split `leave_one_out`, `leave_k_out`, `temporal_per_user` or `temporal`",
    }
}

/// Train rows that came after the first test row, for everybody together.
fn train_after_test(data: &Dataset) -> AuditFinding {
    let (train, test) = (data.train(), data.test());
    let first = test.timestamps.iter().min().unwrap_or(i64::MAX);
    let is_later = |&row: &usize| train.timestamps.get(row) > first;
    let count = (0..train.n_interactions()).into_par_iter().filter(is_later).count() as u64;
    AuditFinding {
        check: "train_after_test",
        severity: of_times(data, count, Severity::Notice),
        count,
        of: n_rows([train]),
        about: "training interactions that came after the first one of test, of whatever user: what becomes popular \
                later is known"
            .into(),
        fix: "use split `temporal`, which cuts at the same time for everybody",
    }
}

fn items_only_in_test(data: &Dataset) -> AuditFinding {
    let mut is_known = vec![false; data.n_items()];
    for &item in data.train().items {
        is_known[item as usize] = true;
    }
    let mut cold: Vec<u32> = data.test().items.to_vec();
    cold.retain(|&item| !is_known[item as usize]);
    let count = cold.len() as u64;
    cold.sort_unstable();
    cold.dedup();
    AuditFinding {
        check: "items_only_in_test",
        severity: if_any(count, Severity::Notice),
        count,
        of: n_rows([data.test()]),
        about: format!(
            "test interactions with items that train does not have (different items: {}): no model that knows items by their \
             ids can predict them",
            cold.len()
        ),
        fix: "intended with split `cold_items`; else tell how many there are",
    }
}

fn users_only_in_test(data: &Dataset) -> AuditFinding {
    let (train, test, shown) = (data.train(), data.test(), data.fold_in());
    let tested = (0..data.n_users()).filter(|&user| !test.items_of(user).is_empty());
    let is_cold =
        |&user: &usize| train.items_of(user).is_empty() && shown.items_of(user).is_empty();
    let count = tested.clone().filter(is_cold).count() as u64;
    AuditFinding {
        check: "users_only_in_test",
        severity: if_any(count, Severity::Notice),
        count,
        of: tested.count() as u64,
        about: "test users of whom neither the training nor the fold-in part has an interaction: to models they are \
                all alike"
            .into(),
        fix: "intended with split `cold_users` and `shown: 0`; else tell how many there are",
    }
}

/// Train rows that steps keep only because they counted the rows of validation and test with them. Each is shown what
/// those before it would have left.
fn counted_before_split(data: &Dataset) -> Result<AuditFinding, DataError> {
    let (mut count, mut counting) = (0, Vec::new());
    let mut alone: Option<Interactions> = None;
    for (used, step) in built(data)? {
        if step.counts_rows() {
            let alone = alone.get_or_insert_with(|| train_alone(data));
            let n_before = alone.len();
            step.apply(alone, &Train::default())?;
            let n_removed = (n_before - alone.len()) as u64;
            count += n_removed;
            let then = if counting.is_empty() { "on train alone" } else { "then" };
            counting.push(format!("{then} `{}` would remove {n_removed}", used.name));
        }
    }
    let told =
        if counting.is_empty() { String::new() } else { format!(" ({})", counting.join(", ")) };
    Ok(AuditFinding {
        check: "counted_before_split",
        severity: if_any(count, Severity::Notice),
        count,
        of: n_rows([data.train()]),
        about: format!(
            "training interactions that are left only because a step counted those of validation and test with \
             them{told}: which users and items there are depends on the future"
        ),
        fix: "usual in this field, and to be told; numbers of such data are not those of all users and items",
    })
}

/// Rows to be predicted that are older than what a step says of users or items; `None` where no step says such a thing.
fn after_the_row(data: &Dataset) -> Result<Option<AuditFinding>, DataError> {
    let steps = giving_away(data, GivesAway::EndOfTrain)?;
    let end = data.train().timestamps.iter().max().unwrap_or(i64::MIN);
    let older = |part: Part<'_>| part.timestamps.iter().filter(|&time| time < end).count() as u64;
    let count = older(data.valid()) + older(data.test());
    Ok((!steps.is_empty()).then(|| AuditFinding {
        check: "after_the_row",
        severity: of_times(data, count, Severity::Leak),
        count,
        of: n_rows([data.valid(), data.test()]),
        about: format!(
            "validation and test interactions that came before the newest one of train, though columns hold what was \
             until then ({}): prices that were still to come",
            steps.join(", ")
        ),
        fix: "use split `temporal`, or `windows` and `horizons`, which look back from each interaction",
    }))
}

/// Rows of train that steps made of what stands beside them; `None` where no step does that.
fn own_row(data: &Dataset) -> Result<Option<AuditFinding>, DataError> {
    let steps = giving_away(data, GivesAway::OwnRow)?;
    let n_train = n_rows([data.train()]);
    Ok((!steps.is_empty()).then(|| AuditFinding {
        check: "own_row",
        severity: if_any(n_train, Severity::Notice),
        count: n_train,
        of: n_train,
        about: format!(
            "training interactions whose own rating or text is in what a model may read beside them ({}): what it \
             learns to find there is not there of validation and test",
            steps.join(", ")
        ),
        fix: "for ratings, `encode` with `target` keeps the row's own out; of texts, tell it with the numbers",
    }))
}

fn giving_away(data: &Dataset, what: GivesAway) -> Result<Vec<String>, DataError> {
    let steps = built(data)?.into_iter().filter(|(_, step)| step.gives_away() == Some(what));
    Ok(steps.map(|(used, _)| format!("`{}`", used.name)).collect())
}

type Built<'a> = (&'a Use, Box<dyn Step>);

fn built(data: &Dataset) -> Result<Vec<Built<'_>>, DataError> {
    let steps = data.card().recipe.steps.iter();
    steps.map(|used| Ok((used, steps::step(&used.name, &used.params)?))).collect()
}

/// The training part as a table, as far as steps that count look at it.
fn train_alone(data: &Dataset) -> Interactions {
    let train = data.train();
    let (rating, timestamp) = (data.rating_range().is_some(), has_times(data));
    let mut table = Interactions {
        users: (0..data.n_users()).map(|user| data.raw_user(user)).collect(),
        items: (0..data.n_items()).map(|item| data.raw_item(item)).collect(),
        item: train.items.to_vec(),
        rating: rating.then(|| train.ratings.iter().map(f64::from).collect()),
        timestamp: timestamp.then(|| train.timestamps.iter().map(|time| time as f64).collect()),
        ..Interactions::new("train", false, false)
    };
    for user in 0..data.n_users() {
        table.user.extend(train.rows_of(user).map(|_| user as u32));
    }
    table.origin.extend(0..train.n_interactions() as u32);
    table
}

/// Candidates of the source that the user is known to have; `None` where it gives none.
fn known_candidates(data: &Dataset) -> Option<AuditFinding> {
    let of_user = |user: usize| {
        if data.test().items_of(user).is_empty() {
            return Some((0, 0));
        }
        let candidates = data.candidates(user)?;
        let known = [data.train(), data.valid(), data.fold_in()].map(|part| part.items_of(user));
        let is_known = |item: &&u32| known.iter().any(|items| items.contains(item));
        Some((candidates.iter().filter(is_known).count() as u64, candidates.len() as u64))
    };
    let counts: Option<Vec<(u64, u64)>> =
        (0..data.n_users()).into_par_iter().map(of_user).collect();
    let (counts, of): (Vec<u64>, Vec<u64>) = counts?.into_iter().unzip();
    let count = counts.iter().sum();
    Some(AuditFinding {
        check: "known_candidates",
        severity: if_any(count, Severity::Leak),
        count,
        of: of.iter().sum(),
        about: "items of the source that a test user's targets are ranked against, though the user has them in an \
                earlier part: they are no negatives"
            .into(),
        fix: "take them out of the source's lists, or rank against all items",
    })
}

fn n_rows<'a>(parts: impl IntoIterator<Item = Part<'a>>) -> u64 {
    parts.into_iter().map(|part| part.n_interactions() as u64).sum()
}

fn has_times(data: &Dataset) -> bool {
    data.card().time_span.is_some()
}

fn if_any(count: u64, severity: Severity) -> Severity {
    if count == 0 { Severity::Fine } else { severity }
}

fn of_times(data: &Dataset, count: u64, severity: Severity) -> Severity {
    if has_times(data) { if_any(count, severity) } else { Severity::Unknown }
}
