//! How unevenly interactions are spread over items.

use crate::chart::{Along, Chart, Line, Lines, Panel};
use crate::figures::{Figure, Place};
use crate::findings::Findings;

pub(crate) fn figures(findings: &Findings<'_>) -> Vec<Figure> {
    let card = findings.view.card;
    let curve = &card.popularity_curve;
    if curve.len() < 2 {
        return Vec::new();
    }
    let step = 100.0 / (curve.len() - 1) as f64;
    let points = curve.iter().enumerate().map(|(i, share)| (i as f64 * step, share * 100.0));
    let panel = Panel {
        heading: "Interactions held by the most popular items, %".into(),
        x_label: "most popular items, % of all items".into(),
        x: Along::Whole,
        y: Along::Plain,
        lines: vec![
            Line {
                label: format!("this dataset (Gini {:.2})", card.item_gini),
                points: points.collect(),
            },
            Line { label: "all items alike".into(), points: vec![(0.0, 0.0), (100.0, 100.0)] },
        ],
        mark: None,
    };
    vec![Figure {
        stem: "popularity_curve".into(),
        alt: "Share of interactions held by the most popular items".into(),
        place: Place::Dataset,
        model: None,
        chart: Chart::Lines(Lines { title: "Popularity of items".into(), panels: vec![panel] }),
    }]
}
