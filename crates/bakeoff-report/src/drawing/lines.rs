//! Panels of lines, side by side: each with its heading, its legend, then its axes.

use plotters::prelude::DrawingBackend;

use super::axis::Scale;
use super::canvas::{Canvas, Drawn, FAINT, Marker, PALETTE, Point, RULE, Stroke};
use super::legend::{self, Sample};
use super::text::{Side, TextLook, widest};
use crate::chart::{Along, Line, Lines, Panel};

const MARGIN: f64 = 16.0;
const PANEL_WIDTH: f64 = 450.0;
/// A panel that stands alone is wider.
const LONE_WIDTH: f64 = 640.0;
const TITLE_HEIGHT: f64 = 40.0;
const HEADING_HEIGHT: f64 = 24.0;
const PLOT_HEIGHT: f64 = 230.0;
const AXIS_HEIGHT: f64 = 54.0;
/// Room for a date below an axis.
const DATE_WIDTH: f64 = 90.0;
/// With more points than this, markers would hide the line.
const MOST_MARKERS: usize = 40;

pub(super) fn size(lines: &Lines) -> (f64, f64) {
    let width = panel_width(lines) * lines.panels.len() as f64;
    (width, TITLE_HEIGHT + HEADING_HEIGHT + legend_height(lines) + PLOT_HEIGHT + AXIS_HEIGHT)
}

pub(super) fn draw<DB: DrawingBackend>(lines: &Lines, canvas: &Canvas<DB>) -> Drawn<DB> {
    canvas.text(&lines.title, (MARGIN, TITLE_HEIGHT / 2.0 + 4.0), TextLook::title())?;
    let width = panel_width(lines);
    for (i, panel) in lines.panels.iter().enumerate() {
        let left = i as f64 * width + MARGIN;
        let inner = width - 2.0 * MARGIN;
        let heading = (left, TITLE_HEIGHT + HEADING_HEIGHT / 2.0);
        canvas.text(&panel.heading, heading, TextLook::label(Side::Right).bold())?;
        let corner = (left, TITLE_HEIGHT + HEADING_HEIGHT);
        legend::draw(&entries(panel), corner, inner, canvas)?;
        draw_plot(panel, (left, corner.1 + legend_height(lines)), inner, canvas)?;
    }
    Ok(())
}

fn draw_plot<DB: DrawingBackend>(
    panel: &Panel,
    (left, top): Point,
    width: f64,
    canvas: &Canvas<DB>,
) -> Drawn<DB> {
    let (top, bottom) = (top + 8.0, top + PLOT_HEIGHT);
    let points = || panel.lines.iter().flat_map(|line| &line.points).filter(|p| is_shown(panel, p));
    let y_range = range(points().map(|point| point.1));
    let y_scale = Scale::along(panel.y, y_range, 0.05, (bottom, top));
    let y_ticks = y_scale.ticks(6);
    let tick = TextLook::label(Side::Left).colored(FAINT);
    let (left, right) =
        (left + widest(tick, y_ticks.iter().map(|(_, text)| text.as_str())) + 8.0, left + width);
    let marked = panel.mark.iter().map(|(x, _)| *x);
    let x_range = range(points().map(|point| point.0).chain(marked));
    let x_scale = Scale::along(panel.x, x_range, 0.0, (left + 8.0, right - 8.0));

    for (value, text) in y_ticks {
        let y = y_scale.place(value);
        canvas.line(&[(left, y), (right, y)], Stroke::of(RULE, 1.0))?;
        canvas.text(&text, (left - 8.0, y), tick)?;
    }
    let n_ticks = if panel.x == Along::Time { ((right - left) / DATE_WIDTH) as usize } else { 8 };
    for (value, text) in x_scale.ticks(n_ticks) {
        let x = x_scale.place(value);
        canvas.line(&[(x, bottom), (x, bottom + 4.0)], Stroke::of(FAINT, 1.0))?;
        canvas.text(&text, (x, bottom + 15.0), TextLook { side: Side::Middle, ..tick })?;
    }
    canvas.line(&[(left, top), (left, bottom), (right, bottom)], Stroke::of(FAINT, 1.0))?;
    let middle = f64::midpoint(left, right);
    canvas.text(&panel.x_label, (middle, bottom + 38.0), TextLook::label(Side::Middle))?;
    if points().next().is_none() {
        let center = (middle, f64::midpoint(top, bottom));
        return canvas.text("no finite values", center, TextLook { side: Side::Middle, ..tick });
    }
    if let Some((x, _)) = panel.mark {
        let x = x_scale.place(x);
        canvas.line(&[(x, top), (x, bottom)], mark_stroke())?;
    }
    for (i, line) in panel.lines.iter().enumerate() {
        let place = |(x, y)| (x_scale.place(x), y_scale.place(y));
        draw_line(line, i, &|point| is_shown(panel, point).then(|| place(*point)), canvas)?;
    }
    Ok(())
}

