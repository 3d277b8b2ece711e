//! The figures of a prepared dataset.

mod counts;
mod missing;
mod split;
mod values;

use bakeoff_spec::card::StepCount;
use bakeoff_spec::{DatasetCard, Recipe};

use crate::order::Ordered;
use crate::splits::{self, Assigned};

pub(crate) use missing::{keep_lacking, missing};

/// The card of a dataset.
pub(crate) fn card(
    recipe: &Recipe,
    data: &Ordered,
    assigned: &[Assigned],
    steps: Vec<StepCount>,
) -> DatasetCard {
    let table = &data.table;
    let (n_users, n_items) = (table.users.len(), table.items.len());
    let per_user: Vec<u64> = data.rows_by_user().map(|rows| rows.len() as u64).collect();
    let mut per_item = vec![0u64; n_items];
    for &item in &table.item {
        per_item[item as usize] += 1;
    }
    let mut notes = table.notes.clone();
    if table.timestamp.is_none() {
        notes.push(
            "The data has no timestamps: a user's rows count as oldest first, in the order of the source."
                .to_owned(),
        );
    }
    if table.candidates.is_some() {
        notes.push(
            "The source gives each user a list of items to rank test targets among; only `evaluation` with \
             `candidates: { by: given }` uses them."
                .to_owned(),
        );
    }
    let split = splits::split(&recipe.split.name, &recipe.split.params);
    notes.extend(split.ok().and_then(|split| split.note(data)));
    let columns = table.all_columns().map(|(_, column)| column);
    let ratings = table.rating.as_deref().map(|all| all.iter().map(|&r| r as f32).collect());
    let time_span = table.timestamp.as_deref().and_then(split::span);
    DatasetCard {
        key: recipe.key(),
        recipe: recipe.clone(),
        n_users: n_users as u64,
        n_items: n_items as u64,
        n_interactions: data.n_interactions() as u64,
        density: counts::density(data, &per_item),
        steps,
        parts: split::parts(data, assigned),
        overlaps: split::overlaps(data, assigned),
        per_user: counts::spread(&per_user),
        per_item: counts::spread(&per_item),
        user_counts: counts::bins(&per_user),
        item_counts: counts::bins(&per_item),
        train_lengths: counts::bins(&split::train_lengths(data, assigned)),
        item_ranks: counts::ranks(&per_item),
        user_gini: Some(counts::gini(&per_user)),
        item_gini: counts::gini(&per_item),
        popularity_curve: counts::popularity_curve(&per_item),
        ratings: ratings.map_or_else(Vec::new, values::rating_counts),
        time_span,
        over_time: time_span.and_then(|span| split::over_time(data, assigned, span)),
        columns: columns
            .map(|column| (column.name.clone(), values::describe(&column.values)))
            .collect(),
        repairs: table.repairs.clone(),
        notes,
    }
}
