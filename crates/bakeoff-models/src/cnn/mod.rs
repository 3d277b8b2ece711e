//! Convolutional models.

use crate::model::{ModelEntry, build};

bakeoff_spec::register! { ModelEntry, build;
    caser::Caser,
}
