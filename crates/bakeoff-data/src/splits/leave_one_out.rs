//! Each user's newest item is for test, the one before for validation.

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Assigned, Split};
use crate::error::DataError;
use crate::order::Ordered;

/// There is nothing to choose.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeaveOneOut {}

impl Plugin for LeaveOneOut {
    const NAME: &'static str = "leave_one_out";
    const ABOUT: &'static str = "Each user's newest item for test, the one before for validation; users with fewer than three train alone.";
    type Params = Self;
}

impl Split for LeaveOneOut {
    fn assign(&self, data: &Ordered) -> Result<Vec<Assigned>, DataError> {
        let mut assigned = vec![Assigned::Train; data.n_interactions()];
        for rows in data.rows_by_user().filter(|rows| rows.len() >= 3) {
            assigned[rows.end - 1] = Assigned::Test;
            assigned[rows.end - 2] = Assigned::Valid;
        }
        Ok(assigned)
    }
}
