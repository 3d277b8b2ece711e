//! What the price of an item was doing when it was bought, and its history for models that read sequences.

use bakeoff_spec::Plugin;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, GivesAway, Step, Train};
use crate::column::{Dense, Numbers, RawColumn, Series, Values};
use crate::error::DataError;
use crate::interactions::{Axis, Interactions};
use crate::named;

/// Which price history, and what is made of it. A price holds from its time until the next one.
///
/// For every row, with `t` its time and `p` the present price, which is the last one at or before `t`:
///
/// - `NAME_now`: `p`;
/// - for each of `windows`, w days: `NAME_mean_W`, `NAME_min_W`, `NAME_max_W`: the mean, lowest and highest of the prices
///   that were set from `t − w` until before `t`, relative to the present one, `x / p − 1`; where none was set in that time,
///   of the one that held;
/// - for each of `horizons`, h days: `NAME_change_H`: `p / q − 1`, `q` being the price that held at `t − h`.
///
/// Windows and horizons look back: nothing that comes after `t` is looked at, and what a price will be is no target
/// that this makes. What is not known, as before the first price, or cannot be divided by, as a
/// price of 0, is missing.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceWindows {
    /// The name of a series of items.
    #[schemars(length(min = 1))]
    pub column: String,
    /// Days to look back over.
    #[serde(default)]
    #[schemars(inner(range(min = 1, max = 100_000)))]
    pub windows: Vec<u32>,
    /// Days to look back to.
    #[serde(default)]
    #[schemars(inner(range(min = 1, max = 100_000)))]
    pub horizons: Vec<u32>,
    /// A sequence of past prices of each item.
    #[serde(default)]
    pub series: Option<PriceSeries>,
}

/// The prices of each item until train's last row, as a column of items `NAME_series`, `[length]`, oldest first: those
/// that held at `T − (length − 1) · every`, …, `T − every`, `T`, with `T` the time of that row. Times before an item's first
/// price have the first one; an item without a price until `T` is missing.
///
/// `T` is later than most rows of train. Only in a split by time is it earlier than all rows for validation and test.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceSeries {
    /// How many prices.
    #[schemars(range(min = 1, max = 10_000))]
    pub length: u32,
    /// Days from one to the next.
    #[serde(default = "one_day")]
    #[schemars(range(min = 1, max = 100_000))]
    pub every: u32,
}

fn one_day() -> u32 {
    1
}

const DAY: f64 = 86_400.0;

impl Plugin for PriceWindows {
    const NAME: &'static str = "price_windows";
    const ABOUT: &'static str = "Describes the price of an item at the time of each row by windows and changes, from past prices alone.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        let is_twice = |days: &[u32]| (1..days.len()).any(|i| days[..i].contains(&days[i]));
        let days = [("windows", &params.windows), ("horizons", &params.horizons)];
        for (name, days) in days {
            if days.contains(&0) || is_twice(days) {
                return Err(format!("{name}: {days:?}: each number of days once, from 1 up"));
            }
        }
        match &params.series {
            None if params.windows.is_empty() && params.horizons.is_empty() => {
                Err("windows: give windows, horizons or series".into())
            }
            Some(PriceSeries { length: 0, .. } | PriceSeries { every: 0, .. }) => {
                Err("series: length and every must be at least 1".into())
            }
            _ => Ok(()),
        }
    }
}

impl Step for PriceWindows {
    fn effect(&self) -> Effect {
        Effect::Fits
    }

    fn uses(&self) -> Vec<String> {
        vec![self.column.clone()]
    }

    fn outline(&self, names: &mut Vec<String>) {
        let column = named::bare(&self.column);
        names.extend(self.feature_names(column));
        names.push(format!("{column}_series"));
    }

    fn gives_away(&self) -> Option<GivesAway> {
        self.series.as_ref().map(|_| GivesAway::EndOfTrain)
    }

