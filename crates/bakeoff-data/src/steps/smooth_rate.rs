//! Rates such as clicks per view, drawn towards what is usual where there is little to go by.

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, GivesAway, Step, Train};
use crate::column::{RawColumn, Values};
use crate::error::DataError;
use crate::interactions::{Axis, Interactions};
use crate::named::{self, Named, entry_name};

/// Of what the rate is (`columns` or `ratings`), how it is smoothed, and what the new column of numbers is called.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SmoothRate {
    /// The name of the new column.
    #[serde(rename = "as")]
    #[schemars(length(min = 1))]
    pub name: String,
    /// Counts that stand in two columns, both of rows, of users or of items. Where one of them is missing, so is the
    /// rate.
    #[serde(default)]
    pub columns: Option<CountColumns>,
    /// The share of high ratings in train, of each user or item. A rating of a row of train is part of the rate that a
    /// model reads beside that row; `encode` with `target` and `folds` keeps the two apart.
    #[serde(default)]
    pub ratings: Option<HighRatings>,
    /// How.
    pub with: RateSmoothing,
    /// With `additive`: what is added to hits and misses each. By default 1.
    #[serde(default)]
    #[schemars(range(max = 1e9), extend("exclusiveMinimum" = 0))]
    pub alpha: Option<f64>,
    /// With `bayesian`: as many as how many observations the rate of train counts. By default 20.
    #[serde(default)]
    #[schemars(range(max = 1e9), extend("exclusiveMinimum" = 0))]
    pub strength: Option<f64>,
}

/// Two columns of counts.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CountColumns {
    /// How often it happened, such as clicks.
    pub hits: String,
    /// How often it could have happened, such as views: at least as often.
    pub of: String,
}

/// Which ratings count as hits, and whose.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HighRatings {
    /// The smallest rating that is a hit.
    pub at_least: f64,
    /// Whose rate.
    pub per: Owner,
}

/// Whose rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// Each user's.
    Users,
    /// Each item's.
    Items,
}

/// How a rate of few observations is made a careful one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RateSmoothing {
    /// Laplace's rule: `(hits + alpha) / (of + 2 · alpha)`, one half where there is nothing to go by.
    Additive,
    /// Towards the rate of all of train: `(hits + strength · rate) / (of + strength)`, the mean of the posterior of a
    /// beta prior with that mean, `rate = Σ hits / Σ of` over train.
    Bayesian,
}

impl Plugin for SmoothRate {
    const NAME: &'static str = "smooth_rate";
    const ABOUT: &'static str = "Makes a rate of two counts, or of ratings, smoothed additively (Laplace) or towards the rate of train.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        let is_wrong = |number: Option<f64>| number.is_some_and(|n| !(n > 0.0 && n.is_finite()));
        match (params.with, &params.columns, &params.ratings) {
            (_, Some(_), Some(_)) => Err("columns, ratings: give one of the two".into()),
            (_, None, None) => Err("columns: give them, or ratings, for a rate".into()),
            (RateSmoothing::Additive, ..) if params.strength.is_some() => {
                Err("strength: goes with with: bayesian only".into())
            }
            (RateSmoothing::Bayesian, ..) if params.alpha.is_some() => {
                Err("alpha: goes with with: additive only".into())
            }
            _ if is_wrong(params.alpha) => Err("alpha: must be above 0".into()),
            _ if is_wrong(params.strength) => Err("strength: must be above 0".into()),
            _ => Ok(()),
        }
    }
}

impl Step for SmoothRate {
    fn effect(&self) -> Effect {
        match (self.with, &self.columns) {
            (RateSmoothing::Additive, Some(_)) => Effect::Changes,
            _ => Effect::Fits,
        }
    }

    fn uses(&self) -> Vec<String> {
        let columns = self.columns.iter();
        columns.flat_map(|columns| [columns.hits.clone(), columns.of.clone()]).collect()
    }

    fn outline(&self, names: &mut Vec<String>) {
        names.push(self.name.clone());
    }

    fn gives_away(&self) -> Option<GivesAway> {
        self.ratings.as_ref().map(|_| GivesAway::OwnRow)
    }

    fn apply(&self, table: &mut Interactions, train: &Train) -> Result<u64, DataError> {
        let (axis, counts) = match (&self.columns, &self.ratings) {
            (Some(columns), _) => of_columns(table, columns)?,
            (None, Some(ratings)) => of_ratings(table, train, ratings)?,
            (None, None) => unreachable!("`check` asks for one of the two"),
        };
        let (more_hits, more) = self.prior(axis, train, &counts)?;
        let rate = |(hits, of): (f64, f64)| (hits + more_hits) / (of + more);
        let rates: Vec<f64> = counts.into_iter().map(rate).collect();
        let n = rates.iter().filter(|rate| !rate.is_nan()).count() as u64;
        named::add(Self::NAME, table, axis, RawColumn::new(&*self.name, Values::Number(rates)))?;
        Ok(n)
    }
}

