//! Densities over a space: a mixture with a kernel around each of some points, and a flat component.
//!
//! Each component is a product over the dimensions (Falkner et al., ICML 2018), so that what belongs together stays
//! together. The widths of its kernels are those of Bergstra et al. (2011) with the lower bound that Watanabe
//! recommends (arXiv:2304.11127).

use bakeoff_spec::{Domain, Point, Space};
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus as Rng;
use statrs::distribution::{ContinuousCDF, Normal};

use crate::search::nearness::is_ordered;

/// A density over a space.
pub(super) struct Parzen<'a> {
    space: &'a Space,
    components: Vec<Component>,
}

struct Component {
    weight: f64,
    /// By dimension.
    kernels: Vec<Kernel>,
}

#[derive(Debug, Clone, Copy)]
enum Kernel {
    /// Every value as likely: also where the component's point lacks the dimension.
    Flat,
    /// In unit coordinates, cut off at 0 and 1; `mass` is what lies between.
    Normal { mean: f64, sigma: f64, mass: f64 },
    /// The share of one value, and that of each of the others.
    Category { value: f64, share: f64, other: f64 },
}

/// Weight of the flat component: as much as so many points.
const FLAT_WEIGHT: f64 = 2.0;
/// No kernel is narrower, as a share of its domain.
const LEAST_SIGMA: f64 = 0.03;

impl<'a> Parzen<'a> {
    /// A density around points, each with a weight.
    pub(super) fn around(space: &'a Space, points: &[(f64, &Point)]) -> Self {
        let columns = space.dimensions.iter().enumerate().map(|(i, dimension)| {
            let column: Vec<Option<f64>> = points.iter().map(|(_, point)| point[i]).collect();
            kernels(&dimension.domain, &column)
        });
        let columns: Vec<Vec<Kernel>> = columns.collect();
        let total: f64 = points.iter().map(|(weight, _)| weight).sum::<f64>() + FLAT_WEIGHT;
        let around = |(p, (weight, _)): (usize, &(f64, &Point))| Component {
            weight: weight / total,
            kernels: columns.iter().map(|column| column[p]).collect(),
        };
        let mut components: Vec<Component> = points.iter().enumerate().map(around).collect();
        let kernels = vec![Kernel::Flat; space.dimensions.len()];
        components.push(Component { weight: FLAT_WEIGHT / total, kernels });
        Self { space, components }
    }

    /// A point drawn from the density.
    pub(super) fn draw(&self, rng: &mut Rng) -> Point {
        let mut rest: f64 = rng.random();
        let chosen = self.components.iter().position(|component| {
            rest -= component.weight;
            rest < 0.0
        });
        // Rounding may leave a rest: it is the flat component's, the last.
        let component = &self.components[chosen.unwrap_or(self.components.len() - 1)];
        self.space.fill(|i, dimension| Some(component.kernels[i].draw(&dimension.domain, rng)))
    }

    /// Logarithm of the density at a point: of real values in unit coordinates, of others the share of the value.
    pub(super) fn log_density(&self, point: &Point) -> f64 {
        let dimensions = self.space.dimensions.iter().zip(point).enumerate();
        let places: Vec<(usize, Place)> = dimensions
            .filter_map(|(i, (dimension, at))| Some((i, Place::of(&dimension.domain, (*at)?))))
            .collect();
        let log = |component: &Component| {
            let logs = places.iter().map(|(i, place)| component.kernels[*i].log_density(place));
            component.weight.ln() + logs.sum::<f64>()
        };
        let logs: Vec<f64> = self.components.iter().map(log).collect();
        let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        most + logs.iter().map(|log| (log - most).exp()).sum::<f64>().ln()
    }
}

/// The kernels of one dimension around the coordinates that points have there.
fn kernels(domain: &Domain, column: &[Option<f64>]) -> Vec<Kernel> {
    let n = column.iter().flatten().count() as f64;
    if !is_ordered(domain) {
        // The more points, the less a category tells of the others.
        let other = 1.0 / (n + 1.0 + domain.n_values().unwrap_or(1) as f64);
        let share = (n + 2.0) * other;
        let around = |value| Kernel::Category { value, share, other };
        return column.iter().map(|at| at.map_or(Kernel::Flat, around)).collect();
    }
    let units: Vec<Option<f64>> = column.iter().map(|at| Some(domain.to_unit((*at)?))).collect();
    let mut sorted: Vec<f64> = units.iter().flatten().copied().collect();
    sorted.sort_by(f64::total_cmp);
    // A kernel reaches the neighbouring values: narrower ones stay on a value that is second best.
    let step = domain.n_values().map_or(0.0, |n| 1.0 / n as f64);
    let least = (n + 2.0).powi(-2).max(LEAST_SIGMA).max(step);
    let around = |mean: f64| {
        let place = sorted.partition_point(|&one| one < mean);
        let before = place.checked_sub(1).map(|i| mean - sorted[i]);
        let after = sorted.get(place + 1).map(|one| one - mean);
        let gap = before.into_iter().chain(after).reduce(f64::max);
        let sigma = gap.unwrap_or(mean.max(1.0 - mean)).max(least);
        Kernel::Normal { mean, sigma, mass: part(mean, sigma, 0.0, 1.0) }
    };
    units.iter().map(|unit| unit.map_or(Kernel::Flat, around)).collect()
}

/// The share of a normal distribution between two bounds.
fn part(mean: f64, sigma: f64, low: f64, high: f64) -> f64 {
    let normal = Normal::standard();
    normal.cdf((high - mean) / sigma) - normal.cdf((low - mean) / sigma)
}

/// A coordinate as kernels see it.
enum Place {
    /// A real number in unit coordinates.
    Real(f64),
    /// A value among others, and the part of the unit interval that it stands for.
    Value { at: f64, low: f64, high: f64 },
}