    fn apply(&self, table: &mut Interactions, train: &Train) -> Result<u64, DataError> {
        let Some(times) = &table.timestamp else {
            let needed_by = format!("step `{}`", Self::NAME);
            return Err(DataError::NeedsTimestamps { needed_by });
        };
        let column = named::find_of(Self::NAME, table, Axis::Items, &self.column)?;
        let Some(Values::Series(series)) = column.values(table) else {
            let reason = "(of items) is no series, such as a table of prices gives";
            return Err(column.refused(Self::NAME, reason));
        };
        let mut columns = Vec::new();
        if !self.windows.is_empty() || !self.horizons.is_empty() {
            columns.extend(self.of_rows(&column.name, series, times, &table.item));
        }
        let resampled = self.series.as_ref().map(|how| {
            let both = times.iter().zip(train.has(Axis::Rows));
            let of_train = both.filter(|(_, is_train)| **is_train).map(|(time, _)| *time);
            resample(series, how, of_train.fold(f64::NEG_INFINITY, f64::max))
        });
        let present =
            columns.iter().map(|column| column.values.len() as u64 - column.values.n_missing());
        let n_new = present.sum();
        for column in columns {
            named::add(Self::NAME, table, Axis::Rows, column)?;
        }
        if let Some(resampled) = resampled {
            let column = RawColumn::new(format!("{}_series", column.name), resampled);
            named::add(Self::NAME, table, Axis::Items, column)?;
        }
        Ok(n_new)
    }
}

impl PriceWindows {
    /// The columns of rows. A row's features are made together, since finding the place in its prices takes the longest.
    fn of_rows(
        &self,
        column: &str,
        series: &Series,
        times: &[f64],
        items: &[u32],
    ) -> Vec<RawColumn> {
        let names = self.feature_names(column);
        let mut columns = vec![Vec::with_capacity(times.len()); names.len()];
        let mut block = Vec::new();
        for (times, items) in times.chunks(BLOCK).zip(items.chunks(BLOCK)) {
            block.clear();
            block.resize(times.len() * names.len(), f64::NAN);
            let rows = block.par_chunks_exact_mut(names.len()).zip(times).zip(items);
            rows.for_each(|((features, &time), &item)| {
                if let Some(past) = Past::at(series.points.get(item as usize), time) {
                    self.describe(&past, features);
                }
            });
            for (i, column) in columns.iter_mut().enumerate() {
                column.extend(block.iter().skip(i).step_by(names.len()));
            }
        }
        let named = names.into_iter().zip(columns);
        named.map(|(name, numbers)| RawColumn::new(name, Values::Number(numbers))).collect()
    }

    fn feature_names(&self, column: &str) -> Vec<String> {
        let of_window = |days: &u32| ["mean", "min", "max"].map(|of| format!("{of}_{days}"));
        let now = std::iter::once("now".to_owned());
        let windows = self.windows.iter().flat_map(of_window);
        let horizons = self.horizons.iter().map(|days| format!("change_{days}"));
        let all = now.chain(windows).chain(horizons);
        all.map(|feature| format!("{column}_{feature}")).collect()
    }

    /// The features of a row, in the order of their names; those that are not known are left as they are.
    fn describe(&self, past: &Past, features: &mut [f64]) {
        let (now, features) = features.split_at_mut(1);
        let (windows, horizons) = features.split_at_mut(3 * self.windows.len());
        now[0] = past.present;
        for (of_window, &days) in windows.chunks_exact_mut(3).zip(&self.windows) {
            if let Some(points) = past.window(f64::from(days) * DAY) {
                let (mut sum, mut min, mut max) = (0.0, f64::INFINITY, f64::NEG_INFINITY);
                for &(_, price) in points {
                    (sum, min, max) = (sum + price, min.min(price), max.max(price));
                }
                let mean = sum / points.len() as f64;
                of_window
                    .copy_from_slice(&[mean, min, max].map(|price| change(past.present, price)));
            }
        }
        for (of_horizon, &days) in horizons.iter_mut().zip(&self.horizons) {
            if let Some(before) = past.price_before(f64::from(days) * DAY) {
                *of_horizon = change(before, past.present);
            }
        }
    }
}

/// Rows that are described at a time.
const BLOCK: usize = 1 << 16;

/// `to / from − 1`; missing where there is nothing to compare with.
fn change(from: f64, to: f64) -> f64 {
    if from > 0.0 { to / from - 1.0 } else { f64::NAN }
}