fn draw_line<DB: DrawingBackend>(
    line: &Line,
    index: usize,
    place: &dyn Fn(&Point) -> Option<Point>,
    canvas: &Canvas<DB>,
) -> Drawn<DB> {
    let (stroke, marker) = look(index, line);
    let places: Vec<Option<Point>> = line.points.iter().map(place).collect();
    for run in places.split(Option::is_none) {
        let run: Vec<Point> = run.iter().flatten().copied().collect();
        if run.len() > 1 {
            canvas.line(&run, stroke)?;
        }
        // A run of one would be invisible without its marker.
        if let Some(marker) = marker.or((run.len() == 1).then_some(Marker::Dot)) {
            run.iter().try_for_each(|&point| canvas.marker(point, marker, stroke.color))?;
        }
    }
    Ok(())
}

/// Lines differ in colour, dash and marker, so that none needs the colour alone.
fn look(index: usize, line: &Line) -> (Stroke, Option<Marker>) {
    // Those that differ most come first. Seven colours and two dashes tell fourteen lines apart.
    const COLORS: [usize; 7] = [0, 5, 2, 1, 3, 4, 6];
    let stroke = Stroke::of(PALETTE[COLORS[index % COLORS.len()]], 2.0);
    let has_markers = line.points.len() <= MOST_MARKERS;
    match index % 2 {
        0 => (stroke, has_markers.then_some(Marker::Dot)),
        _ => (stroke.dashed(), has_markers.then_some(Marker::Square)),
    }
}

fn mark_stroke() -> Stroke {
    Stroke::of(FAINT, 1.0).dashed()
}

fn entries(panel: &Panel) -> Vec<(&str, Sample)> {
    let lines = panel.lines.iter().enumerate().map(|(i, line)| {
        let (stroke, marker) = look(i, line);
        (line.label.as_str(), Sample::Line(stroke, marker))
    });
    let mark =
        panel.mark.iter().map(|(_, name)| (name.as_str(), Sample::Line(mark_stroke(), None)));
    lines.chain(mark).collect()
}

/// Whether a point has a place on both axes.
fn is_shown(panel: &Panel, &(x, y): &Point) -> bool {
    [(panel.x, x), (panel.y, y)].into_iter().all(|(along, value)| match along {
        Along::Log => value > 0.0 && value.is_finite(),
        _ => value.is_finite(),
    })
}

fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
}

fn panel_width(lines: &Lines) -> f64 {
    if lines.panels.len() == 1 { LONE_WIDTH } else { PANEL_WIDTH }
}

/// The same for all panels, so that their plots stand at one height.
fn legend_height(lines: &Lines) -> f64 {
    let inner = panel_width(lines) - 2.0 * MARGIN;
    let height = |panel| legend::height(entries(panel).into_iter().map(|(name, _)| name), inner);
    lines.panels.iter().map(height).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use plotters::style::RGBColor;

    use super::*;

    #[test]
    fn fourteen_lines_differ_in_colour_or_dash() {
        let line = Line { label: String::new(), points: vec![(1.0, 1.0)] };
        let looks = (0..14).map(|i| {
            let (stroke, marker) = look(i, &line);
            assert_eq!(stroke.is_dashed, matches!(marker, Some(Marker::Square)));
            let RGBColor(red, green, blue) = stroke.color;
            (red, green, blue, stroke.is_dashed)
        });
        assert_eq!(looks.collect::<BTreeSet<_>>().len(), 14);
    }
}
