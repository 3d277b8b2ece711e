//! The figures of a prepared dataset.

use bakeoff_spec::card::{PartCount, Spread, StepCount};
use bakeoff_spec::{DatasetCard, Recipe};
use rayon::prelude::*;

use crate::column::Values;
use crate::interactions::Repairs;
use crate::order::Ordered;
use crate::splits::Assigned;

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
    notes.extend(own_notes(data, assigned));
    let columns = table.all_columns().map(|(_, column)| column);
    let ratings = table.rating.as_deref().map(|all| all.iter().map(|&r| r as f32).collect());
    DatasetCard {
        key: recipe.key(),
        recipe: recipe.clone(),
        n_users: n_users as u64,
        n_items: n_items as u64,
        n_interactions: data.n_interactions() as u64,
        density: data.n_interactions() as f64 / (n_users as f64 * n_items as f64),
        steps,
        parts: parts(data, assigned),
        per_user: spread(per_user),
        per_item: spread(per_item.clone()),
        item_gini: gini(&per_item),
        popularity_curve: popularity_curve(&per_item),
        ratings: ratings.map_or_else(Vec::new, rating_counts),
        time_span: table.timestamp.as_deref().and_then(span),
        columns: columns.map(|column| (column.name.clone(), describe(&column.values))).collect(),
        notes,
    }
}

