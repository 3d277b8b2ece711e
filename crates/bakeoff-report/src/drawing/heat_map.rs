//! Heat maps: a field for every pair of values, its number in it, the chosen one outlined.

use plotters::prelude::DrawingBackend;
use plotters::style::colors::colormaps::ViridisRGB;
use plotters::style::{BLACK, RGBColor, WHITE};

use super::canvas::{Canvas, Drawn, FAINT, INK, Point};
use super::text::{Side, TextLook, widest};
use crate::chart::{Cell, HeatMap};
use crate::format;

const MARGIN: f64 = 16.0;
const TITLE_HEIGHT: f64 = 40.0;
const SUBTITLE_HEIGHT: f64 = 26.0;
const AXIS_NAME_HEIGHT: f64 = 26.0;
const CELL_HEIGHT: f64 = 40.0;
/// Axis below the fields, then the colour scale.
const BELOW: f64 = 104.0;
const BAR: (f64, f64) = (160.0, 12.0);
const NO_VALUE: RGBColor = RGBColor(0xee, 0xee, 0xee);

/// Measures of the picture.
struct Layout {
    width: f64,
    left: f64,
    top: f64,
    cell_width: f64,
    bottom: f64,
}

/// The values that the colours range over.
#[derive(Debug, Clone, Copy)]
struct Colors {
    worst: f64,
    best: f64,
}

pub(super) fn size(map: &HeatMap) -> (f64, f64) {
    let layout = Layout::of(map);
    (layout.width, layout.bottom + BELOW)
}

pub(super) fn draw<DB: DrawingBackend>(map: &HeatMap, canvas: &Canvas<DB>) -> Drawn<DB> {
    let layout = Layout::of(map);
    let colors = Colors::of(map);
    let label = TextLook::label(Side::Middle);
    canvas.text(&map.title, (MARGIN, TITLE_HEIGHT / 2.0 + 4.0), TextLook::title())?;
    let left_label = TextLook::label(Side::Right);
    canvas.text(&map.subtitle, (MARGIN, TITLE_HEIGHT + SUBTITLE_HEIGHT / 2.0 - 3.0), left_label)?;
    let name_at = (MARGIN, layout.top - AXIS_NAME_HEIGHT / 2.0);
    canvas.text(&map.y.name, name_at, left_label.bold())?;
    for (y, value) in map.y.values.iter().enumerate() {
        let middle = layout.top + (y as f64 + 0.5) * CELL_HEIGHT;
        canvas.text(value, (layout.left - 10.0, middle), TextLook::label(Side::Left))?;
    }
    for (x, value) in map.x.values.iter().enumerate() {
        let middle = layout.left + (x as f64 + 0.5) * layout.cell_width;
        canvas.text(value, (middle, layout.bottom + 16.0), label)?;
    }
    let fields = layout.cell_width * map.x.values.len() as f64;
    canvas.text(&map.x.name, (layout.left + fields / 2.0, layout.bottom + 40.0), label.bold())?;

    let cells = || {
        map.cells
            .iter()
            .enumerate()
            .flat_map(|(y, row)| row.iter().enumerate().map(move |(x, cell)| (x, y, *cell)))
    };
    for (x, y, cell) in cells() {
        draw_cell(cell, layout.corners(x, y), colors, canvas)?;
    }
    // After all fields, or a neighbour would cover half of it.
    for (x, y, cell) in cells() {
        if matches!(cell, Cell::Value { is_chosen: true, .. }) {
            draw_chosen(layout.corners(x, y), canvas)?;
        }
    }
    draw_color_bar(colors, layout.bottom + 78.0, canvas)
}

impl Layout {
    fn of(map: &HeatMap) -> Self {
        let label = TextLook::label(Side::Middle);
        let texts = map.x.values.iter().map(String::as_str).chain(["0.0000", "not run"]);
        let cell_width = (widest(label, texts) + 12.0).max(72.0);
        let left = MARGIN + widest(label, map.y.values.iter().map(String::as_str)) + 10.0;
        let y_name = if map.y.name.is_empty() { 4.0 } else { AXIS_NAME_HEIGHT };
        let top = TITLE_HEIGHT + SUBTITLE_HEIGHT + y_name;
        let fields = cell_width * map.x.values.len() as f64;
        // The x axis's name stands under the middle of the fields and may be wider than they are.
        let x_name = fields / 2.0 + label.bold().width(&map.x.name) / 2.0;
        let needed = [
            left + fields.max(x_name),
            MARGIN + TextLook::title().width(&map.title),
            MARGIN + label.width(&map.subtitle),
            MARGIN + label.bold().width(&map.y.name),
            MARGIN + COLOR_BAR_WIDTH,
        ];
        Self {
            width: needed.into_iter().fold(0.0, f64::max) + MARGIN,
            left: left.max(MARGIN + x_name - fields),
            top,
            cell_width,
            bottom: top + CELL_HEIGHT * map.y.values.len() as f64,
        }
    }

