//! Numbers on a common scale, which is learned from the training part.

use bakeoff_spec::Plugin;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, Step, Train};
use crate::column::Values;
use crate::error::DataError;
use crate::interactions::{Axis, Interactions};
use crate::named::{self, Named};
use crate::statistics::{ascending, deviation, mean, of_train, quantile};

/// Which columns, and to which scale. A missing value stays missing.
///
/// A normalised `rating` is what the rating task learns and predicts: predictions and errors (RMSE, MAE) are then on the
/// new scale, and not to be compared with those of another one. A step that looks at ratings, such as `min_rating` or
/// `encode` with `target`, sees the scale that holds where it stands.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Normalise {
    /// `rating`, and names of columns of numbers, of rows, users or items.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// To which scale.
    pub with: Scale,
    /// With `min_max`: whether a value outside the range of train becomes 0 or 1. By default it lies below 0 or above 1.
    #[serde(default)]
    pub clip: bool,
}

/// A scale. All statistics are those of the values that train has. Where they are all the same, the column has no spread
/// to divide by: values are then only shifted, so that those of train become 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// `(x − min) / (max − min)`: 0 to 1.
    MinMax,
    /// `(x − mean) / standard deviation`, that of a population (divided by n).
    ZScore,
    /// `(x − median) / (third quartile − first quartile)`: not moved by outliers. Quartiles lie linearly between values;
    /// where they are equal, values are only shifted.
    Robust,
    /// `ln(1 + x)`. Learns nothing; a value of −1 or less is refused.
    #[serde(rename = "log1p")]
    Log1p,
    /// Place among the values of train, from 0 for the smallest to 1 for the largest: `(rank − 1) / (n − 1)`, equal values
    /// sharing the mean of their ranks. A value that train lacks lies linearly between its neighbours, at 0 below and at 1
    /// above all. Where all values of train are the same, everything becomes 0.
    Rank,
    /// `x − mean of the user in train`, for `rating` and columns of rows. A user without a value in train has the mean of
    /// all of train.
    PerUserMean,
    /// `x − mean of the item in train`, likewise.
    PerItemMean,
}

impl Plugin for Normalise {
    const NAME: &'static str = "normalise";
    const ABOUT: &'static str = "Brings ratings and columns of numbers to a scale: min-max, z-score, robust, log, rank, per user or item mean.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        if params.clip && params.with != Scale::MinMax {
            return Err("clip: goes with with: min_max only".into());
        }
        Ok(())
    }
}

impl Step for Normalise {
    fn effect(&self) -> Effect {
        if self.with == Scale::Log1p { Effect::Changes } else { Effect::Fits }
    }

    fn uses(&self) -> Vec<String> {
        self.columns.clone()
    }

    fn apply(&self, table: &mut Interactions, train: &Train) -> Result<u64, DataError> {
        let mut n_changed = 0;
        for column in named::find(Self::NAME, table, &self.columns)? {
            let mut numbers = match column.take(table) {
                Values::Number(numbers) => numbers,
                other => {
                    let reason = format!("holds {}; only numbers have a scale", other.kind());
                    return Err(column.refused(Self::NAME, reason));
                }
            };
            n_changed += numbers.par_iter().filter(|number| !number.is_nan()).count() as u64;
            self.normalise(&mut numbers, &column, table, train)?;
            column.put(table, Values::Number(numbers));
        }
        Ok(n_changed)
    }
}

impl Normalise {
    fn normalise(
        &self,
        numbers: &mut [f64],
        column: &Named,
        table: &Interactions,
        train: &Train,
    ) -> Result<(), DataError> {
        let refused = |reason: String| column.refused(Self::NAME, reason);
        if self.with == Scale::Log1p {
            if let Some(entry) = numbers.iter().position(|&number| number <= -1.0) {
                let (place, found) = (column.entry(table, entry), numbers[entry]);
                return Err(refused(format!(
                    "holds `{found}` ({place}); log1p needs numbers above -1; use min_max or rank"
                )));
            }
            numbers.par_iter_mut().for_each(|number| *number = number.ln_1p());
            return Ok(());
        }
        let train = train.has(column.axis);
        let known = of_train(numbers, train);
        let Some(mean) = mean(&known) else {
            return Err(refused("has no value in the training part to learn a scale from".into()));
        };
        let (owners, n_owners) = match self.with {
            Scale::PerUserMean => (&table.user, table.users.len()),
            Scale::PerItemMean => (&table.item, table.items.len()),
            _ => {
                let fitted = Fitted::of(known, mean, self);
                numbers.par_iter_mut().for_each(|number| *number = fitted.at(*number));
                return Ok(());
            }
        };
        if column.axis != Axis::Rows {
            let of = column.axis.name();
            return Err(refused(format!("is one of {of}; a mean per user or item is for rows")));
        }
        let means = means(numbers, owners, n_owners, train, mean);
        let both = numbers.par_iter_mut().zip(owners);
        both.for_each(|(number, &owner)| *number -= means[owner as usize]);
        Ok(())
    }
}

