//! Learning curves.

use crate::figures::Place;
use crate::sections::Page;

pub(crate) fn section(page: &Page<'_>) -> String {
    let figures = page.figures(Place::Curves);
    let text = if figures.is_empty() {
        "No chosen configuration was trained in epochs.".to_owned()
    } else {
        "The chosen configuration of every model that is trained by gradients, under the first seed whose replicate has \
         a curve: its figure names it.\n\
         The validation loss is taken on the validation pairs without dropout.\n\
         Tested are the weights of the epoch that is best on validation."
            .to_owned()
    };
    format!("## Learning curves\n\n{text}\n{figures}")
}
