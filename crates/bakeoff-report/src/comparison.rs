//! Who is ahead on test, and how sure that is: the best model against every other, user by user or row by row.

use std::collections::BTreeMap;

use bakeoff_metrics::{PairedTTest, holm, paired_t_test, wilcoxon_signed_rank};
use bakeoff_spec::Outcome;

use crate::findings::ModelFindings;
use crate::results::LEVEL;
use crate::view::StudyView;

/// The order of the models on test, and the tests of the first against the others.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Comparison {
    /// Models with a test value of the selection metric, best first; of equal ones the earlier in the plan.
    pub(crate) ranking: Vec<usize>,
    /// By model: the first of the ranking against it. Missing where the values per user or row are.
    pub(crate) tests: BTreeMap<usize, PairedTest>,
}

/// The best model against one other, paired by user or row; its p-values are corrected after Holm for all comparisons
/// of the study.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PairedTest {
    /// Pairs.
    pub(crate) n: usize,
    /// Mean of best - other, and its interval for this pair alone.
    pub(crate) difference: PairedTTest,
    /// Of the t test.
    pub(crate) p: f64,
    /// Of Wilcoxon's signed-rank test.
    pub(crate) wilcoxon_p: f64,
}

impl Comparison {
    pub(crate) fn of(view: &StudyView<'_>, models: &[ModelFindings<'_>]) -> Self {
        let select = &view.plan.select;
        let value = |i: &usize| models[*i].test.get(select).map(|interval| interval.mean);
        let mut ranking: Vec<usize> = (0..models.len()).filter(|i| value(i).is_some()).collect();
        ranking.sort_by(|a, b| {
            let order = value(a).partial_cmp(&value(b)).expect("intervals hold finite numbers");
            if view.plan.higher_is_better { order.reverse() } else { order }
        });
        let units = |&i: &usize| mean_units(view, &models[i].replicates);
        let tests = match ranking.split_first() {
            Some((best, others)) => {
                let others = others.iter().filter_map(|other| Some((*other, units(other)?)));
                units(best).map(|best| tests(&best, &others.collect::<Vec<_>>()))
            }
            None => None,
        };
        Self { ranking, tests: tests.unwrap_or_default() }
    }
}

impl PairedTest {
    /// Whether the t test tells the two apart at the report's level.
    pub(crate) fn is_significant(&self) -> bool {
        self.p < ALPHA
    }

    /// Whether Wilcoxon's test comes to the same verdict.
    pub(crate) fn is_undisputed(&self) -> bool {
        self.is_significant() == (self.wilcoxon_p < ALPHA)
    }
}

const ALPHA: f64 = 1.0 - LEVEL;

/// The mean over the replicates of each user's or row's value.
fn mean_units(view: &StudyView<'_>, replicates: &[&Outcome]) -> Option<Vec<f64>> {
    let all: Option<Vec<Vec<f64>>> =
        replicates.iter().map(|outcome| (view.test_units)(&outcome.key)).collect();
    let all = all?;
    let n = all.first()?.len();
    if all.iter().any(|units| units.len() != n) {
        return None;
    }
    let mean = |i: usize| all.iter().map(|units| units[i]).sum::<f64>() / all.len() as f64;
    Some((0..n).map(mean).collect())
}

/// Pairs that cannot be tested (other users, a value that is not finite) have none.
fn tests(best: &[f64], others: &[(usize, Vec<f64>)]) -> BTreeMap<usize, PairedTest> {
    let test = |(model, other): &(usize, Vec<f64>)| {
        let difference = paired_t_test(best, other, LEVEL).ok()?;
        let wilcoxon = wilcoxon_signed_rank(best, other).ok()?;
        Some((*model, difference, wilcoxon.p))
    };
    let raw: Vec<_> = others.iter().filter_map(test).collect();
    let p = holm(&raw.iter().map(|(_, difference, _)| difference.p).collect::<Vec<_>>());
    let wilcoxon_p = holm(&raw.iter().map(|(_, _, p)| *p).collect::<Vec<_>>());
    raw.into_iter()
        .zip(p.into_iter().zip(wilcoxon_p))
        .map(|((model, difference, _), (p, wilcoxon_p))| {
            (model, PairedTest { n: best.len(), difference, p, wilcoxon_p })
        })
        .collect()
}
