//! Noto Sans, drawn glyph by glyph. It comes with the program, since a server may have no fonts at all; SVG names the
//! reader's own sans-serif instead.

use std::convert::Infallible;
use std::iter::{Once, once};
use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, OutlinedGlyph, PxScale, ScaleFont, point};
use plotters::element::{Drawable, PointCollection};
use plotters::style::RGBColor;
use plotters_backend::text_anchor::{HPos, Pos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontFamily,
    FontStyle,
};

/// A text at a pixel, as a plotters element.
pub(super) struct Text<'a> {
    pub(super) content: &'a str,
    /// The middle of its lower-case letters stands at this height.
    pub(super) anchor: BackendCoord,
    pub(super) side: HPos,
    /// Pixels an em.
    pub(super) size: f64,
    pub(super) is_bold: bool,
    pub(super) color: RGBColor,
}

/// Width of `text`, in the unit of `size`.
pub(super) fn width(text: &str, size: f64, is_bold: bool) -> f64 {
    lay_out(text, size, is_bold).1
}

static REGULAR: LazyLock<FontRef<'static>> = LazyLock::new(|| parse(notosans::REGULAR_TTF));
static BOLD: LazyLock<FontRef<'static>> = LazyLock::new(|| parse(notosans::BOLD_TTF));

fn parse(bytes: &'static [u8]) -> FontRef<'static> {
    FontRef::try_from_slice(bytes).expect("Noto Sans is a font")
}

/// The glyphs of `text` with the start of its base line at (0, 0), and how far it reaches.
fn lay_out(text: &str, size: f64, is_bold: bool) -> (Vec<OutlinedGlyph>, f64) {
    let font = if is_bold { &*BOLD } else { &*REGULAR };
    let per_em = font.units_per_em().expect("Noto Sans is scalable");
    let scale = PxScale::from(size as f32 * font.height_unscaled() / per_em);
    let scaled = font.as_scaled(scale);
    let (mut x, mut previous, mut glyphs) = (0.0, None, Vec::new());
    for id in text.chars().map(|c| font.glyph_id(c)) {
        x += previous.map_or(0.0, |previous| scaled.kern(previous, id));
        glyphs.extend(font.outline_glyph(id.with_scale_and_position(scale, point(x, 0.0))));
        x += scaled.h_advance(id);
        previous = Some(id);
    }
    (glyphs, f64::from(x))
}

impl BackendTextStyle for Text<'_> {
    type FontError = Infallible;

    fn color(&self) -> BackendColor {
        let RGBColor(r, g, b) = self.color;
        BackendColor { alpha: 1.0, rgb: (r, g, b) }
    }

    fn size(&self) -> f64 {
        self.size * 1.24 // The SVG backend divides by it.
    }

    fn style(&self) -> FontStyle {
        if self.is_bold { FontStyle::Bold } else { FontStyle::Normal }
    }

    fn anchor(&self) -> Pos {
        Pos::new(self.side, VPos::Center)
    }

    fn family(&self) -> FontFamily<'_> {
        FontFamily::SansSerif
    }

    fn layout_box(&self, text: &str) -> Result<(BackendCoord, BackendCoord), Infallible> {
        const X_HEIGHT: f64 = 0.536;
        let width = width(text, self.size, self.is_bold).round() as i32;
        Ok(((0, -(self.size * X_HEIGHT).round() as i32), (width, 0)))
    }

    fn draw<E, D: FnMut(i32, i32, BackendColor) -> Result<(), E>>(
        &self,
        text: &str,
        (x0, y0): BackendCoord,
        mut draw: D,
    ) -> Result<Result<(), E>, Infallible> {
        let mut result = Ok(());
        for glyph in lay_out(text, self.size, self.is_bold).0 {
            let corner = glyph.px_bounds().min;
            glyph.draw(|x, y, coverage| {
                if result.is_ok() && coverage > 0.0 {
                    let color =
                        BackendColor { alpha: f64::from(coverage.min(1.0)), ..self.color() };
                    let (x, y) = (x as i32 + corner.x as i32, y as i32 + corner.y as i32);
                    result = draw(x0 + x, y0 + y, color);
                }
            });
        }
        Ok(result)
    }
}

impl<'a> PointCollection<'a, BackendCoord> for &'a Text<'_> {
    type Point = &'a BackendCoord;
    type IntoIter = Once<&'a BackendCoord>;

    fn point_iter(self) -> Self::IntoIter {
        once(&self.anchor)
    }
}

impl<DB: DrawingBackend> Drawable<DB> for Text<'_> {
    fn draw<I: Iterator<Item = BackendCoord>>(
        &self,
        mut anchors: I,
        backend: &mut DB,
        _: (u32, u32),
    ) -> Result<(), DrawingErrorKind<DB::ErrorType>> {
        anchors.next().map_or(Ok(()), |anchor| backend.draw_text(self.content, self, anchor))
    }
}
