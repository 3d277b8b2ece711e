//! The validation values of every grid, as a heat map over its two longest axes.

use std::cmp::Reverse;

use bakeoff_spec::{Candidate, Domain};
use serde_json::Value;

use crate::chart::{Axis, Cell, Chart, HeatMap};
use crate::figures::{Figure, Place};
use crate::findings::{Findings, ModelFindings};
use crate::format;

pub(crate) fn figures(findings: &Findings<'_>) -> Vec<Figure> {
    let select = &findings.view.plan.select;
    let models = findings.models.iter().enumerate();
    models
        .filter_map(|(i, model)| {
            let chart = heat_map(findings, model)?;
            Some(Figure {
                stem: format!("grid_{}", model.plan.label),
                alt: format!(
                    "Heat map of {select} on validation over the grid of {}",
                    model.plan.label
                ),
                place: Place::Grids,
                model: Some(i),
                chart: Chart::HeatMap(chart),
            })
        })
        .collect()
}

/// A longer axis cannot be read, nor its figure shown.
const MOST_VALUES: usize = 40;

fn heat_map(findings: &Findings<'_>, model: &ModelFindings<'_>) -> Option<HeatMap> {
    let plan = findings.view.plan;
    let axis_of =
        |dimension: &'_ bakeoff_spec::Dimension| match (&*dimension.params, &dimension.domain) {
            ([name], Domain::Choice(values)) if dimension.when.is_empty() => {
                Some((name.clone(), values.clone()))
            }
            _ => None,
        };
    // A grid over choices: of anything else, too few points share a value.
    let axes: Option<Vec<_>> = model.plan.space.dimensions.iter().map(axis_of).collect();
    let owned = axes.filter(|_| plan.spec.search.name == "grid")?;
    let mut axes: Vec<(&String, &Vec<Value>)> = owned
        .iter()
        .filter(|(_, values)| values.len() > 1)
        .map(|(name, values)| (name, values))
        .collect();
    axes.sort_by_key(|(_, values)| Reverse(values.len()));
    let (x_axis, y_axis) = (*axes.first()?, axes.get(1).copied());
    if x_axis.1.len() > MOST_VALUES {
        return None;
    }
    // The first two are drawn.
    let others: Vec<&str> = axes.iter().skip(2).map(|(name, _)| name.as_str()).collect();
    let over = if others.is_empty() {
        String::new()
    } else {
        format!(", best over {}", others.join(", "))
    };

    let cell = |x: &Value, y: Option<&Value>| {
        let is_here = |candidate: &Candidate| {
            let params = model.plan.varied(&candidate.choice);
            let has = |axis: &str, value: &Value| {
                params.get(axis).is_some_and(|found| same(found, value))
            };
            has(x_axis.0, x) && y_axis.zip(y).is_none_or(|(axis, y)| has(axis.0, y))
        };
        let candidates = model.study.candidates.iter().enumerate();
        let here = candidates.filter(|(_, candidate)| is_here(candidate));
        here.map(|(i, candidate)| state(candidate, model.study.chosen == Some(i)))
            .reduce(|a, b| better(a, b, plan.higher_is_better))
            .unwrap_or(Cell::Missing)
    };
    let row = |y: Option<&Value>| x_axis.1.iter().map(|x| cell(x, y)).collect();
    let cells = match y_axis {
        Some((_, values)) => values.iter().map(|y| row(Some(y))).collect(),
        None => vec![row(None)],
    };
    let axis = |(name, values): (&String, &Vec<Value>)| Axis {
        name: name.clone(),
        values: values.iter().map(format::value).collect(),
    };
    let framed = if model.chosen.is_some() { "; the chosen one is framed" } else { "" };
    Some(HeatMap {
        title: model.plan.label.clone(),
        subtitle: format!("{} on validation{over}{framed}", plan.select),
        x: axis(x_axis),
        y: y_axis.map_or_else(|| Axis { name: String::new(), values: vec![String::new()] }, axis),
        cells,
        higher_is_better: plan.higher_is_better,
    })
}

/// A spec's `1` and a completed parameter's `1.0` are the same value.
fn same(a: &Value, b: &Value) -> bool {
    a == b || a.as_f64().zip(b.as_f64()).is_some_and(|(a, b)| a.total_cmp(&b).is_eq())
}

fn state(candidate: &Candidate, is_chosen: bool) -> Cell {
    if candidate.brief.is_none() {
        return Cell::Missing;
    }
    match candidate.value() {
        Some(value) => Cell::Value { value, is_chosen },
        None => Cell::Failed,
    }
}

/// The better value; of equal ones the chosen, of none the one that says more.
fn better(a: Cell, b: Cell, higher_is_better: bool) -> Cell {
    match (a, b) {
        (Cell::Value { value, is_chosen }, Cell::Value { value: other, .. }) => {
            let is_ahead = if higher_is_better { value > other } else { value < other };
            if is_ahead || (is_chosen && value.total_cmp(&other).is_eq()) { a } else { b }
        }
        (Cell::Value { .. }, _) | (Cell::Failed, Cell::Missing) => a,
        _ => b,
    }
}
