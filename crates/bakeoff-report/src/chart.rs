//! Charts as data: what figures are made of and what `drawing/` draws.

use bakeoff_metrics::Interval;

/// One picture.
#[derive(Debug)]
pub(crate) enum Chart {
    Bars(Bars),
    Columns(Columns),
    Lines(Lines),
    HeatMap(HeatMap),
}

/// Horizontal bars from zero, one a row.
#[derive(Debug)]
pub(crate) struct Bars {
    pub(crate) title: String,
    pub(crate) x_label: String,
    /// Names for the legend; each group has its colour. No legend where there is one group.
    pub(crate) groups: Vec<String>,
    pub(crate) rows: Vec<Bar>,
}

/// A labelled bar.
#[derive(Debug)]
pub(crate) struct Bar {
    pub(crate) label: String,
    /// Index into [`Bars::groups`].
    pub(crate) group: usize,
    /// The bar's length and its whisker; `None` leaves the row empty but for its text.
    pub(crate) value: Option<Interval>,
    /// What stands behind the bar.
    pub(crate) text: String,
}

/// Vertical columns from zero, side by side: a histogram.
#[derive(Debug)]
pub(crate) struct Columns {
    pub(crate) title: String,
    pub(crate) x_label: String,
    pub(crate) y_label: String,
    /// What each column is of, and its height. Where there is no room for all the names, some are left out.
    pub(crate) heights: Vec<(String, u64)>,
}

/// Panels of lines, side by side.
#[derive(Debug)]
pub(crate) struct Lines {
    pub(crate) title: String,
    pub(crate) panels: Vec<Panel>,
}

/// Lines over one pair of axes.
#[derive(Debug)]
pub(crate) struct Panel {
    pub(crate) heading: String,
    pub(crate) x_label: String,
    pub(crate) x: Along,
    pub(crate) y: Along,
    pub(crate) lines: Vec<Line>,
    /// A vertical line with its name.
    pub(crate) mark: Option<(f64, String)>,
}

/// What the numbers along an axis are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Along {
    Plain,
    /// Epochs and percents: no ticks between whole numbers.
    Whole,
    /// Positive numbers on a log scale; at others, lines have gaps.
    Log,
    /// Seconds since 1970.
    Time,
}

/// One line; where y is not finite it has a gap.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) label: String,
    pub(crate) points: Vec<(f64, f64)>,
}

/// A value for every pair of two axes' values.
#[derive(Debug)]
pub(crate) struct HeatMap {
    pub(crate) title: String,
    pub(crate) subtitle: String,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    /// Row by row: `cells[y][x]`.
    pub(crate) cells: Vec<Vec<Cell>>,
    pub(crate) higher_is_better: bool,
}

/// A named axis with its values in order.
#[derive(Debug)]
pub(crate) struct Axis {
    pub(crate) name: String,
    pub(crate) values: Vec<String>,
}

/// One field of a heat map.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cell {
    /// A finite number.
    Value { value: f64, is_chosen: bool },
    /// The trial failed, or gave no finite number.
    Failed,
    /// The trial has not run.
    Missing,
}
