//! The dataset in figures.

use bakeoff_spec::card::Spread;
use bakeoff_spec::{DatasetCard, Params, Use};
use jiff::Timestamp;

use crate::figures::Place;
use crate::format::{self, code, count, plain};
use crate::sections::Page;
use crate::table::{Table, numbers, words};

pub(crate) fn section(page: &Page<'_>) -> String {
    let card = page.findings.view.card;
    let mut lines = vec![
        "## Dataset\n".to_owned(),
        format!(
            "{} users, {} items, {} interactions: a density of {:.3} %.",
            count(card.n_users),
            count(card.n_items),
            count(card.n_interactions),
            card.density * 100.0
        ),
        format!(
            "Interactions per user: {}; per item: {}.",
            spread(card.per_user),
            spread(card.per_item)
        ),
        format!(
            "The Gini coefficient of interactions over items is {:.3} (0: all alike, 1: all on one item).",
            card.item_gini
        ),
    ];
    lines.extend(time_span(card));
    lines.push(format!(
        "Source {}, split {}.",
        used(&card.recipe.source),
        used(&card.recipe.split)
    ));
    for (name, about) in &card.columns {
        lines.push(format!("Column {}: {}.", code(name), plain(about.trim_end_matches('.'))));
    }
    lines.extend(card.notes.iter().map(|note| plain(note)));
    lines.push(format!("\n{}", steps(card)));
    lines.push(parts(card).to_string());
    lines.push(page.figures(Place::Dataset));
    lines.join("\n")
}

fn steps(card: &DatasetCard) -> Table {
    let mut table = Table::of([
        words("step"),
        numbers("rows"),
        numbers("users"),
        numbers("items"),
        numbers("values changed"),
    ]);
    // The source comes first, then every step of the recipe.
    let recipe = std::iter::once(&card.recipe.source).chain(&card.recipe.steps);
    for (i, (step, of_recipe)) in card.steps.iter().zip(recipe).enumerate() {
        let name = if i == 0 { code(&step.step) } else { used(of_recipe) };
        table.row(
            [name].into_iter().chain([step.rows, step.users, step.items, step.changed].map(count)),
        );
    }
    table
}

fn parts(card: &DatasetCard) -> Table {
    let mut table =
        Table::of([words("part"), numbers("interactions"), numbers("users"), numbers("items")]);
    for part in &card.parts {
        table.row(
            [plain(&part.part)]
                .into_iter()
                .chain([part.interactions, part.users, part.items].map(count)),
        );
    }
    table
}

fn spread(Spread { min, median, mean, max }: Spread) -> String {
    format!("{} to {}, median {median:.0}, mean {mean:.1}", count(min), count(max))
}

fn time_span(card: &DatasetCard) -> Option<String> {
    let (first, last) = card.time_span?;
    let day = |secs| Some(Timestamp::from_second(secs).ok()?.strftime("%Y-%m-%d").to_string());
    Some(format!("Interactions range from {} to {}.", day(first)?, day(last)?))
}

/// A plug-in as a spec names it, with its parameters.
fn used(Use { name, params, .. }: &Use) -> String {
    code(&format!("{name}{}", written(params)))
}

fn written(params: &Params) -> String {
    let pairs: Vec<String> =
        params.iter().map(|(name, value)| format!(" {name}={}", format::value(value))).collect();
    pairs.concat()
}
