//! One interaction for each user and item; where the source divides its rows, one in each of its parts.

use std::cmp::Ordering;

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, Step, Train};
use crate::error::DataError;
use crate::group::Groups;
use crate::interactions::Interactions;
use crate::splits::Assigned;

/// Which one. With the split `fixed`, each part that the source gives is looked at by itself: no row of one part
/// decides about a row of another, and a repeat of a training interaction in validation or test stays.
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
    const REVISION: u32 = 2;
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
        let places = Places::of(table);
        let mut pairs = vec![Pair { user: u32::MAX, row: 0 }; places.n];
        let mut is_kept = vec![true; table.len()];
        let mut n_changed = 0;
        let mut repeated = Vec::new();
        for (user, rows) in by_user.iter().enumerate() {
            for &row in rows {
                let place = places.at(table, row as usize);
                let pair = &mut pairs[place];
                if pair.user != user as u32 {
                    *pair = Pair { user: user as u32, row };
                    continue;
                }
                let mut loser = row;
                if self.prefers(table, row as usize, pair.row as usize) {
                    std::mem::swap(&mut loser, &mut pair.row);
                }
                is_kept[loser as usize] = false;
                repeated.push(place);
            }
            if matches!(self.keep, Keep::Mean | Keep::Sum) && !repeated.is_empty() {
                n_changed += self.merge(table, rows, places, &pairs, &mut repeated);
            }
            repeated.clear();
        }
        table.retain(&is_kept);
        Ok(n_changed)
    }
}

/// The row that is kept of a user and an item. There is one for each place, which each user in turn takes over.
#[derive(Debug, Clone, Copy)]
struct Pair {
    user: u32,
    row: u32,
}

/// Where the pair of a row stands: one place an item, or, where the source gives parts, one an item and part.
#[derive(Debug, Clone, Copy)]
struct Places {
    n: usize,
    per_item: usize,
}

impl Places {
    fn of(table: &Interactions) -> Self {
        let per_item = if table.part.is_some() { Assigned::Left as usize + 1 } else { 1 };
        Self { n: table.items.len() * per_item, per_item }
    }

    fn at(self, table: &Interactions, row: usize) -> usize {
        let part = table.part.as_ref().map_or(0, |parts| parts[row] as usize);
        table.item[row] as usize * self.per_item + part
    }
}

impl Deduplicate {
    /// Gives the kept row of each repeated item the mean or sum of all ratings of that pair; how many it changed.
    fn merge(
        &self,
        table: &mut Interactions,
        rows: &[u32],
        places: Places,
        pairs: &[Pair],
        repeated: &mut Vec<usize>,
    ) -> u64 {
        repeated.sort_unstable();
        repeated.dedup();
        let Some(mut ratings) = table.rating.take() else { return 0 };
        let mut of_items = vec![(0.0, 0u32); repeated.len()];
        for &row in rows {
            let rating = ratings[row as usize];
            if let Ok(place) = repeated.binary_search(&places.at(table, row as usize))
                && !rating.is_nan()
            {
                of_items[place].0 += rating;
                of_items[place].1 += 1;
            }
        }
        let mut n_changed = 0;
        for (&place, (sum, n)) in repeated.iter().zip(of_items) {
            let rating = &mut ratings[pairs[place].row as usize];
            let merged = if self.keep == Keep::Mean { sum / f64::from(n) } else { sum };
            if n > 0 && rating.to_bits() != merged.to_bits() {
                *rating = merged;
                n_changed += 1;
            }
        }
        table.rating = Some(ratings);
        n_changed
    }

    /// Whether `row`, which the source has after `other`, is kept in its place.
    fn prefers(&self, table: &Interactions, row: usize, other: usize) -> bool {
        // Of two values one of which is missing, the other is the better one. Adding zero makes zero of minus zero.
        let compared = |values: Option<&Vec<f64>>, missing: f64| {
            let of = |value: f64| if value.is_nan() { missing } else { value + 0.0 };
            values.map_or(Ordering::Equal, |values| of(values[row]).total_cmp(&of(values[other])))
        };
        let times = table.timestamp.as_ref();
        match self.keep {
            Keep::First => compared(times, f64::INFINITY).is_lt(),
            Keep::Last | Keep::Mean | Keep::Sum => compared(times, f64::NEG_INFINITY).is_ge(),
            Keep::Highest => compared(table.rating.as_ref(), f64::NEG_INFINITY).is_gt(),
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
    #[test]
    fn a_row_without_a_time_is_kept_only_if_none_has_one() {
        let kept = |keep: Keep, times: &[f64]| {
            let mut table = Interactions::new("x.csv", true, true);
            for (&time, line) in times.iter().zip(1..) {
                table.push("a", "x", 1.0, time, line);
            }
            Deduplicate { keep }.apply(&mut table, &Train::default()).unwrap();
            table.origin.lines().to_vec()
        };
        let n = f64::NAN;
        for keep in [Keep::Last, Keep::Mean, Keep::Sum] {
            assert_eq!(kept(keep, &[5.0, n, 3.0]), [1]);
            assert_eq!(kept(keep, &[n, n]), [2]);
        }
        assert_eq!(kept(Keep::First, &[n, 5.0, n, 3.0]), [4]);
        assert_eq!(kept(Keep::First, &[n, n]), [1]);
    }

    #[test]
    fn given_parts_are_looked_at_by_themselves() {
        let kept = |keep: Keep| {
            let mut table = Interactions::new("x.csv", true, false);
            for (item, rating, line) in
                [("x", 1.0, 1), ("y", 2.0, 2), ("x", 3.0, 3), ("x", 5.0, 4), ("x", 2.0, 5)]
            {
                table.push("a", item, rating, 0.0, line);
            }
            let parts = [Assigned::Train; 3].into_iter().chain([Assigned::Test; 2]);
            table.part = Some(parts.collect());
            Deduplicate { keep }.apply(&mut table, &Train::default()).unwrap();
            (table.origin.lines().to_vec(), table.rating.unwrap())
        };
        assert_eq!(kept(Keep::First), (vec![1, 2, 4], vec![1.0, 2.0, 5.0]));
        assert_eq!(kept(Keep::Last), (vec![2, 3, 5], vec![2.0, 3.0, 2.0]));
        assert_eq!(kept(Keep::Mean), (vec![2, 3, 5], vec![2.0, 2.0, 3.5]));
    }
}
