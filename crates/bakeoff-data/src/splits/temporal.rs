//! The past for training, the future for validation and test: two points in time, the same for everybody.

use bakeoff_spec::Plugin;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Assigned, Split, check_shares};
use crate::error::DataError;
use crate::order::Ordered;

/// The shares of interactions that lie after the two points in time.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Temporal {
    /// Share of the validation part, which comes before the test part. Interactions of the same second stay together,
    /// so that parts can be a little larger or smaller.
    #[schemars(range(min = 0.001, max = 0.9))]
    pub valid: f64,
    /// Share of the test part: the newest interactions.
    #[schemars(range(min = 0.001, max = 0.9))]
    pub test: f64,
}

impl Default for Temporal {
    fn default() -> Self {
        Self { valid: 0.1, test: 0.1 }
    }
}

impl Plugin for Temporal {
    const NAME: &'static str = "temporal";
    const ABOUT: &'static str =
        "Trains on the past, validates on what came next, tests on the newest interactions.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        check_shares(params.valid, params.test)
    }
}

impl Split for Temporal {
    fn assign(&self, data: &Ordered) -> Result<Vec<Assigned>, DataError> {
        let times = data.times(format!("split `{}`", Self::NAME))?;
        if times.is_empty() {
            return Ok(Vec::new());
        }
        let mut sorted = times.to_vec();
        sorted.par_sort_unstable_by(f64::total_cmp);
        let from_end = |share: f64| {
            let n_after = (times.len() as f64 * share).round() as usize;
            sorted[times.len().saturating_sub(n_after).min(times.len() - 1)]
        };
        let (valid_from, test_from) = (from_end(self.valid + self.test), from_end(self.test));
        let part = |&time: &f64| match time {
            time if time >= test_from => Assigned::Test,
            time if time >= valid_from => Assigned::Valid,
            _ => Assigned::Train,
        };
        Ok(times.iter().map(part).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assign(times: &[i64], valid: f64, test: f64) -> Vec<Assigned> {
        let mut data = Ordered::default();
        data.table.timestamp = Some(times.iter().map(|&time| time as f64).collect());
        Temporal { valid, test }.assign(&data).unwrap()
    }

    #[test]
    fn the_newest_are_for_test_and_those_before_for_validation() {
        use Assigned::{Test, Train, Valid};
        let assigned = assign(&[9, 1, 5, 3, 8, 2, 7, 4, 6, 0], 0.2, 0.1);
        assert_eq!(assigned, [Test, Train, Train, Train, Valid, Train, Valid, Train, Train, Train]);
    }

    #[test]
    fn interactions_of_one_second_stay_together() {
        use Assigned::{Test, Train, Valid};
        // A quarter is one row, yet two share the newest second; the next cut falls on the same second.
        assert_eq!(assign(&[1, 2, 3, 3], 0.5, 0.25), [Train, Valid, Test, Test]);
    }
}
