//! Vertical columns side by side, their names below as far as there is room.

use plotters::prelude::DrawingBackend;

use super::axis::Scale;
use super::canvas::{Canvas, Drawn, FAINT, PALETTE, RULE, Stroke};
use super::text::{Side, TextLook, widest};
use crate::chart::Columns;

/// Width and height.
pub(super) const SIZE: (f64, f64) = (640.0, 340.0);
const MARGIN: f64 = 16.0;
const TITLE_HEIGHT: f64 = 40.0;
const HEADING_HEIGHT: f64 = 24.0;
const AXIS_HEIGHT: f64 = 54.0;

pub(super) fn draw<DB: DrawingBackend>(chart: &Columns, canvas: &Canvas<DB>) -> Drawn<DB> {
    canvas.text(&chart.title, (MARGIN, TITLE_HEIGHT / 2.0 + 4.0), TextLook::title())?;
    let heading = (MARGIN, TITLE_HEIGHT + HEADING_HEIGHT / 2.0);
    canvas.text(&chart.y_label, heading, TextLook::label(Side::Right).bold())?;
    let (top, bottom) = (TITLE_HEIGHT + HEADING_HEIGHT + 8.0, SIZE.1 - AXIS_HEIGHT);
    let highest = chart.heights.iter().map(|(_, height)| *height).max().unwrap_or_default();
    let scale = Scale::of((0.0, highest as f64), (bottom, top));
    let ticks = scale.ticks(6);
    let tick = TextLook::label(Side::Left).colored(FAINT);
    let left = MARGIN + widest(tick, ticks.iter().map(|(_, text)| text.as_str())) + 8.0;
    let right = SIZE.0 - MARGIN;
    for (value, text) in ticks {
        let y = scale.place(value);
        canvas.line(&[(left, y), (right, y)], Stroke::of(RULE, 1.0))?;
        canvas.text(&text, (left - 8.0, y), tick)?;
    }

    let width = (right - left) / chart.heights.len().max(1) as f64;
    let name = TextLook { side: Side::Middle, ..tick };
    let widest = widest(name, chart.heights.iter().map(|(name, _)| name.as_str()));
    // Every so many columns, so that no two names meet.
    let every = ((widest + 6.0) / width).ceil().max(1.0) as usize;
    for (i, (text, height)) in chart.heights.iter().enumerate() {
        let start = left + i as f64 * width;
        let gap = (width * 0.08).min(4.0);
        let corners = [(start + gap, scale.place(*height as f64)), (start + width - gap, bottom)];
        canvas.fill(corners, PALETTE[0])?;
        let middle = start + width / 2.0;
        if i.is_multiple_of(every) && middle + name.width(text) / 2.0 < SIZE.0 {
            canvas.line(&[(middle, bottom), (middle, bottom + 4.0)], Stroke::of(FAINT, 1.0))?;
            canvas.text(text, (middle, bottom + 15.0), name)?;
        }
    }
    canvas.line(&[(left, top), (left, bottom), (right, bottom)], Stroke::of(FAINT, 1.0))?;
    let middle = f64::midpoint(left, right);
    canvas.text(&chart.x_label, (middle, bottom + 38.0), TextLook::label(Side::Middle))
}
