//! What a study found, computed once: sections, figures and `results.json` are views of it.

use std::collections::BTreeMap;

use bakeoff_metrics::{Interval, mean_interval};
use bakeoff_spec::study::ModelStudy;
use bakeoff_spec::{Brief, Candidate, Cost, MetricKey, ModelPlan, Outcome, Task, Trial, TrialKey};

use crate::comparison::Comparison;
use crate::results::{LEVEL, intervals};
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
    pub(crate) chosen: Option<Trial>,
    /// The replicates that completed, in the order of the seeds.
    pub(crate) replicates: Vec<&'a Outcome>,
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
            .map(|(plan, study)| ModelFindings::of(view, plan, study))
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

    /// What every search trial and replicate took: when it began, in milliseconds since 1970, and its seconds. A trial
    /// that equal models share ran once.
    pub(crate) fn spans(&self) -> impl Iterator<Item = (i64, f64)> {
        let of_model = |model: &'a ModelStudy| {
            let briefs =
                model.candidates.iter().filter_map(|one| Some((&one.key, one.brief.clone()?)));
            let tested = model.tested().map(|outcome| (&outcome.key, Brief::of(outcome, None)));
            briefs.chain(tested).map(|(key, brief)| (key, (brief.started_ms, brief.wall_secs)))
        };
        let spans: BTreeMap<&TrialKey, (i64, f64)> =
            self.view.study.models.iter().flat_map(of_model).collect();
        spans.into_values().filter(|(_, secs)| secs.is_finite())
    }
}

impl<'a> ModelFindings<'a> {
    fn of(view: &StudyView<'_>, plan: &'a ModelPlan, study: &'a ModelStudy) -> Self {
        let replicates: Vec<&Outcome> =
            study.replicates.iter().flatten().filter(|outcome| outcome.is_completed()).collect();
        let mut valid = intervals(&replicates, |outcome| &outcome.valid);
        // Before the first replicate completes, what the search saw is all there is.
        if let (true, Some(value)) = (valid.is_empty(), study.winner().and_then(Candidate::value)) {
            let interval = mean_interval(&[value], LEVEL);
            valid.extend(interval.ok().map(|interval| (view.plan.select.clone(), interval)));
        }
        Self {
            plan,
            study,
            chosen: study.winner().and_then(|winner| plan.trial_of(winner).ok()),
            valid,
            test: intervals(&replicates, |outcome| &outcome.test),
            replicates,
        }
    }

    /// Whether no test score will come: every candidate failed, or every replicate of the chosen one.
    pub(crate) fn has_failed(&self) -> bool {
        let replicates = &self.study.replicates;
        let is_failed =
            |outcome: &Option<Outcome>| outcome.as_ref().is_some_and(Outcome::is_failed);
        let was_tried = !self.study.candidates.is_empty();
        (self.study.is_hopeless() && was_tried)
            || (!replicates.is_empty() && replicates.iter().all(is_failed))
    }

    /// Whether a trial has no outcome yet: a candidate, or a replicate of the chosen one.
    pub(crate) fn is_unfinished(&self) -> bool {
        !self.study.is_searched || self.study.n_missing() > 0
    }

    /// The median over the replicates of a cost figure; 0 without one.
    pub(crate) fn cost(&self, of: impl Fn(&Cost) -> f64) -> f64 {
        let mut values: Vec<f64> = self
            .replicates
            .iter()
            .map(|fit| of(&fit.cost))
            .filter(|value| value.is_finite())
            .collect();
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
        let of_search = self.study.winner().and_then(|winner| winner.brief.as_ref());
        let of_search = of_search.map_or(0.0, |brief| brief.peak_rss_mb);
        self.replicates.iter().map(|fit| fit.cost.peak_rss_mb).fold(of_search, f64::max)
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
