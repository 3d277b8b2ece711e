//! Lists of any length, one an entry.

use std::ops::Range;

/// Lists of any length, one an entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Lists<T> {
    /// Where each entry's list begins and the last one's ends, `[n + 1]`.
    pub offsets: Vec<u64>,
    /// The lists one after the other.
    pub values: Vec<T>,
}

impl<T> Default for Lists<T> {
    fn default() -> Self {
        Self { offsets: vec![0], values: Vec::new() }
    }
}

impl<T: Copy> Lists<T> {
    /// Adds an entry.
    pub fn push(&mut self, list: impl IntoIterator<Item = T>) {
        self.values.extend(list);
        self.offsets.push(self.values.len() as u64);
    }

    /// Entries.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The list of an entry.
    pub fn get(&self, entry: usize) -> &[T] {
        &self.values[self.range(entry)]
    }

    /// Every entry's list.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[T]> {
        (0..self.len()).map(|entry| self.get(entry))
    }

    /// Where the list of an entry lies among all values.
    pub fn range(&self, entry: usize) -> Range<usize> {
        self.offsets[entry] as usize..self.offsets[entry + 1] as usize
    }

    pub(super) fn take(&self, of: impl Iterator<Item = Option<u32>>) -> Self {
        let mut taken = Self::default();
        for entry in of {
            taken.push(entry.map_or(&[][..], |i| self.get(i as usize)).iter().copied());
        }
        taken
    }
}
