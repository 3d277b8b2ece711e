//! Gaussian process regression (Rasmussen and Williams, 2006) over points of a space, with a Matérn 5/2 kernel whose
//! length is its own in each dimension.

use bakeoff_spec::{Point, Space};
use nalgebra::{Cholesky, DMatrix, DVector, Dyn};

use crate::search::nearness::is_ordered;

/// What is believed of the losses over a space, after some of them were seen.
pub(super) struct GaussianProcess<'a> {
    metric: Metric<'a>,
    belief: Belief,
    seen: Vec<Box<[f64]>>,
    mean: f64,
    cholesky: Cholesky<f64, Dyn>,
    /// The inverse covariance times what the losses are above their mean.
    alpha: DVector<f64>,
}

/// How far two points are apart, dimension by dimension.
struct Metric<'a> {
    space: &'a Space,
    /// Whether a dimension's values have an order.
    is_ordered: Vec<bool>,
}

/// Logarithms of the kernel's parameters: for each dimension of 1 over the squared length over which losses change, then
/// of the losses' variance, then of the variance of one loss measured twice.
#[derive(Debug, Clone, PartialEq)]
struct Belief(Vec<f64>);

/// Mean and standard deviation of what is believed before anything was seen, of each kind of parameter. Lengths grow with
/// the square root of the number of dimensions (Hvarfner et al., ICML 2024).
const RELEVANCE: [f64; 2] = [2.0, 2.0];
const SIGNAL: [f64; 2] = [0.0, 1.0];
const NOISE: [f64; 2] = [-8.0, 3.0];

/// Steps up the gradient to the likeliest belief.
const N_STEPS: usize = 30;

impl<'a> GaussianProcess<'a> {
    /// What is believed after losses were seen at points, were those at the expected points to turn out as believed.
    /// `None` where rounding leaves no way to compute it.
    pub(super) fn fit(
        space: &'a Space,
        points: &[&Point],
        losses: &[f64],
        expected: &[&Point],
    ) -> Option<Self> {
        let is_ordered = space.dimensions.iter().map(|one| is_ordered(&one.domain)).collect();
        let metric = Metric { space, is_ordered };
        let mut seen: Vec<Box<[f64]>> = points.iter().map(|point| metric.embed(point)).collect();
        let mean = losses.iter().sum::<f64>() / losses.len() as f64;
        let mut above: Vec<f64> = losses.iter().map(|loss| loss - mean).collect();
        let belief = likeliest(&metric.pairs(&seen), &DVector::from_column_slice(&above));
        let factor = |seen: &[Box<[f64]>], above: &[f64]| {
            let (covariance, _) = belief.covariance(&metric.pairs(seen), seen.len());
            let cholesky = covariance.cholesky()?;
            let alpha = cholesky.solve(&DVector::from_column_slice(above));
            Some((cholesky, alpha))
        };
        let (mut cholesky, mut alpha) = factor(&seen, &above)?;
        if !expected.is_empty() {
            let expected: Vec<_> = expected.iter().map(|point| metric.embed(point)).collect();
            above.extend(expected.iter().map(|at| belief.towards(&metric, &seen, at).dot(&alpha)));
            seen.extend(expected);
            (cholesky, alpha) = factor(&seen, &above)?;
        }
        Some(Self { metric, belief, seen, mean, cholesky, alpha })
    }

    /// Mean and standard deviation of the loss at a point.
    pub(super) fn at(&self, point: &Point) -> (f64, f64) {
        let towards = self.belief.towards(&self.metric, &self.seen, &self.metric.embed(point));
        let mean = self.mean + towards.dot(&self.alpha);
        let mut explained = towards;
        self.cholesky.l_dirty().solve_lower_triangular_mut(&mut explained);
        let variance = self.belief.signal() - explained.norm_squared();
        (mean, variance.max(1e-12).sqrt())
    }

    /// The least mean at any of the points that were seen.
    pub(super) fn least(&self) -> f64 {
        let means = self.seen.iter().map(|at| {
            self.mean + self.belief.towards(&self.metric, &self.seen, at).dot(&self.alpha)
        });
        means.fold(f64::INFINITY, f64::min)
    }
}

