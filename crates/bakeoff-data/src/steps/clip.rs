//! Holds outliers at bounds that train sets.

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, Step, Train};
use crate::column::Values;
use crate::error::DataError;
use crate::interactions::Interactions;
use crate::named::{self, Named};
use crate::statistics::{ascending, deviation, mean, quantile};

/// Which columns, and the bounds: either quantiles or deviations from the mean. They are those of the training part;
/// values below or above them become the bound. A missing value stays missing.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Clip {
    /// `rating`, and names of columns of numbers. Of ratings only those of the training part are clipped: validation
    /// and test have those that were given.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// The quantile that is the lower bound, such as 0.01. Quantiles lie between values as numpy has them by default
    /// (type 7).
    #[schemars(range(min = 0.0, max = 1.0))]
    pub lower: Option<f64>,
    /// The quantile that is the upper bound, such as 0.99.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub upper: Option<f64>,
    /// Bounds at this many standard deviations (with n as the divisor) below and above the mean.
    #[schemars(extend("exclusiveMinimum" = 0.0))]
    pub deviations: Option<f64>,
}

impl Plugin for Clip {
    const NAME: &'static str = "clip";
    const ABOUT: &'static str =
        "Holds outliers of numbers at quantiles of train, or at so many deviations from its mean.";
    const REVISION: u32 = 2;
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        if params.columns.is_empty() {
            return Err("columns: name at least one column of numbers".into());
        }
        if params.columns.iter().any(|column| named::is_timestamp(column)) {
            return Err(
                "columns: times decide the order and the split, and are left as they are; \
                        `time_range` removes those too early or too late"
                    .into(),
            );
        }
        match (params.lower, params.upper, params.deviations) {
            (None, None, None) => Err("lower, upper, deviations: give bounds".into()),
            (None, None, Some(_)) => Ok(()),
            (_, _, Some(_)) => Err("deviations: goes without lower and upper".into()),
            (Some(lower), Some(upper), None) if lower >= upper => {
                Err(format!("upper: {upper} must be above lower, {lower}"))
            }
            _ => Ok(()),
        }
    }
}

impl Step for Clip {
    fn effect(&self) -> Effect {
        Effect::Fits
    }

    fn uses(&self) -> Vec<String> {
        self.columns.clone()
    }

    fn apply(&self, table: &mut Interactions, train: &Train) -> Result<u64, DataError> {
        let mut n_clipped = 0;
        for column in named::find(Self::NAME, table, &self.columns)? {
            let mut numbers = match column.take(table) {
                Values::Number(numbers) => numbers,
                other => {
                    let reason = format!("holds {}; only numbers can be clipped", other.kind());
                    return Err(column.refused(Self::NAME, reason));
                }
            };
            n_clipped += self.clip(&column, &mut numbers, train.has(column.axis))?;
            column.put(table, Values::Number(numbers));
        }
        Ok(n_clipped)
    }
}

impl Clip {
    fn clip(&self, column: &Named, numbers: &mut [f64], train: &[bool]) -> Result<u64, DataError> {
        let of_train = numbers.iter().zip(train).filter(|(_, is_train)| **is_train);
        let of_train = ascending(of_train.map(|(&number, _)| number));
        let none =
            "has no value in the training part to take bounds from; remove it from `columns`";
        let (low, high) = self.bounds(&of_train).ok_or_else(|| column.refused(Self::NAME, none))?;
        let mut n_clipped = 0;
        // What predictions are compared with stays as it was given.
        let may_change = |is_train: bool| is_train || !column.is_rating();
        for (number, &is_train) in numbers.iter_mut().zip(train) {
            if may_change(is_train) && (*number < low || *number > high) {
                *number = number.clamp(low, high);
                n_clipped += 1;
            }
        }
        Ok(n_clipped)
    }

