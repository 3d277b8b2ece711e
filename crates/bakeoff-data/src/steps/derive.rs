//! Makes a column of categories from numbers or times: an age band, a price bucket, the day of the week.

use bakeoff_spec::Plugin;
use hashbrown::HashMap;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, Step, Train};
use crate::column::{RawColumn, Texts, Values};
use crate::delimited::{TIMES, parse_time, shortened};
use crate::error::DataError;
use crate::ids::Ids;
use crate::interactions::Interactions;
use crate::named::{self, Named};

/// From which column, under which name, and how. The new column is one of rows, users or items as the old one is, and
/// stays beside it; where a value is missing, so is its category.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Derive {
    /// `rating`, `timestamp` or another column: of numbers, for what belongs to the calendar also of dates.
    #[schemars(length(min = 1))]
    pub from: String,
    /// The name of the new column.
    #[serde(rename = "as")]
    #[schemars(length(min = 1))]
    pub name: String,
    /// How.
    pub with: Derivation,
    /// The width of a `band`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("exclusiveMinimum" = 0.0))]
    pub width: Option<f64>,
    /// Where each of the `buckets` but the first begins, ascending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub edges: Option<Vec<f64>>,
    /// The zone whose calendar and clock count, such as `Europe/Berlin` (IANA); by default UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
}

/// What is made of a number or a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Derivation {
    /// Bands of one `width` from zero on: with width 10, 20 up to 30 (without it) is `20-29`. Where the width is no
    /// whole number, the band is called `[0.5, 1)`.
    Band,
    /// What lies between two neighbours of `edges`, the lower with it and the upper without: with edges 10 and 50
    /// `<10`, `[10, 50)`, `>=50`.
    Buckets,
    /// `monday` … `sunday`.
    DayOfWeek,
    /// `00` … `23`.
    Hour,
    /// `01` … `12`.
    Month,
    /// Such as `1998`.
    Year,
    /// `weekend` for Saturday and Sunday, else `weekday`.
    Weekend,
}

impl Derivation {
    fn is_of_times(self) -> bool {
        !matches!(self, Self::Band | Self::Buckets)
    }
}

impl Plugin for Derive {
    const NAME: &'static str = "derive";
    const ABOUT: &'static str =
        "Makes a column from another: a band, a bucket, the day of the week, the hour, the year.";
    const REVISION: u32 = 2;
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        if (params.with == Derivation::Band) != params.width.is_some() {
            return Err("width: goes with `with: band`, and must be there".into());
        }
        if params.width.is_some_and(|width| width <= 0.0) {
            return Err("width: must be above 0".into());
        }
        if (params.with == Derivation::Buckets) != params.edges.is_some() {
            return Err("edges: go with `with: buckets`, and must be there".into());
        }
        if params.edges.iter().any(|edges| edges.is_empty() || !edges.is_sorted_by(|a, b| a < b)) {
            return Err("edges: must be ascending, each above the one before".into());
        }
        match &params.time_zone {
            Some(_) if !params.with.is_of_times() => {
                Err("time_zone: goes with what belongs to the calendar, such as day_of_week".into())
            }
            Some(name) => zone(Some(name)).map(|_| ()),
            None => Ok(()),
        }
    }
}

impl Step for Derive {
    fn effect(&self) -> Effect {
        Effect::Changes
    }

    fn uses(&self) -> Vec<String> {
        vec![self.from.clone()]
    }

    fn outline(&self, names: &mut Vec<String>) {
        names.push(self.name.clone());
    }

    fn apply(&self, table: &mut Interactions, _train: &Train) -> Result<u64, DataError> {
        let from = named::find_one(Self::NAME, table, &self.from)?;
        let taken = ["user", "item", "rating", "timestamp"];
        if taken.contains(&self.name.as_str()) || table.column_names().contains(&self.name) {
            let reason = "is there already; give the new column another name in `as`";
            return Err(named::refused(Self::NAME, &self.name, reason));
        }
        let zone = zone(self.time_zone.as_deref());
        let zone = zone.map_err(|reason| from.refused(Self::NAME, reason))?;
        let how = How { zone, bands: Bands::of(self.width.unwrap_or(1.0)) };
        let values = match (from.numbers(table), from.values(table)) {
            (Some(numbers), _) => self.of_numbers(numbers, &how),
            (None, Some(Values::Text(texts))) if self.with.is_of_times() => {
                self.of_dates(&from, texts, &how)?
            }
            (None, other) => {
                let allowed = if self.with.is_of_times() { "numbers or dates" } else { "numbers" };
                let kind = other.map_or("nothing", Values::kind);
                let reason = format!("holds {kind}; a column can be derived so from {allowed}");
                return Err(from.refused(Self::NAME, reason));
            }
        };
        let n = (0..values.len()).filter(|&entry| !values.is_missing(entry)).count();
        let column = RawColumn::new(&self.name, Values::Text(values));
        table.columns_of_mut(from.axis).push(column);
        Ok(n as u64)
    }
}

/// Numbers whose categories are found side by side, before they are numbered one after the other.
const BLOCK: usize = 1 << 18;

