//! The best validation value so far against the trials of each search: whether a larger budget would have helped.

use crate::chart::{Along, Chart, Line, Lines, Panel};
use crate::figures::{Figure, Place};
use crate::findings::{Findings, ModelFindings};

/// A line through fewer points shows nothing.
const LEAST_TRIALS: usize = 8;

pub(crate) fn figures(findings: &Findings<'_>) -> Vec<Figure> {
    let plan = findings.view.plan;
    let line = |model: &ModelFindings<'_>| {
        let mut best: Option<f64> = None;
        let candidates = model.study.candidates.iter().enumerate();
        let points = candidates.filter_map(|(i, candidate)| {
            if let Some(value) = candidate.value() {
                best = Some(best.filter(|&best| !plan.is_better(value, best)).unwrap_or(value));
            }
            Some((i as f64 + 1.0, best?))
        });
        Line { label: model.plan.label.clone(), points: points.collect() }
    };
    let lines: Vec<Line> =
        findings.models.iter().map(line).filter(|line| line.points.len() >= LEAST_TRIALS).collect();
    if lines.is_empty() {
        return Vec::new();
    }
    let panel = Panel {
        heading: format!("{} on validation", plan.select),
        x_label: "trials".into(),
        x: Along::Whole,
        y: Along::Plain,
        lines,
        mark: None,
    };
    vec![Figure {
        stem: "search_progress".into(),
        alt: format!("The best {} so far by trial, a line a model", plan.select),
        place: Place::Search,
        model: None,
        chart: Chart::Lines(Lines { title: "Best so far".into(), panels: vec![panel] }),
    }]
}
