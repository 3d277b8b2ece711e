//! How often each rating was given.

use bakeoff_metrics::Interval;

use crate::chart::{Bar, Bars, Chart};
use crate::figures::{Figure, Place};
use crate::findings::Findings;
use crate::format::count;

/// More distinct values than this are no rating scale, and their bars no help.
const MOST_BARS: usize = 20;

pub(crate) fn figures(findings: &Findings<'_>) -> Vec<Figure> {
    let ratings = &findings.view.card.ratings;
    if ratings.is_empty() || ratings.len() > MOST_BARS {
        return Vec::new();
    }
    let bar = |&(rating, n): &(f32, u64)| {
        let length = n as f64;
        let value = Some(Interval { mean: length, low: length, high: length });
        Bar { label: rating.to_string(), group: 0, value, text: count(n) }
    };
    vec![Figure {
        stem: "ratings".into(),
        alt: "Bar chart of how often each rating was given".into(),
        place: Place::Dataset,
        model: None,
        chart: Chart::Bars(Bars {
            title: "Ratings".into(),
            x_label: "interactions".into(),
            groups: vec!["ratings".into()],
            rows: ratings.iter().map(bar).collect(),
        }),
    }]
}
