//! What a study found, computed once: sections, figures and `results.json` are views of it.

use std::collections::BTreeMap;

use bakeoff_metrics::Interval;
use bakeoff_spec::study::ModelStudy;
use bakeoff_spec::{Cost, MetricKey, ModelPlan, Outcome, Task, Trial};

use crate::comparison::Comparison;
use crate::results::intervals;
use crate::view::StudyView;

/// Everything that the report tells.
pub(crate) struct Findings<'a> {
    pub(crate) view: &'a StudyView<'a>,
    /// In the plan's order.
    pub(crate) models: Vec<ModelFindings<'a>>,
    /// The test metrics that tables and bar charts show, the selecting one first.
    pub(crate) metrics: Vec<MetricKey>,
    pub(crate) comparison: Comparison,
}

/// One model: what was chosen and what it scored.
pub(crate) struct ModelFindings<'a> {
    pub(crate) plan: &'a ModelPlan,
    pub(crate) study: &'a ModelStudy,
    /// The configuration chosen on validation.
    pub(crate) chosen: Option<&'a Trial>,
    /// The replicates that completed, in the order of the seeds.
    pub(crate) replicates: Vec<&'a Outcome>,
    /// Where cost, curve and validation scores come from: the replicates, or the chosen candidate while there are none.
    pub(crate) fits: Vec<&'a Outcome>,
    pub(crate) valid: BTreeMap<MetricKey, Interval>,
    pub(crate) test: BTreeMap<MetricKey, Interval>,
}

impl<'a> Findings<'a> {
    pub(crate) fn of(view: &'a StudyView<'a>) -> Self {
        let models: Vec<_> = view
            .plan
            .models
            .iter()
            .zip(&view.study.models)
            .map(|(plan, study)| ModelFindings::of(plan, study))
            .collect();
        let comparison = Comparison::of(view, &models);
        Self { view, metrics: shown_metrics(view), models, comparison }
    }

    /// The model that is best on test, if any has been tested.
    pub(crate) fn best(&self) -> Option<&ModelFindings<'a>> {
        self.comparison.ranking.first().map(|&i| &self.models[i])
    }

    /// Indices of the models for tables and charts: best first, then those without a test score.
    pub(crate) fn order(&self) -> Vec<usize> {
        let ranking = &self.comparison.ranking;
        let others = (0..self.models.len()).filter(|i| !ranking.contains(i));
        ranking.iter().copied().chain(others).collect()
    }

    pub(crate) fn higher_is_better(&self, metric: &MetricKey) -> bool {
        let info = self.view.catalog.metric(&metric.name);
        info.map_or(self.view.plan.higher_is_better, |info| info.higher_is_better)
    }

    /// Every outcome there is.
    pub(crate) fn outcomes(&self) -> impl Iterator<Item = &'a Outcome> {
        self.view.study.models.iter().flat_map(ModelStudy::outcomes)
    }
}

impl<'a> ModelFindings<'a> {
    fn of(plan: &'a ModelPlan, study: &'a ModelStudy) -> Self {
        let replicates: Vec<&Outcome> =
            study.replicates.iter().flatten().filter(|outcome| outcome.is_completed()).collect();
        let chosen_candidate = study.chosen.and_then(|i| study.candidates.get(i)?.as_ref());
        let fits = if replicates.is_empty() {
            chosen_candidate.into_iter().collect()
        } else {
            replicates.clone()
        };
        Self {
            plan,
            study,
            chosen: study.chosen.and_then(|i| plan.candidates.get(i)),
            valid: intervals(&fits, |outcome| &outcome.valid),
            test: intervals(&replicates, |outcome| &outcome.test),
            replicates,
            fits,
        }
    }

    /// Whether no test score will come: every candidate failed, or every replicate of the chosen one.
    pub(crate) fn has_failed(&self) -> bool {
        let all_failed = |outcomes: &[Option<Outcome>]| {
            !outcomes.is_empty()
                && outcomes
                    .iter()
                    .all(|outcome| outcome.as_ref().is_some_and(|o| !o.is_completed()))
        };
        all_failed(&self.study.candidates) || all_failed(&self.study.replicates)
    }

    /// Whether a trial has no outcome yet: a candidate, or a replicate of the chosen one.
    pub(crate) fn is_unfinished(&self) -> bool {
        self.study.candidates.iter().chain(&self.study.replicates).any(Option::is_none)
    }

    /// The median over the fits of a cost figure; 0 without one.
    pub(crate) fn cost(&self, of: impl Fn(&Cost) -> f64) -> f64 {
        let mut values: Vec<f64> =
            self.fits.iter().map(|fit| of(&fit.cost)).filter(|value| value.is_finite()).collect();
        values.sort_by(f64::total_cmp);
        let (below, above) = (values.len().saturating_sub(1) / 2, values.len() / 2);
        match (values.get(below), values.get(above)) {
            (Some(&below), Some(&above)) => f64::midpoint(below, above),
            _ => 0.0,
        }
    }

    /// The largest memory that fitting and scoring the chosen configuration took, in MiB. The search's own trial counts:
    /// a replicate that took its weights from there did not train.
    pub(crate) fn peak_rss_mb(&self) -> f64 {
        let candidate = self.study.chosen.and_then(|i| self.study.candidates.get(i)?.as_ref());
        let fits = self.fits.iter().copied().chain(candidate);
        fits.map(|fit| fit.cost.peak_rss_mb).fold(0.0, f64::max)
    }
}

/// Planning has checked that what the spec asks for is computed.
fn shown_metrics(view: &StudyView<'_>) -> Vec<MetricKey> {
    let plan = view.plan;
    let asked = plan.spec.report.metrics.as_ref();
    let mut metrics: Vec<MetricKey> = match (asked, plan.spec.task) {
        (Some(names), _) => names.iter().filter_map(|name| name.parse().ok()).collect(),
        (None, Task::TopN) => {
            ["ndcg", "hit_rate", "mrr"].map(|name| MetricKey::at(name, 10)).into()
        }
        (None, Task::Rating) => ["rmse", "mae"].map(MetricKey::plain).into(),
    };
    if asked.is_none() {
        metrics.retain(|metric| plan.metrics.contains(metric));
    }
    metrics.retain(|metric| *metric != plan.select);
    metrics.insert(0, plan.select.clone());
    metrics
}
