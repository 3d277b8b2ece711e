//! Takes the values of columns away.

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, Step, Train};
use crate::column::{Tags, Texts, Values};
use crate::error::DataError;
use crate::interactions::Interactions;
use crate::named::{self, Named};
use crate::outline::drop_name;
use crate::secret::{Pseudonyms, pseudonym_key};

/// Which columns, and what is left of them.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mask {
    /// Columns of rows, users or items.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// What becomes of them.
    #[serde(default)]
    pub with: Masking,
    /// What `constant` puts in the place of every value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The environment variable that holds the key of `pseudonym`: a random text of at least 16 characters.
    #[serde(default = "pseudonym_key")]
    #[schemars(regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]{0,63}$"))]
    pub key_env: String,
}

/// What is left of a column.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Masking {
    /// Nothing.
    #[default]
    Drop,
    /// `value`, by default `*`, in every entry, those without a value too.
    Constant,
    /// A keyed hash of each value: equal values stay equal, within a column of one name.
    Pseudonym,
}

impl Plugin for Mask {
    const NAME: &'static str = "mask";
    const ABOUT: &'static str =
        "Drops columns, or replaces their values by a constant or by pseudonyms.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        match (params.with, &params.value) {
            (Masking::Constant, Some(value)) if value.is_empty() => {
                Err("value: an empty text stands for a missing value; drop the column".into())
            }
            (Masking::Constant, _) | (_, None) => Ok(()),
            (_, Some(_)) => Err("value: goes with with: constant only".into()),
        }
    }
}

impl Step for Mask {
    fn effect(&self) -> Effect {
        Effect::Changes
    }

    fn uses(&self) -> Vec<String> {
        self.columns.clone()
    }

    fn outline(&self, names: &mut Vec<String>) {
        if self.with == Masking::Drop {
            self.columns.iter().for_each(|column| drop_name(names, column));
        }
    }

    fn apply(&self, table: &mut Interactions, _train: &Train) -> Result<u64, DataError> {
        let mut n_changed = 0;
        let columns = named::find(Self::NAME, table, &self.columns)?;
        if let Some(rating) = columns.iter().find(|column| column.is_rating()) {
            return Err(rating.refused(Self::NAME, "is what is predicted, and no column to hide"));
        }
        for column in &columns {
            let values = column.take(table);
            let (masked, n) = self.mask(column, &values)?;
            column.put(table, masked.unwrap_or(values));
            n_changed += n;
        }
        if self.with == Masking::Drop {
            named::remove(table, &columns);
        }
        Ok(n_changed)
    }

    fn environment(&self) -> Result<Option<String>, DataError> {
        match self.with {
            Masking::Pseudonym => Pseudonyms::key_id(&self.key_env, Self::NAME).map(Some),
            Masking::Drop | Masking::Constant => Ok(None),
        }
    }

    fn hides_values(&self) -> bool {
        true
    }
}

