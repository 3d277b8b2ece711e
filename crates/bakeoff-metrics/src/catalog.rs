//! Every metric that a spec can name, and how a key such as `ndcg@10` finds its metric.

use bakeoff_spec::{MetricInfo, MetricKey, Task};

use crate::error::MetricError;
use crate::ranking_metrics::{self, RankingEntry};
use crate::rating_metrics::{self, RatingEntry};

/// What planning and reports need to know of every metric.
pub fn catalog() -> Vec<MetricInfo> {
    let ranking = ranking_metrics::ALL.iter().map(|entry| MetricInfo {
        name: entry.name,
        about: entry.about,
        task: Task::TopN,
        has_cutoff: entry.has_cutoff,
        higher_is_better: true,
        revision: entry.revision,
        of_one: None,
    });
    let rating = rating_metrics::ALL.iter().map(|entry| MetricInfo {
        name: entry.name,
        about: entry.about,
        task: Task::Rating,
        has_cutoff: false,
        higher_is_better: false,
        revision: entry.revision,
        // A root mean square is no mean of rows, its square is.
        of_one: Some(entry.of_row),
    });
    ranking.chain(rating).collect()
}

/// The ranking metric that `key` names.
pub(crate) fn ranking_entry(key: &MetricKey) -> Result<&'static RankingEntry, MetricError> {
    check(key, Task::TopN)?;
    let entry = ranking_metrics::ALL.iter().find(|entry| entry.name == key.name);
    Ok(entry.expect("checked against the catalog, which is made of this list"))
}

/// The rating metric that `key` names.
pub(crate) fn rating_entry(key: &MetricKey) -> Result<&'static RatingEntry, MetricError> {
    check(key, Task::Rating)?;
    let entry = rating_metrics::ALL.iter().find(|entry| entry.name == key.name);
    Ok(entry.expect("checked against the catalog, which is made of this list"))
}

fn check(key: &MetricKey, asked: Task) -> Result<(), MetricError> {
    let info = catalog()
        .into_iter()
        .find(|info| info.name == key.name)
        .ok_or_else(|| MetricError::Unknown(key.name.clone()))?;
    if info.task != asked {
        return Err(MetricError::WrongTask { metric: key.clone(), measures: info.task, asked });
    }
    match (info.has_cutoff, key.k) {
        (true, None) => Err(MetricError::CutoffMissing(key.clone())),
        (false, Some(_)) => Err(MetricError::CutoffUnexpected(key.clone())),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_every_metric_says_what_it_is() {
        let metrics = catalog();
        let names: BTreeSet<_> = metrics.iter().map(|info| info.name).collect();
        assert_eq!(names.len(), metrics.len());
        for info in metrics {
            assert!(info.about.ends_with('.') && info.about.len() > 20, "{}", info.name);
        }
    }

    #[test]
    fn a_key_that_fits_no_metric_is_refused_with_what_would_fit() {
        let message = |key: &str| ranking_entry(&key.parse().unwrap()).err().unwrap().to_string();
        assert_eq!(
            message("ndgc@10"),
            "no metric is called `ndgc`; `bakeoff list metrics` shows them"
        );
        assert_eq!(
            message("rmse"),
            "`rmse` measures the rating task and cannot be computed for top_n"
        );
        assert_eq!(message("ndcg"), "`ndcg` needs a cutoff, such as `ndcg@10`");
        assert_eq!(message("auc@10"), "`auc@10` takes no cutoff; write `auc`");
    }
}
