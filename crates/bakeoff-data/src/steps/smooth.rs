//! Series in time without their noise, each value from the present and the past alone.

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, Step, Train};
use crate::column::Values;
use crate::error::DataError;
use crate::interactions::{Axis, Interactions};
use crate::named;

/// Which columns, and how.
///
/// A series of a user or item, such as prices, is smoothed point by point. A column of numbers of rows is smoothed over
/// the rows of each user, oldest first (rows of one time in the order of the source): a row's value is made of its own
/// and of those of the rows of train before it, so that no row learns of what is held out. Missing values stay missing
/// and are passed over.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Smooth {
    /// Names of series of users or items, and of columns of numbers of rows.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// How.
    pub with: Smoothing,
    /// With `moving_average`: how many values the mean is of, with the present one. By default 3.
    #[serde(default)]
    #[schemars(range(min = 1, max = 100_000))]
    pub window: Option<u32>,
    /// With `exponential`: the weight of the present value, up to 1, which smooths nothing. By default 0.3.
    #[serde(default)]
    #[schemars(range(max = 1), extend("exclusiveMinimum" = 0))]
    pub alpha: Option<f64>,
}

/// A causal filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Smoothing {
    /// The mean of the last `window` values with the present one; at the start of those that there are.
    MovingAverage,
    /// `s = alpha · x + (1 − alpha) · s before`; the first value is itself.
    Exponential,
}

impl Plugin for Smooth {
    const NAME: &'static str = "smooth";
    const ABOUT: &'static str = "Smooths series and columns of rows by a moving average or exponentially, from past to present.";
    const REVISION: u32 = 2;
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        match params.with {
            Smoothing::MovingAverage if params.alpha.is_some() => {
                Err("alpha: goes with with: exponential only".into())
            }
            Smoothing::Exponential if params.window.is_some() => {
                Err("window: goes with with: moving_average only".into())
            }
            _ if params.alpha.is_some_and(|alpha| !(alpha > 0.0 && alpha <= 1.0)) => {
                Err("alpha: must be above 0 and up to 1".into())
            }
            _ if params.window == Some(0) => Err("window: must be at least 1".into()),
            _ => Ok(()),
        }
    }
}

impl Step for Smooth {
    /// Rows lie in the order of time only after the split.
    fn effect(&self) -> Effect {
        Effect::Fits
    }

    fn uses(&self) -> Vec<String> {
        self.columns.clone()
    }

    fn apply(&self, table: &mut Interactions, train: &Train) -> Result<u64, DataError> {
        let mut n_changed = 0;
        for column in named::find(Self::NAME, table, &self.columns)? {
            if column.is_rating() {
                return Err(column.refused(Self::NAME, "is what models learn and is not smoothed"));
            }
            let smoothed = match column.take(table) {
                Values::Series(mut series) => {
                    for entry in 0..series.points.len() {
                        let (mut past, range) = (self.past(), series.points.range(entry));
                        for (_, value) in &mut series.points.values[range] {
                            *value = past.next(*value, true);
                        }
                    }
                    n_changed += series.points.values.len() as u64;
                    Values::Series(series)
                }
                Values::Number(mut numbers) if column.axis == Axis::Rows => {
                    n_changed += numbers.iter().filter(|number| !number.is_nan()).count() as u64;
                    self.smooth_rows(&mut numbers, &table.user, train.has(Axis::Rows));
                    Values::Number(numbers)
                }
                other => {
                    let (of, kind) = (column.axis.name(), other.kind());
                    let reason = format!(
                        "holds {kind} of {of}; what can be smoothed is a series, or numbers of rows"
                    );
                    return Err(column.refused(Self::NAME, reason));
                }
            };
            column.put(table, smoothed);
        }
        Ok(n_changed)
    }
}