fn span(times: &[f64]) -> Option<(i64, i64)> {
    let spans = times.iter().map(|&time| (time as i64, time as i64));
    spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

fn own_notes(data: &Ordered, assigned: &[Assigned]) -> Vec<String> {
    let mut notes = Vec::new();
    if data.table.timestamp.is_none() {
        notes.push(
            "The data has no timestamps: a user's rows count as oldest first, in the order of the source."
                .to_owned(),
        );
    }
    let n_seen_before = seen_before(data, assigned);
    if n_seen_before > 0 {
        notes.push(format!(
            "{n_seen_before} interactions of the validation and test parts repeat an item that the user has in the \
             training part; a `deduplicate` step removes them."
        ));
    }
    notes.extend(repaired(&data.table.repairs));
    notes
}

fn repaired(repairs: &Repairs) -> impl Iterator<Item = String> {
    repairs.iter().map(|(what, n)| format!("Put right in the source: {what} ({n} times)."))
}

/// Validation and test rows whose item the user has in train.
fn seen_before(data: &Ordered, assigned: &[Assigned]) -> usize {
    let item = &data.table.item;
    let mut last_user_of = vec![usize::MAX; data.table.items.len()];
    let mut n = 0;
    for (user, rows) in data.rows_by_user().enumerate() {
        let is_train = |row: &usize| assigned[*row] == Assigned::Train;
        let is_scored = |row: &usize| matches!(assigned[*row], Assigned::Valid | Assigned::Test);
        for row in rows.clone().filter(is_train) {
            last_user_of[item[row] as usize] = user;
        }
        n += rows.filter(|row| is_scored(row) && last_user_of[item[*row] as usize] == user).count();
    }
    n
}

fn parts(data: &Ordered, assigned: &[Assigned]) -> Vec<PartCount> {
    let count = |part: Assigned| {
        let mut has_item = vec![false; data.table.items.len()];
        let (mut interactions, mut users) = (0, 0);
        for rows in data.rows_by_user() {
            let before = interactions;
            for row in rows.filter(|&row| assigned[row] == part) {
                has_item[data.table.item[row] as usize] = true;
                interactions += 1;
            }
            users += u64::from(interactions > before);
        }
        let items = has_item.into_iter().filter(|&has_item| has_item).count() as u64;
        PartCount { part: part.name().to_owned(), interactions, users, items }
    };
    let needed = |count: &PartCount| {
        count.interactions > 0 || Assigned::NEEDED.iter().any(|part| part.name() == count.part)
    };
    let all = Assigned::ALL.into_iter().chain([Assigned::Left]);
    all.map(count).filter(needed).collect()
}

fn spread(mut counts: Vec<u64>) -> Spread {
    counts.sort_unstable();
    let n = counts.len();
    let (Some(&min), Some(&max)) = (counts.first(), counts.last()) else {
        return Spread::default();
    };
    let median = f64::midpoint(counts[(n - 1) / 2] as f64, counts[n / 2] as f64);
    Spread { min, median, mean: counts.iter().sum::<u64>() as f64 / n as f64, max }
}

/// `2 Σ i x_i / (n Σ x_i) − (n + 1) / n` over ascending counts `x`, `i` from 1.
fn gini(counts: &[u64]) -> f64 {
    let mut ascending = counts.to_vec();
    ascending.sort_unstable();
    let n = ascending.len() as f64;
    let total: u64 = ascending.iter().sum();
    let weighted: f64 =
        ascending.iter().enumerate().map(|(i, &count)| (i + 1) as f64 * count as f64).sum();
    2.0 * weighted / (n * total as f64) - (n + 1.0) / n
}

/// For 0, 1, …, 100 % of the items, rounded to whole items, most popular first.
fn popularity_curve(counts: &[u64]) -> Vec<f64> {
    let mut descending = counts.to_vec();
    descending.sort_unstable_by(|a, b| b.cmp(a));
    let total: u64 = descending.iter().sum();
    let share = |percent: usize| {
        let n_items = (descending.len() * percent + 50) / 100;
        descending[..n_items].iter().sum::<u64>() as f64 / total as f64
    };
    (0..=100).map(share).collect()
}

/// How often each rating occurs. Ratings of more than `MOST_RATINGS` different values are counted in equal bins, each
/// under its middle.
fn rating_counts(mut ascending: Vec<f32>) -> Vec<(f32, u64)> {
    ascending.retain(|rating| !rating.is_nan());
    ascending.par_sort_unstable_by(f32::total_cmp);
    let counts: Vec<(f32, u64)> = ascending
        .chunk_by(|a, b| a.total_cmp(b).is_eq())
        .map(|equal| (equal[0], equal.len() as u64))
        .collect();
    let (Some(&(low, _)), Some(&(high, _))) = (counts.first(), counts.last()) else {
        return counts;
    };
    if counts.len() <= MOST_RATINGS {
        return counts;
    }
    let width = (high - low) / BINS as f32;
    let mut bins: Vec<(f32, u64)> =
        (0..BINS).map(|bin| (low + (bin as f32 + 0.5) * width, 0)).collect();
    for (rating, n) in counts {
        bins[(((rating - low) / width) as usize).min(BINS - 1)].1 += n;
    }
    bins
}

const MOST_RATINGS: usize = 50;
const BINS: usize = 20;

fn describe(values: &Values) -> String {
    let several = |n: usize| match n {
        1 => "1 value".to_owned(),
        _ => format!("{n} values"),
    };
    match values {
        Values::Text(texts) => several(texts.values().len()),
        Values::Codes(codes) => several(codes.names.len()),
        Values::Tags(tags) => format!("{} tags", tags.values.len()),
        Values::Weighted(weighted) => format!("{} weighted words", weighted.names.len()),
        Values::Tokens(tokens) => {
            format!("{} words of a vocabulary of {}", tokens.len, tokens.names.len())
        }
        Values::Series(series) => format!("{} points in time", series.points.values.len()),
        Values::Dense(dense) => {
            let shape: Vec<String> = dense.shape.iter().map(ToString::to_string).collect();
            format!("blocks of {}, {} missing", shape.join(" × "), values.n_missing())
        }
        Values::Number(numbers) => {
            let present: Vec<f64> = numbers.iter().copied().filter(|n| !n.is_nan()).collect();
            let n_missing = numbers.len() - present.len();
            let range = present.iter().map(|&n| (n, n)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
            let range = range.map_or("no numbers".to_owned(), |(low, high)| {
                format!("numbers from {} to {}", low as f32, high as f32)
            });
            if n_missing == 0 { range } else { format!("{range}, {n_missing} missing") }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gini_is_zero_for_equal_counts_and_grows_with_inequality() {
        assert!(gini(&[3, 3, 3]).abs() < 1e-12);
        // Ascending 0, 0, 6: 2 · (3 · 6) / (3 · 6) − 4/3 = 2/3.
        assert!((gini(&[6, 0, 0]) - 2.0 / 3.0).abs() < 1e-12);
        // Ascending 1, 3: 2 · (1 + 6) / (2 · 4) − 3/2 = 1/4.
        assert!((gini(&[3, 1]) - 0.25).abs() < 1e-12);
    }

    #[test]
    fn the_popularity_curve_runs_from_none_to_all() {
        let curve = popularity_curve(&[1, 6, 3]);
        assert_eq!(curve.len(), 101);
        assert_eq!((curve[0], curve[100]), (0.0, 1.0));
        // 33 % of three items is one item, the one with 6 of 10; 67 % are two items.
        assert!((curve[33] - 0.6).abs() < 1e-12 && (curve[67] - 0.9).abs() < 1e-12);
    }

    #[test]
    fn the_spread_of_an_even_number_of_counts_has_its_median_between_two() {
        let spread = spread(vec![9, 1, 2, 4]);
        assert_eq!((spread.min, spread.max), (1, 9));
        assert_eq!((spread.median, spread.mean), (3.0, 4.0));
    }

    #[test]
    fn ratings_of_many_values_are_counted_in_bins_and_none_is_lost() {
        assert_eq!(rating_counts(vec![2.0, 1.0, f32::NAN, 2.0]), [(1.0, 1), (2.0, 2)]);
        let many: Vec<f32> = (0..=100).map(|i| i as f32 / 100.0).collect();
        let bins = rating_counts(many);
        assert_eq!(bins.len(), BINS);
        assert_eq!(bins.iter().map(|(_, n)| n).sum::<u64>(), 101);
    }
}
