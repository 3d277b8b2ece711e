//! A page in points, whatever the file format: shapes and text over a plotters drawing area.

use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind};
use plotters::element::{Circle, DashedPathElement, PathElement, Polygon, Rectangle};
use plotters::prelude::DrawingBackend;
use plotters::style::{Color, RGBColor, ShapeStyle};
use plotters_backend::text_anchor::HPos;

use super::text::{Side, TextLook};
use super::typeface::Text;

/// Text and strong lines.
pub(super) const INK: RGBColor = RGBColor(0x22, 0x22, 0x22);
/// Text of minor weight.
pub(super) const FAINT: RGBColor = RGBColor(0x66, 0x66, 0x66);
/// Grid lines.
pub(super) const RULE: RGBColor = RGBColor(0xdd, 0xdd, 0xdd);
/// The qualitative colours of Okabe and Ito that stand out on white, told apart under every colour blindness.
/// Source: Okabe and Ito, Color universal design, 2008.
pub(super) const PALETTE: [RGBColor; 7] = [
    RGBColor(0x00, 0x72, 0xb2),
    RGBColor(0xe6, 0x9f, 0x00),
    RGBColor(0x00, 0x9e, 0x73),
    RGBColor(0xcc, 0x79, 0xa7),
    RGBColor(0x56, 0xb4, 0xe9),
    RGBColor(0xd5, 0x5e, 0x00),
    RGBColor(0xf0, 0xe4, 0x42),
];

/// What every drawing step gives.
pub(super) type Drawn<DB> = Result<(), DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>>;

/// A place on the page: points from its left and from its top.
pub(super) type Point = (f64, f64);

/// How a line is drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stroke {
    pub(super) color: RGBColor,
    pub(super) width: f64,
    pub(super) is_dashed: bool,
}

/// The shape of a data point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marker {
    Dot,
    Square,
}

/// The page.
pub(super) struct Canvas<DB: DrawingBackend> {
    area: DrawingArea<DB, Shift>,
    scale: f64,
}

impl Stroke {
    pub(super) fn of(color: RGBColor, width: f64) -> Self {
        Self { color, width, is_dashed: false }
    }

    pub(super) fn dashed(self) -> Self {
        Self { is_dashed: true, ..self }
    }
}

impl<DB: DrawingBackend> Canvas<DB> {
    pub(super) fn of(area: DrawingArea<DB, Shift>, scale: f64) -> Self {
        Self { area, scale }
    }

    /// A filled rectangle between two corners.
    pub(super) fn fill(&self, corners: [Point; 2], color: RGBColor) -> Drawn<DB> {
        self.area.draw(&Rectangle::new(corners.map(|corner| self.at(corner)), color.filled()))
    }

    /// The border of a rectangle, inside its corners.
    pub(super) fn border(&self, corners: [Point; 2], width: f64, color: RGBColor) -> Drawn<DB> {
        let [(x0, y0), (x1, y1)] = corners;
        self.fill([(x0, y0), (x1, y0 + width)], color)?;
        self.fill([(x0, y1 - width), (x1, y1)], color)?;
        self.fill([(x0, y0), (x0 + width, y1)], color)?;
        self.fill([(x1 - width, y0), (x1, y1)], color)
    }

    /// Straight pieces from point to point.
    pub(super) fn line(&self, points: &[Point], stroke: Stroke) -> Drawn<DB> {
        let points: Vec<_> = points.iter().map(|&point| self.at(point)).collect();
        let style = ShapeStyle {
            color: stroke.color.to_rgba(),
            filled: false,
            stroke_width: self.length(stroke.width).max(1) as u32,
        };
        if stroke.is_dashed {
            let (dash, gap) = (self.length(6.0), self.length(4.0));
            self.area.draw(&DashedPathElement::new(points, dash, gap, style))
        } else {
            self.area.draw(&PathElement::new(points, style))
        }
    }

    /// A data point.
    pub(super) fn marker(&self, center: Point, marker: Marker, color: RGBColor) -> Drawn<DB> {
        let center = self.at(center);
        match marker {
            Marker::Dot => self.area.draw(&Circle::new(center, self.length(3.5), color.filled())),
            Marker::Square => {
                let (half, (x, y)) = (self.length(3.0), center);
                let corners = vec![
                    (x - half, y - half),
                    (x + half, y - half),
                    (x + half, y + half),
                    (x - half, y + half),
                ];
                self.area.draw(&Polygon::new(corners, color.filled()))
            }
        }
    }

    /// One line of text, its middle at the anchor's height.
    pub(super) fn text(&self, text: &str, (x, y): Point, look: TextLook) -> Drawn<DB> {
        // XML, and so SVG, has neither control characters nor these two.
        let is_none = |c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
        let text = text.replace(is_none, " ");
        // Between the middle of lower-case letters and that of capitals and digits.
        let y = y + 0.05 * look.size;
        self.area.draw(&Text {
            content: &text,
            anchor: self.at((x, y)),
            side: match look.side {
                Side::Right => HPos::Left,
                Side::Left => HPos::Right,
                Side::Middle => HPos::Center,
            },
            size: look.size * self.scale,
            is_bold: look.is_bold,
            color: look.color,
        })
    }

    fn at(&self, (x, y): Point) -> (i32, i32) {
        (self.length(x), self.length(y))
    }

    fn length(&self, points: f64) -> i32 {
        (points * self.scale).round() as i32
    }
}
