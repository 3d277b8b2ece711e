//! Evaluation of rankings: every metric of every user, averaged over the users that have a target.

use bakeoff_spec::MetricKey;

use crate::catalog::ranking_entry;
use crate::error::MetricError;
use crate::evaluation::Evaluation;
use crate::ranking::RankedUser;

/// Gathers users one by one.
///
/// Values are summed in the order in which users are added, in double precision: the same rankings give the same bits.
#[derive(Debug)]
pub struct RankingEvaluator {
    /// What is computed, the selecting metric first, and the sum over users so far.
    columns: Vec<Column>,
    units: Vec<f32>,
}

#[derive(Debug)]
struct Column {
    key: MetricKey,
    of: fn(&RankedUser<'_>, u32) -> f64,
    sum: f64,
}

impl RankingEvaluator {
    /// For `metrics`, and for `select` even if it is not among them.
    ///
    /// # Errors
    /// A metric that does not exist, does not measure rankings, or lacks its cutoff.
    pub fn new(metrics: &[MetricKey], select: &MetricKey) -> Result<Self, MetricError> {
        let others = metrics.iter().filter(|key| *key != select);
        let columns = [select]
            .into_iter()
            .chain(others)
            .map(|key| Ok(Column { key: key.clone(), of: ranking_entry(key)?.of, sum: 0.0 }))
            .collect::<Result<_, MetricError>>()?;
        Ok(Self { columns, units: Vec::new() })
    }

    /// Adds one user. A user without targets has no value and leaves no trace.
    pub fn add(&mut self, user: &RankedUser<'_>) {
        if !user.ranks.is_empty() {
            let values = self.values(user);
            self.add_values(&values);
        }
    }

    /// The means over all users added.
    ///
    /// # Errors
    /// [`MetricError::TooFew`] when no user had a target: there is nothing to average.
    pub fn finish(self) -> Result<Evaluation, MetricError> {
        let n_users = self.units.len();
        if n_users == 0 {
            return Err(MetricError::TooFew { needed: 1, got: 0 });
        }
        let mean = |column: Column| (column.key, column.sum / n_users as f64);
        Ok(Evaluation { scores: self.columns.into_iter().map(mean).collect(), units: self.units })
    }

    fn values(&self, user: &RankedUser<'_>) -> Vec<f64> {
        let value = |column: &Column| (column.of)(user, column.key.k.unwrap_or(user.n_candidates));
        self.columns.iter().map(value).collect()
    }

    fn add_values(&mut self, values: &[f64]) {
        self.units.push(values[0] as f32);
        for (column, value) in self.columns.iter_mut().zip(values) {
            column.sum += value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(texts: &[&str]) -> Vec<MetricKey> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn values_are_averaged_over_users_that_have_a_target() {
        let metrics = keys(&["hit_rate@2", "mrr@10", "auc"]);
        let mut evaluator = RankingEvaluator::new(&metrics, &metrics[1]).unwrap();
        evaluator.add(&RankedUser { ranks: &[2], n_candidates: 5 });
        evaluator.add(&RankedUser { ranks: &[], n_candidates: 5 });
        evaluator.add(&RankedUser { ranks: &[4], n_candidates: 5 });
        let evaluation = evaluator.finish().unwrap();
        // hit_rate (1 + 0) / 2; mrr (1/2 + 1/4) / 2; auc (3/4 + 1/4) / 2.
        let values: Vec<f64> = metrics.iter().map(|key| evaluation.scores[key]).collect();
        assert_eq!(values, [0.5, 0.375, 0.5]);
        assert_eq!(evaluation.units, [0.5, 0.25]);
    }

    #[test]
    fn no_user_at_all_is_an_error_instead_of_a_mean_of_nothing() {
        let metrics = keys(&["ndcg@10"]);
        let evaluator = RankingEvaluator::new(&metrics, &metrics[0]).unwrap();
        assert_eq!(evaluator.finish(), Err(MetricError::TooFew { needed: 1, got: 0 }));
    }
}
