//! Rows by user or item, by a counting sort: two passes over the rows, 4 bytes a row.

/// Rows by the id that they have.
#[derive(Debug, Clone, Default)]
pub(crate) struct Groups {
    /// Where each id's rows begin and the last one's end, `[n_ids + 1]`.
    pub(crate) offsets: Vec<u64>,
    /// The rows of each id together, in the order of the table, `[n_rows]`.
    pub(crate) rows: Vec<u32>,
}

impl Groups {
    /// Rows by `ids`, which are below `n_ids`.
    pub(crate) fn of(ids: &[u32], n_ids: usize) -> Self {
        let mut offsets = vec![0u64; n_ids + 1];
        for &id in ids {
            offsets[id as usize + 1] += 1;
        }
        for id in 0..n_ids {
            offsets[id + 1] += offsets[id];
        }
        let mut next = offsets.clone();
        let mut rows = vec![0u32; ids.len()];
        for (row, &id) in ids.iter().enumerate() {
            let place = &mut next[id as usize];
            rows[*place as usize] = row as u32;
            *place += 1;
        }
        Self { offsets, rows }
    }

    /// The rows of an id.
    pub(crate) fn get(&self, id: usize) -> &[u32] {
        &self.rows[self.offsets[id] as usize..self.offsets[id + 1] as usize]
    }

    /// The rows of every id.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &[u32]> {
        (0..self.offsets.len() - 1).map(|id| self.get(id))
    }
}

/// How many rows each id has, `[n_ids]`.
pub(crate) fn counts(ids: &[u32], n_ids: usize) -> Vec<u32> {
    let mut counts = vec![0; n_ids];
    for &id in ids {
        counts[id as usize] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_lie_by_id_in_the_order_of_the_table() {
        let groups = Groups::of(&[2, 0, 2, 3, 0], 4);
        assert_eq!(groups.offsets, [0, 2, 2, 4, 5]);
        assert_eq!(groups.iter().collect::<Vec<_>>(), [&[1, 4][..], &[], &[0, 2], &[3]]);
        assert_eq!(counts(&[2, 0, 2, 3, 0], 4), [2, 0, 2, 1]);
    }
}