impl SmoothRate {
    /// What is added to hits and to observations.
    fn prior(
        &self,
        axis: Axis,
        train: &Train,
        counts: &[(f64, f64)],
    ) -> Result<(f64, f64), DataError> {
        if self.with == RateSmoothing::Additive {
            let alpha = self.alpha.unwrap_or(1.0);
            return Ok((alpha, 2.0 * alpha));
        }
        let both = counts.iter().zip(train.has(axis));
        let known = both.filter(|((hits, of), is_train)| **is_train && !(hits + of).is_nan());
        let (hits, of) = known.fold((0.0, 0.0), |sum, ((hits, of), _)| (sum.0 + hits, sum.1 + of));
        if of <= 0.0 {
            let reason =
                "has no observation in the training part to take a rate from; use with: additive";
            return Err(named::refused(Self::NAME, &self.name, reason));
        }
        let strength = self.strength.unwrap_or(20.0);
        Ok((strength * hits / of, strength))
    }
}

/// Hits and observations of each entry of an axis.
type Counts = (Axis, Vec<(f64, f64)>);

fn of_columns(table: &Interactions, columns: &CountColumns) -> Result<Counts, DataError> {
    let step = SmoothRate::NAME;
    let hits = named::find_one(step, table, &columns.hits)?;
    let of = named::find_one(step, table, &columns.of)?;
    if hits.axis != of.axis {
        let reason = format!("and `{}` are not of the same: rows, users or items", columns.of);
        return Err(hits.refused(step, reason));
    }
    let numbers = |column: &Named| match column.values(table) {
        Some(Values::Number(numbers)) => Ok(numbers),
        _ => Err(column.refused(step, "holds no counts; a rate is made of two columns of numbers")),
    };
    let (hit_counts, of_counts) = (numbers(&hits)?, numbers(&of)?);
    let counts: Vec<(f64, f64)> =
        hit_counts.iter().copied().zip(of_counts.iter().copied()).collect();
    if let Some(entry) =
        counts.iter().position(|&(n_hits, n)| n_hits < 0.0 || n_hits > n || n < 0.0)
    {
        let ((n_hits, n), place) = (counts[entry], entry_name(table, hits.axis, entry));
        let reason = format!(
            "has `{n_hits}` hits of `{n}` ({place}); hits must be from 0 to `{}`",
            columns.of
        );
        return Err(hits.refused(step, reason));
    }
    Ok((hits.axis, counts))
}