    fn corners(&self, x: usize, y: usize) -> [Point; 2] {
        let left = self.left + x as f64 * self.cell_width;
        let top = self.top + y as f64 * CELL_HEIGHT;
        [(left, top), (left + self.cell_width, top + CELL_HEIGHT)]
    }
}

impl Colors {
    fn of(map: &HeatMap) -> Self {
        let values = map.cells.iter().flatten().filter_map(|cell| match cell {
            Cell::Value { value, .. } => Some(*value),
            Cell::Failed | Cell::Missing => None,
        });
        let (low, high) = values
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
        if map.higher_is_better {
            Self { worst: low, best: high }
        } else {
            Self { worst: high, best: low }
        }
    }

    /// Dark is worse, bright is better, whichever way the metric goes.
    fn color(self, value: f64) -> RGBColor {
        let share = (value - self.worst) / (self.best - self.worst);
        shade(if share.is_finite() { share } else { 1.0 })
    }
}

fn shade(share: f64) -> RGBColor {
    ViridisRGB::get_color_normalized(share, 0.0, 1.0)
}

fn draw_cell<DB: DrawingBackend>(
    cell: Cell,
    corners: [Point; 2],
    colors: Colors,
    canvas: &Canvas<DB>,
) -> Drawn<DB> {
    let (color, text, ink) = match cell {
        Cell::Value { value, .. } => {
            let color = colors.color(value);
            (color, format::metric(value), readable_on(color))
        }
        Cell::Failed => (NO_VALUE, "failed".to_owned(), FAINT),
        Cell::Missing => (NO_VALUE, "not run".to_owned(), FAINT),
    };
    canvas.fill(corners, color)?;
    canvas.border(corners, 1.0, WHITE)?;
    let [(x0, y0), (x1, y1)] = corners;
    let middle = (f64::midpoint(x0, x1), f64::midpoint(y0, y1));
    canvas.text(&text, middle, TextLook::label(Side::Middle).colored(ink))
}

/// Black and white side by side: seen on any colour.
fn draw_chosen<DB: DrawingBackend>(corners: [Point; 2], canvas: &Canvas<DB>) -> Drawn<DB> {
    let [(x0, y0), (x1, y1)] = corners;
    canvas.border([(x0 + 3.0, y0 + 3.0), (x1 - 3.0, y1 - 3.0)], 2.0, WHITE)?;
    canvas.border(corners, 3.0, INK)
}

const COLOR_BAR_WIDTH: f64 = 430.0;

fn draw_color_bar<DB: DrawingBackend>(colors: Colors, y: f64, canvas: &Canvas<DB>) -> Drawn<DB> {
    let label = TextLook::label(Side::Right);
    // One value, or none, ranges over no colours.
    if !colors.worst.is_finite() || colors.worst.total_cmp(&colors.best).is_eq() {
        return Ok(());
    }
    let worst = format!("worst {}", format::metric(colors.worst));
    let best = format!("best {}", format::metric(colors.best));
    let left = MARGIN + label.width(&worst) + 4.0;
    canvas.text(&worst, (MARGIN, y), label)?;
    let steps = 80;
    for step in 0..steps {
        let x = |step: i32| left + BAR.0 * f64::from(step) / f64::from(steps);
        let color = shade(f64::from(step) / f64::from(steps - 1));
        canvas.fill([(x(step), y - BAR.1 / 2.0), (x(step + 1), y + BAR.1 / 2.0)], color)?;
    }
    canvas.text(&best, (left + BAR.0 + 8.0, y), label)
}

/// Black or white, whichever stands out more; the weights are those of relative luminance.
fn readable_on(RGBColor(r, g, b): RGBColor) -> RGBColor {
    let linear = |channel: u8| (f64::from(channel) / 255.0).powf(2.2);
    let luminance = 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    if luminance > 0.18 { BLACK } else { WHITE }
}
