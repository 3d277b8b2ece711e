//! Numbers along a side: where a value lies, and which values are written beside it.

use plotters::coord::ranged1d::{BoldPoints, Ranged};
use plotters::coord::types::RangedCoordf64;

use crate::format;

/// A linear axis from values to points of the page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    values: (f64, f64),
    places: (f64, f64),
}

impl Scale {
    /// `values` need not be apart or finite: an axis is drawn all the same.
    pub(super) fn of(values: (f64, f64), places: (f64, f64)) -> Self {
        let (low, high) = values;
        let values = if !(high - low).is_finite() {
            (0.0, 1.0)
        } else if high - low > NARROWEST * high.abs().max(low.abs()) {
            values
        } else if low == 0.0 {
            (0.0, 1.0)
        } else {
            // Around the one value that there is.
            (low - low.abs() * 0.1, low + low.abs() * 0.1)
        };
        Self { values, places }
    }

    /// Where `value` lies on the page.
    pub(super) fn place(&self, value: f64) -> f64 {
        let share = (value - self.values.0) / (self.values.1 - self.values.0);
        self.places.0 + share * (self.places.1 - self.places.0)
    }

    /// Round values along the axis, at most `n`, with their texts.
    pub(super) fn ticks(&self, n: usize) -> Vec<(f64, String)> {
        let ticks = RangedCoordf64::from(self.values.0..self.values.1).key_points(BoldPoints(n));
        let step = ticks.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min);
        ticks.into_iter().map(|tick| (tick, tick_text(tick, step))).collect()
    }
}

/// Width of an axis relative to its values: ticks further apart than rounding errors need so much.
const NARROWEST: f64 = 1e-9;

/// With as many decimals as tell two neighbours apart.
fn tick_text(value: f64, step: f64) -> String {
    let decimals = if step.is_finite() && step > 0.0 {
        (-(step * 1.000_001).log10().floor()).clamp(0.0, 9.0) as usize
    } else {
        3
    };
    // A step of 0.25 needs one more than its magnitude says.
    let is_enough = |decimals: usize| {
        let unit = 10_f64.powi(decimals as i32);
        !step.is_finite() || ((step * unit).round() - step * unit).abs() < 1e-3
    };
    let decimals = (decimals..=9).find(|&decimals| is_enough(decimals)).unwrap_or(decimals);
    if value.abs() >= 1e8 {
        format!("{value:.1e}")
    } else if decimals == 0 && value >= 1000.0 {
        format::count(value.round() as u64)
    } else {
        // A negative zero would be written with its sign.
        format!("{:.decimals$}", value + 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(low: f64, high: f64) -> Vec<String> {
        Scale::of((low, high), (0.0, 100.0)).ticks(6).into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn ticks_are_round_and_told_apart() {
        assert_eq!(texts(0.0, 0.13), ["0.00", "0.05", "0.10"]);
        assert_eq!(texts(1.0, 200.0), ["50", "100", "150", "200"]);
        assert_eq!(texts(0.0, 60_000.0), ["0", "20,000", "40,000", "60,000"]);
        for range in [(0.0012, 0.0019), (0.93, 0.95), (0.0, 1.0), (1.0, 3.0), (0.0, 5.0)] {
            let texts = texts(range.0, range.1);
            let mut unique = texts.clone();
            unique.dedup();
            assert_eq!(texts, unique);
            assert!((2..=7).contains(&texts.len()), "{texts:?}");
        }
    }

    #[test]
    fn an_axis_without_extent_still_places_its_value() {
        for value in [0.0, 0.5, -2.0, 1e9] {
            let place = Scale::of((value, value), (0.0, 100.0)).place(value);
            assert!((0.0..=100.0).contains(&place), "{value}: {place}");
        }
    }

    #[test]
    fn ranges_that_no_axis_can_show_give_some_axis() {
        for range in
            [(f64::INFINITY, f64::NEG_INFINITY), (-1e308, 1e308), (1.0, 1.0 + 1e-15), (0.0, 1e300)]
        {
            let scale = Scale::of(range, (0.0, 1.0));
            assert!(scale.place(0.5).is_finite());
            assert!(scale.ticks(6).len() < 10);
        }
    }
}
