//! The figures of a prepared dataset.

use bakeoff_spec::card::{PartCount, Spread, StepCount};
use bakeoff_spec::{DatasetCard, Recipe};

use crate::dataset::ColumnValues;
use crate::encode::Encoded;
use crate::splits::Assigned;

/// The card of a dataset; `notes` are those of its source.
pub(crate) fn card(
    recipe: &Recipe,
    data: &Encoded,
    assigned: &[Assigned],
    steps: Vec<StepCount>,
    mut notes: Vec<String>,
) -> DatasetCard {
    let (n_users, n_items) = (data.users.len(), data.items.len());
    let per_user: Vec<u64> = data.rows_by_user().map(|rows| rows.len() as u64).collect();
    let mut per_item = vec![0u64; n_items];
    for &item in &data.item {
        per_item[item as usize] += 1;
    }
    notes.extend(own_notes(data, assigned));
    let columns = data.user_columns.iter().chain(&data.item_columns);
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
        ratings: data.rating.as_deref().map_or_else(Vec::new, rating_counts),
        time_span: data
            .timestamp
            .as_ref()
            .and_then(|times| Some((*times.iter().min()?, *times.iter().max()?))),
        columns: columns.map(|column| (column.name.clone(), describe(&column.values))).collect(),
        notes,
    }
}

fn own_notes(data: &Encoded, assigned: &[Assigned]) -> Vec<String> {
    let mut notes = Vec::new();
    if data.timestamp.is_none() {
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
    notes
}

/// Validation and test rows whose item the user has in train.
fn seen_before(data: &Encoded, assigned: &[Assigned]) -> usize {
    let mut last_user_of = vec![usize::MAX; data.items.len()];
    let mut n = 0;
    for (user, rows) in data.rows_by_user().enumerate() {
        let is_train = |row: &usize| assigned[*row] == Assigned::Train;
        for row in rows.clone().filter(is_train) {
            last_user_of[data.item[row] as usize] = user;
        }
        n += rows
            .filter(|row| !is_train(row) && last_user_of[data.item[*row] as usize] == user)
            .count();
    }
    n
}

fn parts(data: &Encoded, assigned: &[Assigned]) -> Vec<PartCount> {
    let count = |part: Assigned| {
        let is_in = |row: &usize| assigned[*row] == part;
        let mut has_item = vec![false; data.items.len()];
        for row in (0..assigned.len()).filter(is_in) {
            has_item[data.item[row] as usize] = true;
        }
        PartCount {
            part: part.name().to_owned(),
            interactions: (0..assigned.len()).filter(is_in).count() as u64,
            users: data.rows_by_user().filter(|rows| rows.clone().any(|row| is_in(&row))).count()
                as u64,
            items: has_item.into_iter().filter(|&has_item| has_item).count() as u64,
        }
    };
    Assigned::ALL.into_iter().map(count).collect()
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
fn rating_counts(ratings: &[f32]) -> Vec<(f32, u64)> {
    let mut ascending: Vec<f32> = ratings.iter().copied().filter(|r| !r.is_nan()).collect();
    ascending.sort_unstable_by(f32::total_cmp);
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

fn describe(values: &ColumnValues) -> String {
    match values {
        ColumnValues::Categorical { n_values: 1, .. } => "1 value".to_owned(),
        ColumnValues::Categorical { n_values, .. } => format!("{n_values} values"),
        ColumnValues::Numeric(numbers) => {
            let present: Vec<f32> = numbers.iter().copied().filter(|n| !n.is_nan()).collect();
            let n_missing = numbers.len() - present.len();
            let range = present.iter().map(|&n| (n, n)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
            let range = range.map_or("no numbers".to_owned(), |(low, high)| {
                format!("numbers from {low} to {high}")
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
        assert_eq!(rating_counts(&[2.0, 1.0, f32::NAN, 2.0]), [(1.0, 1), (2.0, 2)]);
        let many: Vec<f32> = (0..=100).map(|i| i as f32 / 100.0).collect();
        let bins = rating_counts(&many);
        assert_eq!(bins.len(), BINS);
        assert_eq!(bins.iter().map(|(_, n)| n).sum::<u64>(), 101);
    }
}
