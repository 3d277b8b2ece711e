//! When the interactions of each part were: how many at a time, and which share of the part by then.

use bakeoff_spec::card::OverTime;

use crate::chart::{Along, Chart, Line, Lines, Panel};
use crate::figures::{Figure, Place};
use crate::findings::Findings;
use crate::format;

pub(crate) fn figures(findings: &Findings<'_>) -> Vec<Figure> {
    let Some(over_time) = &findings.view.card.over_time else { return Vec::new() };
    let OverTime { first, bin_secs, parts } = over_time;
    let time = |bins: f64| *first as f64 + bins * *bin_secs as f64;
    let panel = |heading: String, lines: Vec<Line>| Panel {
        heading,
        x_label: "time (UTC)".into(),
        x: Along::Time,
        y: Along::Plain,
        lines,
        mark: None,
    };
    let counts = parts.iter().map(|(part, counts)| {
        let points = counts.iter().enumerate().map(|(i, &n)| (time(i as f64 + 0.5), n as f64));
        Line { label: part.clone(), points: between(points.collect(), 0.0, 0.0) }
    });
    // Parts are of different sizes: shares show whether one is later than another.
    let shares = parts.iter().map(|(part, counts)| {
        let total = counts.iter().sum::<u64>() as f64;
        let sums = counts.iter().enumerate().scan(0, |sum, (i, n)| {
            *sum += n;
            Some((time(i as f64 + 1.0), *sum as f64 / total * 100.0))
        });
        let points = std::iter::once((time(0.0), 0.0)).chain(sums).collect();
        Line { label: part.clone(), points: between(points, 0.0, 100.0) }
    });
    let width = format::long_duration(*bin_secs);
    vec![Figure {
        stem: "interactions_over_time".into(),
        alt: "Interactions of each part over time".into(),
        place: Place::Dataset,
        model: None,
        chart: Chart::Lines(Lines {
            title: "Interactions over time".into(),
            panels: vec![
                panel(format!("Interactions in {width}"), counts.collect()),
                panel("Share of the part's interactions so far, %".into(), shares.collect()),
            ],
        }),
    }]
}

/// The points from the last that still is at `before` to the first that is at `after` for good: lines of parts that have
/// not begun or are at their end would lie on one another.
fn between(mut points: Vec<(f64, f64)>, before: f64, after: f64) -> Vec<(f64, f64)> {
    let n_before = points.iter().take_while(|point| point.1 <= before).count();
    let n_after = points.iter().rev().take_while(|point| point.1.total_cmp(&after).is_eq()).count();
    points.truncate(points.len() - n_after.saturating_sub(1));
    points.drain(..n_before.saturating_sub(1).min(points.len()));
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_begins_and_ends_with_one_point_at_rest() {
        let line = |values: &[f64]| values.iter().map(|&y| (0.0, y)).collect::<Vec<_>>();
        let cut = |values: &[f64], after: f64| between(line(values), 0.0, after);
        assert_eq!(
            cut(&[0.0, 0.0, 3.0, 0.0, 4.0, 0.0, 0.0], 0.0),
            line(&[0.0, 3.0, 0.0, 4.0, 0.0])
        );
        assert_eq!(cut(&[0.0, 0.0, 40.0, 100.0, 100.0], 100.0), line(&[0.0, 40.0, 100.0]));
        assert_eq!(cut(&[5.0], 0.0), line(&[5.0]));
    }
}