impl Place {
    fn of(domain: &Domain, at: f64) -> Self {
        let half = match domain {
            Domain::Uniform { .. } | Domain::LogUniform { .. } => {
                return Self::Real(domain.to_unit(at));
            }
            Domain::Quantized { step, .. } => step / 2.0,
            Domain::Choice(_) | Domain::Int { .. } | Domain::LogInt { .. } => 0.5,
        };
        Self::Value { at, low: domain.to_unit(at - half), high: domain.to_unit(at + half) }
    }
}

impl Kernel {
    fn draw(&self, domain: &Domain, rng: &mut Rng) -> f64 {
        let share: f64 = rng.random();
        match *self {
            Self::Flat => domain.from_unit(share),
            Self::Normal { mean, sigma, mass } => {
                let normal = Normal::standard();
                let below = normal.cdf(-mean / sigma);
                domain.from_unit(mean + sigma * normal.inverse_cdf(below + share * mass))
            }
            Self::Category { value, share: own, .. } if share < own => value,
            Self::Category { value, other, share: own } => {
                let n = domain.n_values().unwrap_or(1);
                let place = ((share - own) / other).floor().min(n as f64 - 2.0).max(0.0);
                if place < value { place } else { (place + 1.0).min(n as f64 - 1.0) }
            }
        }
    }

    fn log_density(&self, place: &Place) -> f64 {
        match (*self, place) {
            (Self::Flat, Place::Real(_)) => 0.0,
            (Self::Flat, Place::Value { low, high, .. }) => (high - low).ln(),
            (Self::Normal { mean, sigma, mass }, Place::Real(unit)) => {
                let z = (unit - mean) / sigma;
                -0.5 * z * z - 0.5 * (2.0 * std::f64::consts::PI).ln() - (sigma * mass).ln()
            }
            (Self::Normal { mean, sigma, mass }, Place::Value { low, high, .. }) => {
                (part(mean, sigma, *low, *high) / mass).max(f64::MIN_POSITIVE).ln()
            }
            (Self::Category { value, share, other }, Place::Value { at, .. }) => {
                // Indices.
                (if (at - value).abs() < 0.5 { share } else { other }).ln()
            }
            (Self::Category { .. }, Place::Real(_)) => unreachable!("real numbers have an order"),
        }
    }
}

#[cfg(test)]
mod tests {
    use bakeoff_spec::Dimension;
    use rand::SeedableRng;
    use serde_json::json;

    use super::*;

    fn space() -> Space {
        let dimension =
            |name: &str, domain, when| Dimension { params: vec![name.into()], domain, when };
        let only_b = vec![("kind".into(), vec![json!("b")])];
        let kinds = Domain::Choice(vec![json!("a"), json!("b"), json!("c")]);
        Space {
            dimensions: vec![
                dimension("kind", kinds, Vec::new()),
                dimension("n", Domain::LogInt { low: 1, high: 6 }, only_b),
                dimension(
                    "share",
                    Domain::Quantized { low: 0.1, high: 0.4, step: 0.1 },
                    Vec::new(),
                ),
                dimension("size", Domain::Choice(vec![json!(8), json!(16), json!(32)]), Vec::new()),
            ],
        }
    }

    #[test]
    fn densities_over_all_points_of_a_countable_space_add_up_to_one_and_are_drawn_as_often() {
        let space = space();
        let points: Vec<Point> = vec![
            [Some(1.0), Some(2.0), Some(0.3), Some(0.0)].into(),
            [Some(0.0), None, Some(0.1), Some(1.0)].into(),
            [Some(1.0), Some(6.0), Some(0.4), Some(1.0)].into(),
        ];
        let weighted = [(1.0, &points[0]), (2.0, &points[1]), (0.5, &points[2])];
        let density = Parzen::around(&space, &weighted);
        let n = space.grid_size().unwrap();
        let all = (0..n).filter_map(|i| space.grid_point(i, |_| unreachable!()));
        let shares: Vec<(Point, f64)> =
            all.map(|point| (point.clone(), density.log_density(&point).exp())).collect();
        let sum: f64 = shares.iter().map(|(_, share)| share).sum();
        assert!((sum - 1.0).abs() < 1e-9, "{sum}");
        let mut rng = Rng::seed_from_u64(1);
        let n_drawn = 40_000;
        let drawn: Vec<Point> = (0..n_drawn).map(|_| density.draw(&mut rng)).collect();
        for (point, share) in shares {
            let n = drawn.iter().filter(|one| **one == point).count() as f64;
            let expected = share * f64::from(n_drawn);
            // Five standard deviations.
            assert!(
                (n - expected).abs() < 5.0 * expected.sqrt() + 5.0,
                "{point:?}: {n}, {expected}"
            );
        }
    }

    #[test]
    fn the_density_of_a_real_dimension_has_an_integral_of_one() {
        let domain = Domain::LogUniform { low: 1e-4, high: 1.0 };
        let dimension = Dimension { params: vec!["x".into()], domain, when: Vec::new() };
        let space = Space { dimensions: vec![dimension] };
        let points: [Point; 2] = [[Some(1e-4)].into(), [Some(0.02)].into()];
        let density = Parzen::around(&space, &[(1.0, &points[0]), (1.0, &points[1])]);
        let n = 10_000;
        let at = |i: i32| space.dimensions[0].domain.from_unit((f64::from(i) + 0.5) / f64::from(n));
        let sum: f64 = (0..n).map(|i| density.log_density(&[Some(at(i))].into()).exp()).sum();
        assert!((sum / f64::from(n) - 1.0).abs() < 1e-3, "{sum}");
    }
}
