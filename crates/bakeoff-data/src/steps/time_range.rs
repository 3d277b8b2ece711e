//! Keeps the interactions of a stretch of time.

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, Step, Train};
use crate::delimited::{TIMES, parse_time};
use crate::error::DataError;
use crate::interactions::Interactions;

/// From when to when; at least one of the two. An interaction without a time goes.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TimeRange {
    /// The first time that is kept: seconds since 1970, or a date such as 2024-05-31 or 2024-05-31T12:00:00Z. A date
    /// alone is its midnight, and without a zone in UTC.
    pub from: Option<Time>,
    /// The first time after that which is not kept any more, so that `to: 2025-01-01` ends with the year 2024.
    pub to: Option<Time>,
}

/// Seconds since 1970. A date is turned into them as it is read, so that one time makes one key however it is written.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct Time(pub f64);

/// How a spec may write a time.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Written {
    Seconds(f64),
    Date(String),
}

impl TryFrom<Written> for Time {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let seconds = match &written {
            Written::Seconds(seconds) => Some(*seconds),
            Written::Date(date) => parse_time(date.trim()),
        };
        match seconds.filter(|seconds| seconds.is_finite()) {
            Some(seconds) => Ok(Self(seconds)),
            None => Err(format!("found `{written}`, expected {TIMES}")),
        }
    }
}

impl std::fmt::Display for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Seconds(seconds) => write!(f, "{seconds}"),
            Self::Date(date) => f.write_str(date),
        }
    }
}

impl JsonSchema for Time {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["number", "string"] })
    }
}

impl Plugin for TimeRange {
    const NAME: &'static str = "time_range";
    const ABOUT: &'static str = "Keeps the interactions from one time up to another.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        match (params.from, params.to) {
            (None, None) => Err("from, to: give at least one of the two".into()),
            (Some(from), Some(to)) if from >= to => Err(format!(
                "to: nothing lies from {} up to {} (seconds since 1970); must be later than from",
                from.0, to.0
            )),
            _ => Ok(()),
        }
    }
}

impl Step for TimeRange {
    fn effect(&self) -> Effect {
        Effect::Removes
    }

    fn apply(&self, table: &mut Interactions, _train: &Train) -> Result<u64, DataError> {
        let Some(times) = &table.timestamp else {
            let needed_by = format!("step `{}`", Self::NAME);
            return Err(DataError::NeedsTimestamps { needed_by });
        };
        let from = self.from.map_or(f64::NEG_INFINITY, |time| time.0);
        let to = self.to.map_or(f64::INFINITY, |time| time.0);
        let is_kept: Vec<bool> = times.iter().map(|time| (from..to).contains(time)).collect();
        table.retain(&is_kept);
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use bakeoff_spec::registry::params_of;
    use serde_json::{Value, json};

    use super::*;

    fn params(value: Value) -> Result<TimeRange, String> {
        let params = serde_json::from_value(value).unwrap();
        params_of::<TimeRange>(&params).map_err(|error| error.to_string())
    }

    #[test]
    fn dates_and_seconds_are_one_and_the_same() {
        let dates = params(json!({ "from": "1970-01-02", "to": "1970-01-02T01:00:00+01:00" }));
        assert!(dates.unwrap_err().starts_with("to: nothing lies from 86400 up to 86400"));
        let dates = params(json!({ "from": "1970-01-02", "to": "1970-01-03T00:00:00Z" })).unwrap();
        let seconds = params(json!({ "from": 86400, "to": 172_800 })).unwrap();
        assert_eq!(serde_json::to_value(dates).unwrap(), serde_json::to_value(seconds).unwrap());
        let error = params(json!({ "from": "yesterday" })).unwrap_err();
        assert!(error.contains("found `yesterday`, expected seconds since 1970, or"), "{error}");
        assert!(params(json!({ "from": "nan" })).is_err());
        assert!(params(json!({})).is_err());
    }

    #[test]
    fn the_first_time_is_kept_and_the_last_is_not() {
        let mut table = Interactions::new("x.csv", false, true);
        for (time, line) in [(9.9, 1), (10.0, 2), (19.9, 3), (20.0, 4), (f64::NAN, 5)] {
            table.push("a", "x", 0.0, time, line);
        }
        let step = TimeRange { from: Some(Time(10.0)), to: Some(Time(20.0)) };
        let apply = |step: &TimeRange| {
            let mut table = table.clone();
            step.apply(&mut table, &Train::default()).unwrap();
            table.origin.lines().to_vec()
        };
        assert_eq!(apply(&step), [2, 3]);
        assert_eq!(apply(&TimeRange { to: None, ..step.clone() }), [2, 3, 4]);
        assert_eq!(apply(&TimeRange { from: None, ..step }), [1, 2, 3]);
    }
}
