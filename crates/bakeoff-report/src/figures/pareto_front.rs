//! The fronts of all models: the selecting metric over the second objective, a line a model.

use bakeoff_spec::Objective;

use crate::chart::{Chart, Line, Lines, Panel};
use crate::figures::{Figure, Place};
use crate::findings::{Findings, ModelFindings};
use crate::sections::tested;

pub(crate) fn figures(findings: &Findings<'_>) -> Vec<Figure> {
    let plan = findings.view.plan;
    let Some(against) = &plan.against else { return Vec::new() };
    let (unit, factor) = match against {
        Objective::Latency => (", ms", 1000.0),
        Objective::FitTime => (", s", 1.0),
        Objective::Memory => (", MiB", 1.0),
        Objective::Size | Objective::Metric { .. } => ("", 1.0),
    };
    let line = |model: &ModelFindings<'_>| {
        let candidates = tested(model).map(|(number, _)| &model.study.candidates[number]);
        let mut points: Vec<(f64, f64)> = candidates
            .filter_map(|candidate| {
                Some((candidate.brief.as_ref()?.against? * factor, candidate.value()?))
            })
            .collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        Line { label: model.plan.label.clone(), points }
    };
    let lines: Vec<Line> =
        findings.models.iter().map(line).filter(|line| !line.points.is_empty()).collect();
    if lines.is_empty() {
        return Vec::new();
    }
    let panel = Panel {
        heading: format!("{} on validation", plan.select),
        x_label: format!("{against}{unit}"),
        is_whole: false,
        lines,
        mark: None,
    };
    let title = format!("{} against {against}", plan.select);
    vec![Figure {
        stem: "pareto_front".into(),
        alt: format!("The front of {title}, a line a model"),
        place: Place::Pareto,
        model: None,
        chart: Chart::Lines(Lines { title, panels: vec![panel] }),
    }]
}
