//! The plain models that every other must beat, tuned like them.

use crate::model::{ModelEntry, build};

bakeoff_spec::register! { ModelEntry, build;
    popularity::Popularity,
    item_knn::ItemKnn,
    bpr_mf::BprMf,
    bias::Bias,
}
