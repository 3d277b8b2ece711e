//! `search`, `budget`, the dimensions of a space, and what is kept afterwards.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::PluginSpec;
use crate::registry::Params;

/// How configurations are proposed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchSpec {
    /// The strategy; `bakeoff list searches` shows them.
    #[serde(default = "grid")]
    pub name: String,
    /// Its parameters; what is left out has its default.
    #[serde(default)]
    pub params: Params,
    /// Seed of the proposals; that of the trials is the first under `replicates`.
    #[serde(default = "one")]
    pub seed: u64,
    /// Whether a strategy that learns proposes the same trials whatever the number of slots: it then knows, when it
    /// proposes trial n, the results of the trials up to n - `lag` and no others, and waits for them.
    #[serde(default)]
    pub deterministic: bool,
    /// With `deterministic`: how many trials may be under way at a time.
    #[serde(default = "default_lag")]
    #[schemars(range(min = 1, max = 1024))]
    pub lag: u32,
    /// Stops running trials that fall behind others of their model; by default none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prune: Option<PluginSpec>,
}

impl Default for SearchSpec {
    fn default() -> Self {
        Self {
            name: grid(),
            params: Params::new(),
            seed: one(),
            deterministic: false,
            lag: default_lag(),
            prune: None,
        }
    }
}

/// The strategy that is no search: it tries all of its space, so planning can look at each of its points before.
const GRID: &str = "grid";

impl SearchSpec {
    /// Whether all combinations are tried, or as many as the budget allows.
    pub fn is_grid(&self) -> bool {
        self.name == GRID
    }
}

fn grid() -> String {
    GRID.into()
}

fn one() -> u64 {
    1
}

fn default_lag() -> u32 {
    8
}

/// What each model's search may spend. At most one of the three; by default the whole of a grid, and 20 trials of
/// any other search.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BudgetSpec {
    /// Configurations of each model. Of a larger grid, so many are drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100_000))]
    pub trials: Option<u32>,
    /// Seconds during which trials of a model run: once they are used up, none begins any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 31_536_000))]
    pub time_secs: Option<u64>,
    /// Seconds that the trials of a model hold slots, added up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 31_536_000))]
    pub device_time_secs: Option<u64>,
}

/// What a dimension of a space takes: exactly one kind of values, and when it is there.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DimensionSpec {
    /// One of these values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<Vec<Value>>,
    /// `[low, high]`: a real number, every one as likely.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uniform: Option<[f64; 2]>,
    /// `[low, high]`: a real number, every order of magnitude as likely.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_uniform: Option<[f64; 2]>,
    /// `[low, high]`: a whole number, both ends included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub int: Option<[i64; 2]>,
    /// `[low, high]`: a whole number, every order of magnitude as likely.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_int: Option<[i64; 2]>,
    /// `[low, high, step]`: low, low + step, … up to high.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantized: Option<[f64; 3]>,
    /// Only while each of these parameters has one of its listed values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub when: BTreeMap<String, Vec<Value>>,
}

/// What stays in the store when `bakeoff gc` has run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeepSpec {
    /// Whose weights stay.
    #[serde(default)]
    pub checkpoints: KeptCheckpoints,
}

/// Whose weights stay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeptCheckpoints {
    /// Those of the chosen configurations, and whatever an unfinished search may go on from.
    #[default]
    Chosen,
    /// Those of every trial.
    All,
    /// None.
    None,
}
