//! Every metric of rating predictions. To add one: write its file, add its line.
//!
//! Each is a mean over the rows of some error of the row, put on a readable scale at the end.

/// A metric of predicted ratings; better predictions give lower values.
pub trait RatingMetric: 'static {
    /// The name in a spec.
    const NAME: &'static str;
    /// One sentence for `bakeoff list metrics`.
    const ABOUT: &'static str;
    /// What the error of one row is called.
    const ERROR: &'static str;
    /// Part of the key of every trial that computes it: bump it when the code gives other numbers than before.
    const REVISION: u32 = 1;

    /// The error of one row, from prediction minus truth.
    fn error(difference: f64) -> f64;

    /// The metric's value, from the mean of the rows' errors.
    fn of_mean(mean_error: f64) -> f64 {
        mean_error
    }
}

/// A registered rating metric.
#[derive(Debug, Clone, Copy)]
pub struct RatingEntry {
    /// [`RatingMetric::NAME`].
    pub name: &'static str,
    /// [`RatingMetric::ABOUT`].
    pub about: &'static str,
    /// [`RatingMetric::ERROR`].
    pub of_row: &'static str,
    /// [`RatingMetric::REVISION`].
    pub revision: u32,
    /// [`RatingMetric::error`].
    pub error: fn(f64) -> f64,
    /// [`RatingMetric::of_mean`].
    pub of_mean: fn(f64) -> f64,
}

impl RatingEntry {
    const fn of<M: RatingMetric>(error: fn(f64) -> f64) -> Self {
        Self {
            name: M::NAME,
            about: M::ABOUT,
            of_row: M::ERROR,
            revision: M::REVISION,
            error,
            of_mean: M::of_mean,
        }
    }
}

fn error<M: RatingMetric>(difference: f64) -> f64 {
    M::error(difference)
}

bakeoff_spec::register! { RatingEntry, error;
    rmse::Rmse,
    mse::Mse,
    mae::Mae,
}
