//! Distinct names, numbered in the order in which they first appear.

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

/// Distinct names: all of them in one text, found by hash.
#[derive(Debug, Clone, Default)]
pub struct Ids {
    text: String,
    /// Where each name ends.
    ends: Vec<usize>,
    index: HashTable<u32>,
}

/// One state for all: numbers do not depend on it, only how fast they are found.
const HASHER: FixedState = FixedState::with_seed(0);

impl Ids {
    /// The number of `name`, which is added if it is new.
    pub fn index_or_add(&mut self, name: &str) -> u32 {
        let hash = HASHER.hash_one(name);
        let Self { text, ends, index } = self;
        let is_it = |&i: &u32| at(text, ends, i) == name;
        if let Some(&found) = index.find(hash, is_it) {
            return found;
        }
        let new = u32::try_from(ends.len()).expect("memory ends before four billion ids");
        text.push_str(name);
        ends.push(text.len());
        index.insert_unique(hash, new, |&i| HASHER.hash_one(at(text, ends, i)));
        new
    }

    /// The number of `name`, if it is there.
    pub fn index(&self, name: &str) -> Option<u32> {
        self.index.find(HASHER.hash_one(name), |&i| self.name(i) == name).copied()
    }

    /// The name of a number.
    pub fn name(&self, index: u32) -> &str {
        at(&self.text, &self.ends, index)
    }

    /// The names, in the order of their numbers.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.ends.len() as u32).map(|index| self.name(index))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

impl PartialEq for Ids {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.ends == other.ends
    }
}

impl<S: AsRef<str>> FromIterator<S> for Ids {
    /// Names that occur again are passed over.
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Self {
        let mut ids = Self::default();
        for name in names {
            ids.index_or_add(name.as_ref());
        }
        ids
    }
}

#[inline]
fn at<'a>(text: &'a str, ends: &[usize], index: u32) -> &'a str {
    let index = index as usize;
    let start = if index == 0 { 0 } else { ends[index - 1] };
    &text[start..ends[index]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_numbered_as_they_appear_and_found_again() {
        let mut ids = Ids::default();
        assert_eq!(["b", "", "a", "b", ""].map(|name| ids.index_or_add(name)), [0, 1, 2, 0, 1]);
        assert_eq!((ids.name(0), ids.name(1), ids.name(2), ids.len()), ("b", "", "a", 3));
        assert_eq!((ids.index("a"), ids.index("c")), (Some(2), None));
        assert_eq!(ids.names().collect::<Vec<_>>(), ["b", "", "a"]);
    }
}
