//! Which points of a space are near each other, and how to draw near one or far from all.

use bakeoff_spec::{Domain, Point, Space};
use rand::RngExt;
use serde_json::Value;
use statrs::distribution::{ContinuousCDF, Normal};

use crate::search::{Ask, draw};

/// Whether a domain's values have an order: those of a choice do if they are numbers that rise or fall.
pub(super) fn is_ordered(domain: &Domain) -> bool {
    let Domain::Choice(values) = domain else { return true };
    let numbers = || values.iter().map(Value::as_f64);
    values.len() > 2
        && numbers().all(|number| number.is_some())
        && (numbers().is_sorted() || numbers().rev().is_sorted())
}

/// The squared distance of two points in unit coordinates, whose ends meet: otherwise corners would be farthest from
/// everything. Two values without an order are 1 apart, and so is a dimension that only one of the points has.
fn square(space: &Space, a: &Point, b: &Point) -> f64 {
    let of = |i: usize| {
        let domain = &space.dimensions[i].domain;
        match (a[i], b[i]) {
            (Some(a), Some(b)) if is_ordered(domain) => {
                let apart = (domain.to_unit(a) - domain.to_unit(b)).abs();
                apart.min(1.0 - apart).powi(2)
            }
            (a, b) => f64::from(u8::from(a != b)),
        }
    };
    (0..space.dimensions.len()).map(of).sum()
}

impl Ask<'_> {
    /// Of `n` fresh points the one farthest from all that were tried: for the beginning, when nothing is known of losses
    /// (Mitchell's best candidate, SIGGRAPH 1991).
    pub(super) fn draw_apart(&mut self, n: usize) -> Option<Point> {
        let (space, history) = (self.space, self.history);
        let tried: Vec<&Point> = (0..history.len()).filter_map(|i| history.point(i)).collect();
        let mut farthest: Option<(f64, Point)> = None;
        for _ in 0..n {
            let Some(point) = self.draw_fresh() else { break };
            let squares = tried.iter().map(|other| square(space, &point, other));
            let nearest = squares.fold(f64::INFINITY, f64::min);
            if farthest.as_ref().is_none_or(|(most, _)| nearest > *most) {
                farthest = Some((nearest, point));
            }
        }
        farthest.map(|(_, point)| point)
    }

    /// A point some of whose coordinates lie elsewhere, by about `radius` of their domain.
    pub(super) fn draw_near(&mut self, point: &Point, radius: f64) -> Point {
        let Self { space, rng, .. } = self;
        let share = (2.0 / space.dimensions.len() as f64).max(0.3);
        space.fill(|i, dimension| {
            let at = point[i].filter(|_| rng.random::<f64>() >= share);
            let moved = point[i].filter(|_| is_ordered(&dimension.domain)).map(|at| {
                let z = Normal::standard().inverse_cdf(rng.random());
                dimension.domain.from_unit(dimension.domain.to_unit(at) + radius * z)
            });
            Some(at.or(moved).unwrap_or_else(|| draw(dimension, rng)))
        })
    }
}
