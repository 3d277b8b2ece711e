//! The parts of the split: their sizes, what they share with train, and when they were.

use bakeoff_spec::card::{OverTime, Overlap, PartCount};
use rayon::prelude::*;

use crate::order::Ordered;
use crate::splits::Assigned;

/// The sizes of the parts; of those that need not be there, such as fold-in, the ones that have rows.
pub(super) fn parts(data: &Ordered, assigned: &[Assigned]) -> Vec<PartCount> {
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
    ALL.into_par_iter().map(count).filter(needed).collect()
}

/// Rows that are stored and rows that are left out.
const ALL: [Assigned; 5] =
    [Assigned::Train, Assigned::Valid, Assigned::Test, Assigned::FoldIn, Assigned::Left];

/// What the other parts share with train.
pub(super) fn overlaps(data: &Ordered, assigned: &[Assigned]) -> Vec<Overlap> {
    let item = &data.table.item;
    let mut is_known = vec![false; data.table.items.len()];
    for (&item, _) in item.iter().zip(assigned).filter(|(_, part)| **part == Assigned::Train) {
        is_known[item as usize] = true;
    }
    let overlap = |part: Assigned| {
        let mut overlap = Overlap {
            part: part.name().to_owned(),
            shared_users: 0,
            cold_users: 0,
            shared_items: 0,
            cold_items: 0,
            rows_of_cold_users: 0,
            rows_of_cold_items: 0,
            repeated_rows: 0,
        };
        let mut has_item = vec![false; data.table.items.len()];
        // The last user who has the item in train: users come one after the other.
        let mut last_user_of = vec![usize::MAX; data.table.items.len()];
        for (user, rows) in data.rows_by_user().enumerate() {
            let mut is_cold = true;
            for row in rows.clone().filter(|&row| assigned[row] == Assigned::Train) {
                last_user_of[item[row] as usize] = user;
                is_cold = false;
            }
            let mut n_rows = 0;
            for row in rows.filter(|&row| assigned[row] == part) {
                let item = item[row] as usize;
                n_rows += 1;
                has_item[item] = true;
                overlap.rows_of_cold_items += u64::from(!is_known[item]);
                overlap.repeated_rows += u64::from(last_user_of[item] == user);
            }
            match (n_rows, is_cold) {
                (0, _) => {}
                (_, false) => overlap.shared_users += 1,
                (_, true) => {
                    overlap.cold_users += 1;
                    overlap.rows_of_cold_users += n_rows;
                }
            }
        }
        for (_, &is_known) in has_item.iter().zip(&is_known).filter(|(has_item, _)| **has_item) {
            overlap.shared_items += u64::from(is_known);
            overlap.cold_items += u64::from(!is_known);
        }
        overlap
    };
    let others = [Assigned::Valid, Assigned::Test, Assigned::FoldIn].into_par_iter();
    others.filter(|part| assigned.contains(part)).map(overlap).collect()
}

/// The interactions of each user in train.
pub(super) fn train_lengths(data: &Ordered, assigned: &[Assigned]) -> Vec<u64> {
    let n_train = |rows: &[Assigned]| rows.iter().filter(|&&part| part == Assigned::Train).count();
    data.rows_by_user().map(|rows| n_train(&assigned[rows]) as u64).collect()
}

