//! One interaction for each user and item.

use std::cmp::Ordering;

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, Step, Train};
use crate::error::DataError;
use crate::group::Groups;
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
    /// The newest, with the arithmetic mean of the ratings that are there; time and columns are its own.
    Mean,
    /// The newest, with the sum of the ratings that are there; time and columns are its own.
    Sum,
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
        let needs_ratings = match self.keep {
            Keep::First | Keep::Last => None,
            Keep::Highest => Some("highest"),
            Keep::Mean => Some("mean"),
            Keep::Sum => Some("sum"),
        };
        if let Some(keep) = needs_ratings.filter(|_| table.rating.is_none()) {
            return Err(DataError::NeedsRatings {
                needed_by: format!("step `deduplicate` with keep: {keep}"),
                fix: "name their column in the source, or keep first or last",
            });
        }
        let by_user = Groups::of(&table.user, table.users.len());
        let mut pairs = vec![Pair { user: u32::MAX, row: 0 }; table.items.len()];
        let mut is_kept = vec![true; table.len()];
        let mut n_changed = 0;
        let mut repeated = Vec::new();
        for (user, rows) in by_user.iter().enumerate() {
            for &row in rows {
                let item = table.item[row as usize];
                let pair = &mut pairs[item as usize];
                if pair.user != user as u32 {
                    *pair = Pair { user: user as u32, row };
                    continue;
                }
                let mut loser = row;
                if self.prefers(table, row as usize, pair.row as usize) {
                    std::mem::swap(&mut loser, &mut pair.row);
                }
                is_kept[loser as usize] = false;
                repeated.push(item);
            }
            if matches!(self.keep, Keep::Mean | Keep::Sum) && !repeated.is_empty() {
                n_changed += self.merge(table, rows, &pairs, &mut repeated);
            }
            repeated.clear();
        }
        table.retain(&is_kept);
        Ok(n_changed)
    }
}

/// The row that is kept of a user and an item. There is one for each item, which each user in turn takes over.
#[derive(Debug, Clone, Copy)]
struct Pair {
    user: u32,
    row: u32,
}

impl Deduplicate {
    /// Gives the kept row of each repeated item the mean or sum of all ratings of that pair; how many it changed.
    fn merge(
        &self,
        table: &mut Interactions,
        rows: &[u32],
        pairs: &[Pair],
        repeated: &mut Vec<u32>,
    ) -> u64 {
        let Some(ratings) = &mut table.rating else { return 0 };
        repeated.sort_unstable();
        repeated.dedup();
        let mut of_items = vec![(0.0, 0u32); repeated.len()];
        for &row in rows {
            let rating = ratings[row as usize];
            if let Ok(place) = repeated.binary_search(&table.item[row as usize])
                && !rating.is_nan()
            {
                of_items[place].0 += rating;
                of_items[place].1 += 1;
            }
        }
        let mut n_changed = 0;
        for (&item, (sum, n)) in repeated.iter().zip(of_items) {
            let rating = &mut ratings[pairs[item as usize].row as usize];
            let merged = if self.keep == Keep::Mean { sum / f64::from(n) } else { sum };
            if n > 0 && rating.to_bits() != merged.to_bits() {
                *rating = merged;
                n_changed += 1;
            }
        }
        n_changed
    }

    /// Whether `row`, which the source has after `other`, is kept in its place.
    fn prefers(&self, table: &Interactions, row: usize, other: usize) -> bool {
        let compared = |values: Option<&Vec<f64>>| {
            values.and_then(|values| values[row].partial_cmp(&values[other]))
        };
        match self.keep {
            Keep::First => compared(table.timestamp.as_ref()) == Some(Ordering::Less),
            Keep::Last | Keep::Mean | Keep::Sum => {
                compared(table.timestamp.as_ref()) != Some(Ordering::Less)
            }
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
    fn ratings_of_a_pair_are_averaged_or_summed_and_the_rest_is_the_newest_rows() {
        let merged = |keep: Keep| {
            let mut table = Interactions::new("x.csv", true, true);
            let unknown = f64::NAN;
            for (user, item, rating, time, line) in [
                ("a", "x", 2.0, 9.0, 1),
                ("b", "x", 7.0, 1.0, 2),
                ("a", "x", unknown, 3.0, 3),
                ("a", "x", 5.0, 8.0, 4),
                ("b", "y", unknown, 2.0, 5),
                ("b", "y", unknown, 3.0, 6),
            ] {
                table.push(user, item, rating, time, line);
            }
            let n = Deduplicate { keep }.apply(&mut table, &Train::default()).unwrap();
            assert_eq!(table.origin.lines(), [1, 2, 6]);
            (table.rating.unwrap(), n)
        };
        let (mean, n) = merged(Keep::Mean);
        assert_eq!((&mean[..2], mean[2].is_nan(), n), (&[3.5, 7.0][..], true, 1));
        let (sum, n) = merged(Keep::Sum);
        assert_eq!((&sum[..2], sum[2].is_nan(), n), (&[7.0, 7.0][..], true, 1));
    }

    #[test]
    fn without_times_the_order_of_the_source_counts() {
        assert_eq!(kept(Keep::First, false), [1, 4]);
        assert_eq!(kept(Keep::Last, false), [3, 4]);
    }
}
