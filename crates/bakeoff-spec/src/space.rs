//! What a search may vary: the dimensions of a model's space, points in it, and what a point means.
//!
//! A search works with numbers alone: a point holds one for each dimension, or none where a condition leaves the
//! dimension out. [`Space::params`] says which parameters a point stands for.

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use crate::registry::Params;

/// One number a dimension, in the space's order: the value of a numeric one, the index of a choice; `None` where the
/// dimension's condition does not hold.
pub type Point = Box<[Option<f64>]>;

/// The dimensions of one model's search.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Space {
    /// A dimension stands after all those that its condition names.
    pub dimensions: Vec<Dimension>,
}

/// One thing that varies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dimension {
    /// The parameters that it sets: one, or several that advance together.
    pub params: Vec<String>,
    /// The values it takes.
    pub domain: Domain,
    /// It is there only while every one of these parameters has one of these values.
    pub when: Vec<(String, Vec<Value>)>,
}

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
    fn value(&self, coordinate: f64) -> Value {
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

    fn holds_coordinate(&self, at: f64) -> bool {
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
    fn coordinate_of(&self, value: &Value) -> Option<f64> {
        if let Self::Choice(values) = self {
            return values.iter().position(|one| same(one, value)).map(|i| i as f64);
        }
        let number = value.as_f64()?;
        let found = self.from_unit(self.to_unit(number));
        ((found - number).abs() <= 1e-5 * number.abs().max(1e-12)).then_some(found)
    }
}

impl Space {
    /// Whether nothing varies.
    pub fn is_empty(&self) -> bool {
        self.dimensions.is_empty()
    }

    /// The parameters that vary, in the space's order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.dimensions.iter().flat_map(|dimension| dimension.params.iter().map(String::as_str))
    }

    /// The parameters that a point stands for.
    pub fn params(&self, point: &[Option<f64>]) -> Params {
        let mut params = Params::new();
        for (dimension, coordinate) in self.dimensions.iter().zip(point) {
            let Some(coordinate) = coordinate else { continue };
            let value = dimension.domain.value(*coordinate);
            match (dimension.params.as_slice(), value) {
                ([name], value) => {
                    params.insert(name.clone(), value);
                }
                (names, Value::Array(values)) => params.extend(names.iter().cloned().zip(values)),
                _ => {}
            }
        }
        params
    }

    /// The point of some parameters, if they lie in the space and say nothing beyond it.
    pub fn point_of(&self, params: &Params) -> Option<Point> {
        let point = self.fill(|_, dimension| {
            let values = dimension.params.iter().map(|name| params.get(name).cloned());
            let values = values.collect::<Option<Vec<_>>>()?;
            let value = match <[Value; 1]>::try_from(values) {
                Ok([value]) => value,
                Err(values) => Value::Array(values),
            };
            dimension.domain.coordinate_of(&value)
        });
        let said = self.params(&point);
        let is_same = |(name, value): (&String, &Value)| {
            said.get(name).is_some_and(|said| {
                let close = |a: f64, b: f64| (a - b).abs() <= 1e-5 * b.abs().max(1e-12);
                let numbers = said.as_f64().zip(value.as_f64());
                same(said, value) || numbers.is_some_and(|(a, b)| close(a, b))
            })
        };
        (said.len() == params.len() && params.iter().all(is_same)).then_some(point)
    }

    /// Whether a point lies in the space.
    pub fn holds(&self, point: &[Option<f64>]) -> bool {
        point.len() == self.dimensions.len()
            && *self.fill(|i, of| point[i].filter(|&at| of.domain.holds_coordinate(at))) == *point
    }

    /// A point whose dimensions are set one after the other; those whose condition does not hold are left out without
    /// asking.
    pub fn fill(&self, mut set: impl FnMut(usize, &Dimension) -> Option<f64>) -> Point {
        let mut point = vec![None; self.dimensions.len()];
        let mut set_params = Params::new();
        for (i, dimension) in self.dimensions.iter().enumerate() {
            let holds = |(name, values): &(String, Vec<Value>)| {
                set_params.get(name).is_some_and(|is| values.iter().any(|one| same(one, is)))
            };
            if dimension.when.iter().all(holds) {
                point[i] = set(i, dimension);
                if self.dimensions[i + 1..].iter().any(|later| !later.when.is_empty()) {
                    set_params = self.params(&point);
                }
            }
        }
        point.into()
    }

    /// How many points a grid over the countable dimensions has before conditions are looked at; `None` beyond counting.
    pub fn grid_size(&self) -> Option<usize> {
        let sizes = self.dimensions.iter().map(|dimension| dimension.domain.n_values());
        sizes.flatten().try_fold(1_usize, usize::checked_mul)
    }

    /// Whether every dimension can be counted.
    pub fn is_countable(&self) -> bool {
        self.dimensions.iter().all(|dimension| dimension.domain.n_values().is_some())
    }

    /// The `index`-th point of that grid: the last dimension changes fastest. `draw` sets the dimensions that cannot be
    /// counted. `None` where a condition leaves out a dimension that is not at its first value: so every point comes once.
    pub fn grid_point(
        &self,
        index: usize,
        mut draw: impl FnMut(&Dimension) -> f64,
    ) -> Option<Point> {
        let mut rest = index;
        let mut at = vec![None; self.dimensions.len()];
        for (i, dimension) in self.dimensions.iter().enumerate().rev() {
            if let Some(n) = dimension.domain.n_values() {
                at[i] = Some(rest % n);
                rest /= n;
            }
        }
        let point = self.fill(|i, dimension| {
            Some(at[i].map_or_else(|| draw(dimension), |at| dimension.domain.coordinate(at)))
        });
        let is_first =
            |(set, at): (&Option<f64>, &Option<usize>)| set.is_some() || at.unwrap_or(0) == 0;
        point.iter().zip(&at).all(is_first).then_some(point)
    }
}

