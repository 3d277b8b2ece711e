//! The sections of `report.md`, in reading order. To add one: write its file with a function `section`, add its line.
//!
//! Every sentence stands on a line of its own, so that a change of the report shows as a change of sentences.

use crate::figures::{Figure, Place};
use crate::findings::Findings;

/// What a section is written from.
pub(crate) struct Page<'a> {
    pub(crate) findings: &'a Findings<'a>,
    figures: &'a [Figure],
}

macro_rules! register {
    ($($module:ident),+ $(,)?) => {
        $(mod $module;)+
        const ALL: &[fn(&Page<'_>) -> String] = &[$($module::section),+];
    };
}

register! {
    head,
    summary,
    comparison,
    curves,
    search,
    pareto,
    hyperparameters,
    dataset,
    cost,
    failures,
    reproduce,
}

pub(crate) use pareto::tested;

/// The whole report.
pub(crate) fn markdown(findings: &Findings<'_>, figures: &[Figure]) -> String {
    let page = Page { findings, figures };
    let sections: Vec<String> = ALL
        .iter()
        .map(|section| section(&page).trim_end().to_owned())
        .filter(|s| !s.is_empty())
        .collect();
    // Parts bring their own blank lines; where two meet, one is enough.
    sections.join("\n\n").replace("\n\n\n", "\n\n") + "\n"
}

impl Page<'_> {
    /// The figures that belong to `place`, as Markdown.
    fn figures(&self, place: Place) -> String {
        self.figures.iter().filter(|figure| figure.place == place).map(image).collect()
    }

    /// Those of them about one model.
    fn figures_of(&self, place: Place, model: usize) -> String {
        let figures = self.figures.iter();
        figures.filter(|f| f.place == place && f.model == Some(model)).map(image).collect()
    }
}

fn image(figure: &Figure) -> String {
    let Figure { stem, alt, .. } = figure;
    let alt = crate::format::plain(alt);
    format!("\n![{alt}](figures/{stem}.png)\n\n[As SVG](figures/{stem}.svg)\n")
}
