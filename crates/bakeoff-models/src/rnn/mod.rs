//! Recurrent models.

use crate::model::{ModelEntry, build};

bakeoff_spec::register! { ModelEntry, build;
    gru4rec::Gru4Rec,
}
