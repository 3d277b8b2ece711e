//! How text looks and how wide it is.

use plotters::style::RGBColor;

use super::canvas::INK;
use super::typeface;

/// Size of labels, in points an em.
const LABEL: f64 = 12.5;
/// Size of titles.
const TITLE: f64 = 16.0;

/// Size, weight, colour and the side of the anchor that a text stands on.
#[derive(Debug, Clone, Copy)]
pub(super) struct TextLook {
    pub(super) size: f64,
    pub(super) is_bold: bool,
    pub(super) color: RGBColor,
    pub(super) side: Side,
}

/// Where a text stands, seen from its anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Right,
    Left,
    Middle,
}

impl TextLook {
    pub(super) fn label(side: Side) -> Self {
        Self { size: LABEL, is_bold: false, color: INK, side }
    }

    pub(super) fn title() -> Self {
        Self { size: TITLE, is_bold: true, ..Self::label(Side::Right) }
    }

    pub(super) fn bold(self) -> Self {
        Self { is_bold: true, ..self }
    }

    pub(super) fn colored(self, color: RGBColor) -> Self {
        Self { color, ..self }
    }

    /// Room for `text`, in points: what the widest usual sans-serif takes, for an SVG is shown in the reader's font.
    pub(super) fn width(&self, text: &str) -> f64 {
        const WIDEST_TO_NOTO: f64 = 1.15;
        typeface::width(text, self.size, self.is_bold) * WIDEST_TO_NOTO
    }
}

/// The widest of `texts`, in points; 0 without any.
pub(super) fn widest<'a>(look: TextLook, texts: impl IntoIterator<Item = &'a str>) -> f64 {
    texts.into_iter().map(|text| look.width(text)).fold(0.0, f64::max)
}
