//! Legends stand above a chart, never in it, and take another row where one is full.

use plotters::prelude::DrawingBackend;
use plotters::style::RGBColor;

use super::canvas::{Canvas, Drawn, Marker, Point, Stroke};
use super::text::{Side, TextLook};

/// Height of a row.
pub(super) const ROW: f64 = 22.0;

/// What stands before a name.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sample {
    Patch(RGBColor),
    Line(Stroke, Option<Marker>),
}

const SAMPLE: f64 = 26.0;
const GAP: f64 = 18.0;

/// Height of the legend of `names` in `width`.
pub(super) fn height<'a>(names: impl IntoIterator<Item = &'a str>, width: f64) -> f64 {
    places(names, width).last().map_or(0.0, |(_, y)| y + ROW)
}

/// Draws it with its top left corner at `corner`.
pub(super) fn draw<DB: DrawingBackend>(
    entries: &[(&str, Sample)],
    corner: Point,
    width: f64,
    canvas: &Canvas<DB>,
) -> Drawn<DB> {
    let places = places(entries.iter().map(|(name, _)| *name), width);
    for ((name, sample), (x, y)) in entries.iter().zip(places) {
        let (x, y) = (corner.0 + x, corner.1 + y + ROW / 2.0);
        match *sample {
            Sample::Patch(color) => {
                canvas.fill([(x + 8.0, y - 6.0), (x + 20.0, y + 6.0)], color)?;
            }
            Sample::Line(stroke, marker) => {
                canvas.line(&[(x, y), (x + 22.0, y)], stroke)?;
                if let Some(marker) = marker {
                    canvas.marker((x + 11.0, y), marker, stroke.color)?;
                }
            }
        }
        canvas.text(name, (x + SAMPLE, y), TextLook::label(Side::Right))?;
    }
    Ok(())
}

/// Left ends and tops of the entries, from the legend's corner.
fn places<'a>(names: impl IntoIterator<Item = &'a str>, width: f64) -> Vec<Point> {
    let (mut x, mut y) = (0.0, 0.0);
    let place = |name| {
        let needed = SAMPLE + TextLook::label(Side::Right).width(name) + GAP;
        if x > 0.0 && x + needed > width {
            (x, y) = (0.0, y + ROW);
        }
        x += needed;
        (x - needed, y)
    };
    names.into_iter().map(place).collect()
}
