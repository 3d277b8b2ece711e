//! Texts and tags: equal ones are kept once.

use std::sync::Arc;

use crate::column::Lists;
use crate::ids::Ids;

/// Texts, of which equal ones are kept once. The empty text stands for a missing value.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Texts {
    /// Shared by all that was taken of one column.
    values: Arc<Ids>,
    codes: Vec<u32>,
}

/// Several categories an entry.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tags {
    /// The categories.
    pub values: Ids,
    /// Numbers of categories, entry by entry.
    pub lists: Lists<u32>,
}

impl Texts {
    /// Texts as codes into distinct values; each code must be one of a value.
    pub fn from_codes(values: Ids, codes: Vec<u32>) -> Self {
        debug_assert!(codes.iter().all(|&code| (code as usize) < values.len()));
        Self { values: Arc::new(values), codes }
    }

    /// Adds an entry.
    pub fn push(&mut self, text: &str) {
        // Tables often lie by user: the same text again and again.
        let code = match self.codes.last() {
            Some(&last) if self.values.name(last) == text => last,
            _ => Arc::make_mut(&mut self.values).index_or_add(text),
        };
        self.codes.push(code);
    }

    /// Entries.
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// The text of an entry; empty where it is missing.
    pub fn get(&self, entry: usize) -> &str {
        self.values.name(self.codes[entry])
    }

    /// Whether an entry has no text.
    pub fn is_missing(&self, entry: usize) -> bool {
        self.get(entry).is_empty()
    }

    /// Every entry's text.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        self.codes.iter().map(|&code| self.values.name(code))
    }

    /// The distinct texts, in the order in which they first appear; perhaps some that no entry has any more.
    pub fn values(&self) -> &Ids {
        &self.values
    }

    /// The number of each entry's text among [`Texts::values`].
    pub fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// Distinct texts and the number of each entry's among them.
    pub fn into_parts(self) -> (Ids, Vec<u32>) {
        (Arc::unwrap_or_clone(self.values), self.codes)
    }

    /// Adds the entries of `other`.
    pub(crate) fn append(&mut self, other: &Self) {
        let values = Arc::make_mut(&mut self.values);
        let new: Vec<u32> = other.values.names().map(|text| values.index_or_add(text)).collect();
        self.codes.extend(other.codes.iter().map(|&code| new[code as usize]));
    }

    /// The parts of each text between `separator`s as tags; blanks around them and empty ones are left out. What comes
    /// twice stays: it may be a text of words.
    pub fn split(&self, separator: &str) -> Tags {
        let mut values = Ids::default();
        let of_value = |text: &str| -> Vec<u32> {
            let tags = text.split(separator).map(str::trim).filter(|tag| !tag.is_empty());
            tags.map(|tag| values.index_or_add(tag)).collect()
        };
        let of_values: Vec<Vec<u32>> = self.values.names().map(of_value).collect();
        let mut lists = Lists::default();
        for &code in &self.codes {
            lists.push(of_values[code as usize].iter().copied());
        }
        Tags { values, lists }
    }

    /// Every text replaced by what `change` makes of it; `change` is asked once for each distinct one.
    #[must_use]
    pub fn map(&self, change: impl FnMut(&str) -> String) -> Self {
        let mut values = Ids::default();
        let changed: Vec<String> = self.values.names().map(change).collect();
        let new: Vec<u32> = changed.iter().map(|text| values.index_or_add(text)).collect();
        let codes = self.codes.iter().map(|&code| new[code as usize]).collect();
        Self::from_codes(values, codes)
    }

    pub(super) fn take(&self, of: impl ExactSizeIterator<Item = Option<u32>>) -> Self {
        let mut values = Arc::clone(&self.values);
        let mut missing = None;
        let codes = of.map(|i| match i {
            Some(i) => self.codes[i as usize],
            None => *missing.get_or_insert_with(|| Arc::make_mut(&mut values).index_or_add("")),
        });
        let codes = codes.collect();
        Self { values, codes }
    }
}

impl<S: AsRef<str>> FromIterator<S> for Texts {
    fn from_iter<I: IntoIterator<Item = S>>(entries: I) -> Self {
        let mut texts = Self::default();
        for text in entries {
            texts.push(text.as_ref());
        }
        texts
    }
}

impl Tags {
    /// Adds an entry.
    pub fn push<'a>(&mut self, tags: impl IntoIterator<Item = &'a str>) {
        let Self { values, lists } = self;
        lists.push(tags.into_iter().map(|tag| values.index_or_add(tag)));
    }

    /// The categories of an entry.
    pub fn get(&self, entry: usize) -> impl ExactSizeIterator<Item = &str> {
        self.lists.get(entry).iter().map(|&tag| self.values.name(tag))
    }
}
