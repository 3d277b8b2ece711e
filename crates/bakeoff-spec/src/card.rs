//! A prepared dataset in figures: written when it is prepared, shown by `bakeoff data describe` and every report.
//!
//! Stores hold cards of earlier versions too: what was added since has a serde default, empty or `None`, and whoever
//! shows a card leaves out what it does not have. Nothing here grows with the number of users, items or rows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::plan::shown;
use crate::trial::{Recipe, Use};

/// What is known of a prepared dataset without opening it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DatasetCard {
    /// The dataset's key ([`Recipe::key`]).
    pub key: String,
    /// How it was made.
    pub recipe: Recipe,
    /// Users left after cleaning.
    pub n_users: u64,
    /// Items left after cleaning.
    pub n_items: u64,
    /// Interactions left after cleaning.
    pub n_interactions: u64,
    /// Different pairs of user and item that have an interaction, over users × items with an interaction.
    pub density: f64,
    /// What each step did, in order, the source itself first.
    pub steps: Vec<StepCount>,
    /// The parts of the split.
    pub parts: Vec<PartCount>,
    /// What validation, test and fold-in share with train, for those of them that have interactions.
    #[serde(default)]
    pub overlaps: Vec<Overlap>,
    /// Interactions per user.
    pub per_user: Spread,
    /// Interactions per item.
    pub per_item: Spread,
    /// Users by their interactions.
    #[serde(default)]
    pub user_counts: Vec<Bin>,
    /// Items by their interactions.
    #[serde(default)]
    pub item_counts: Vec<Bin>,
    /// Users by their interactions in the training part: the lengths of the sequences that models learn from.
    #[serde(default)]
    pub train_lengths: Vec<Bin>,
    /// Rank from 1, most popular first, and interactions of items, at ranks evenly apart on a log scale.
    #[serde(default)]
    pub item_ranks: Vec<(u64, u64)>,
    /// Gini coefficient of interactions over users: 0 all alike, 1 all of one user.
    #[serde(default)]
    pub user_gini: Option<f64>,
    /// Gini coefficient of interactions over items: 0 all alike, 1 all on one item.
    pub item_gini: f64,
    /// Share of interactions that the most popular x % of items hold, for x = 0, 1, …, 100.
    pub popularity_curve: Vec<f64>,
    /// How often each rating occurs, ascending; empty where the data has none.
    pub ratings: Vec<(f32, u64)>,
    /// First and last timestamp, seconds since 1970; `None` where the data has none.
    pub time_span: Option<(i64, i64)>,
    /// Interactions over that span; `None` where the data has no timestamps.
    #[serde(default)]
    pub over_time: Option<OverTime>,
    /// User and item columns: name and a few words, such as `occupation: 21 values`.
    pub columns: Vec<(String, String)>,
    /// What was wrong in the source and put right in a documented way, and how often.
    #[serde(default)]
    pub repairs: BTreeMap<String, u64>,
    /// Things a reader should know, such as the structure that the synthetic source planted.
    pub notes: Vec<String>,
}

impl DatasetCard {
    /// The rows that each step dropped; the source, which comes first, drops none.
    pub fn dropped(&self) -> Vec<u64> {
        let rows = self.steps.iter().map(|step| step.rows);
        let before = self.steps.iter().take(1).map(|source| source.rows).chain(rows.clone());
        before.zip(rows).map(|(before, after)| before.saturating_sub(after)).collect()
    }

    /// What to call each step, the source first: its name, and where several have the same, the parameters too in which
    /// they are not alike.
    pub fn step_names(&self) -> Vec<String> {
        let steps = &self.recipe.steps;
        let name = |(i, step): (usize, &StepCount)| {
            let Some(used) = i.checked_sub(1).and_then(|i| steps.get(i)) else {
                return step.step.clone();
            };
            let namesakes: Vec<&Use> = steps.iter().filter(|step| step.name == used.name).collect();
            let is_telling = |key: &String| {
                namesakes.iter().any(|step| step.params.get(key) != used.params.get(key))
            };
            let told =
                used.params.iter().filter(|(key, value)| !value.is_null() && is_telling(key));
            let told = told.map(|(key, value)| format!(" {key}={}", shown(value)));
            step.step.clone() + &told.collect::<String>()
        };
        self.steps.iter().enumerate().map(name).collect()
    }

    /// The columns that lack something after some step: what each is of, its name, and how much it lacks after each
    /// step, `None` where it is not there.
    pub fn missing(&self) -> Vec<(&str, &str, Vec<Option<u64>>)> {
        let mut columns: Vec<(&str, &str)> = Vec::new();
        for Missing { of, column, .. } in self.steps.iter().flat_map(|step| &step.missing) {
            if !columns.contains(&(of, column)) {
                columns.push((of, column));
            }
        }
        let after_steps = |(of, column)| {
            let is_it = |one: &&Missing| (&*one.of, &*one.column) == (of, column);
            let n = |step: &StepCount| step.missing.iter().find(is_it).map(|one| one.n);
            (of, column, self.steps.iter().map(n).collect())
        };
        columns.into_iter().map(after_steps).collect()
    }
}

/// Rows before and after one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepCount {
    /// The step's name.
    pub step: String,
    /// Rows left after it.
    pub rows: u64,
    /// Users left after it.
    pub users: u64,
    /// Items left after it.
    pub items: u64,
    /// Values it filled in or changed.
    pub changed: u64,
    /// Missing values left after it, of the columns that lack some after any step; a column stands here only while
    /// it is there.
    #[serde(default)]
    pub missing: Vec<Missing>,
}

/// Entries of a column without a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// What the column has an entry for: `rows`, `users` or `items`.
    pub of: String,
    /// The column's name.
    pub column: String,
    /// How many of them have none; users and items without rows do not count.
    pub n: u64,
}

/// The size of one part of the split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartCount {
    /// `train`, `valid` or `test`.
    pub part: String,
    /// Its interactions.
    pub interactions: u64,
    /// Users with at least one.
    pub users: u64,
    /// Items with at least one.
    pub items: u64,
}

/// What a part of the split shares with train. A user or item is cold if it has no interaction in train.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overlap {
    /// `valid`, `test` or `fold_in`.
    pub part: String,
    /// Its users that train has too.
    pub shared_users: u64,
    /// Its users that train does not have.
    pub cold_users: u64,
    /// Its items that train has too.
    pub shared_items: u64,
    /// Its items that train does not have.
    pub cold_items: u64,
    /// Its interactions of cold users.
    pub rows_of_cold_users: u64,
    /// Its interactions with cold items.
    pub rows_of_cold_items: u64,
    /// Its interactions whose user has the same item in train.
    pub repeated_rows: u64,
}

/// How many users or items have from `from` to `to` interactions.
///
/// Bins lie evenly on a log scale: from 10 up, ten of them a decade, the same for every dataset; one for each number
/// below 6. They lie without a gap from the first to the last that is not empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bin {
    /// The fewest interactions, included.
    pub from: u64,
    /// The most interactions, included.
    pub to: u64,
    /// Users or items.
    pub n: u64,
}

/// Interactions in equal bins of time, at most 60.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverTime {
    /// Where the first bin begins: the first timestamp, seconds since 1970.
    pub first: i64,
    /// Width of a bin in seconds: whole days or hours where that is longer than one of them.
    pub bin_secs: u64,
    /// Each part that has interactions, and how many it has in each bin.
    pub parts: Vec<(String, Vec<u64>)>,
}

/// How counts are spread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Smallest.
    pub min: u64,
    /// Median.
    pub median: f64,
    /// Arithmetic mean.
    pub mean: f64,
    /// Largest.
    pub max: u64,
}
