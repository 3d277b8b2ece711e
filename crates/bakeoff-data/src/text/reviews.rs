//! The reviews of a user or item as one text.

use crate::column::Texts;
use crate::interactions::{Axis, Interactions};
use crate::steps::Train;

/// The texts of the rows of train of each user (or item), oldest first, on lines of their own; empty where there are
/// none. Rows of one time, and all rows where there are no times, lie in the order of the table.
pub(crate) fn gather(texts: &Texts, table: &Interactions, train: &Train, axis: Axis) -> Texts {
    let (owners, n_owners) = match axis {
        Axis::Items => (&table.item, table.items.len()),
        Axis::Rows | Axis::Users => (&table.user, table.users.len()),
    };
    let is_train = train.has(Axis::Rows);
    let has_text = |&row: &usize| is_train[row] && !texts.is_missing(row);
    let mut rows: Vec<usize> = (0..table.len()).filter(has_text).collect();
    if let Some(times) = &table.timestamp {
        rows.sort_by(|&a, &b| times[a].total_cmp(&times[b]));
    }
    rows.sort_by_key(|&row| owners[row]);
    let mut of_owners = rows.chunk_by(|&a, &b| owners[a] == owners[b]).peekable();
    let mut gathered = Texts::default();
    for owner in 0..n_owners as u32 {
        let of_owner = of_owners.next_if(|rows| owners[rows[0]] == owner).unwrap_or_default();
        let joined: Vec<&str> = of_owner.iter().map(|&row| texts.get(row)).collect();
        gathered.push(&joined.join("\n"));
    }
    gathered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows_for_tests::rows;

    #[test]
    fn reviews_of_train_lie_by_owner_oldest_first() {
        let all = [
            ("a", "x", 1.0, 5.0),
            ("a", "y", 1.0, 6.0),
            ("a", "x", 1.0, 7.0),
            ("b", "x", 1.0, 1.0),
            ("b", "y", 1.0, 2.0),
            ("c", "z", 1.0, 1.0),
        ];
        let (table, train) = rows(&all, "ttvttx");
        let texts: Texts = ["good", "", "held out", "bad", "soso", "test"].into_iter().collect();
        let gathered = |axis| {
            gather(&texts, &table, &train, axis).iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(gathered(Axis::Users), ["good", "bad\nsoso", ""]);
        assert_eq!(gathered(Axis::Items), ["bad\ngood", "soso", ""]);
    }
}