/// What is known of a price at a time: the points until then, and nothing else.
struct Past<'a> {
    time: f64,
    present: f64,
    /// Points strictly before the time, oldest first.
    before: &'a [(f64, f64)],
}

impl<'a> Past<'a> {
    /// `None` before the first price.
    fn at(points: &'a [(f64, f64)], time: f64) -> Option<Self> {
        let until = points.partition_point(|&(point, _)| point <= time);
        let &(_, present) = points[..until].last()?;
        let before = &points[..points.partition_point(|&(point, _)| point < time)];
        Some(Self { time, present, before })
    }

    /// The points of the last `seconds`, without the present time; where there are none, the one that held then.
    fn window(&self, seconds: f64) -> Option<&'a [(f64, f64)]> {
        let start = self.before.partition_point(|&(point, _)| point < self.time - seconds);
        let start = start.min(self.before.len().checked_sub(1)?);
        Some(&self.before[start..])
    }

    /// The price that held `seconds` ago.
    fn price_before(&self, seconds: f64) -> Option<f64> {
        let until = self.before.partition_point(|&(point, _)| point <= self.time - seconds);
        self.before[..until].last().map(|&(_, price)| price)
    }
}

fn resample(series: &Series, how: &PriceSeries, end: f64) -> Values {
    let length = how.length as usize;
    let mut numbers = Vec::with_capacity(series.points.len() * length);
    let mut is_missing = Vec::with_capacity(series.points.len());
    for points in series.points.iter() {
        let known = &points[..points.partition_point(|&(point, _)| point <= end)];
        is_missing.push(known.is_empty());
        for i in (0..how.length).rev() {
            let time = end - f64::from(i) * f64::from(how.every) * DAY;
            let held = known.partition_point(|&(point, _)| point <= time).saturating_sub(1);
            numbers.push(known.get(held).map_or(0.0, |&(_, price)| price as f32));
        }
    }
    Values::Dense(Dense { shape: vec![length], numbers: Numbers::F32(numbers), is_missing })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::Lists;
    use crate::rows_for_tests::{applied, numbers, refusal, rows};

    fn step(windows: &[u32], horizons: &[u32]) -> PriceWindows {
        let (windows, horizons) = (windows.to_vec(), horizons.to_vec());
        PriceWindows { column: "price".into(), windows, horizons, series: None }
    }

    /// Rows at these days of item x, whose prices (day, price) are given.
    fn table(days: &[f64], prices: &[(f64, f64)], parts: &str) -> (Interactions, Train) {
        let all: Vec<_> = days.iter().map(|day| ("a", "x", 1.0, day * DAY)).collect();
        let mut table = rows(&all, parts);
        let mut points = Lists::default();
        points.push(prices.iter().map(|&(day, price)| (day * DAY, price)));
        table.0.item_columns = vec![RawColumn::new("price", Values::Series(Series { points }))];
        table
    }

    const PRICES: [(f64, f64); 5] =
        [(1.0, 10.0), (5.0, 30.0), (8.0, 20.0), (10.0, 40.0), (12.0, 1.0)];

    /// Columns of a row at this day.
    fn at_day(day: f64, step: &PriceWindows, columns: &[&str]) -> Vec<f64> {
        let table = table(&[day], &PRICES, "t");
        columns.iter().map(|column| numbers(step, &table, Axis::Rows, column)[0]).collect()
    }

    #[test]
    fn windows_hold_what_was_before_relative_to_the_present_price() {
        let step = step(&[5, 1], &[]);
        // Day 10: the present price 40 is that of the day; before it within 5 days (from day 5): 30 and 20.
        let columns = ["price_now", "price_mean_5", "price_min_5", "price_max_5"];
        assert_eq!(at_day(10.0, &step, &columns), [40.0, 0.625 - 1.0, 0.5 - 1.0, 0.75 - 1.0]);
        // Day 7: nothing was set within a day; 30 has held since day 5.
        assert_eq!(at_day(7.0, &step, &["price_mean_1", "price_max_5"]), [0.0, 0.0]);
        // Day 8.5: 20 was set within a day.
        assert_eq!(at_day(8.5, &step, &["price_max_1", "price_max_5"]), [0.0, 0.5]);
    }

    #[test]
    fn changes_are_those_since_the_price_that_held() {
        let step = step(&[], &[2, 5]);
        // Day 10: 20 held since day 8; on day 5, 30.
        let columns = ["price_change_2", "price_change_5"];
        assert_eq!(at_day(10.0, &step, &columns), [1.0, 40.0 / 30.0 - 1.0]);
        assert_eq!(at_day(9.9, &step, &columns), [20.0 / 30.0 - 1.0, 1.0]);
        assert!(at_day(2.0, &step, &columns)[1].is_nan());
    }

    #[test]
    fn before_the_first_price_nothing_is_known() {
        let step = step(&[5], &[5]);
        let columns = ["price_now", "price_mean_5", "price_min_5", "price_max_5", "price_change_5"];
        assert!(at_day(0.5, &step, &columns).iter().all(|number| number.is_nan()));
        let on_its_day = at_day(1.0, &step, &columns);
        assert_eq!(on_its_day[..1], [10.0]);
        assert!(on_its_day[1..].iter().all(|number| number.is_nan()), "nothing was before");
        let free = table(&[2.0], &[(0.0, 3.0), (1.0, 0.0)], "t");
        assert!(numbers(&step, &free, Axis::Rows, "price_mean_5")[0].is_nan(), "0 is no measure");
    }

    #[test]
    fn later_prices_change_nothing() {
        let step = step(&[3, 7], &[1, 4]);
        let of = |prices: &[(f64, f64)]| {
            let (mut table, train) = table(&[4.0, 8.5], prices, "tv");
            step.apply(&mut table, &train).unwrap();
            let values = table.columns.into_iter().map(|column| column.values);
            let bits = |values| match values {
                Values::Number(numbers) => {
                    numbers.iter().map(|n: &f64| n.to_bits()).collect::<Vec<_>>()
                }
                _ => Vec::new(),
            };
            values.map(bits).collect::<Vec<_>>()
        };
        let mut later = PRICES;
        later[3].1 = 1e9;
        later[4].1 = 0.0;
        assert_eq!(of(&PRICES), of(&later));
        assert_eq!(of(&PRICES), of(&PRICES[..3]));
        assert_eq!(of(&PRICES).len(), 9);
    }

    #[test]
    fn a_series_ends_with_train() {
        let of = |days: &[f64], parts, prices: &[(f64, f64)]| {
            let series = Some(PriceSeries { length: 4, every: 2 });
            let step = PriceWindows { series, ..step(&[], &[]) };
            match applied(&step, &table(days, prices, parts), Axis::Items, "price_series") {
                Values::Dense(Dense { numbers: Numbers::F32(numbers), is_missing, shape }) => {
                    assert_eq!((shape, is_missing), (vec![4], vec![prices[0].0 > 9.0]));
                    numbers
                }
                other => panic!("{}", other.kind()),
            }
        };
        // Days 3, 5, 7, 9.
        assert_eq!(of(&[2.0, 9.0, 11.0], "ttv", &PRICES), [10.0, 30.0, 30.0, 20.0]);
        // Days −6 to 0, 2: before the first price, the first one.
        assert_eq!(of(&[2.0, 9.0, 11.0], "tvx", &PRICES), [10.0; 4]);
        assert_eq!(of(&[2.0, 9.0], "tt", &[(9.5, 3.0)]), [0.0; 4]);
    }

    #[test]
    fn what_is_no_price_history_is_refused() {
        let mut table = table(&[1.0], &PRICES, "t");
        table.0.item_columns.push(RawColumn::new("size", Values::Number(vec![1.0])));
        let of_size = PriceWindows { column: "size".into(), ..step(&[1], &[]) };
        assert_eq!(
            refusal(&of_size, &table),
            "step `price_windows`: column `size` (of items) is no series, such as a table of prices gives"
        );
        table.0.timestamp = None;
        assert!(refusal(&step(&[1], &[]), &table).contains("needs timestamps"));
        for wrong in [step(&[], &[]), step(&[7, 7], &[]), step(&[0], &[])] {
            assert!(PriceWindows::check(&wrong).is_err());
        }
    }
}
