//! Horizontal bars: names of any length stand beside them, values behind them.

use plotters::prelude::DrawingBackend;
use plotters::style::{RGBColor, WHITE};

use super::axis::Scale;
use super::canvas::{Canvas, Drawn, FAINT, INK, PALETTE, RULE, Stroke};
use super::legend::{self, Sample};
use super::text::{Side, TextLook, widest};
use crate::chart::{Bar, Bars};

const WIDTH: f64 = 900.0;
const MARGIN: f64 = 16.0;
const TITLE_HEIGHT: f64 = 40.0;
const ROW: f64 = 30.0;
const AXIS_HEIGHT: f64 = 56.0;

pub(super) fn size(bars: &Bars) -> (f64, f64) {
    (WIDTH, top(bars) + bars.rows.len() as f64 * ROW + AXIS_HEIGHT)
}

pub(super) fn draw<DB: DrawingBackend>(bars: &Bars, canvas: &Canvas<DB>) -> Drawn<DB> {
    let label = TextLook::label(Side::Left);
    let labels = widest(label, bars.rows.iter().map(|bar| bar.label.as_str()));
    let texts = widest(label, bars.rows.iter().map(|bar| bar.text.as_str()));
    let (top, left) = (top(bars), MARGIN + labels + 10.0);
    let right = (WIDTH - MARGIN - texts - 10.0).max(left + 100.0);
    let bottom = top + bars.rows.len() as f64 * ROW;
    let longest = bars.rows.iter().filter_map(|bar| Some(bar.value?.high.max(bar.value?.mean)));
    let scale = Scale::of((0.0, longest.fold(0.0, f64::max)), (left, right));

    canvas.text(&bars.title, (MARGIN, TITLE_HEIGHT / 2.0 + 4.0), TextLook::title())?;
    if has_legend(bars) {
        let entries = bars.groups.iter().enumerate();
        let entries: Vec<_> =
            entries.map(|(i, group)| (group.as_str(), Sample::Patch(color(i)))).collect();
        legend::draw(&entries, (MARGIN, TITLE_HEIGHT), WIDTH - 2.0 * MARGIN, canvas)?;
    }
    for (value, text) in scale.ticks(5) {
        let x = scale.place(value);
        canvas.line(&[(x, top), (x, bottom)], Stroke::of(RULE, 1.0))?;
        canvas.text(&text, (x, bottom + 14.0), TextLook::label(Side::Middle).colored(FAINT))?;
    }
    canvas.line(&[(left, top), (left, bottom)], Stroke::of(FAINT, 1.0))?;
    let middle = f64::midpoint(left, right);
    canvas.text(&bars.x_label, (middle, bottom + 38.0), TextLook::label(Side::Middle))?;
    for (i, bar) in bars.rows.iter().enumerate() {
        let y = top + (i as f64 + 0.5) * ROW;
        canvas.text(&bar.label, (left - 10.0, y), label)?;
        draw_bar(bar, y, &scale, canvas)?;
    }
    Ok(())
}

fn draw_bar<DB: DrawingBackend>(
    bar: &Bar,
    y: f64,
    scale: &Scale,
    canvas: &Canvas<DB>,
) -> Drawn<DB> {
    let text = TextLook::label(Side::Right);
    let zero = scale.place(0.0);
    let Some(value) = &bar.value else {
        return canvas.text(&bar.text, (zero + 8.0, y), text.colored(FAINT));
    };
    let end = scale.place(value.mean.max(0.0));
    canvas.fill([(zero, y - 9.0), (end, y + 9.0)], color(bar.group))?;
    let (low, high) = (scale.place(value.low.max(0.0)), scale.place(value.high));
    if value.high > value.low {
        let whisker = Stroke::of(INK, 1.5);
        canvas.line(&[(low, y), (high, y)], whisker)?;
        canvas.line(&[(low, y - 5.0), (low, y + 5.0)], whisker)?;
        canvas.line(&[(high, y - 5.0), (high, y + 5.0)], whisker)?;
    }
    let start = end.max(high) + 8.0;
    // Grid lines do not run through the number.
    canvas.fill([(start - 2.0, y - 9.0), (start + text.width(&bar.text), y + 9.0)], WHITE)?;
    canvas.text(&bar.text, (start, y), text)
}

fn top(bars: &Bars) -> f64 {
    let names = bars.groups.iter().map(String::as_str);
    let legend = if has_legend(bars) { legend::height(names, WIDTH - 2.0 * MARGIN) } else { 0.0 };
    TITLE_HEIGHT + legend + 6.0
}

fn has_legend(bars: &Bars) -> bool {
    bars.groups.len() > 1
}

fn color(group: usize) -> RGBColor {
    PALETTE[group % PALETTE.len()]
}
