//! A prepared dataset in figures: written when it is prepared, shown by `bakeoff data describe` and every report.

use serde::{Deserialize, Serialize};

use crate::trial::Recipe;

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
    /// Interactions over users × items.
    pub density: f64,
    /// What each step did, in order, the source itself first.
    pub steps: Vec<StepCount>,
    /// The parts of the split.
    pub parts: Vec<PartCount>,
    /// Interactions per user.
    pub per_user: Spread,
    /// Interactions per item.
    pub per_item: Spread,
    /// Gini coefficient of interactions over items: 0 all alike, 1 all on one item.
    pub item_gini: f64,
    /// Share of interactions that the most popular x % of items hold, for x = 0, 1, …, 100.
    pub popularity_curve: Vec<f64>,
    /// How often each rating occurs, ascending; empty where the data has none.
    pub ratings: Vec<(f32, u64)>,
    /// First and last timestamp, seconds since 1970; `None` where the data has none.
    pub time_span: Option<(i64, i64)>,
    /// User and item columns: name and a few words, such as `occupation: 21 values`.
    pub columns: Vec<(String, String)>,
    /// Things a reader should know, such as the structure that the synthetic source planted.
    pub notes: Vec<String>,
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
