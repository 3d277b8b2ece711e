//! How many users have how many interactions.

use bakeoff_spec::card::Bin;

use crate::chart::{Chart, Columns};
use crate::figures::{Figure, Place};
use crate::findings::Findings;

pub(crate) fn figures(findings: &Findings<'_>) -> Vec<Figure> {
    let bins = &findings.view.card.user_counts;
    let title = "Interactions per user";
    histogram("interactions_per_user", title, "interactions, in bins even on a log scale", bins)
}

/// A histogram of users; none without bins.
pub(super) fn histogram(stem: &str, title: &str, x_label: &str, bins: &[Bin]) -> Vec<Figure> {
    if bins.is_empty() {
        return Vec::new();
    }
    let name = |&Bin { from, to, .. }: &Bin| match to - from {
        0 => from.to_string(),
        _ => format!("{from}–{to}"),
    };
    let columns = Columns {
        title: title.into(),
        x_label: x_label.into(),
        y_label: "Users".into(),
        heights: bins.iter().map(|bin| (name(bin), bin.n)).collect(),
    };
    vec![Figure {
        stem: stem.into(),
        alt: format!("Histogram of users: {}", title.to_lowercase()),
        place: Place::Dataset,
        model: None,
        chart: Chart::Columns(columns),
    }]
}
