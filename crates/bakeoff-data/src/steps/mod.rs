//! What is done to the table, in the order of the spec. To add a step: write its file, add its line.
//!
//! Parts are split off before the first step that learns something from values ([`Effect::Fits`]); such a step sees
//! what train holds and nothing else. So no row can be removed after it.

use bakeoff_spec::registry::{find, params_of};
use bakeoff_spec::{Entry, Params, Plugin, Use};

use crate::error::DataError;
use crate::interactions::{Axis, Interactions};
use crate::splits::Assigned;

bakeoff_spec::register! { StepEntry, build;
    fill_missing::FillMissing,
    deduplicate::Deduplicate,
    min_rating::MinRating,
    k_core::KCore,
    pseudonymise::Pseudonymise,
    mask::Mask,
    generalise::Generalise,
    k_anonymity::KAnonymity,
    normalise_images::NormaliseImages,
    normalise::Normalise,
    smooth::Smooth,
    smooth_rate::SmoothRate,
    encode::Encode,
    tokenise::Tokenise,
    tf_idf::TfIdf,
    price_windows::PriceWindows,
    min_length::MinLength,
    max_length::MaxLength,
    time_range::TimeRange,
    sample_users::SampleUsers,
    clip::Clip,
    derive::Derive,
    filter::Filter,
    select_columns::SelectColumns,
    cast::Cast,
}

/// A step with its parameters.
pub trait Step {
    /// What it does; it decides on which side of the split it may stand.
    fn effect(&self) -> Effect;

    /// Whether it keeps rows because there are enough others of their user or item: then those of validation and test,
    /// which are there before the split, keep some of train. `bakeoff data audit` tells how many. A step that removes a
    /// row for the sake of later ones (`max_length`, `deduplicate`) leaves train no row that it would not have alone.
    fn counts_rows(&self) -> bool {
        false
    }

    /// What it puts beside a row that the row itself, or a later one, decides about: `bakeoff data audit` counts them.
    fn gives_away(&self) -> Option<GivesAway> {
        None
    }

    /// Changes the table; says how many values it filled in or changed (removed rows are not counted).
    ///
    /// What is learned is learned from what `train` says is in the training part; a step that does not fit must not
    /// look at it.
    fn apply(&self, table: &mut Interactions, train: &Train) -> Result<u64, DataError>;

    /// Looks at the table after all steps: whether what was promised of it still holds.
    fn finish(&self, _table: &mut Interactions) -> Result<(), DataError> {
        Ok(())
    }

    /// The columns that must be there, by the names that its parameters give them.
    fn uses(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether some column must hold images.
    fn needs_images(&self) -> bool {
        false
    }

    /// What becomes of the names of the columns: those that it may add, without those that it drops.
    fn outline(&self, _names: &mut Vec<String>) {}

    /// What the result depends on besides parameters and data, such as which secret key the environment holds: part of
    /// the dataset's key.
    fn environment(&self) -> Result<Option<String>, DataError> {
        Ok(None)
    }

    /// Whether it is there so that values of the source do not get out: then no message about the data may hold one.
    fn hides_values(&self) -> bool {
        false
    }
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Removes rows, by what stands in them or by how many there are: before the split.
    Removes,
    /// Changes values one by one, without regard to others: anywhere.
    Changes,
    /// Learns something from values: after the split, from train alone.
    Fits,
    /// Counts all users that are left and promises something of each, such as that they do not stand out: anywhere, but
    /// no rows may be removed after it. What it hides depends on users of all parts; it reveals nothing of them.
    Counts,
}

/// What a step puts beside rows though it would not be known, or not be the same, when it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivesAway {
    /// What held at the time of train's newest row, which is later than other rows.
    EndOfTrain,
    /// What was made of the row itself, where it is one of train: a rate of ratings that its own is one of.
    OwnRow,
}

/// What the training part holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Train {
    rows: Vec<bool>,
    users: Vec<bool>,
    items: Vec<bool>,
}

impl Train {
    /// Rows of the training part, and the users and items that they are of.
    pub fn of(table: &Interactions, assigned: &[Assigned]) -> Self {
        let rows: Vec<bool> = assigned.iter().map(|&part| part == Assigned::Train).collect();
        let mut train = Self {
            rows: Vec::new(),
            users: vec![false; table.users.len()],
            items: vec![false; table.items.len()],
        };
        for (row, _) in rows.iter().enumerate().filter(|(_, is_train)| **is_train) {
            train.users[table.user[row] as usize] = true;
            train.items[table.item[row] as usize] = true;
        }
        Self { rows, ..train }
    }

    /// Whether each row is one of train, or each user or item has a row there.
    pub fn has(&self, axis: Axis) -> &[bool] {
        match axis {
            Axis::Rows => &self.rows,
            Axis::Users => &self.users,
            Axis::Items => &self.items,
        }
    }
}

/// One registered step.
pub type StepEntry = Entry<fn(&Params) -> Result<Box<dyn Step>, DataError>>;

/// The step called `name` with these parameters.
pub fn step(name: &str, params: &Params) -> Result<Box<dyn Step>, DataError> {
    let unknown = || DataError::Unknown { kind: "step", name: name.to_owned() };
    (find(ALL, name).ok_or_else(unknown)?.build)(params)
}

fn build<P: Plugin<Params: Step>>(params: &Params) -> Result<Box<dyn Step>, DataError> {
    let params =
        params_of::<P>(params).map_err(|source| DataError::Params { plugin: P::NAME, source })?;
    Ok(Box::new(params))
}

/// Whether one of these steps hides values.
pub(crate) fn hide_values(steps: &[Use]) -> bool {
    let hides = |used: &Use| step(&used.name, &used.params).is_ok_and(|step| step.hides_values());
    steps.iter().any(hides)
}