impl Metric<'_> {
    /// Unit coordinates, the index of a value without an order. A dimension that is not there lies in the middle, or is a
    /// value of its own.
    fn embed(&self, point: &Point) -> Box<[f64]> {
        let embed = |i: usize| match (point[i], self.is_ordered[i]) {
            (Some(at), true) => self.space.dimensions[i].domain.to_unit(at),
            (None, true) => 0.5,
            (at, false) => at.unwrap_or(-1.0),
        };
        (0..point.len()).map(embed).collect()
    }

    /// Squared distances by dimension; two values without an order are 1 apart.
    fn squares(&self, a: &[f64], b: &[f64]) -> impl Iterator<Item = f64> {
        a.iter().zip(b).zip(&self.is_ordered).map(|((a, b), is_ordered)| {
            // Values without an order have indices, which are 1 apart at least.
            let apart = (a - b).abs();
            if *is_ordered { apart.powi(2) } else { apart.min(1.0) }
        })
    }

    /// By dimension, the squared distances of all pairs: those of the first point, of the second to later ones, …
    fn pairs(&self, seen: &[Box<[f64]>]) -> Vec<Vec<f64>> {
        let mut pairs = vec![Vec::new(); self.is_ordered.len()];
        for (i, a) in seen.iter().enumerate() {
            for b in &seen[i + 1..] {
                for (of, square) in pairs.iter_mut().zip(self.squares(a, b)) {
                    of.push(square);
                }
            }
        }
        pairs
    }
}

/// Matérn 5/2 of a squared distance: its value and its derivative by the squared distance.
fn matern(square: f64) -> (f64, f64) {
    let root = (5.0 * square).sqrt();
    let decay = (-root).exp();
    ((1.0 + root + 5.0 / 3.0 * square) * decay, -5.0 / 6.0 * (1.0 + root) * decay)
}

impl Belief {
    fn n_dimensions(&self) -> usize {
        self.0.len() - 2
    }

    /// The losses' variance.
    fn signal(&self) -> f64 {
        self.0[self.n_dimensions()].exp()
    }

    fn noise(&self) -> f64 {
        self.0[self.n_dimensions() + 1].exp()
    }

    /// Covariances of the loss at a point with those that were seen.
    fn towards(&self, metric: &Metric<'_>, seen: &[Box<[f64]>], at: &[f64]) -> DVector<f64> {
        let weights: Vec<f64> = self.0[..self.n_dimensions()].iter().map(|log| log.exp()).collect();
        let signal = self.signal();
        let towards = seen.iter().map(|one| {
            let square = metric.squares(one, at).zip(&weights).map(|(square, w)| square * w).sum();
            signal * matern(square).0
        });
        DVector::from_iterator(seen.len(), towards)
    }

    /// The lower half of the covariances of `n` losses, and the derivatives by the squared distance in the order of
    /// `pairs`.
    fn covariance(&self, pairs: &[Vec<f64>], n: usize) -> (DMatrix<f64>, Vec<f64>) {
        let mut squares = vec![0.0; n * (n - 1) / 2];
        for (of, log) in pairs.iter().zip(&self.0) {
            let weight = log.exp();
            squares.iter_mut().zip(of).for_each(|(square, one)| *square += weight * one);
        }
        let signal = self.signal();
        let mut covariance = DMatrix::from_diagonal_element(n, n, signal + self.noise());
        let mut slopes = squares;
        let places = (0..n).flat_map(|j| (j + 1..n).map(move |i| (i, j)));
        for (place, square) in places.zip(&mut slopes) {
            let (value, slope) = matern(*square);
            covariance[place] = signal * value;
            *square = signal * slope;
        }
        (covariance, slopes)
    }

    /// Means and standard deviations of the parameters before anything was seen.
    fn prior(n_dimensions: usize) -> Vec<[f64; 2]> {
        let relevance = [RELEVANCE[0] - (n_dimensions as f64).ln(), RELEVANCE[1]];
        let mut prior = vec![relevance; n_dimensions];
        prior.extend([SIGNAL, NOISE]);
        prior
    }

    /// Logarithm of its posterior density up to a constant, and the gradient (there, equations 5.8 and 5.9).
    fn posterior(&self, pairs: &[Vec<f64>], above: &DVector<f64>) -> Option<(f64, Vec<f64>)> {
        let n = above.len();
        let (covariance, slopes) = self.covariance(pairs, n);
        let mut products = Vec::with_capacity(slopes.len());
        let cholesky = covariance.clone().cholesky()?;
        let (alpha, inverse) = (cholesky.solve(above), cholesky.inverse());
        let half_log_determinant: f64 =
            cholesky.l_dirty().diagonal().iter().map(|root| root.ln()).sum();
        let mut value = -0.5 * above.dot(&alpha) - half_log_determinant;
        // Half the trace of (αα' - K⁻¹) ∂K. Off the diagonal every pair stands twice.
        let (mut by_signal, mut trace, mut pair) = (0.0, 0.0, 0);
        for j in 0..n {
            trace += alpha[j] * alpha[j] - inverse[(j, j)];
            for i in j + 1..n {
                let pull = alpha[i] * alpha[j] - inverse[(i, j)];
                by_signal += pull * covariance[(i, j)];
                products.push(pull * slopes[pair]);
                pair += 1;
            }
        }
        let by_relevance = |(of, log): (&Vec<f64>, &f64)| {
            log.exp()
                * of.iter().zip(&products).map(|(square, product)| square * product).sum::<f64>()
        };
        let mut gradient: Vec<f64> = pairs.iter().zip(&self.0).map(by_relevance).collect();
        gradient.push(by_signal + 0.5 * trace * self.signal());
        gradient.push(0.5 * trace * self.noise());
        let prior = Self::prior(self.n_dimensions());
        for ((slope, at), [mean, sd]) in gradient.iter_mut().zip(&self.0).zip(prior) {
            let far = (at - mean) / sd;
            value -= 0.5 * far * far;
            *slope -= far / sd;
        }
        Some((value, gradient))
    }
}