impl Smooth {
    fn smooth_rows(&self, numbers: &mut [f64], users: &[u32], train: &[bool]) {
        let mut row = 0;
        for of_user in users.chunk_by(|a, b| a == b) {
            let mut past = self.past();
            for _ in of_user {
                numbers[row] = past.next(numbers[row], train[row]);
                row += 1;
            }
        }
    }

    fn past(&self) -> Past {
        match self.with {
            Smoothing::MovingAverage => {
                Past::Window { values: Window::default(), len: self.window.unwrap_or(3) as usize }
            }
            Smoothing::Exponential => {
                Past::Smoothed { value: None, alpha: self.alpha.unwrap_or(0.3) }
            }
        }
    }
}

/// What is remembered of the values so far.
enum Past {
    /// The last `len − 1` of them.
    Window { values: Window, len: usize },
    /// The smoothed value of the last one.
    Smoothed { value: Option<f64>, alpha: f64 },
}

impl Past {
    /// The smoothed value of the present one, which is then remembered or not.
    fn next(&mut self, present: f64, is_remembered: bool) -> f64 {
        if present.is_nan() {
            return present;
        }
        match self {
            Self::Window { values, len } => {
                let mean = (values.sum() + present) / (values.len() + 1) as f64;
                if is_remembered {
                    values.push(present);
                    if values.len() == *len {
                        values.pop();
                    }
                }
                mean
            }
            Self::Smoothed { value, alpha } => {
                let smoothed =
                    value.map_or(present, |before| *alpha * present + (1.0 - *alpha) * before);
                if is_remembered {
                    *value = Some(smoothed);
                }
                smoothed
            }
        }
    }
}

/// A queue that knows its sum. Nothing is subtracted, so that a large value leaves no trace once it is gone; and each
/// value is added twice in all, however long the queue is.
#[derive(Debug, Default)]
struct Window {
    /// For each of the older values, newest first, the sum of it and of those that are newer.
    old: Vec<f64>,
    new: Vec<f64>,
    sum_of_new: f64,
}

impl Window {
    fn len(&self) -> usize {
        self.old.len() + self.new.len()
    }

    fn sum(&self) -> f64 {
        self.old.last().unwrap_or(&0.0) + self.sum_of_new
    }

    fn push(&mut self, value: f64) {
        self.new.push(value);
        self.sum_of_new += value;
    }