/// The first and the last of `times`.
pub(super) fn span(times: &[f64]) -> Option<(i64, i64)> {
    let spans = times.iter().map(|&time| (time as i64, time as i64));
    spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

/// The interactions of each part over the span of time.
pub(super) fn over_time(
    data: &Ordered,
    assigned: &[Assigned],
    (first, last): (i64, i64),
) -> Option<OverTime> {
    let times = data.table.timestamp.as_deref()?;
    let secs = last.abs_diff(first);
    let bin_secs = match secs.saturating_add(1).div_ceil(MOST_BINS) {
        width @ 0..HOUR => width,
        width @ HOUR..DAY => width.next_multiple_of(HOUR),
        width => width.next_multiple_of(DAY),
    };
    let n_bins = (secs / bin_secs) as usize + 1;
    let mut counts = vec![vec![0u64; n_bins]; ALL.len()];
    for (&time, &part) in times.iter().zip(assigned) {
        counts[part as usize][((time as i64).abs_diff(first) / bin_secs) as usize] += 1;
    }
    let parts = ALL.into_iter().zip(counts);
    let parts = parts.filter(|(_, counts)| counts.iter().any(|&n| n > 0));
    let parts = parts.map(|(part, counts)| (part.name().to_owned(), counts)).collect();
    Some(OverTime { first, bin_secs, parts })
}

const MOST_BINS: u64 = 60;
const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interactions::Interactions;
    use Assigned::{FoldIn, Left, Test, Train, Valid};

    /// User, item, time and part of rows that come by user.
    fn data(rows: &[(&str, &str, i64, Assigned)]) -> (Ordered, Vec<Assigned>) {
        let mut table = Interactions::new("x.csv", false, true);
        for &(user, item, time, _) in rows {
            table.push(user, item, 0.0, time as f64, 1);
        }
        (Ordered::of(table).unwrap(), rows.iter().map(|row| row.3).collect())
    }

    #[test]
    fn overlaps_count_cold_users_cold_items_and_repeated_rows() {
        let (data, assigned) = data(&[
            ("a", "x", 1, Train),
            ("a", "y", 2, Train),
            ("a", "z", 3, Valid),
            ("a", "x", 4, Test),
            ("a", "x", 5, Test),
            ("b", "y", 1, FoldIn),
            ("b", "y", 2, Test),
            ("b", "w", 3, Test),
            ("c", "v", 1, Left),
        ]);
        let overlaps = overlaps(&data, &assigned);
        let [valid, test, fold_in] = &overlaps[..] else { panic!("{overlaps:?}") };
        let counts = |o: &Overlap| {
            let users = [o.shared_users, o.cold_users, o.rows_of_cold_users];
            let items = [o.shared_items, o.cold_items, o.rows_of_cold_items];
            (users, items, o.repeated_rows)
        };
        assert_eq!(counts(valid), ([1, 0, 0], [0, 1, 1], 0));
        // Users a (known) and b; items x and y (known) and w. a's two rows of x repeat train; b's y does not.
        assert_eq!(counts(test), ([1, 1, 2], [2, 1, 1], 2));
        assert_eq!(counts(fold_in), ([0, 1, 1], [1, 0, 0], 0));
        assert_eq!(train_lengths(&data, &assigned), [2, 0, 0]);
    }

    #[test]
    fn every_row_is_in_one_bin_of_time() {
        let day = DAY as i64;
        // 119 days and a second need bins of two days; the last second begins the last of 60.
        let rows = [
            ("a", "x", 0, Train),
            ("a", "y", 2 * day - 1, Train),
            ("a", "z", 2 * day, Valid),
            ("a", "w", 119 * day, Test),
        ];
        let (data, assigned) = data(&rows);
        let over_time = over_time(&data, &assigned, (0, 119 * day)).unwrap();
        assert_eq!((over_time.first, over_time.bin_secs), (0, 2 * DAY));
        let [train, valid, test] = &over_time.parts[..] else { panic!("{over_time:?}") };
        assert_eq!((&*train.0, train.1.len(), &train.1[..2]), ("train", 60, &[2, 0][..]));
        assert_eq!((valid.1[1], test.1[59]), (1, 1));
    }

    #[test]
    fn times_that_are_all_the_same_or_as_far_apart_as_can_be_have_bins() {
        for (first, last, n_bins) in [(5, 5, 1), (i64::MIN, i64::MAX, 60)] {
            let (data, assigned) = data(&[("a", "x", first, Train), ("a", "y", last, Test)]);
            let over_time = over_time(&data, &assigned, (first, last)).unwrap();
            assert_eq!(over_time.parts[0].1.len(), n_bins);
            assert_eq!(over_time.parts[1].1[n_bins - 1], 1);
        }
    }
}
