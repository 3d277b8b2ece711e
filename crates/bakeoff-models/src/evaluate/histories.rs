//! What each user did before the part that is scored: the input of sequence and neighbourhood models.

use bakeoff_data::Part;

/// Items by user, oldest first.
#[derive(Debug)]
pub(super) struct Histories {
    offsets: Vec<usize>,
    items: Vec<u32>,
}

impl Histories {
    /// The parts merged by time; at equal times, an earlier part's rows come first.
    pub(super) fn of(parts: &[Part<'_>]) -> Self {
        let n_users = parts.first().map_or(0, Part::n_users);
        let (mut offsets, mut items) = (vec![0], Vec::new());
        for user in 0..n_users {
            let rows_of = |part: &Part<'_>| {
                let rows = part.offsets[user] as usize..part.offsets[user + 1] as usize;
                let (items, times) = (part.items, part.timestamps);
                rows.map(move |row| (times.get(row), items[row])).collect::<Vec<_>>()
            };
            let mut rows: Vec<(i64, u32)> = parts.iter().flat_map(rows_of).collect();
            rows.sort_by_key(|(time, _)| *time); // stable
            items.extend(rows.into_iter().map(|(_, item)| item));
            offsets.push(items.len());
        }
        Self { offsets, items }
    }

    /// The items of one user.
    pub(super) fn of_user(&self, user: u32) -> &[u32] {
        &self.items[self.offsets[user as usize]..self.offsets[user as usize + 1]]
    }
}
