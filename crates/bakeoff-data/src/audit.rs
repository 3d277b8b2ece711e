//! What a prepared dataset would give away: whatever training sees of validation and test.

use bakeoff_spec::Recipe;
use serde::Serialize;

use crate::dataset::Dataset;
use crate::part::Part;
use crate::steps::{self, Effect};

/// One thing that was looked for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditFinding {
    /// What was looked for, as a name: `repeated_interactions`, …
    pub check: &'static str,
    /// How bad it is if there is some.
    pub severity: Severity,
    /// How many there are.
    pub count: u64,
    /// Out of how many.
    pub of: u64,
    /// What it means, in a sentence.
    pub about: String,
    /// What would help.
    pub fix: &'static str,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Nothing was found.
    Fine,
    /// Usual, and to be known: it makes a task easier or harder than it would be in use.
    Notice,
    /// Numbers would be better than they would be in use.
    Leak,
}

/// Looks for leaks. Everything that was looked for is told, whether found or not.
pub fn audit(data: &Dataset) -> Vec<AuditFinding> {
    let mut findings = vec![
        repeated(data),
        train_after_test(data),
        own_future(data),
        items_only_in_test(data),
        users_only_in_test(data),
    ];
    findings.push(counted_before_split(&data.card().recipe));
    findings
}

fn finding(
    check: &'static str,
    severity: Severity,
    (count, of): (u64, u64),
    about: String,
    fix: &'static str,
) -> AuditFinding {
    let severity = if count == 0 { Severity::Fine } else { severity };
    AuditFinding { check, severity, count, of, about, fix }
}

/// Scored rows that repeat a (user, item) of train.
fn repeated(data: &Dataset) -> AuditFinding {
    let train = data.train();
    let mut count = 0;
    let mut last_user_of = vec![usize::MAX; data.n_items()];
    for user in 0..data.n_users() {
        for &item in train.items_of(user) {
            last_user_of[item as usize] = user;
        }
        let scored = data.valid().items_of(user).iter().chain(data.test().items_of(user));
        count += scored.filter(|&&item| last_user_of[item as usize] == user).count() as u64;
    }
    let of = (data.valid().n_interactions() + data.test().n_interactions()) as u64;
    let about = "interactions of validation and test whose user has the same item in train".into();
    finding("repeated_interactions", Severity::Leak, (count, of), about, "add a `deduplicate` step")
}

/// Train rows that lie after the first test row, for everybody together.
fn train_after_test(data: &Dataset) -> AuditFinding {
    let (train, test) = (data.train(), data.test());
    let first = test.timestamps.iter().min().unwrap_or(i64::MAX);
    let has_times = data.card().time_span.is_some();
    let count = train.timestamps.iter().filter(|&time| has_times && time > first).count() as u64;
    let about = if has_times {
        "training interactions that happened after the first test interaction".into()
    } else {
        "the data has no timestamps, so nothing can be said of times".into()
    };
    let fix = "use split `temporal`, which cuts at the same time for everybody";
    finding(
        "train_after_test",
        Severity::Notice,
        (count, train.n_interactions() as u64),
        about,
        fix,
    )
}

/// Train rows of a user that lie after the user's own first scored row.
fn own_future(data: &Dataset) -> AuditFinding {
    let (train, has_times) = (data.train(), data.card().time_span.is_some());
    let mut count = 0;
    for user in (0..data.n_users()).filter(|_| has_times) {
        let first_of = |part: Part<'_>| part.timestamps_of(user).iter().min();
        let first = [first_of(data.valid()), first_of(data.test())].into_iter().flatten().min();
        let Some(first) = first else { continue };
        count += train.timestamps_of(user).iter().filter(|&time| time > first).count() as u64;
    }
    let about =
        "training interactions that happened after one of the same user that is to be predicted"
            .into();
    let fix = "use split `leave_one_out`, `temporal` or `temporal_per_user`";
    finding("own_future", Severity::Leak, (count, train.n_interactions() as u64), about, fix)
}

fn items_only_in_test(data: &Dataset) -> AuditFinding {
    let mut is_known = vec![false; data.n_items()];
    for &item in data.train().items {
        is_known[item as usize] = true;
    }
    let unknown = data.test().items.iter().filter(|&&item| !is_known[item as usize]).count();
    let about = "test interactions with items that train does not have: no model that knows items by id can predict them".into();
    let fix = "intended with split `cold_items`; else say in the paper how many there are";
    let of = data.test().n_interactions() as u64;
    finding("items_only_in_test", Severity::Notice, (unknown as u64, of), about, fix)
}

fn users_only_in_test(data: &Dataset) -> AuditFinding {
    let (train, test, shown) = (data.train(), data.test(), data.fold_in());
    let is_cold = |&user: &usize| {
        !test.items_of(user).is_empty()
            && train.items_of(user).is_empty()
            && shown.items_of(user).is_empty()
    };
    let count = (0..data.n_users()).filter(is_cold).count() as u64;
    let of = (0..data.n_users()).filter(|&user| !test.items_of(user).is_empty()).count() as u64;
    let about = "test users of whom neither train nor the fold-in part has an interaction".into();
    let fix = "intended with split `cold_users` and `shown: 0`; else add a `k_core` step";
    finding("users_only_in_test", Severity::Notice, (count, of), about, fix)
}

/// Steps that count or compare rows before the split: which rows are left depends on those of test.
fn counted_before_split(recipe: &Recipe) -> AuditFinding {
    let counts = |name: &&str| ["k_core", "min_length", "clip"].contains(name);
    let before = recipe.steps.iter().take_while(|used| {
        let step = steps::step(&used.name, &used.params);
        step.is_ok_and(|step| step.effect() != Effect::Fits)
    });
    let names: Vec<&str> = before.map(|used| used.name.as_str()).filter(counts).collect();
    let about = match names[..] {
        [] => "steps that count a user's or item's interactions before the split".to_owned(),
        _ => format!(
            "{} counted the interactions of all parts: which users and items are left depends on what is in test",
            names.join(" and ")
        ),
    };
    let of = recipe.steps.len() as u64;
    let fix =
        "usual in this field, and to be said; numbers of such data are not those of all users";
    finding("counted_before_split", Severity::Notice, (names.len() as u64, of), about, fix)
}
