//! Every figure of a report. To add one: write its file with a function `figures`, add its line.

use std::collections::BTreeSet;

use crate::chart::Chart;
use crate::findings::Findings;

/// A chart with its file name, its words and its place in the report.
#[derive(Debug)]
pub(crate) struct Figure {
    /// File name without its ending: lower-case letters, digits and `_`.
    pub(crate) stem: String,
    /// What it shows, in a few words, for those who cannot see it.
    pub(crate) alt: String,
    pub(crate) place: Place,
    /// The model it is about, if it is about one.
    pub(crate) model: Option<usize>,
    pub(crate) chart: Chart,
}

/// The section that shows a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Comparison,
    Curves,
    Search,
    Grids,
    Pareto,
    Dataset,
}

macro_rules! register {
    ($($module:ident),+ $(,)?) => {
        $(mod $module;)+
        const ALL: &[fn(&Findings<'_>) -> Vec<Figure>] = &[$($module::figures),+];
    };
}

register! {
    metric_bars,
    learning_curves,
    search_progress,
    grid_heat_maps,
    pareto_front,
    long_tail,
    popularity_curve,
    interactions_per_user,
    sequence_lengths,
    rating_histogram,
    interactions_over_time,
}

/// Every figure of the report, each under a file name of its own.
pub(crate) fn all(findings: &Findings<'_>) -> Vec<Figure> {
    let mut figures: Vec<Figure> = ALL.iter().flat_map(|build| build(findings)).collect();
    let mut taken = BTreeSet::new();
    for figure in &mut figures {
        let stem = file_stem(&figure.stem);
        let numbered = (2..).map(|n| format!("{stem}_{n}"));
        figure.stem = std::iter::once(stem.clone())
            .chain(numbered)
            .find(|name| taken.insert(name.clone()))
            .expect("numbers do not end");
    }
    figures
}

/// Lower case, since some file systems take `A` and `a` for the same file.
fn file_stem(text: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    text.chars().map(safe).collect()
}
