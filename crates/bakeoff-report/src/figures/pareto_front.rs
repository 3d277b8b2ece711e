//! The fronts of all models: the selecting metric over the second objective, a line a model.

use crate::chart::{Along, Chart, Line, Lines, Panel};
use crate::figures::{Figure, Place};
use crate::findings::{Findings, ModelFindings};
use crate::format::Measure;
use crate::sections::tested;

pub(crate) fn figures(findings: &Findings<'_>) -> Vec<Figure> {
    let plan = findings.view.plan;
    let Some(against) = &plan.against else { return Vec::new() };
    let Measure { unit, factor, .. } = Measure::of(against);
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
        x_label: if unit.is_empty() { against.to_string() } else { format!("{against}, {unit}") },
        x: Along::Plain,
        y: Along::Plain,
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