    /// Removes the oldest.
    fn pop(&mut self) {
        if self.old.is_empty() {
            let mut sum = 0.0;
            while let Some(value) = self.new.pop() {
                sum += value;
                self.old.push(sum);
            }
            self.sum_of_new = 0.0;
        }
        self.old.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::{Lists, RawColumn, Series};
    use crate::rows_for_tests::{applied, numbers, refusal, rows};

    const N: f64 = f64::NAN;

    fn step(with: Smoothing, window: Option<u32>, alpha: Option<f64>) -> Smooth {
        Smooth { columns: vec!["price".into()], with, window, alpha }
    }

    fn average(window: u32) -> Smooth {
        step(Smoothing::MovingAverage, Some(window), None)
    }

    fn exponential(alpha: f64) -> Smooth {
        step(Smoothing::Exponential, None, Some(alpha))
    }

    /// Five rows of user a (the third for validation), one of b.
    fn smoothed(step: &Smooth, prices: [f64; 6]) -> Vec<f64> {
        let of_a =
            ["x"; 5].into_iter().zip(0..).map(|(item, time)| ("a", item, 1.0, f64::from(time)));
        let all: Vec<_> = of_a.chain([("b", "x", 1.0, 0.0)]).collect();
        let mut table = rows(&all, "ttvttt");
        table.0.columns = vec![RawColumn::new("price", Values::Number(prices.to_vec()))];
        numbers(step, &table, Axis::Rows, "price")
    }

    #[test]
    fn rows_are_smoothed_over_those_of_train_before_them() {
        let prices = [2.0, 4.0, 9.0, 6.0, 2.0, 8.0];
        // The validation row sees 2 and 4; the rows after it do not see its 9.
        assert_eq!(smoothed(&average(3), prices), [2.0, 3.0, 5.0, 4.0, 4.0, 8.0]);
        assert_eq!(smoothed(&average(1), prices), prices);
        assert_eq!(smoothed(&exponential(0.5), prices), [2.0, 3.0, 6.0, 4.5, 3.25, 8.0]);
        assert_eq!(smoothed(&exponential(1.0), prices), prices);
    }

    #[test]
    fn the_future_and_held_out_rows_change_nothing_before_or_beside_them() {
        for step in [average(3), exponential(0.5)] {
            let before = smoothed(&step, [2.0, 4.0, 9.0, 6.0, 2.0, 8.0]);
            let after = smoothed(&step, [2.0, 4.0, -100.0, 6.0, 77.0, 8.0]);
            assert_eq!(before[..2], after[..2]);
            assert_eq!((before[3], before[5]), (after[3], after[5]));
        }
    }

    #[test]
    fn missing_values_are_passed_over() {
        let smoothed = smoothed(&average(2), [2.0, N, N, 6.0, 2.0, 8.0]);
        assert_eq!((smoothed[0], &smoothed[3..]), (2.0, &[4.0, 4.0, 8.0][..]));
        assert!(smoothed[1].is_nan() && smoothed[2].is_nan());
    }

    #[test]
    fn a_window_is_that_of_a_slow_reference_and_forgets_what_has_left_it() {
        let values: Vec<f64> = (0..200).map(|i: i32| f64::from(i * i % 37) - 11.5).collect();
        for window in [1, 2, 3, 7, 50, 300] {
            let mut past = average(window).past();
            for i in 0..values.len() {
                let last = &values[(i + 1).saturating_sub(window as usize)..=i];
                let expected = last.iter().sum::<f64>() / last.len() as f64;
                assert!((past.next(values[i], true) - expected).abs() < 1e-12);
            }
        }
        let mut past = average(2).past();
        let smoothed = [1e300, 1.0, 3.0, 5.0].map(|value| past.next(value, true));
        assert_eq!(smoothed[2..], [2.0, 4.0]);
    }

    #[test]
    fn a_series_is_smoothed_from_its_start() {
        let mut points = Lists::default();
        points.push([(0.0, 4.0), (5.0, 8.0), (6.0, 0.0)]);
        points.push([(1.0, 10.0)]);
        let mut table = rows(&[("a", "x", 1.0, 0.0), ("a", "y", 1.0, 0.0)], "tt");
        table.0.item_columns = vec![RawColumn::new("price", Values::Series(Series { points }))];
        let of = |step| match applied(&step, &table, Axis::Items, "price") {
            Values::Series(series) => series.points.values,
            other => panic!("{}", other.kind()),
        };
        assert_eq!(of(average(2)), [(0.0, 4.0), (5.0, 6.0), (6.0, 4.0), (1.0, 10.0)]);
        assert_eq!(of(exponential(0.25)), [(0.0, 4.0), (5.0, 5.0), (6.0, 3.75), (1.0, 10.0)]);
    }

    #[test]
    fn what_has_no_order_in_time_is_refused() {
        let mut table = rows(&[("a", "x", 1.0, 0.0)], "t");
        table.0.item_columns = vec![RawColumn::new("price", Values::Number(vec![1.0]))];
        assert_eq!(
            refusal(&average(2), &table),
            "step `smooth`: column `price` holds numbers of items; what can be smoothed is a series, or numbers of rows"
        );
        let of_rating = Smooth { columns: vec!["rating".into()], ..average(2) };
        assert!(refusal(&of_rating, &table).contains("is not smoothed"));
        for wrong in [
            step(Smoothing::MovingAverage, None, Some(0.5)),
            step(Smoothing::Exponential, Some(3), None),
            exponential(0.0),
            exponential(N),
            average(0),
        ] {
            assert!(Smooth::check(&wrong).is_err(), "{wrong:?}");
        }
    }
}