impl Mask {
    /// What is left of the values, and how many there were; `None` if nothing is.
    fn mask(&self, column: &Named, values: &Values) -> Result<(Option<Values>, u64), DataError> {
        let n = values.len() as u64;
        let n_present = n - values.n_missing();
        match self.with {
            Masking::Drop => return Ok((None, n_present)),
            Masking::Constant => {
                let constant = self.value.as_deref().unwrap_or("*");
                let texts = std::iter::repeat_n(constant, values.len()).collect();
                return Ok((Some(Values::Text(texts)), n));
            }
            Masking::Pseudonym => {}
        }
        let names = Pseudonyms::with(&self.key_env, Self::NAME)?;
        let domain = format!("column {}", column.name);
        let hidden = |text: &str| match text {
            "" => String::new(),
            _ => names.name(&domain, text),
        };
        let masked = match values {
            Values::Text(texts) => Values::Text(texts.map(hidden)),
            Values::Tags(Tags { values, lists }) => {
                let values = values.names().map(hidden).collect();
                Values::Tags(Tags { values, lists: lists.clone() })
            }
            Values::Number(numbers) => {
                let text = |number: &f64| {
                    if number.is_nan() { String::new() } else { hidden(&number.to_string()) }
                };
                Values::Text(numbers.iter().map(text).collect::<Texts>())
            }
            other => {
                let (of, holds) = (column.axis.name(), other.kind());
                let reason =
                    format!("of {of} holds {holds}, of which no pseudonym can be made; drop it");
                return Err(column.refused(Self::NAME, reason));
            }
        };
        Ok((Some(masked), n_present))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::{Dense, Numbers, RawColumn};

    fn table() -> Interactions {
        let mut table = Interactions::new("x.csv", false, false);
        table.push("a", "x", 0.0, 0.0, 2);
        table.push("b", "x", 0.0, 0.0, 3);
        let mails = Values::Text(["a@x", ""].into_iter().collect());
        let ages = Values::Number(vec![30.0, f64::NAN]);
        let faces = Values::Dense(Dense {
            shape: vec![1],
            numbers: Numbers::U8(vec![1, 2]),
            is_missing: vec![false; 2],
        });
        table.columns = vec![RawColumn::new("mail", mails.clone())];
        table.user_columns = vec![
            RawColumn::new("mail", mails),
            RawColumn::new("age", ages),
            RawColumn::new("face", faces),
        ];
        table
    }

    fn mask(
        columns: &[&str],
        with: Masking,
        key_env: &str,
    ) -> Result<(Interactions, u64), DataError> {
        let columns = columns.iter().map(|&name| name.to_owned()).collect();
        let step = Mask { columns, with, value: None, key_env: key_env.to_owned() };
        let mut table = table();
        let n = step.apply(&mut table, &Train::default())?;
        Ok((table, n))
    }

    fn texts(values: &Values) -> Vec<&str> {
        let Values::Text(texts) = values else { panic!("text, not {}", values.kind()) };
        texts.iter().collect()
    }

    #[test]
    fn a_dropped_column_is_gone_and_two_of_one_name_are_told_apart() {
        let (table, n) = mask(&["rows.mail", "face"], Masking::Drop, "").unwrap();
        assert!(table.columns.is_empty());
        assert_eq!(table.column_names(), ["mail", "age"]);
        assert_eq!(n, 3, "a mail of a row, two faces");
        let error = mask(&["mail", "face"], Masking::Drop, "").unwrap_err().to_string();
        assert!(error.ends_with("say which is meant: rows.mail or users.mail"), "{error}");
    }

    #[test]
    fn a_constant_says_nothing_not_even_what_is_missing() {
        let (table, n) = mask(&["rows.mail", "users.mail", "age"], Masking::Constant, "").unwrap();
        assert_eq!(texts(&table.user_columns[0].values), ["*", "*"]);
        assert_eq!(texts(&table.user_columns[1].values), ["*", "*"]);
        assert_eq!(n, 6);
    }

    #[test]
    fn pseudonyms_keep_equal_values_equal_and_missing_ones_missing() {
        // Any long variable serves as a key; cargo sets this one to the folder of the crate.
        const KEY: &str = "CARGO_MANIFEST_DIR";
        if std::env::var(KEY).is_ok() {
            let (table, n) =
                mask(&["rows.mail", "users.mail", "age"], Masking::Pseudonym, KEY).unwrap();
            let (row, user) = (&table.columns[0].values, &table.user_columns[0].values);
            assert_eq!(texts(row), texts(user));
            assert_eq!((texts(user)[0].len(), texts(user)[1]), (32, ""));
            assert_eq!(texts(&table.user_columns[1].values)[1], "");
            assert_eq!(n, 3);
            let error = mask(&["face"], Masking::Pseudonym, KEY).unwrap_err().to_string();
            assert_eq!(
                error,
                "step `mask`: column `face` of users holds blocks of numbers, of which no pseudonym can be made; drop it"
            );
        }
    }

    #[test]
    fn what_is_to_be_hidden_must_be_there() {
        let error = mask(&["mial"], Masking::Drop, "").unwrap_err().to_string();
        assert!(error.contains("no column `mial` (did you mean `mail`?)"), "{error}");
        // Ratings and times are no columns that could be dropped.
        assert!(mask(&["rating"], Masking::Drop, "").is_err());
    }
}
