//! Which values are written beside an axis, and how.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use plotters::coord::ranged1d::{BoldPoints, Ranged};
use plotters::coord::types::RangedCoordf64;

use crate::format;

/// Values with their texts.
type Ticks = Vec<(f64, String)>;

/// Round values.
pub(super) fn plain((low, high): (f64, f64), n: usize) -> Ticks {
    let ticks = RangedCoordf64::from(low..high).key_points(BoldPoints(n));
    let step = ticks.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min);
    ticks.into_iter().map(|tick| (tick, tick_text(tick, step))).collect()
}

/// Those of them that are whole; the outermost whole numbers where those are too few.
pub(super) fn whole(ends: (f64, f64), n: usize) -> Ticks {
    let text = |value: f64| (value, format!("{value:.0}"));
    let round = plain(ends, n).into_iter().map(|(value, _)| value);
    let whole = round.filter(|value| (value - value.round()).abs() < 1e-9);
    let mut ticks: Ticks = whole.map(text).collect();
    if ticks.len() < 2 {
        let (first, last) = (ends.0.ceil(), ends.1.floor());
        ticks = if first < last { vec![text(first), text(last)] } else { vec![text(first)] };
    }
    ticks
}

/// Powers of ten, or 1, 2 and 5 times one where a log axis from one exponent to the other is too short for them.
pub(super) fn log((low, high): (f64, f64), n: usize) -> Ticks {
    let tick = |value: f64| {
        let is_short = (1e-4..1e8).contains(&value);
        let text = match value {
            _ if !is_short => format!("{value:.0e}"),
            1.0.. => format::count(value as u64),
            _ => format!("{value}"),
        };
        (value, text)
    };
    let (first, last) = (low.ceil() as i32, high.floor() as i32);
    if last > first {
        let step = (last.abs_diff(first) as usize / n.max(1)) + 1;
        return (first..=last).step_by(step).map(|power| tick(10_f64.powi(power))).collect();
    }
    let near = (first - 1..=first).flat_map(|power| [1.0, 2.0, 5.0].map(|one| (one, power)));
    let near = near.map(|(one, power)| one * 10_f64.powi(power));
    let ticks: Ticks =
        near.filter(|value| (low..=high).contains(&value.log10())).map(tick).collect();
    if ticks.len() > 1 { ticks } else { plain((10_f64.powf(low), 10_f64.powf(high)), n) }
}

/// Round dates, or times of a day where the axis is short. UTC.
pub(super) fn time((low, high): (f64, f64), n: usize) -> Ticks {
    let widest = (high - low) / n.max(1) as f64;
    let day = |secs: f64| Some(at(secs)?.date());
    if let Some(&secs) = SECONDS.iter().find(|&&secs| secs >= widest) {
        let format = if secs < DAY { "%m-%d %H:%M" } else { "%Y-%m-%d" };
        let first = (low / secs).ceil() as i64;
        let ticks = (first..).map(|i| i as f64 * secs).take_while(|&value| value <= high);
        let text = |value: f64| Some((value, at(value)?.strftime(format).to_string()));
        return ticks.filter_map(text).collect();
    }
    let (Some(from), Some(to)) = (day(low), day(high)) else { return Vec::new() };
    let months = |date: Date| i32::from(date.year()) * 12 + i32::from(date.month()) - 1;
    let step = MONTHS.iter().find(|&&step| f64::from(step) * MONTH >= widest);
    let step = *step.unwrap_or(&MONTHS[MONTHS.len() - 1]);
    let format = if step % 12 == 0 { "%Y" } else { "%Y-%m" };
    let tick = |month: i32| {
        let year = i16::try_from(month.div_euclid(12)).ok()?;
        let date = Date::new(year, month.rem_euclid(12) as i8 + 1, 1).ok()?;
        let value = Offset::UTC.to_timestamp(date.into()).ok()?.as_second() as f64;
        (low..=high).contains(&value).then(|| (value, date.strftime(format).to_string()))
    };
    let first = months(from).div_euclid(step) * step;
    (first..=months(to)).step_by(step as usize).filter_map(tick).collect()
}

fn at(secs: f64) -> Option<DateTime> {
    Some(Offset::UTC.to_datetime(Timestamp::from_second(secs as i64).ok()?))
}

const DAY: f64 = 86_400.0;
/// A long month.
const MONTH: f64 = 31.0 * DAY;
/// Steps from a second to two weeks.
const SECONDS: [f64; 14] = [
    1.0,
    10.0,
    60.0,
    300.0,
    900.0,
    3600.0,
    3.0 * 3600.0,
    6.0 * 3600.0,
    12.0 * 3600.0,
    DAY,
    2.0 * DAY,
    4.0 * DAY,
    7.0 * DAY,
    14.0 * DAY,
];
/// Steps from a month to a thousand years.
const MONTHS: [i32; 11] = [1, 2, 3, 6, 12, 24, 60, 120, 240, 1200, 12_000];

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

    fn texts(ticks: Ticks) -> Vec<String> {
        ticks.into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn whole_ticks_have_none_between_them_and_one_number_has_one() {
        assert_eq!(texts(whole((1.0, 12.0), 8)), ["2", "4", "6", "8", "10", "12"]);
        assert_eq!(texts(whole((1.0, 2.0), 8)), ["1", "2"]);
        // An axis around a single epoch.
        assert_eq!(whole((0.9, 1.1), 8), [(1.0, "1".to_owned())]);
    }

    #[test]
    fn log_ticks_are_powers_of_ten_or_what_stands_between_them() {
        let ends = |low: f64, high: f64| (low.log10(), high.log10());
        assert_eq!(texts(log(ends(1.0, 1682.0), 6)), ["1", "10", "100", "1,000"]);
        assert_eq!(texts(log(ends(0.02, 3.0), 6)), ["0.1", "1"]);
        assert_eq!(texts(log(ends(3.0, 60.0), 6)), ["5", "10", "20", "50"]);
        assert_eq!(texts(log(ends(7.0, 9.0), 4)), ["7", "8", "9"]);
        assert_eq!(texts(log(ends(1.0, 1e9), 5)), ["1", "100", "10,000", "1,000,000", "1e8"]);
    }

    #[test]
    fn time_ticks_are_round_dates_and_few() {
        let span = |from: &str, to: &str| {
            let secs = |text: &str| text.parse::<Timestamp>().unwrap().as_second() as f64;
            texts(time((secs(from), secs(to)), 4))
        };
        assert_eq!(
            span("1997-09-20T03:05:10Z", "1998-04-22T23:10:38Z"),
            ["1997-11", "1998-01", "1998-03"]
        );
        assert_eq!(span("1996-01-29T00:00:00Z", "2014-07-01T00:00:00Z"), ["2000", "2005", "2010"]);
        assert_eq!(span("2024-03-01T08:00:00Z", "2024-03-01T20:00:00Z").len(), 4);
        assert_eq!(
            span("2024-03-01T00:00:00Z", "2024-03-05T12:00:00Z"),
            ["2024-03-02", "2024-03-04"]
        );
    }
}
