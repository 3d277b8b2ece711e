//! Numbers along a side: where a value lies, and which values are written beside it.

use super::ticks;
use crate::chart::Along;

/// An axis from values to points of the page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    along: Along,
    /// Both ends; of a log axis, their decimal logarithms.
    ends: (f64, f64),
    places: (f64, f64),
}

impl Scale {
    /// A plain axis. `values` need not be apart or finite: an axis is drawn all the same.
    pub(super) fn of(values: (f64, f64), places: (f64, f64)) -> Self {
        Self::along(Along::Plain, values, 0.0, places)
    }

    /// An axis that begins and ends a `margin` outside of `values`, as a share of their distance.
    pub(super) fn along(
        along: Along,
        (low, high): (f64, f64),
        margin: f64,
        places: (f64, f64),
    ) -> Self {
        let (low, high) = (inner(along, low), inner(along, high));
        let margin = (high - low) * margin;
        let ends = (low - margin, high + margin);
        Self { along, ends: apart(along, ends), places }
    }

    /// Where `value` lies on the page.
    pub(super) fn place(&self, value: f64) -> f64 {
        let share = (inner(self.along, value) - self.ends.0) / (self.ends.1 - self.ends.0);
        self.places.0 + share * (self.places.1 - self.places.0)
    }

    /// Round values along the axis, at most `n`, with their texts.
    pub(super) fn ticks(&self, n: usize) -> Vec<(f64, String)> {
        match self.along {
            Along::Plain => ticks::plain(self.ends, n),
            Along::Whole => ticks::whole(self.ends, n),
            Along::Log => ticks::log(self.ends, n),
            Along::Time => ticks::time(self.ends, n),
        }
    }
}

/// What is evenly spaced along the axis.
fn inner(along: Along, value: f64) -> f64 {
    match along {
        Along::Log if value <= 0.0 => f64::NAN,
        Along::Log => value.log10(),
        _ => value,
    }
}

/// Ends that are finite and apart.
fn apart(along: Along, (low, high): (f64, f64)) -> (f64, f64) {
    if !(high - low).is_finite() {
        (0.0, 1.0)
    } else if high - low > NARROWEST * high.abs().max(low.abs()) {
        (low, high)
    } else if along == Along::Log {
        // Around the one value that there is: half a decade on either side.
        (low - 0.5, low + 0.5)
    } else if low == 0.0 {
        (0.0, 1.0)
    } else {
        (low - low.abs() * 0.1, low + low.abs() * 0.1)
    }
}

/// Width of an axis relative to its values: ticks further apart than rounding errors need so much.
const NARROWEST: f64 = 1e-9;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_axis_gives_every_decade_the_same_room() {
        let scale = Scale::along(Along::Log, (1.0, 10_000.0), 0.0, (0.0, 100.0));
        let places = [1.0, 10.0, 1000.0, 10_000.0].map(|value| scale.place(value).round() as i32);
        assert_eq!(places, [0, 25, 75, 100]);
        let lone = Scale::along(Along::Log, (7.0, 7.0), 0.05, (0.0, 100.0));
        assert!((lone.place(7.0) - 50.0).abs() < 1e-9);
    }

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
            for along in [Along::Whole, Along::Log, Along::Time] {
                let scale = Scale::along(along, range, 0.05, (0.0, 1.0));
                assert!(scale.ticks(6).len() < 10, "{along:?} {range:?}");
            }
        }
    }
}
