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
use crate::lookup::{self, Found};

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
        let found = lookup::find(table, Self::NAME, &self.from)?;
        let taken = ["user", "item", "rating", "timestamp"];
        if taken.contains(&self.name.as_str()) || table.column_names().contains(&self.name) {
            let reason = "is there already; give the new column another name in `as`".into();
            return Err(wrong(&self.name, reason));
        }
        let zone = zone(self.time_zone.as_deref());
        let zone = zone.map_err(|reason| wrong(&self.from, reason))?;
        let values = match found {
            Found::Rating => self.of_numbers(table.rating.as_deref().unwrap_or_default(), &zone),
            Found::Timestamp => {
                self.of_numbers(table.timestamp.as_deref().unwrap_or_default(), &zone)
            }
            Found::Column(axis, place) => match &table.columns_of(axis)[place].values {
                Values::Number(numbers) => self.of_numbers(numbers, &zone),
                Values::Text(texts) if self.with.is_of_times() => self.of_dates(texts, &zone)?,
                other => {
                    let allowed =
                        if self.with.is_of_times() { "numbers or dates" } else { "numbers" };
                    let reason = format!(
                        "holds {}; a column can be derived so from {allowed}",
                        other.kind()
                    );
                    return Err(wrong(&self.from, reason));
                }
            },
        };
        let n = (0..values.len()).filter(|&entry| !values.is_missing(entry)).count();
        let column = RawColumn::new(&self.name, Values::Text(values));
        table.columns_of_mut(found.axis()).push(column);
        Ok(n as u64)
    }
}

/// Numbers whose categories are found side by side, before they are numbered one after the other.
const BLOCK: usize = 1 << 18;

impl Derive {
    fn of_numbers(&self, numbers: &[f64], zone: &TimeZone) -> Texts {
        let (mut labels, mut codes) = (Ids::default(), Vec::with_capacity(numbers.len()));
        let mut of_place: HashMap<Option<i64>, u32> = HashMap::new();
        for block in numbers.chunks(BLOCK) {
            let places: Vec<Option<i64>> =
                block.par_iter().map(|&number| self.place(number, zone)).collect();
            codes.extend(places.into_iter().map(|place| {
                *of_place.entry(place).or_insert_with(|| {
                    let label = place.map_or_else(String::new, |place| self.label(place));
                    labels.index_or_add(&label)
                })
            }));
        }
        Texts::from_codes(labels, codes)
    }

    /// Dates are read once for each distinct text.
    fn of_dates(&self, texts: &Texts, zone: &TimeZone) -> Result<Texts, DataError> {
        let mut labels = Ids::default();
        let mut new = Vec::with_capacity(texts.values().len());
        for text in texts.values().names() {
            let Some(time) = parse_time(text) else {
                let reason = format!("holds `{}`, expected {TIMES}", shortened(text));
                return Err(wrong(&self.from, reason));
            };
            let place = self.place(time, zone);
            new.push(
                labels.index_or_add(&place.map_or_else(String::new, |place| self.label(place))),
            );
        }
        let codes = texts.codes().iter().map(|&code| new[code as usize]).collect();
        Ok(Texts::from_codes(labels, codes))
    }

    /// Which band, which bucket, which day: numbered as [`Derive::label`] reads it. `None` for a missing value, and for
    /// a time that no calendar has.
    fn place(&self, number: f64, zone: &TimeZone) -> Option<i64> {
        if number.is_nan() {
            return None;
        }
        if let (Derivation::Band, Some(width)) = (self.with, self.width) {
            return Some((number / width).floor() as i64);
        }
        if let (Derivation::Buckets, Some(edges)) = (self.with, &self.edges) {
            return Some(edges.partition_point(|&edge| edge <= number) as i64);
        }
        let time = jiff::Timestamp::from_second(number.floor() as i64).ok()?;
        let local = zone.to_datetime(time);
        Some(match self.with {
            Derivation::Hour => i64::from(local.hour()),
            Derivation::Month => i64::from(local.month()),
            Derivation::Year => i64::from(local.year()),
            // Monday is 0.
            _ => i64::from(local.weekday().to_monday_zero_offset()),
        })
    }

