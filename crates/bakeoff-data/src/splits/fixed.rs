//! The parts that the source itself gives: files for training and test, or a column that says which row is which.

use bakeoff_spec::Plugin;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Assigned, Split};
use crate::error::DataError;
use crate::order::Ordered;

/// Where validation comes from if the source gives none: many published splits have training and test alone.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Fixed {
    /// What is taken out of the source's training part if it gives no validation part.
    pub valid: FromTrain,
    /// Of `valid: random`: the share of the training part.
    #[schemars(range(min = 0.001, max = 0.9))]
    pub share: f64,
    /// Of `valid: random`: another seed gives another split.
    pub seed: u64,
}

/// What is taken out of the training part for validation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FromTrain {
    /// Each user's newest interaction of those in train; users with a single one keep it.
    #[default]
    Newest,
    /// Interactions by lot.
    Random,
}

impl Default for Fixed {
    fn default() -> Self {
        Self { valid: FromTrain::Newest, share: 0.1, seed: 1 }
    }
}

impl Plugin for Fixed {
    const NAME: &'static str = "fixed";
    const ABOUT: &'static str =
        "Takes the parts as the source gives them; validation out of train if it gives none.";
    type Params = Self;
}

impl Split for Fixed {
    fn assign(&self, data: &Ordered) -> Result<Vec<Assigned>, DataError> {
        let given = data.table.part.clone();
        let mut assigned = given.ok_or(DataError::NoParts)?;
        if assigned.contains(&Assigned::Valid) {
            return Ok(assigned);
        }
        match self.valid {
            FromTrain::Newest => {
                for rows in data.rows_by_user() {
                    let mut of_train = rows.filter(|&row| assigned[row] == Assigned::Train);
                    if let (Some(_), Some(newest)) = (of_train.next(), of_train.next_back()) {
                        assigned[newest] = Assigned::Valid;
                    }
                }
            }
            FromTrain::Random => {
                let of_train = |row: &usize| assigned[*row] == Assigned::Train;
                let mut rows: Vec<usize> = (0..assigned.len()).filter(of_train).collect();
                rows.shuffle(&mut Xoshiro256PlusPlus::seed_from_u64(self.seed));
                let n_valid = (rows.len() as f64 * self.share).round() as usize;
                for &row in &rows[..n_valid] {
                    assigned[row] = Assigned::Valid;
                }
            }
        }
        Ok(assigned)
    }

    fn note(&self, data: &Ordered) -> Option<String> {
        let given = data.table.part.as_ref()?;
        if given.contains(&Assigned::Valid) {
            return None;
        }
        let taken = match self.valid {
            FromTrain::Newest if data.table.timestamp.is_some() => {
                "each user's newest interaction of train".to_owned()
            }
            FromTrain::Newest => {
                "the interaction of train that the source has last of each user, as there are no times".to_owned()
            }
            FromTrain::Random => {
                let percent = 100.0 * self.share;
                format!("{percent} % of train, drawn at random (seed {})", self.seed)
            }
        };
        Some(format!(
            "The source gives no validation part. Split `fixed` takes {taken}, which models are not fitted on then; \
             `valid` of the split says how."
        ))
    }
}
