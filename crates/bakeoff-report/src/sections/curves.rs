//! Learning curves.

use crate::figures::Place;
use crate::sections::Page;

pub(crate) fn section(page: &Page<'_>) -> String {
    let figures = page.figures(Place::Curves);
    let text = if figures.is_empty() {
        "No chosen configuration was trained in epochs.".to_owned()
    } else {
        let seed = page.findings.view.plan.seeds.first();
        let seed = seed.map(|seed| format!(" under seed {seed}")).unwrap_or_default();
        format!(
            "The chosen configuration of every model that is trained by gradients{seed}.\n\
             The validation loss is taken on the validation pairs without dropout.\n\
             Tested are the weights of the epoch that is best on validation."
        )
    };
    format!("## Learning curves\n\n{text}\n{figures}")
}
