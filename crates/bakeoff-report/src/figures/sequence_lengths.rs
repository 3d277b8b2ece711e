//! How long the sequences are that models learn from.

use crate::figures::Figure;
use crate::figures::interactions_per_user::histogram;
use crate::findings::Findings;

pub(crate) fn figures(findings: &Findings<'_>) -> Vec<Figure> {
    let bins = &findings.view.card.train_lengths;
    let x_label = "interactions in train, in bins even on a log scale";
    histogram("sequence_lengths", "Sequence lengths in train", x_label, bins)
}