    /// The bounds; `None` of no values.
    fn bounds(&self, of_train: &[f64]) -> Option<(f64, f64)> {
        if let Some(n) = self.deviations {
            let (mean, deviation) = (mean(of_train)?, deviation(of_train)?);
            return Some((mean - n * deviation, mean + n * deviation));
        }
        let low = quantile(of_train, self.lower.unwrap_or(0.0))?;
        let high = quantile(of_train, self.upper.unwrap_or(1.0))?;
        Some((
            self.lower.map_or(f64::NEG_INFINITY, |_| low),
            self.upper.map_or(f64::INFINITY, |_| high),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::RawColumn;
    use crate::splits::Assigned;

    /// Ratings 0, 1, 2, 3, 4 in train, −9 and 100 in test, one missing; items with a text.
    fn clipped(clip: &Clip) -> Result<(Vec<f64>, u64), DataError> {
        let mut table = Interactions::new("x.csv", true, false);
        for rating in [4.0, 0.0, 2.0, f64::NAN, 1.0, 3.0, -9.0, 100.0] {
            table.push("a", "x", rating, 0.0, 1);
        }
        let genre = Values::Text(["war"].into_iter().collect());
        table.item_columns = vec![RawColumn::new("genre", genre)];
        let mut assigned = [Assigned::Train; 8];
        assigned[6..].fill(Assigned::Test);
        let train = Train::of(&table, &assigned);
        let n = clip.apply(&mut table, &train)?;
        let ratings = table.rating.unwrap();
        assert!(ratings[3].is_nan());
        Ok((ratings.into_iter().filter(|rating| !rating.is_nan()).collect(), n))
    }

    fn clip(
        columns: &[&str],
        lower: Option<f64>,
        upper: Option<f64>,
        deviations: Option<f64>,
    ) -> Clip {
        let columns = columns.iter().map(|&column| column.into()).collect();
        Clip { columns, lower, upper, deviations }
    }

    #[test]
    fn values_beyond_trains_quantiles_become_the_quantile() {
        // Of 0 … 4 the quantile 0.1 is 0.4 and 0.75 is 3.
        let (ratings, n) = clipped(&clip(&["rating"], Some(0.1), Some(0.75), None)).unwrap();
        assert_eq!((ratings, n), (vec![3.0, 0.4, 2.0, 1.0, 3.0, -9.0, 100.0], 2));
        let (ratings, n) = clipped(&clip(&["rating"], None, Some(1.0), None)).unwrap();
        assert_eq!((ratings, n), (vec![4.0, 0.0, 2.0, 1.0, 3.0, -9.0, 100.0], 0));
    }

    #[test]
    fn values_too_many_deviations_from_the_mean_become_the_bound() {
        // Of 0 … 4 the mean is 2 and the variance (4 + 1 + 0 + 1 + 4) / 5 = 2.
        let (ratings, n) = clipped(&clip(&["rating"], None, None, Some(1.0))).unwrap();
        let (low, high) = (2.0 - 2f64.sqrt(), 2.0 + 2f64.sqrt());
        assert_eq!((ratings, n), (vec![high, low, 2.0, 1.0, 3.0, -9.0, 100.0], 2));
    }

    #[test]
    fn only_numbers_are_clipped() {
        let error = clipped(&clip(&["genre"], Some(0.1), None, None)).unwrap_err().to_string();
        assert_eq!(error, "step `clip`: column `genre` holds text; only numbers can be clipped");
    }

    #[test]
    fn bounds_are_quantiles_or_deviations() {
        let check = |lower, upper, deviations| Clip::check(&clip(&["x"], lower, upper, deviations));
        assert!(check(None, None, None).is_err());
        assert!(check(Some(0.1), None, Some(2.0)).is_err());
        assert!(check(Some(0.5), Some(0.5), None).is_err());
        assert!(check(None, Some(0.9), None).is_ok());
        assert!(Clip::check(&clip(&["timestamp"], None, None, Some(3.0))).is_err());
        assert!(Clip::check(&clip(&[], None, None, Some(3.0))).is_err());
    }
}
