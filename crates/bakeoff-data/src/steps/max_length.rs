//! Keeps the newest interactions of users with many.

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, Step, Train};
use crate::error::DataError;
use crate::group::Groups;
use crate::interactions::Interactions;

/// How many are kept.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MaxLength {
    /// The most interactions of a user that are kept: the newest, of those of the same time the ones that the source
    /// has last. One without a time counts as the oldest.
    #[schemars(range(min = 1))]
    pub n: u32,
}

impl Plugin for MaxLength {
    const NAME: &'static str = "max_length";
    const ABOUT: &'static str = "Keeps each user's newest interactions, at most this many.";
    type Params = Self;
}

impl Step for MaxLength {
    fn effect(&self) -> Effect {
        Effect::Removes
    }

    fn apply(&self, table: &mut Interactions, _train: &Train) -> Result<u64, DataError> {
        let by_user = Groups::of(&table.user, table.users.len());
        let mut is_kept = vec![true; table.len()];
        let n = self.n as usize;
        for rows in by_user.iter().filter(|rows| rows.len() > n) {
            let mut rows = rows.to_vec();
            if let Some(times) = &table.timestamp {
                let age = |row: u32| match times[row as usize] {
                    time if time.is_nan() => f64::NEG_INFINITY,
                    time => time,
                };
                // A stable sort: rows of the same time stay in the order of the source.
                rows.sort_by(|&a, &b| age(a).total_cmp(&age(b)));
            }
            for &row in &rows[..rows.len() - n] {
                is_kept[row as usize] = false;
            }
        }
        table.retain(&is_kept);
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(n: u32, has_timestamps: bool) -> Vec<u32> {
        let mut table = Interactions::new("x.csv", false, has_timestamps);
        for (user, time, line) in
            [("a", 5.0, 1), ("b", 0.0, 2), ("a", 3.0, 3), ("a", 5.0, 4), ("a", f64::NAN, 5)]
        {
            table.push(user, "x", 0.0, time, line);
        }
        MaxLength { n }.apply(&mut table, &Train::default()).unwrap();
        table.origin.lines().to_vec()
    }

    #[test]
    fn the_newest_of_each_user_are_kept() {
        assert_eq!(kept(1, true), [2, 4]);
        assert_eq!(kept(2, true), [1, 2, 4]);
        assert_eq!(kept(3, true), [1, 2, 3, 4]);
    }

    #[test]
    fn without_times_the_order_of_the_source_counts() {
        assert_eq!(kept(2, false), [2, 4, 5]);
    }
}
