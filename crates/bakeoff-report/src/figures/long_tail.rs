//! How few items have most of the interactions: the interactions of items by rank, on log scales.

use crate::chart::{Along, Chart, Line, Lines, Panel};
use crate::figures::{Figure, Place};
use crate::findings::Findings;

pub(crate) fn figures(findings: &Findings<'_>) -> Vec<Figure> {
    let card = findings.view.card;
    if card.item_ranks.len() < 2 {
        return Vec::new();
    }
    let points = card.item_ranks.iter().map(|&(rank, n)| (rank as f64, n as f64)).collect();
    let panel = Panel {
        heading: "Interactions of an item".into(),
        x_label: "rank of the item, the most popular first".into(),
        x: Along::Log,
        y: Along::Log,
        lines: vec![Line { label: format!("items (Gini {:.2})", card.item_gini), points }],
        mark: None,
    };
    vec![Figure {
        stem: "long_tail".into(),
        alt: "Interactions of items by rank, on log scales".into(),
        place: Place::Dataset,
        model: None,
        chart: Chart::Lines(Lines { title: "Long tail of items".into(), panels: vec![panel] }),
    }]
}
