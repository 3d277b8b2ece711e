//! What a search may vary: the dimensions of a model's space, points in it, and what a point means.
//!
//! A search works with numbers alone: a point holds one for each dimension, or none where a condition leaves the
//! dimension out. [`Space::params`] says which parameters a point stands for.

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use crate::domain::Domain;
use crate::domain::same;
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
