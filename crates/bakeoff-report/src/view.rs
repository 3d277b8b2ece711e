//! All that a report is made from.

use std::fmt;

use bakeoff_spec::{Catalog, DatasetCard, Plan, Study, TrialKey};

/// A study as the report sees it. Nothing else enters a report: no clock, no machine, no store.
#[derive(Clone, Copy)]
pub struct StudyView<'a> {
    /// What was to be done.
    pub plan: &'a Plan,
    /// What came of it; parts may be missing or failed.
    pub study: &'a Study,
    /// The prepared dataset in figures.
    pub card: &'a DatasetCard,
    /// For the direction and the meaning of metrics.
    pub catalog: &'a Catalog,
    /// What a replicate's selection metric on test is the mean of: a value for every user or row, in the same order for
    /// every trial of the study. `None` where they were not kept.
    pub test_units: &'a dyn Fn(&TrialKey) -> Option<Vec<f64>>,
    /// The spec as named on the command line, such as `experiments/movies_topn.yaml`.
    pub spec_name: &'a str,
    /// Version of the bakeoff that writes the report.
    pub code_version: &'a str,
}

impl fmt::Debug for StudyView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StudyView").field("plan", &self.plan.name).finish_non_exhaustive()
    }
}
