//! How interactions are divided into train, validation and test. To add a split: write its file, add its line.

use bakeoff_spec::registry::{find, params_of};
use bakeoff_spec::{Entry, Params, Plugin};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::error::DataError;
use crate::order::Ordered;

bakeoff_spec::register! { SplitEntry, build;
    random::Random,
    temporal::Temporal,
    leave_one_out::LeaveOneOut,
    leave_k_out::LeaveKOut,
    by_user::ByUser,
    temporal_per_user::TemporalPerUser,
    k_fold::KFold,
    cold_users::ColdUsers,
    cold_items::ColdItems,
    fixed::Fixed,
}

/// A split with its parameters.
pub trait Split {
    /// The part of each row. Since a row gets one answer, no row is in two parts.
    fn assign(&self, data: &Ordered) -> Result<Vec<Assigned>, DataError>;

    /// What a reader of the card should know of how it divided these data.
    fn note(&self, _data: &Ordered) -> Option<String> {
        None
    }
}

/// The part that a row goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Assigned {
    /// What models are fitted on.
    Train,
    /// What configurations are chosen on.
    Valid,
    /// What the chosen ones are scored on.
    Test,
    /// What evaluation may show of users whom training does not see.
    FoldIn,
    /// In no part.
    Left,
}

impl Assigned {
    /// The parts that are stored.
    pub const ALL: [Self; 4] = [Self::Train, Self::Valid, Self::Test, Self::FoldIn];
    /// Those that every split must fill.
    pub const NEEDED: [Self; 3] = [Self::Train, Self::Valid, Self::Test];

    /// What arrays, files and cards call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Valid => "valid",
            Self::Test => "test",
            Self::FoldIn => "fold_in",
            Self::Left => "left out",
        }
    }
}

/// One registered split.
pub type SplitEntry = Entry<fn(&Params) -> Result<Box<dyn Split>, DataError>>;

/// The split called `name` with these parameters.
pub fn split(name: &str, params: &Params) -> Result<Box<dyn Split>, DataError> {
    let unknown = || DataError::Unknown { kind: "split", name: name.to_owned() };
    (find(ALL, name).ok_or_else(unknown)?.build)(params)
}

fn build<P: Plugin<Params: Split>>(params: &Params) -> Result<Box<dyn Split>, DataError> {
    let params =
        params_of::<P>(params).map_err(|source| DataError::Params { plugin: P::NAME, source })?;
    Ok(Box::new(params))
}

/// Something of the data must be left to fit on.
fn check_shares(valid: f64, test: f64) -> Result<(), String> {
    if valid + test < 1.0 {
        return Ok(());
    }
    Err(format!("valid + test: {valid} + {test} leaves nothing to train on; must be below 1"))
}

/// The part of each of `n` things, by lot, in shares rounded to whole ones.
fn by_lot(n: usize, valid: f64, test: f64, seed: u64) -> Vec<Assigned> {
    let n_test = (n as f64 * test).round() as usize;
    let n_valid = (n as f64 * valid).round() as usize;
    let mut order: Vec<u32> = (0..n as u32).collect();
    order.shuffle(&mut Xoshiro256PlusPlus::seed_from_u64(seed));
    let mut parts = vec![Assigned::Train; n];
    for (place, thing) in order.into_iter().enumerate().take(n_test + n_valid) {
        parts[thing as usize] = if place < n_test { Assigned::Test } else { Assigned::Valid };
    }
    parts
}

/// The parts of `n` interactions of a user, oldest first, in shares rounded to whole ones; one at least is train's.
fn of_user(n: usize, valid: f64, test: f64) -> Vec<Assigned> {
    let n_test = ((n as f64 * test).round() as usize).min(n.saturating_sub(1));
    let n_valid = ((n as f64 * valid).round() as usize).min(n.saturating_sub(1 + n_test));
    let mut parts = vec![Assigned::Train; n];
    parts[n - n_test..].fill(Assigned::Test);
    parts[n - n_test - n_valid..n - n_test].fill(Assigned::Valid);
    parts
}
