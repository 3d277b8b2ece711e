//! When a running trial is to give up, known before it starts: so any executor can hold it to that without asking back.

use serde::{Deserialize, Serialize};

/// What a trial must have reached, epoch by epoch, to go on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StopRule {
    /// Content key of the pruner with its parameters. A pruned outcome counts under the same key alone.
    pub key: String,
    /// Epoch (from 1, ascending) and the validation value that must be reached by then.
    pub thresholds: Vec<(u32, f64)>,
    /// Whether a larger value is better.
    pub higher_is_better: bool,
}

impl StopRule {
    /// Whether a trial whose best validation value so far is `best` is to stop after a validated `epoch`: the latest
    /// threshold up to there decides, and a value that equals it goes on.
    pub fn stops(&self, epoch: u32, best: f64) -> bool {
        let threshold = self.thresholds.iter().rev().find(|(from, _)| *from <= epoch);
        threshold.is_some_and(
            |&(_, value)| {
                if self.higher_is_better { best < value } else { best > value }
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_threshold_decides_and_a_tie_goes_on() {
        let thresholds = vec![(3, 0.1), (5, 0.2)];
        let rule = StopRule { key: String::new(), thresholds, higher_is_better: true };
        assert!(!rule.stops(2, 0.0));
        assert!(rule.stops(4, 0.05) && !rule.stops(4, 0.1));
        assert!(rule.stops(9, 0.1) && !rule.stops(5, 0.2));
        let errors = StopRule { higher_is_better: false, ..rule };
        assert!(errors.stops(4, 0.15) && !errors.stops(4, 0.05));
    }
}
