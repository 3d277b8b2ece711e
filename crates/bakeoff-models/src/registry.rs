//! Every model, by family. A model is added in its family's folder; a family here.

use bakeoff_spec::{CodeRevisions, ModelInfo};

use crate::model::ModelEntry;
use crate::{attention, baseline, cnn, deep, rnn};

/// The families in the order that listings show, each with its models.
pub const FAMILIES: &[(&str, &[ModelEntry])] = &[
    ("baseline", baseline::ALL),
    ("deep", deep::ALL),
    ("cnn", cnn::ALL),
    ("rnn", rnn::ALL),
    ("attention", attention::ALL),
];

/// Raise one where a change to shared code changes numbers; a change to one model raises that model's `REVISION`.
pub const CODE: CodeRevisions = CodeRevisions { fitting: 2, scoring: 1 };

/// What planning needs to know of every model.
pub fn catalog() -> Vec<ModelInfo> {
    let of_family = |&(family, models): &(&'static str, &'static [ModelEntry])| {
        models.iter().map(move |model| model.info(family))
    };
    FAMILIES.iter().flat_map(of_family).collect()
}

/// The model called `name`.
pub fn find(name: &str) -> Option<&'static ModelEntry> {
    FAMILIES.iter().flat_map(|(_, models)| *models).find(|model| model.name() == name)
}
