//! One interaction for each user and item.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, Step, Train};
use crate::error::DataError;
use crate::interactions::Interactions;

/// Which one.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Deduplicate {
    /// Which of several interactions of a user with an item is kept.
    pub keep: Keep,
}

/// Which of several interactions of a user with an item is kept; of equal ones, the one that the source has first
/// (`last`: last).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// The oldest.
    #[default]
    First,
    /// The newest.
    Last,
    /// The one with the highest rating.
    Highest,
}

impl Plugin for Deduplicate {
    const NAME: &'static str = "deduplicate";
    const ABOUT: &'static str = "Keeps one interaction of a user with an item.";
    type Params = Self;
}

impl Step for Deduplicate {
    fn effect(&self) -> Effect {
        Effect::Removes
    }

    fn apply(&self, table: &mut Interactions, _train: &Train) -> Result<u64, DataError> {
        if self.keep == Keep::Highest && table.rating.is_none() {
            return Err(DataError::NeedsRatings {
                needed_by: "step `deduplicate` with keep: highest".into(),
                fix: "name their column in the source, or keep first or last",
            });
        }
        let mut kept: HashMap<(u32, u32), usize> = HashMap::with_capacity(table.len());
        let mut is_kept = vec![true; table.len()];
        for row in 0..table.len() {
            match kept.entry((table.user[row], table.item[row])) {
                Entry::Vacant(entry) => {
                    entry.insert(row);
                }
                Entry::Occupied(mut entry) => {
                    let loser = if self.prefers(table, row, *entry.get()) {
                        entry.insert(row)
                    } else {
                        row
                    };
                    is_kept[loser] = false;
                }
            }
        }
        table.retain(&is_kept);
        Ok(0)
    }
}

impl Deduplicate {
    /// Whether `row`, which the source has after `other`, is kept in its place.
    fn prefers(&self, table: &Interactions, row: usize, other: usize) -> bool {
        let compared = |values: Option<&Vec<f64>>| {
            values.and_then(|values| values[row].partial_cmp(&values[other]))
        };
        match self.keep {
            Keep::First => compared(table.timestamp.as_ref()) == Some(Ordering::Less),
            Keep::Last => compared(table.timestamp.as_ref()) != Some(Ordering::Less),
            Keep::Highest => match compared(table.rating.as_ref()) {
                Some(order) => order == Ordering::Greater,
                // A rating is better than none.
                None => {
                    table.rating.as_ref().is_some_and(|r| r[other].is_nan() && !r[row].is_nan())
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines that are kept of three interactions of one pair: times 5, 3, 5, ratings 2, 4, 4.
    fn kept(keep: Keep, has_timestamps: bool) -> Vec<u32> {
        let mut table = Interactions::new("x.csv", true, has_timestamps);
        for (time, rating, line) in [(5.0, 2.0, 1), (3.0, 4.0, 2), (5.0, 4.0, 3)] {
            table.push("a", "x", rating, time, line);
        }
        table.push("a", "y", 1.0, 1.0, 4);
        Deduplicate { keep }.apply(&mut table, &Train::default()).unwrap();
        table.origin.lines().to_vec()
    }

    #[test]
    fn the_asked_for_interaction_of_a_pair_is_kept() {
        assert_eq!(kept(Keep::First, true), [2, 4]);
        assert_eq!(kept(Keep::Last, true), [3, 4]);
        assert_eq!(kept(Keep::Highest, true), [2, 4]);
    }

    #[test]
    fn without_times_the_order_of_the_source_counts() {
        assert_eq!(kept(Keep::First, false), [1, 4]);
        assert_eq!(kept(Keep::Last, false), [3, 4]);
    }
}