    fn label(&self, place: i64) -> String {
        match self.with {
            Derivation::Band => {
                let width = self.width.unwrap_or(1.0);
                let (from, to) = (place as f64 * width, (place + 1) as f64 * width);
                match width {
                    1.0 => from.to_string(),
                    _ if width.fract() == 0.0 => format!("{from}-{}", to - 1.0),
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

fn wrong(column: &str, reason: String) -> DataError {
    DataError::Column { step: Derive::NAME, column: column.to_owned(), reason }
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
mod tests {
    use bakeoff_spec::registry::params_of;
    use serde_json::{Value, json};

    use super::*;

    fn step(mut params: Value) -> Result<Derive, String> {
        params["as"] = "new".into();
        let params = serde_json::from_value(params).unwrap();
        params_of::<Derive>(&params).map_err(|error| error.to_string())
    }

    /// What is made of these numbers, once as times of rows and once as a column of items.
    fn derived(numbers: &[f64], mut params: Value) -> Vec<String> {
        let mut table = Interactions::new("x.csv", false, true);
        for (i, &number) in numbers.iter().enumerate() {
            table.push("a", &i.to_string(), 0.0, number, 1);
        }
        table.item_columns = vec![RawColumn::new("number", Values::Number(numbers.to_vec()))];
        let mut of = |from: &str| {
            params["from"] = from.into();
            let mut table = table.clone();
            step(params.clone()).unwrap().apply(&mut table, &Train::default()).unwrap();
            let columns = [table.columns, table.item_columns].concat();
            match &columns.iter().find(|column| column.name == "new").unwrap().values {
                Values::Text(texts) => texts.iter().map(str::to_owned).collect::<Vec<_>>(),
                other => panic!("{other:?}"),
            }
        };
        let of_rows = of("timestamp");
        assert_eq!(of_rows, of("number"));
        of_rows
    }

    #[test]
    fn bands_are_of_one_width_and_named_by_their_ends() {
        let ages = [29.0, 30.0, f64::NAN, 20.0, -1.0, 29.5];
        assert_eq!(
            derived(&ages, json!({ "with": "band", "width": 10 })),
            ["20-29", "30-39", "", "20-29", "-10--1", "20-29"]
        );
        assert_eq!(
            derived(&[0.4, 0.5], json!({ "with": "band", "width": 0.5 })),
            ["[0, 0.5)", "[0.5, 1)"]
        );
        assert_eq!(derived(&[3.2], json!({ "with": "band", "width": 1 })), ["3"]);
    }

    #[test]
    fn an_edge_begins_a_bucket() {
        let prices = [9.99, 10.0, 49.0, 50.0, f64::NAN];
        assert_eq!(
            derived(&prices, json!({ "with": "buckets", "edges": [10, 50] })),
            ["<10", "[10, 50)", "[10, 50)", ">=50", ""]
        );
    }

    #[test]
    fn the_calendar_is_that_of_the_zone() {
        // 1997-12-31 23:30 UTC, a Wednesday; 2000-01-01 12:00 UTC, a Saturday.
        let times = [883_611_000.0, 946_728_000.0, f64::NAN];
        let with = |with: &str| derived(&times, json!({ "with": with }));
        assert_eq!(with("day_of_week"), ["wednesday", "saturday", ""]);
        assert_eq!(with("hour"), ["23", "12", ""]);
        assert_eq!(with("month"), ["12", "01", ""]);
        assert_eq!(with("year"), ["1997", "2000", ""]);
        assert_eq!(with("weekend"), ["weekday", "weekend", ""]);
        let berlin =
            |with: &str| derived(&times, json!({ "with": with, "time_zone": "Europe/Berlin" }));
        assert_eq!(berlin("day_of_week"), ["thursday", "saturday", ""]);
        assert_eq!(berlin("hour"), ["00", "13", ""]);
        assert_eq!(berlin("year"), ["1998", "2000", ""]);
    }

    #[test]
    fn dates_as_text_serve_the_calendar() {
        let mut table = Interactions::new("x.csv", false, false);
        table.push("a", "x", 0.0, 0.0, 1);
        table.push("a", "y", 0.0, 0.0, 2);
        let column = |texts: [&str; 2]| {
            vec![RawColumn::new("released", Values::Text(texts.into_iter().collect()))]
        };
        let apply = |table: &mut Interactions, params| {
            step(params).unwrap().apply(table, &Train::default())
        };
        table.item_columns = column(["1995-11-22", ""]);
        assert_eq!(apply(&mut table, json!({ "from": "released", "with": "year" })).unwrap(), 1);
        let Values::Text(years) = &table.item_columns[1].values else { panic!("text") };
        assert_eq!(years.iter().collect::<Vec<_>>(), ["1995", ""]);
        let again = apply(&mut table, json!({ "from": "released", "with": "month" }));
        assert!(again.unwrap_err().to_string().contains("column `new` is there already"));
        table.item_columns = column(["1995-11-22", "soon"]);
        let error = apply(&mut table, json!({ "from": "released", "with": "year" })).unwrap_err();
        assert!(
            error.to_string().contains("column `released` holds `soon`, expected seconds"),
            "{error}"
        );
        let band = json!({ "from": "released", "with": "band", "width": 1 });
        assert_eq!(
            apply(&mut table, band).unwrap_err().to_string(),
            "step `derive`: column `released` holds text; a column can be derived so from numbers"
        );
    }

    #[test]
    fn parameters_go_together() {
        for params in [
            json!({ "with": "band" }),
            json!({ "with": "band", "width": 0 }),
            json!({ "with": "hour", "width": 1 }),
            json!({ "with": "buckets", "edges": [] }),
            json!({ "with": "buckets", "edges": [2, 1] }),
            json!({ "with": "buckets", "edges": [1], "time_zone": "Europe/Berlin" }),
            json!({ "with": "hour", "time_zone": "Berlin" }),
        ] {
            let mut params = params;
            params["from"] = "x".into();
            assert!(step(params.clone()).is_err(), "{params}");
        }
    }
}