/// `1` and `1.0` are the same value.
fn same(a: &Value, b: &Value) -> bool {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn dimension(name: &str, domain: Domain) -> Dimension {
        Dimension { params: vec![name.into()], domain, when: Vec::new() }
    }

    /// To the last bit: keys are made of values.
    fn assert_same(a: f64, b: f64, domain: &Domain) {
        assert_eq!(a.to_bits(), b.to_bits(), "{a} {b} {domain:?}");
    }

    fn domains() -> Vec<Domain> {
        vec![
            Domain::Choice(vec![json!("a"), json!(2), json!(true)]),
            Domain::Uniform { low: -1.0, high: 3.0 },
            Domain::LogUniform { low: 1e-5, high: 1.0 },
            Domain::Int { low: -2, high: 7 },
            Domain::LogInt { low: 1, high: 1024 },
            Domain::Quantized { low: 0.1, high: 0.5, step: 0.1 },
        ]
    }

    #[test]
    fn a_share_of_the_domain_and_back_is_the_same_value() {
        for domain in domains() {
            for i in 0..=1000 {
                let at = domain.from_unit(f64::from(i) / 1000.0);
                assert_same(domain.from_unit(domain.to_unit(at)), at, &domain);
            }
            let n = domain.n_values().unwrap_or(2);
            assert_same(domain.from_unit(0.0), domain.coordinate(0), &domain);
            assert_same(domain.from_unit(1.0), domain.coordinate(n - 1), &domain);
        }
    }

    #[test]
    fn steps_are_written_as_people_write_them() {
        let domain = Domain::Quantized { low: 0.1, high: 0.5, step: 0.1 };
        let values: Vec<Value> = (0..5).map(|i| domain.value(domain.coordinate(i))).collect();
        assert_eq!(domain.n_values(), Some(5));
        assert_eq!(json!(values), json!([0.1, 0.2, 0.3, 0.4, 0.5]));
    }

    fn conditional() -> Space {
        let momentum = Dimension {
            when: vec![("optimizer".into(), vec![json!("sgd")])],
            ..dimension("momentum", Domain::Choice(vec![json!(0), json!(0.9)]))
        };
        let optimizer = Domain::Choice(vec![json!("adam"), json!("sgd")]);
        Space { dimensions: vec![dimension("optimizer", optimizer), momentum] }
    }

    #[test]
    fn a_grid_has_every_point_once_where_a_condition_leaves_a_dimension_out() {
        let space = conditional();
        let points = (0..space.grid_size().unwrap())
            .filter_map(|i| space.grid_point(i, |_| unreachable!("all are countable")));
        let params: Vec<Params> = points.map(|point| space.params(&point)).collect();
        let expected = json!([
            {"optimizer": "adam"},
            {"optimizer": "sgd", "momentum": 0},
            {"optimizer": "sgd", "momentum": 0.9},
        ]);
        assert_eq!(json!(params), expected);
    }

    #[test]
    fn parameters_are_found_in_the_space_or_known_to_lie_outside() {
        let space = conditional();
        let find = |params: Value| space.point_of(&serde_json::from_value(params).unwrap());
        let inside = find(json!({"optimizer": "sgd", "momentum": 0.9})).unwrap();
        assert_eq!(&*inside, [Some(1.0), Some(1.0)]);
        assert_eq!(&*find(json!({"optimizer": "adam"})).unwrap(), [Some(0.0), None]);
        assert_eq!(find(json!({"optimizer": "sgd", "momentum": 0.5})), None);
        assert_eq!(find(json!({"optimizer": "adam", "epochs": 3})), None);
    }

    #[test]
    fn parameters_that_advance_together_are_one_dimension() {
        let zipped = Domain::Choice(vec![json!([32, 1]), json!([64, 2])]);
        let zipped = Dimension {
            params: vec!["hidden".into(), "n_heads".into()],
            domain: zipped,
            when: Vec::new(),
        };
        let space = Space { dimensions: vec![zipped] };
        let params = space.params(&space.grid_point(1, |_| 0.0).unwrap());
        assert_eq!(json!(params), json!({"hidden": 64, "n_heads": 2}));
        assert_eq!(space.point_of(&params).unwrap()[0], Some(1.0));
    }
}
