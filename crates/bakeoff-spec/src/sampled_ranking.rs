//! Ranking among a few drawn items instead of the whole catalogue, as some published figures are taken.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The items that a user's targets are ranked among: the targets themselves and `n` that the user has not met in any
/// part. The same for every model, seed and number of threads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SampledRanking {
    /// How many items are drawn for a user; all that the user has not met where there are no more.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub n: u32,
    /// How they are drawn, each item at most once.
    #[serde(default)]
    pub by: DrawnBy,
    /// Of the lists alone.
    #[serde(default = "first_seed")]
    pub seed: u64,
}

fn first_seed() -> u64 {
    1
}

/// How candidate items are drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DrawnBy {
    /// All items alike.
    #[default]
    Uniform,
    /// In proportion to their training counts.
    Popularity,
    /// At test the lists that the source gives, such as those of He et al. (WWW 2017); at validation, for which there
    /// are none, uniformly.
    Given,
}

impl fmt::Display for SampledRanking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { n, by, seed } = self;
        let by = match by {
            DrawnBy::Uniform => "uniformly",
            DrawnBy::Popularity => "in proportion to their training counts",
            DrawnBy::Given => {
                return write!(
                    f,
                    "the lists that the source gives; at validation {n} items drawn uniformly (seed {seed})"
                );
            }
        };
        write!(f, "{n} items drawn {by} (seed {seed}) from those that the user has met in no part")
    }
}