/// The mean of each user's (or item's) values in train; `otherwise` of one that has none.
fn means(
    numbers: &[f64],
    owners: &[u32],
    n_owners: usize,
    train: &[bool],
    otherwise: f64,
) -> Vec<f64> {
    let mut sums = vec![(0.0, 0u32); n_owners];
    let known = (0..numbers.len()).filter(|&row| train[row] && !numbers[row].is_nan());
    for row in known {
        let (sum, n) = &mut sums[owners[row] as usize];
        (*sum, *n) = (*sum + numbers[row], *n + 1);
    }
    let mean = |(sum, n): (f64, u32)| if n == 0 { otherwise } else { sum / f64::from(n) };
    sums.into_iter().map(mean).collect()
}

/// What is learned of one column.
enum Fitted {
    /// `(x − shift) / spread`, perhaps held between 0 and 1.
    Linear { shift: f64, spread: f64, clip: bool },
    /// The distinct values of train, ascending, with the place of each in `[0, 1]`.
    Ranks(Vec<(f64, f64)>),
}

impl Fitted {
    /// From the values of train, of which there is at least one, and their mean.
    fn of(known: Vec<f64>, mean: f64, step: &Normalise) -> Self {
        let (min, max) = bounds(&known);
        let (shift, spread) = match step.with {
            Scale::Rank => return Self::Ranks(ranks(&ascending(known.into_iter()))),
            // Rounding must not make a spread of equal values.
            _ if min >= max => (min, 0.0),
            Scale::ZScore => (mean, deviation(&known).unwrap_or(0.0)),
            Scale::Robust => {
                let known = ascending(known.into_iter());
                let at = |q| quantile(&known, q).unwrap_or(mean);
                (at(0.5), at(0.75) - at(0.25))
            }
            _ => (min, max - min),
        };
        Self::Linear { shift, spread: if spread > 0.0 { spread } else { 1.0 }, clip: step.clip }
    }

    fn at(&self, number: f64) -> f64 {
        match self {
            Self::Linear { shift, spread, clip: true } => {
                ((number - shift) / spread).clamp(0.0, 1.0)
            }
            Self::Linear { shift, spread, clip: false } => (number - shift) / spread,
            Self::Ranks(_) if number.is_nan() => number,
            Self::Ranks(ranks) => {
                let next = ranks.partition_point(|&(value, _)| value < number);
                match (next.checked_sub(1).map(|i| ranks[i]), ranks.get(next)) {
                    (_, Some(&(value, place))) if value <= number => place,
                    (None, _) => 0.0,
                    (Some((_, last)), None) if ranks.len() == 1 => last,
                    (Some(_), None) => 1.0,
                    (Some((low, from)), Some(&(high, to))) => {
                        from + (to - from) * (number - low) / (high - low)
                    }
                }
            }
        }
    }
}

fn bounds(numbers: &[f64]) -> (f64, f64) {
    let all = numbers.par_iter().map(|&number| (number, number));
    let wider = |a: (f64, f64), b: (f64, f64)| (a.0.min(b.0), a.1.max(b.1));
    all.reduce(|| (f64::INFINITY, f64::NEG_INFINITY), wider)
}

