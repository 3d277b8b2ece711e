//! Charts as pictures: the only folder that names plotters.
//!
//! Every chart lays itself out in points of a page about 900 wide and draws on a [`Canvas`]; SVG takes the points as
//! they are, PNG takes each as two pixels.

mod axis;
mod bars;
mod canvas;
mod columns;
mod heat_map;
mod legend;
mod lines;
mod text;
mod ticks;
mod typeface;

use std::error::Error;
use std::path::Path;

use plotters::prelude::{BitMapBackend, DrawingBackend, IntoDrawingArea, SVGBackend, WHITE};

use crate::chart::Chart;
use canvas::{Canvas, Drawn};

/// Draws `chart` as SVG.
pub(crate) fn svg(chart: &Chart, path: &Path) -> Result<(), Box<dyn Error + Send + Sync>> {
    draw(chart, SVGBackend::new(path, pixels(chart, 1.0)), 1.0)
}

/// Draws `chart` as PNG.
pub(crate) fn png(chart: &Chart, path: &Path) -> Result<(), Box<dyn Error + Send + Sync>> {
    draw(chart, BitMapBackend::new(path, pixels(chart, PNG_SCALE)), PNG_SCALE)
}

const PNG_SCALE: f64 = 2.0;

fn pixels(chart: &Chart, scale: f64) -> (u32, u32) {
    let (width, height) = match chart {
        Chart::Bars(bars) => bars::size(bars),
        Chart::Columns(_) => columns::SIZE,
        Chart::Lines(lines) => lines::size(lines),
        Chart::HeatMap(map) => heat_map::size(map),
    };
    ((width * scale).ceil() as u32, (height * scale).ceil() as u32)
}

fn draw<DB: DrawingBackend>(
    chart: &Chart,
    backend: DB,
    scale: f64,
) -> Result<(), Box<dyn Error + Send + Sync>>
where
    DB::ErrorType: 'static,
{
    let area = backend.into_drawing_area();
    area.fill(&WHITE)?;
    on(chart, &Canvas::of(area.clone(), scale))?;
    area.present()?;
    Ok(())
}

fn on<DB: DrawingBackend>(chart: &Chart, canvas: &Canvas<DB>) -> Drawn<DB> {
    match chart {
        Chart::Bars(bars) => bars::draw(bars, canvas),
        Chart::Columns(columns) => columns::draw(columns, canvas),
        Chart::Lines(lines) => lines::draw(lines, canvas),
        Chart::HeatMap(map) => heat_map::draw(map, canvas),
    }
}
