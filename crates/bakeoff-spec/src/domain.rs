//! The values that one dimension of a search may take.

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

/// The values of a dimension.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Domain {
    /// One of a list; for several parameters each entry is a list with a value for each of them.
    Choice(Vec<Value>),
    /// A real number, every one as likely.
    Uniform {
        /// The smallest.
        low: f64,
        /// The largest.
        high: f64,
    },
    /// A real number, every order of magnitude as likely.
    LogUniform {
        /// The smallest, above 0.
        low: f64,
        /// The largest.
        high: f64,
    },
    /// A whole number, every one as likely.
    Int {
        /// The smallest.
        low: i64,
        /// The largest.
        high: i64,
    },
    /// A whole number, every order of magnitude as likely.
    LogInt {
        /// The smallest, above 0.
        low: i64,
        /// The largest.
        high: i64,
    },
    /// `low`, `low + step`, … up to `high`.
    Quantized {
        /// The smallest.
        low: f64,
        /// None is larger.
        high: f64,
        /// From one to the next.
        step: f64,
    },
}

impl Domain {
    /// How many values there are; `None` for real numbers.
    pub fn n_values(&self) -> Option<usize> {
        match *self {
            Self::Choice(ref values) => Some(values.len()),
            Self::Uniform { .. } | Self::LogUniform { .. } => None,
            Self::Int { low, high } | Self::LogInt { low, high } => {
                usize::try_from(i128::from(high) - i128::from(low) + 1).ok()
            }
            // The small share is what `(0.5 - 0.1) / 0.1` falls short of 4.
            Self::Quantized { low, high, step } => {
                Some((((high - low) / step + 1e-9).floor() as usize).saturating_add(1))
            }
        }
    }

    /// The coordinate of the `i`-th value, from 0; of a real domain, its bounds alone.
    pub fn coordinate(&self, i: usize) -> f64 {
        match *self {
            Self::Choice(_) => i as f64,
            Self::Uniform { low, high } | Self::LogUniform { low, high } => [low, high][i.min(1)],
            Self::Int { low, .. } | Self::LogInt { low, .. } => low as f64 + i as f64,
            Self::Quantized { low, step, .. } => digits(low + step * i as f64, 12),
        }
    }

    /// Where a coordinate lies between the bounds, 0 to 1, as a search sees it: orders of magnitude for a logarithmic
    /// domain; whole values take an interval each, of which this is the middle. The index over the number for a choice.
    pub fn to_unit(&self, coordinate: f64) -> f64 {
        let share = |at: f64, low: f64, high: f64| {
            if high > low { ((at - low) / (high - low)).clamp(0.0, 1.0) } else { 0.5 }
        };
        match *self {
            Self::Choice(ref values) => (coordinate + 0.5) / values.len() as f64,
            Self::Uniform { low, high } => share(coordinate, low, high),
            Self::LogUniform { low, high } => share(coordinate.ln(), low.ln(), high.ln()),
            Self::Int { low, high } => share(coordinate, low as f64 - 0.5, high as f64 + 0.5),
            Self::LogInt { low, high } => {
                share(coordinate.ln(), (low as f64 - 0.5).ln(), (high as f64 + 0.5).ln())
            }
            Self::Quantized { low, step, .. } => {
                let n = self.n_values().unwrap_or(1) as f64;
                share(coordinate, low - step / 2.0, low + step * (n - 0.5))
            }
        }
    }

    /// The nearest coordinate for a share of 0 to 1: the inverse of [`Self::to_unit`]. Real numbers are rounded to six
    /// digits: more tell nothing, and reports show them.
    pub fn from_unit(&self, unit: f64) -> f64 {
        let unit = unit.clamp(0.0, 1.0);
        let between = |low: f64, high: f64| low + unit * (high - low);
        let at = match *self {
            Self::Choice(ref values) => {
                (unit * values.len() as f64).floor().min(values.len() as f64 - 1.0)
            }
            Self::Uniform { low, high } => digits(between(low, high), 6).clamp(low, high),
            Self::LogUniform { low, high } => {
                digits(between(low.ln(), high.ln()).exp(), 6).clamp(low, high)
            }
            Self::Int { low, high } => {
                let at = between(low as f64 - 0.5, high as f64 + 0.5).round();
                at.clamp(low as f64, high as f64)
            }
            Self::LogInt { low, high } => {
                let at = between((low as f64 - 0.5).ln(), (high as f64 + 0.5).ln()).exp().round();
                at.clamp(low as f64, high as f64)
            }
            Self::Quantized { .. } => {
                let n = self.n_values().unwrap_or(1);
                self.coordinate(((unit * n as f64).floor() as usize).min(n - 1))
            }
        };
        // A point is looked up by its bits, and -0 has others than 0.
        at + 0.0
    }

    /// The value of a coordinate.
    pub(crate) fn value(&self, coordinate: f64) -> Value {
        match self {
            Self::Choice(values) => values[coordinate as usize].clone(),
            Self::Int { .. } | Self::LogInt { .. } => (coordinate as i64).into(),
            _ if coordinate.fract() == 0.0 => (coordinate as i64).into(),
            _ => Number::from_f64(coordinate).map_or(Value::Null, Value::Number),
        }
    }

    /// Whether it takes the value.
    pub fn holds(&self, value: &Value) -> bool {
        self.coordinate_of(value).is_some()
    }

    pub(crate) fn holds_coordinate(&self, at: f64) -> bool {
        match *self {
            Self::Choice(ref values) => at.fract() == 0.0 && at >= 0.0 && at < values.len() as f64,
            Self::Int { low, high } | Self::LogInt { low, high } => {
                at.fract() == 0.0 && at >= low as f64 && at <= high as f64
            }
            Self::Uniform { low, high }
            | Self::LogUniform { low, high }
            | Self::Quantized { low, high, .. } => at >= low && at <= high,
        }
    }

    /// The coordinate of a value, if the domain holds it.
    pub(crate) fn coordinate_of(&self, value: &Value) -> Option<f64> {
        if let Self::Choice(values) = self {
            return values.iter().position(|one| same(one, value)).map(|i| i as f64);
        }
        let number = value.as_f64()?;
        let found = self.from_unit(self.to_unit(number));
        ((found - number).abs() <= 1e-5 * number.abs().max(1e-12)).then_some(found)
    }
}

/// `1` and `1.0` are the same value.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (a, b) => a == b,
    }
}

/// Rounded to so many significant digits.
fn digits(value: f64, n: i32) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    format!("{value:.*e}", n as usize - 1).parse().unwrap_or(value)
}
