//! Feed-forward networks over embeddings.

use crate::model::{ModelEntry, build};

bakeoff_spec::register! { ModelEntry, build;
    mlp::Mlp,
    neumf::NeuMf,
}
