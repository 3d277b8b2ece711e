//! One bar chart a metric: every model on test, with the interval over its replicates.

use crate::chart::{Bar, Bars, Chart};
use crate::figures::{Figure, Place};
use crate::findings::{Findings, ModelFindings};
use crate::format::interval;

pub(crate) fn figures(findings: &Findings<'_>) -> Vec<Figure> {
    if findings.comparison.ranking.is_empty() {
        return Vec::new();
    }
    let metrics = findings.metrics.iter();
    metrics
        .map(|metric| {
            let better = if findings.higher_is_better(metric) { "higher" } else { "lower" };
            let mut groups: Vec<String> = Vec::new();
            let bar = |model: &ModelFindings<'_>| {
                let family = &model.plan.family;
                let group = groups.iter().position(|group| group == family).unwrap_or_else(|| {
                    groups.push(family.clone());
                    groups.len() - 1
                });
                let value = model.test.get(metric).copied();
                let text = match &value {
                    Some(value) => interval(value, model.replicates.len()),
                    None if model.has_failed() => "failed".into(),
                    None => "not finished".into(),
                };
                Bar { label: model.plan.label.clone(), group, value, text }
            };
            // In the plan's order, so that a family has the same colour in every figure.
            let mut bars: Vec<Option<Bar>> = findings.models.iter().map(bar).map(Some).collect();
            let order = findings.order();
            let rows = order.iter().map(|&i| bars[i].take().expect("each model once")).collect();
            let chart = Chart::Bars(Bars {
                title: format!("{metric} on test"),
                x_label: format!("{metric}, {better} is better"),
                groups,
                rows,
            });
            Figure {
                stem: format!("test_{metric}"),
                alt: format!("Bar chart of {metric} on test, one bar a model"),
                place: Place::Comparison,
                model: None,
                chart,
            }
        })
        .collect()
}