impl Derive {
    fn of_numbers(&self, numbers: &[f64], how: &How) -> Texts {
        let (mut labels, mut codes) = (Ids::default(), Vec::with_capacity(numbers.len()));
        let mut of_place: HashMap<Option<i64>, u32> = HashMap::new();
        for block in numbers.chunks(BLOCK) {
            let places: Vec<Option<i64>> =
                block.par_iter().map(|&number| self.place(number, how)).collect();
            codes.extend(places.into_iter().map(|place| {
                *of_place.entry(place).or_insert_with(|| {
                    let label = place.map_or_else(String::new, |place| self.label(place, how));
                    labels.index_or_add(&label)
                })
            }));
        }
        Texts::from_codes(labels, codes)
    }

    /// Dates are read once for each distinct text.
    fn of_dates(&self, from: &Named, texts: &Texts, how: &How) -> Result<Texts, DataError> {
        let mut labels = Ids::default();
        let mut new = Vec::with_capacity(texts.values().len());
        for text in texts.values().names() {
            let Some(time) = parse_time(text) else {
                let reason = format!("holds `{}`, expected {TIMES}", shortened(text));
                return Err(from.refused(Self::NAME, reason));
            };
            let place = self.place(time, how);
            new.push(
                labels
                    .index_or_add(&place.map_or_else(String::new, |place| self.label(place, how))),
            );
        }
        let codes = texts.codes().iter().map(|&code| new[code as usize]).collect();
        Ok(Texts::from_codes(labels, codes))
    }

    /// Which band, which bucket, which day: numbered as [`Derive::label`] reads it. `None` for a missing value, and for
    /// a time that no calendar has.
    fn place(&self, number: f64, how: &How) -> Option<i64> {
        if number.is_nan() {
            return None;
        }
        if self.with == Derivation::Band {
            return Some(how.bands.place(number));
        }
        if let (Derivation::Buckets, Some(edges)) = (self.with, &self.edges) {
            return Some(edges.partition_point(|&edge| edge <= number) as i64);
        }
        let time = jiff::Timestamp::from_second(number.floor() as i64).ok()?;
        let local = how.zone.to_datetime(time);
        Some(match self.with {
            Derivation::Hour => i64::from(local.hour()),
            Derivation::Month => i64::from(local.month()),
            Derivation::Year => i64::from(local.year()),
            // Monday is 0.
            _ => i64::from(local.weekday().to_monday_zero_offset()),
        })
    }

    fn label(&self, place: i64, how: &How) -> String {
        match self.with {
            Derivation::Band => {
                let (from, to) = (how.bands.edge(place), how.bands.edge(place.saturating_add(1)));
                match how.bands.width {
                    1.0 => from.to_string(),
                    width if width.fract() == 0.0 => format!("{from}-{}", to - 1.0),
                    _ => format!("[{from}, {to})"),
                }
            }
            Derivation::Buckets => {
                let edges = self.edges.as_deref().unwrap_or_default();
                let place = place as usize;
                let below = place.checked_sub(1).and_then(|below| edges.get(below));
                match (below, edges.get(place)) {
                    (Some(from), Some(to)) => format!("[{from}, {to})"),
                    (None, Some(to)) => format!("<{to}"),
                    (Some(from), None) => format!(">={from}"),
                    (None, None) => String::new(),
                }
            }
            Derivation::DayOfWeek => DAYS[place as usize].to_owned(),
            Derivation::Hour | Derivation::Month => format!("{place:02}"),
            Derivation::Year => place.to_string(),
            Derivation::Weekend => if place >= 5 { "weekend" } else { "weekday" }.to_owned(),
        }
    }
}

/// What is worked out once for all numbers.
struct How {
    zone: TimeZone,
    bands: Bands,
}

/// Bands of one width from zero on. A width such as 0.1 is meant as it is written, and no binary number is that: so the
/// edges are whole multiples of its digits, divided by the power of ten, each the number next to the decimal one. 0.3
/// then begins the band that is called after it.
struct Bands {
    width: f64,
    /// The width without its decimal point.
    digits: f64,
    /// Ten to the power of how many of the digits stand behind the point.
    divisor: f64,
}

impl Bands {
    fn of(width: f64) -> Self {
        let written = width.to_string();
        let (whole, behind) = written.split_once('.').unwrap_or((&written, ""));
        // Beyond, one of the two is not the number that is meant.
        let is_exact = behind.len() <= 22 && whole.len() + behind.len() <= 22;
        let digits = format!("{whole}{behind}").parse().ok();
        match digits.filter(|&digits: &f64| is_exact && digits < 2f64.powi(53)) {
            Some(digits) => Self { width, digits, divisor: 10f64.powi(behind.len() as i32) },
            None => Self { width, digits: width, divisor: 1.0 },
        }
    }

    /// Where a band begins.
    fn edge(&self, place: i64) -> f64 {
        place as f64 * self.digits / self.divisor
    }

    /// The band of a number.
    fn place(&self, number: f64) -> i64 {
        // Within one of the right one.
        let place = (number / self.width).floor() as i64;
        match place {
            place if self.edge(place) > number => place.saturating_sub(1),
            place if self.edge(place.saturating_add(1)) <= number => place.saturating_add(1),
            place => place,
        }
    }
}

const DAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Zones are those that come with the program, so that a machine with other rules makes the same columns.
fn zone(name: Option<&str>) -> Result<TimeZone, String> {
    let Some(name) = name else { return Ok(TimeZone::UTC) };
    TimeZoneDatabase::bundled().get(name).map_err(|_| {
        format!("time_zone: there is no `{name}`; must be an IANA name such as Europe/Berlin")
    })
}

#[cfg(test)]
mod tests;
