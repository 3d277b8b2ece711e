//! Steps that leak, each in its own way: what the tests must catch.

use bakeoff_data::column::{Codes, RawColumn, Values};
use bakeoff_data::interactions::Axis;
use bakeoff_data::steps::{Effect, Step, Train};
use bakeoff_data::{DataError, Interactions};

/// What is made of more than train.
#[derive(Debug, Clone, Copy)]
pub(super) enum Leaky {
    /// Fills ratings with a mean that knows test's.
    Mean,
    /// Takes the vocabulary of all reviews.
    Vocabulary,
    /// Carries values on, of whatever part they are.
    Forward,
    /// Adds a column only if somebody outside train lacks something.
    Column,
    /// Counts the rows of each item, of whatever part they are.
    Counts,
    /// Says where a row stands among all of its user's.
    Places,
    /// Takes the share of each user in all.
    Users,
}

impl Leaky {
    /// Those that see what stands in rows that are held out.
    pub(super) const OF_VALUES: [Self; 4] =
        [Self::Mean, Self::Vocabulary, Self::Forward, Self::Column];
    /// Those that see which rows are held out and nothing that stands in them.
    pub(super) const OF_ROWS: [Self; 3] = [Self::Counts, Self::Places, Self::Users];
}

impl Step for Leaky {
    fn effect(&self) -> Effect {
        Effect::Fits
    }

    fn apply(&self, table: &mut Interactions, train: &Train) -> Result<u64, DataError> {
        let ratings = table.rating.as_mut().unwrap();
        match self {
            Self::Mean => {
                let present: Vec<f64> = ratings.iter().copied().filter(|r| !r.is_nan()).collect();
                let mean = present.iter().sum::<f64>() / present.len() as f64;
                ratings.iter_mut().filter(|r| r.is_nan()).for_each(|r| *r = mean);
            }
            Self::Vocabulary => {
                let Values::Text(texts) = &table.columns[0].values else { unreachable!() };
                let mut names: Vec<String> = texts.iter().map(str::to_owned).collect();
                names.sort();
                names.dedup();
                let code = |text: &str| names.iter().position(|name| name == text).unwrap() as u32;
                let codes = texts.iter().map(code).collect();
                table.columns[0].values = Values::Codes(Codes { names, codes });
            }
            Self::Forward => {
                for row in 1..ratings.len() {
                    if ratings[row].is_nan() {
                        ratings[row] = ratings[row - 1];
                    }
                }
            }
            Self::Column => {
                let of_items = &table.item_columns[1];
                let mut entries =
                    (0..of_items.values.len()).filter(|&i| !train.has(Axis::Items)[i]);
                if entries.any(|i| of_items.values.is_missing(i)) {
                    let zeros = Values::Number(vec![0.0; of_items.values.len()]);
                    table.item_columns.push(RawColumn::new("price_missing", zeros));
                }
            }
            Self::Counts => {
                let mut counts = vec![0.0; table.items.len()];
                table.item.iter().for_each(|&item| counts[item as usize] += 1.0);
                table.item_columns.push(RawColumn::new("popularity", Values::Number(counts)));
            }
            Self::Places => {
                let of_users = table.user.chunk_by(|a, b| a == b);
                let places = of_users.flat_map(|rows| (0..rows.len()).map(|place| place as f64));
                let places = Values::Number(places.collect());
                table.columns.push(RawColumn::new("place", places));
            }
            Self::Users => {
                let share = 1.0 / table.n_users() as f64;
                let shares = Values::Number(vec![share; table.users.len()]);
                table.user_columns.push(RawColumn::new("share", shares));
            }
        }
        Ok(0)
    }
}
