//! Models built on attention.

use crate::model::{ModelEntry, build};

bakeoff_spec::register! { ModelEntry, build;
    sasrec::SasRec,
}
