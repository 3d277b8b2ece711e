//! The dataset in figures.

use bakeoff_spec::card::Spread;
use bakeoff_spec::{DatasetCard, Params, Use};
use jiff::Timestamp;

use crate::figures::Place;
use crate::format::{self, NONE, code, count, plain};
use crate::sections::Page;
use crate::table::{Table, numbers, words};

pub(crate) fn section(page: &Page<'_>) -> String {
    let card = page.findings.view.card;
    let mut lines = vec![
        "## Dataset\n".to_owned(),
        format!(
            "{} users, {} items, {} interactions: a density of {:.3} % (different pairs, of users and items with an \
             interaction).",
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
        gini(card),
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
    let told = |sentence: &str, table: Table| format!("\n{sentence}\n\n{table}");
    lines.push(told("What each step left and what it dropped:", steps(card)));
    let missing = missing(card);
    lines.extend(missing.map(|table| told("Missing values after each step:", table)));
    if !card.repairs.is_empty() {
        lines.push(told("What was put right in the source:", repairs(card)));
    }
    lines.push(told("The parts of the split:", parts(card)));
    if !card.overlaps.is_empty() {
        let sentence = "What they share with train, where cold users and items have no interaction, and the user of \
                        a repeated row has the same item:";
        lines.push(told(sentence, overlaps(card)));
    }
    lines.push(page.figures(Place::Dataset));
    lines.join("\n")
}

fn gini(card: &DatasetCard) -> String {
    let of_users = card.user_gini.map(|gini| format!(", over users {gini:.3}")).unwrap_or_default();
    format!(
        "The Gini coefficient of interactions over items is {:.3}{of_users} (0: all alike, 1: all on one).",
        card.item_gini
    )
}

fn steps(card: &DatasetCard) -> Table {
    let mut table = Table::of([
        words("step"),
        numbers("rows"),
        numbers("rows dropped"),
        numbers("users"),
        numbers("items"),
        numbers("values changed"),
    ]);
    // The source comes first, then every step of the recipe.
    let recipe = std::iter::once(&card.recipe.source).chain(&card.recipe.steps);
    let steps = card.steps.iter().zip(recipe).zip(card.dropped()).enumerate();
    for (i, ((step, of_recipe), dropped)) in steps {
        let name = if i == 0 { code(&step.step) } else { used(of_recipe) };
        let counts = [step.rows, dropped, step.users, step.items, step.changed].map(count);
        table.row([name].into_iter().chain(counts));
    }
    table
}

/// Columns by steps; `None` where nothing was ever missing.
fn missing(card: &DatasetCard) -> Option<Table> {
    let missing = card.missing();
    let steps = card.step_names();
    let steps = steps.iter().map(|step| numbers(code(step)));
    let mut table = Table::of([words("column"), words("of")].into_iter().chain(steps));
    for (of, column, n) in &missing {
        let n = n.iter().map(|n| n.map_or_else(|| NONE.into(), count));
        table.row([code(column), (*of).to_owned()].into_iter().chain(n));
    }
    (!missing.is_empty()).then_some(table)
}

fn repairs(card: &DatasetCard) -> Table {
    let mut table = Table::of([words("what"), numbers("times")]);
    for (what, n) in &card.repairs {
        table.row([plain(what), count(*n)]);
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

fn overlaps(card: &DatasetCard) -> Table {
    let mut table = Table::of([
        words("part"),
        numbers("users in train"),
        numbers("cold users"),
        numbers("rows of cold users"),
        numbers("items in train"),
        numbers("cold items"),
        numbers("rows with cold items"),
        numbers("repeated rows"),
    ]);
    for overlap in &card.overlaps {
        let counts = [
            overlap.shared_users,
            overlap.cold_users,
            overlap.rows_of_cold_users,
            overlap.shared_items,
            overlap.cold_items,
            overlap.rows_of_cold_items,
            overlap.repeated_rows,
        ];
        table.row([plain(&overlap.part)].into_iter().chain(counts.map(count)));
    }
    table
}

fn spread(Spread { min, median, mean, max }: Spread) -> String {
    format!("{} to {}, median {median}, mean {mean:.1}", count(min), count(max))
}

fn time_span(card: &DatasetCard) -> Option<String> {
    let (first, last) = card.time_span?;
    let day = |secs| Some(Timestamp::from_second(secs).ok()?.strftime("%Y-%m-%d").to_string());
    Some(format!("Interactions range from {} to {}.", day(first)?, day(last)?))
}

/// A plug-in as a spec names it, with the parameters that are set.
fn used(Use { name, params, .. }: &Use) -> String {
    code(&format!("{name}{}", written(params)))
}

fn written(params: &Params) -> String {
    let set = params.iter().filter(|(_, value)| !value.is_null());
    let pairs: Vec<String> =
        set.map(|(name, value)| format!(" {name}={}", format::value(value))).collect();
    pairs.concat()
}
