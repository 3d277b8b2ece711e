//! Makes numbers of texts, or texts of numbers.

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, Step, Train};
use crate::column::{Texts, Values};
use crate::delimited::{parse_number, shortened};
use crate::error::DataError;
use crate::interactions::Interactions;
use crate::named::{self, Named};

/// Which columns, and what they are to hold.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cast {
    /// Columns of rows, users or items.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// What they are to hold.
    pub to: Kind,
    /// Whether a text that is no number counts as missing; by default it is an error.
    #[serde(default)]
    pub lenient: bool,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Numbers.
    Number,
    /// Texts, each of which is a category unless a later step makes words of it: for a year or a code that is no quantity.
    Text,
}

impl Plugin for Cast {
    const NAME: &'static str = "cast";
    const ABOUT: &'static str =
        "Makes columns of numbers texts, and so categories, or columns of texts numbers.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        if params.lenient && params.to == Kind::Text {
            return Err("lenient: goes with to: number only; every number can be a text".into());
        }
        Ok(())
    }
}

impl Step for Cast {
    fn effect(&self) -> Effect {
        Effect::Changes
    }

    fn uses(&self) -> Vec<String> {
        self.columns.clone()
    }

    fn apply(&self, table: &mut Interactions, _train: &Train) -> Result<u64, DataError> {
        let mut n_changed = 0;
        for column in named::find(Self::NAME, table, &self.columns)? {
            if column.is_rating() {
                return Err(column.refused(Self::NAME, "is a number and stays one"));
            }
            let values = column.take(table);
            let cast = self.cast(&column, &values, table)?;
            n_changed += cast.as_ref().map_or(0, |cast| cast.len() as u64 - cast.n_missing());
            column.put(table, cast.unwrap_or(values));
        }
        Ok(n_changed)
    }
}

impl Cast {
    /// The values as they are to be; `None` if they are so already.
    fn cast(
        &self,
        column: &Named,
        values: &Values,
        table: &Interactions,
    ) -> Result<Option<Values>, DataError> {
        match (values, self.to) {
            (Values::Number(_), Kind::Number) | (Values::Text(_), Kind::Text) => Ok(None),
            (Values::Number(numbers), Kind::Text) => {
                let text = |number: &f64| {
                    if number.is_nan() { String::new() } else { number.to_string() }
                };
                Ok(Some(Values::Text(numbers.iter().map(text).collect::<Texts>())))
            }
            (Values::Text(texts), Kind::Number) => {
                let parsed: Vec<Option<f64>> = texts.values().names().map(parse_number).collect();
                let number = |(entry, &code): (usize, &u32)| {
                    match parsed[code as usize] {
                    Some(number) => Ok(number),
                    None if self.lenient => Ok(f64::NAN),
                    None => Err(column.refused(
                        Self::NAME,
                        format!(
                            "has `{}` ({}), which is no number; `lenient: true` counts such as missing",
                            shortened(texts.get(entry)),
                            column.entry(table, entry)
                        ),
                    )),
                }
                };
                let numbers =
                    texts.codes().iter().enumerate().map(number).collect::<Result<_, _>>()?;
                Ok(Some(Values::Number(numbers)))
            }
            (other, _) => Err(column.refused(
                Self::NAME,
                format!("holds {}; numbers and texts can be made of each other", other.kind()),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::RawColumn;

    fn table() -> Interactions {
        let mut table = Interactions::new("x.csv", true, false);
        table.push("a", "x", 1.0, 0.0, 1);
        table.push("b", "y", 1.0, 0.0, 2);
        let texts = ["7.50", "n/a"].into_iter().collect();
        table.item_columns = vec![
            RawColumn::new("year", Values::Number(vec![1999.0, f64::NAN])),
            RawColumn::new("price", Values::Text(texts)),
        ];
        table
    }

    fn cast(column: &str, to: Kind, lenient: bool) -> Result<(u64, Interactions), String> {
        let mut table = table();
        let step = Cast { columns: vec![column.into()], to, lenient };
        let n = step.apply(&mut table, &Train::default()).map_err(|error| error.to_string())?;
        Ok((n, table))
    }

    #[test]
    fn numbers_become_texts_and_texts_numbers() {
        let (n, table) = cast("year", Kind::Text, false).unwrap();
        let texts: Texts = ["1999", ""].into_iter().collect();
        assert_eq!((n, &table.item_columns[0].values), (1, &Values::Text(texts)));
        let (n, table) = cast("price", Kind::Number, true).unwrap();
        let Values::Number(prices) = &table.item_columns[1].values else { panic!("numbers") };
        assert!(n == 1 && prices[..1] == [7.5] && prices[1].is_nan());
        assert_eq!(cast("year", Kind::Number, false).unwrap().0, 0);
    }

    #[test]
    fn a_text_that_is_no_number_is_told_with_its_entry() {
        assert_eq!(
            cast("price", Kind::Number, false).unwrap_err(),
            "step `cast`: column `price` has `n/a` (item `y`), which is no number; `lenient: true` counts such as \
             missing"
        );
        assert!(cast("rating", Kind::Text, false).unwrap_err().contains("stays one"));
    }
}