/// The likeliest belief, by resilient steps up the gradient (Riedmiller and Braun, 1993): each parameter has a step of its
/// own that grows while its slope keeps its sign.
fn likeliest(pairs: &[Vec<f64>], above: &DVector<f64>) -> Belief {
    let prior = Belief::prior(pairs.len());
    let mut belief = Belief(prior.iter().map(|[mean, _]| *mean).collect());
    let mut best = (f64::NEG_INFINITY, belief.clone());
    let mut steps = vec![0.3; prior.len()];
    let mut before = vec![0.0; prior.len()];
    for _ in 0..N_STEPS {
        let Some((value, gradient)) = belief.posterior(pairs, above) else { break };
        if value > best.0 {
            best = (value, belief.clone());
        }
        for (i, slope) in gradient.iter().enumerate() {
            let turn = slope * before[i];
            let factor = if turn > 0.0 {
                1.3
            } else if turn < 0.0 {
                0.5
            } else {
                1.0
            };
            steps[i] = f64::clamp(steps[i] * factor, 1e-3, 2.0);
            let [mean, sd] = prior[i];
            // Beyond three deviations a covariance may have no decomposition.
            belief.0[i] =
                (belief.0[i] + steps[i] * slope.signum()).clamp(mean - 3.0 * sd, mean + 3.0 * sd);
            before[i] = *slope;
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use bakeoff_spec::{Dimension, Domain};
    use serde_json::json;

    use super::*;

    fn space() -> Space {
        let dimension =
            |name: &str, domain| Dimension { params: vec![name.into()], domain, when: Vec::new() };
        let kinds = Domain::Choice(vec![json!("a"), json!("b")]);
        let x = Domain::Uniform { low: 0.0, high: 1.0 };
        Space { dimensions: vec![dimension("x", x), dimension("kind", kinds)] }
    }

    fn points() -> Vec<Point> {
        (0..12).map(|i| [Some(f64::from(i) / 11.0), Some(f64::from(i % 2))].into()).collect()
    }

    fn loss(point: &Point) -> f64 {
        let (x, kind) = (point[0].unwrap(), point[1].unwrap());
        (4.0 * x).sin() + 0.5 * kind
    }

    #[test]
    fn it_goes_through_what_was_seen_and_knows_less_between() {
        let (space, points) = (space(), points());
        let seen: Vec<&Point> = points.iter().collect();
        let losses: Vec<f64> = points.iter().map(loss).collect();
        let process = GaussianProcess::fit(&space, &seen, &losses, &[]).unwrap();
        for point in &points {
            let (mean, sd) = process.at(point);
            assert!((mean - loss(point)).abs() < 0.02 && sd < 0.05, "{mean} {sd}");
        }
        let between: Point = [Some(0.5), Some(0.0)].into();
        let (mean, sd) = process.at(&between);
        assert!((mean - loss(&between)).abs() < 0.1 && sd > 0.003, "{mean} {sd}");
        // A trial under way leaves the mean as it is and less to be learned.
        let expecting = GaussianProcess::fit(&space, &seen, &losses, &[&between]).unwrap();
        let (same, less) = expecting.at(&between);
        assert!((same - mean).abs() < 1e-6 && less < 0.7 * sd, "{same} {less}");
    }

    #[test]
    fn the_gradient_is_that_of_the_posterior() {
        let (space, points) = (space(), points());
        let metric = Metric { space: &space, is_ordered: vec![true, false] };
        let seen: Vec<Box<[f64]>> = points.iter().map(|point| metric.embed(point)).collect();
        let pairs = metric.pairs(&seen);
        let above = DVector::from_iterator(points.len(), points.iter().map(loss));
        let belief = Belief(vec![1.0, -0.5, 0.3, -4.0]);
        let (_, gradient) = belief.posterior(&pairs, &above).unwrap();
        for (i, slope) in gradient.into_iter().enumerate() {
            let value = |step: f64| {
                let mut moved = belief.clone();
                moved.0[i] += step;
                moved.posterior(&pairs, &above).unwrap().0
            };
            let measured = (value(1e-5) - value(-1e-5)) / 2e-5;
            assert!((slope - measured).abs() < 1e-4 * slope.abs().max(1.0), "{i}: {slope}");
        }
    }
}