fn of_ratings(
    table: &Interactions,
    train: &Train,
    high: &HighRatings,
) -> Result<Counts, DataError> {
    let Some(ratings) = &table.rating else {
        return Err(DataError::NeedsRatings {
            needed_by: "step `smooth_rate` with ratings".into(),
            fix: "name their column in the source, or give columns of counts",
        });
    };
    let (axis, owners, n) = match high.per {
        Owner::Users => (Axis::Users, &table.user, table.users.len()),
        Owner::Items => (Axis::Items, &table.item, table.items.len()),
    };
    let mut counts = vec![(0.0, 0.0); n];
    let rows = ratings.iter().zip(owners).zip(train.has(Axis::Rows));
    for ((&rating, &owner), _) in
        rows.filter(|((rating, _), is_train)| **is_train && !rating.is_nan())
    {
        let (hits, of) = &mut counts[owner as usize];
        *hits += f64::from(u8::from(rating >= high.at_least));
        *of += 1.0;
    }
    Ok((axis, counts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows_for_tests::{numbers, refusal, rows};

    const N: f64 = f64::NAN;

    fn rate(with: RateSmoothing, columns: Option<(&str, &str)>, per: Option<Owner>) -> SmoothRate {
        let columns = columns.map(|(hits, of)| CountColumns { hits: hits.into(), of: of.into() });
        let ratings = per.map(|per| HighRatings { at_least: 4.0, per });
        SmoothRate { name: "rate".into(), columns, ratings, with, alpha: None, strength: None }
    }

    /// Items x and y are in train, z is not.
    fn table(clicks: [f64; 3], views: [f64; 3]) -> (Interactions, Train) {
        let all = [
            ("a", "x", 5.0, 0.0),
            ("a", "y", 3.0, 1.0),
            ("b", "x", 4.0, 0.0),
            ("b", "z", 5.0, 1.0),
        ];
        let mut table = rows(&all, "tttv");
        let column =
            |name, numbers: [f64; 3]| RawColumn::new(name, Values::Number(numbers.to_vec()));
        table.0.item_columns = vec![column("clicks", clicks), column("views", views)];
        table
    }

    const COUNTS: Option<(&str, &str)> = Some(("clicks", "views"));

    #[test]
    fn rates_of_columns_are_drawn_to_one_half_or_to_that_of_train() {
        let table = table([1.0, 0.0, 3.0], [4.0, 0.0, 3.0]);
        let additive = rate(RateSmoothing::Additive, COUNTS, None);
        assert_eq!(numbers(&additive, &table, Axis::Items, "rate"), [2.0 / 6.0, 0.5, 0.8]);
        // Train has 1 of 4, z is not in train: strength 4 adds 1 hit and 4 observations.
        let bayesian =
            SmoothRate { strength: Some(4.0), ..rate(RateSmoothing::Bayesian, COUNTS, None) };
        assert_eq!(numbers(&bayesian, &table, Axis::Items, "rate"), [0.25, 0.25, 4.0 / 7.0]);
    }

    #[test]
    fn rates_of_ratings_count_those_of_train() {
        let table = table([0.0; 3], [0.0; 3]);
        let of = |with, per| rate(with, None, Some(per));
        // a: 5 of 5 and 3; b: 4. x: 5 and 4; y: 3; z: nothing.
        let users = of(RateSmoothing::Additive, Owner::Users);
        assert_eq!(numbers(&users, &table, Axis::Users, "rate"), [0.5, 2.0 / 3.0]);
        let items = SmoothRate { strength: Some(3.0), ..of(RateSmoothing::Bayesian, Owner::Items) };
        // The rate of train is 2 of 3: two more hits in three more observations.
        assert_eq!(numbers(&items, &table, Axis::Items, "rate"), [0.8, 0.5, 2.0 / 3.0]);
    }

    #[test]
    fn a_missing_count_gives_a_missing_rate() {
        let table = table([1.0, N, 1.0], [4.0, 2.0, N]);
        let rates =
            numbers(&rate(RateSmoothing::Bayesian, COUNTS, None), &table, Axis::Items, "rate");
        assert_eq!(rates[..1], [0.25]);
        assert!(rates[1].is_nan() && rates[2].is_nan());
    }

    #[test]
    fn what_valid_and_test_hold_changes_nothing_for_train() {
        let of = |z: f64| {
            let mut table = table([1.0, 2.0, z], [4.0, 3.0, 2.0 * z]);
            table.0.rating.as_mut().unwrap()[3] = z;
            let columns = rate(RateSmoothing::Bayesian, COUNTS, None);
            let ratings = rate(RateSmoothing::Bayesian, None, Some(Owner::Users));
            let columns = numbers(&columns, &table, Axis::Items, "rate")[..2].to_vec();
            (columns, numbers(&ratings, &table, Axis::Users, "rate"))
        };
        assert_eq!(of(1.0), of(5.0));
    }

    #[test]
    fn counts_that_make_no_rate_are_told_with_their_place() {
        let additive = rate(RateSmoothing::Additive, COUNTS, None);
        assert_eq!(
            refusal(&additive, &table([0.0, 3.0, 0.0], [1.0, 2.0, 1.0])),
            "step `smooth_rate`: column `clicks` has `3` hits of `2` (item `y`); hits must be from 0 to `views`"
        );
        let none = refusal(
            &rate(RateSmoothing::Bayesian, COUNTS, None),
            &table([0.0; 3], [0.0, 0.0, 5.0]),
        );
        assert!(none.contains("no observation in the training part"), "{none}");
        let taken = SmoothRate { name: "views".into(), ..additive };
        let taken = refusal(&taken, &table([0.0; 3], [1.0; 3]));
        assert!(taken.contains("have one already"), "{taken}");
    }

    #[test]
    fn parameters_that_do_not_go_together_are_refused() {
        let additive = rate(RateSmoothing::Additive, COUNTS, None);
        assert!(SmoothRate::check(&additive).is_ok());
        for wrong in [
            rate(RateSmoothing::Additive, None, None),
            rate(RateSmoothing::Additive, COUNTS, Some(Owner::Users)),
            SmoothRate { strength: Some(1.0), ..additive.clone() },
            SmoothRate { alpha: Some(0.0), ..additive.clone() },
            SmoothRate { with: RateSmoothing::Bayesian, alpha: Some(1.0), ..additive },
        ] {
            assert!(SmoothRate::check(&wrong).is_err(), "{wrong:?}");
        }
    }
}