/// The distinct values with their places.
fn ranks(ascending: &[f64]) -> Vec<(f64, f64)> {
    let mut n_below = 0;
    let mut ranks = Vec::new();
    let last = (ascending.len() - 1) as f64;
    for equal in ascending.chunk_by(|a, b| a >= b) {
        // Ranks from 0: n_below to n_below + len − 1, of which the mean.
        let mean = n_below as f64 + (equal.len() - 1) as f64 / 2.0;
        ranks.push((equal[0], if equal.len() == ascending.len() { 0.0 } else { mean / last }));
        n_below += equal.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::RawColumn;
    use crate::rows_for_tests::{numbers, refusal, rows, texts};

    const N: f64 = f64::NAN;

    /// Ratings of users a, a, b, b, c for items x, y, x, y, x. The last two rows are for validation and test.
    fn table(ratings: [f64; 5]) -> (Interactions, Train) {
        let pairs = [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y"), ("c", "x")];
        let rated = pairs.into_iter().zip(ratings);
        let all: Vec<_> = rated.map(|((user, item), rating)| (user, item, rating, 0.0)).collect();
        rows(&all, "tttvx")
    }

    fn step(with: Scale) -> Normalise {
        Normalise { columns: vec!["rating".into()], with, clip: false }
    }

    fn normalised(step: &Normalise, ratings: [f64; 5]) -> Vec<f64> {
        let (mut table, train) = table(ratings);
        let n = step.apply(&mut table, &train).unwrap();
        assert_eq!(n as usize, ratings.iter().filter(|rating| !rating.is_nan()).count());
        table.rating.unwrap()
    }

    #[test]
    fn each_scale_is_that_of_the_training_part() {
        // Train has 1, 3, 5: minimum 1, range 4, mean and median 3, quartiles 2 and 4, variance 8/3.
        let with = |scale| normalised(&step(scale), [1.0, 3.0, 5.0, 7.0, 0.0]);
        assert_eq!(with(Scale::MinMax), [0.0, 0.5, 1.0, 1.5, -0.25]);
        assert_eq!(with(Scale::Robust), [-1.0, 0.0, 1.0, 2.0, -1.5]);
        let deviation = (8.0_f64 / 3.0).sqrt();
        assert_eq!(with(Scale::ZScore), [-2.0, 0.0, 2.0, 4.0, -3.0].map(|x| x / deviation));
        assert_eq!(with(Scale::Log1p)[..2], [2.0_f64.ln(), 4.0_f64.ln()]);
        let clipped = Normalise { clip: true, ..step(Scale::MinMax) };
        assert_eq!(normalised(&clipped, [1.0, 3.0, 5.0, 7.0, 0.0]), [0.0, 0.5, 1.0, 1.0, 0.0]);
    }

    #[test]
    fn a_rank_is_a_place_among_the_values_of_train() {
        let rank = |ratings| normalised(&step(Scale::Rank), ratings);
        // Ranks 2, 2, 6 of train: 0.5, 0.5 and 2 of 2; 3 lies a quarter of the way from 2 to 6.
        assert_eq!(rank([2.0, 6.0, 2.0, 3.0, 1.0]), [0.25, 1.0, 0.25, 0.4375, 0.0]);
        assert_eq!(rank([2.0, 2.0, 6.0, 7.0, 6.0]), [0.25, 0.25, 1.0, 1.0, 1.0]);
        assert_eq!(rank([4.0, 4.0, 4.0, 9.0, 1.0]), [0.0; 5]);
    }

    #[test]
    fn means_are_those_of_the_user_or_item_in_train_else_of_all() {
        let with = |scale| normalised(&step(scale), [1.0, 3.0, 8.0, 5.0, 6.0]);
        // a: 2, b: 8, c: the mean of all, 4.
        assert_eq!(with(Scale::PerUserMean), [-1.0, 1.0, 0.0, -3.0, 2.0]);
        // x: 4.5, y: 3.
        assert_eq!(with(Scale::PerItemMean), [-3.5, 0.0, 3.5, 2.0, 1.5]);
    }

    #[test]
    fn equal_values_have_no_spread_and_missing_ones_stay_missing() {
        for scale in [Scale::MinMax, Scale::ZScore, Scale::Robust, Scale::PerUserMean] {
            assert_eq!(normalised(&step(scale), [0.1, 0.1, 0.1, 0.1, 1.1])[..4], [0.0; 4]);
        }
        for scale in [Scale::MinMax, Scale::Rank, Scale::Log1p, Scale::PerItemMean] {
            assert!(normalised(&step(scale), [1.0, N, 5.0, N, 1.0])[1].is_nan());
        }
    }

    #[test]
    fn what_valid_and_test_hold_changes_nothing_for_train() {
        for scale in [Scale::MinMax, Scale::ZScore, Scale::Robust, Scale::Rank, Scale::PerItemMean]
        {
            let [a, b] = [[2.0, 3.0], [-70.0, 1e6]]
                .map(|[valid, test]| normalised(&step(scale), [1.0, 3.0, 5.0, valid, test]));
            assert_eq!(a[..3], b[..3]);
        }
    }

    #[test]
    fn columns_of_users_and_items_have_a_scale_and_texts_none() {
        let mut table = table([1.0; 5]);
        let ages = Values::Number(vec![20.0, 40.0, 50.0]);
        table.0.user_columns = vec![RawColumn::new("age", ages)];
        table.0.item_columns = vec![texts("kind", &["toy", "book"])];
        let of = |column: &str, with| Normalise { columns: vec![column.into()], ..step(with) };
        // User c has no row in train.
        let scaled = numbers(&of("age", Scale::MinMax), &table, Axis::Users, "age");
        assert_eq!(scaled, [0.0, 1.0, 1.5]);
        assert_eq!(
            refusal(&of("kind", Scale::Rank), &table),
            "step `normalise`: column `kind` holds text; only numbers have a scale"
        );
        let error = refusal(&of("age", Scale::PerUserMean), &table);
        assert!(error.contains("is one of users"), "{error}");
    }

    #[test]
    fn what_has_no_logarithm_and_what_is_not_there_is_told_with_its_place() {
        let error = |with, ratings| refusal(&step(with), &table(ratings));
        assert_eq!(
            error(Scale::Log1p, [1.0, 1.0, -1.5, 1.0, 1.0]),
            "step `normalise`: column `rating` holds `-1.5` (x.csv, line 4); log1p needs numbers above -1; use min_max or rank"
        );
        assert_eq!(
            error(Scale::ZScore, [N, N, N, 1.0, 1.0]),
            "step `normalise`: column `rating` has no value in the training part to learn a scale from"
        );
        assert!(Normalise::check(&Normalise { clip: true, ..step(Scale::Rank) }).is_err());
    }
}
