//! The validation values of every grid, as a heat map over its two longest axes.

use std::borrow::Cow;
use std::cmp::Reverse;

use bakeoff_spec::{Candidate, Choice, Dimension, Domain, ModelPlan};
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

fn heat_map<'a>(findings: &Findings<'_>, model: &ModelFindings<'a>) -> Option<HeatMap> {
    let plan = findings.view.plan;
    let space = &model.plan.space;
    let axis_of =
        |(at, dimension): (usize, &'a Dimension)| match (&*dimension.params, &dimension.domain) {
            ([name], Domain::Choice(values)) if dimension.when.is_empty() => {
                Some(GridAxis { at, name, values })
            }
            _ => None,
        };
    // A grid over choices: of anything else, too few points share a value.
    let axes: Option<Vec<GridAxis<'_>>> =
        space.dimensions.iter().enumerate().map(axis_of).collect();
    let mut axes = axes.filter(|_| plan.spec.search.is_grid())?;
    axes.retain(|axis| axis.values.len() > 1);
    axes.sort_by_key(|axis| Reverse(axis.values.len()));
    // The first two are drawn.
    let (x_axis, y_axis) = (axes.first()?, axes.get(1));
    if x_axis.values.len() > MOST_VALUES {
        return None;
    }
    let others: Vec<&str> = axes.iter().skip(2).map(|axis| axis.name).collect();
    let over = if others.is_empty() {
        String::new()
    } else {
        format!(", best over {}", others.join(", "))
    };

    let n_rows = y_axis.map_or(1, |axis| axis.values.len());
    let mut cells = vec![vec![Cell::Missing; x_axis.values.len()]; n_rows];
    let mut is_framed = false;
    for (i, candidate) in model.study.candidates.iter().enumerate() {
        let Some(point) = point_of(model.plan, &candidate.choice) else { continue };
        let index = |axis: &GridAxis<'_>| point[axis.at].map(|at| at as usize);
        let (Some(x), Some(y)) = (index(x_axis), y_axis.map_or(Some(0), index)) else { continue };
        let is_chosen = model.study.chosen == Some(i);
        is_framed |= is_chosen;
        cells[y][x] = better(cells[y][x], state(candidate, is_chosen), plan.higher_is_better);
    }
    let axis = |axis: &GridAxis<'_>| Axis {
        name: axis.name.to_owned(),
        values: axis.values.iter().map(format::value).collect(),
    };
    let framed = if is_framed { "; the chosen one is framed" } else { "" };
    Some(HeatMap {
        title: model.plan.label.clone(),
        subtitle: format!("{} on validation{over}{framed}", plan.select),
        x: axis(x_axis),
        y: y_axis.map_or_else(|| Axis { name: String::new(), values: vec![String::new()] }, axis),
        cells,
        higher_is_better: plan.higher_is_better,
    })
}

/// An axis that could be drawn.
struct GridAxis<'a> {
    /// The dimension's place in the space.
    at: usize,
    name: &'a str,
    values: &'a [Value],
}

/// Where in the grid a choice lies; a listed one may lie outside.
fn point_of<'a>(model: &ModelPlan, choice: &'a Choice) -> Option<Cow<'a, [Option<f64>]>> {
    match choice {
        Choice::Point(point) => Some(Cow::Borrowed(point)),
        Choice::Listed(i) => Some(model.space.point_of(&model.listed[*i])?.into_vec().into()),
    }
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
