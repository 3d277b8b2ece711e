//! Columns before encoding: what is known of interactions, users or items.

mod lists;
mod texts;

pub use lists::Lists;
pub use texts::{Tags, Texts};

/// What is known of every interaction, user or item.
#[derive(Debug, Clone, PartialEq)]
pub struct RawColumn {
    /// Its name in the source.
    pub name: String,
    /// One entry a row, user or item.
    pub values: Values,
}

/// The values of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Categories or free text; empty where missing.
    Text(Texts),
    /// Numbers; NaN where missing.
    Number(Vec<f64>),
    /// Several categories each, such as genres; none where missing.
    Tags(Tags),
    /// Values in time, such as prices.
    Series(Series),
    /// A block of numbers of one shape each, such as an embedding, an image or a spectrogram.
    Dense(Dense),
    /// Categories that a step has encoded.
    Codes(Codes),
    /// Tags that a step has encoded; none where missing.
    CodeLists(CodeLists),
    /// Sequences of words as codes.
    Tokens(Tokens),
    /// Weighted words, such as TF-IDF.
    Weighted(Weighted),
}

/// Values in time, one series an entry, oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    /// Seconds since 1970, and the value at that time.
    pub points: Lists<(f64, f64)>,
}

/// A block of numbers of one shape an entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Dense {
    /// The shape of one entry, such as `[3, height, width]`.
    pub shape: Vec<usize>,
    /// `[n, shape…]`.
    pub numbers: Numbers,
    /// Whether an entry has none, `[n]`; its numbers are zeros.
    pub is_missing: Vec<bool>,
}

/// Numbers as narrow as their source has them.
#[derive(Debug, Clone, PartialEq)]
pub enum Numbers {
    /// Pixels.
    U8(Vec<u8>),
    /// Anything else.
    F32(Vec<f32>),
}

/// Categories as codes, 0 where the value is missing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Codes {
    /// What each code stands for, `[n_values]`.
    pub names: Vec<String>,
    /// `[n]`.
    pub codes: Vec<u32>,
}

/// Several categories an entry, as codes. Names are the codes' own: a tag may be called like one of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CodeLists {
    /// What each code stands for, `[n_values]`.
    pub names: Vec<String>,
    /// The codes of each entry.
    pub lists: Lists<u32>,
}

/// Sequences of words as codes, padded to one length at the end.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tokens {
    /// What each code stands for: 0 padding, 1 a word that is not in the vocabulary, then the vocabulary.
    pub names: Vec<String>,
    /// Codes an entry.
    pub len: usize,
    /// `[n, len]`.
    pub codes: Vec<u32>,
}

/// Words with weights.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Weighted {
    /// What each code stands for, `[n_values]`.
    pub names: Vec<String>,
    /// Code and weight, ascending by code.
    pub lists: Lists<(u32, f32)>,
}

impl RawColumn {
    /// A column.
    pub fn new(name: impl Into<String>, values: Values) -> Self {
        Self { name: name.into(), values }
    }
}

impl Values {
    /// Entries.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(texts) => texts.len(),
            Self::Number(numbers) => numbers.len(),
            Self::Tags(tags) => tags.lists.len(),
            Self::Series(series) => series.points.len(),
            Self::Dense(dense) => dense.is_missing.len(),
            Self::Codes(codes) => codes.codes.len(),
            Self::CodeLists(codes) => codes.lists.len(),
            Self::Tokens(tokens) => tokens.codes.len() / tokens.len.max(1),
            Self::Weighted(weighted) => weighted.lists.len(),
        }
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the column is, for messages: `text`, `numbers`, …
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Number(_) => "numbers",
            Self::Tags(_) => "tags",
            Self::Series(_) => "series",
            Self::Dense(_) => "blocks of numbers",
            Self::Codes(_) => "codes",
            Self::CodeLists(_) => "lists of codes",
            Self::Tokens(_) => "tokens",
            Self::Weighted(_) => "weighted words",
        }
    }

    /// Entries without a value.
    pub fn n_missing(&self) -> u64 {
        (0..self.len()).filter(|&entry| self.is_missing(entry)).count() as u64
    }

    /// Whether an entry has no value. Encoded, it is one that nothing can be read of: code 0, no tag, no word at all,
    /// no word with a weight.
    pub fn is_missing(&self, entry: usize) -> bool {
        match self {
            Self::Text(texts) => texts.is_missing(entry),
            Self::Number(numbers) => numbers[entry].is_nan(),
            Self::Tags(tags) => tags.lists.get(entry).is_empty(),
            Self::Series(series) => series.points.get(entry).is_empty(),
            Self::Dense(dense) => dense.is_missing[entry],
            Self::Codes(codes) => codes.codes[entry] == 0,
            Self::CodeLists(codes) => codes.lists.get(entry).is_empty(),
            // Padding stands at the end.
            Self::Tokens(tokens) => {
                tokens.codes.get(entry * tokens.len).is_none_or(|&code| code == 0)
            }
            Self::Weighted(weighted) => weighted.lists.get(entry).is_empty(),
        }
    }

    #[must_use]
    /// The entries `of`, in that order. An entry may be taken more than once; `None` gives a missing one.
    pub fn take(&self, of: impl ExactSizeIterator<Item = Option<u32>> + Clone) -> Self {
        match self {
            Self::Text(texts) => Self::Text(texts.take(of)),
            Self::Number(numbers) => {
                Self::Number(of.map(|i| i.map_or(f64::NAN, |i| numbers[i as usize])).collect())
            }
            Self::Tags(Tags { values, lists }) => {
                Self::Tags(Tags { values: values.clone(), lists: lists.take(of) })
            }
            Self::Series(series) => Self::Series(Series { points: series.points.take(of) }),
            Self::Dense(dense) => Self::Dense(dense.take(of)),
            Self::Codes(codes) => Self::Codes(Codes {
                names: codes.names.clone(),
                codes: of.map(|i| i.map_or(0, |i| codes.codes[i as usize])).collect(),
            }),
            Self::CodeLists(CodeLists { names, lists }) => {
                Self::CodeLists(CodeLists { names: names.clone(), lists: lists.take(of) })
            }
            Self::Tokens(tokens) => {
                let padding = vec![0; tokens.len];
                let entry = |i: Option<u32>| match i {
                    Some(i) => &tokens.codes[i as usize * tokens.len..][..tokens.len],
                    None => &padding,
                };
                let codes = of.flat_map(entry).copied().collect();
                Self::Tokens(Tokens { names: tokens.names.clone(), len: tokens.len, codes })
            }
            Self::Weighted(Weighted { names, lists }) => {
                Self::Weighted(Weighted { names: names.clone(), lists: lists.take(of) })
            }
        }
    }
}

impl Dense {
    /// Numbers an entry.
    pub fn width(&self) -> usize {
        self.shape.iter().product()
    }

    fn take(&self, of: impl ExactSizeIterator<Item = Option<u32>> + Clone) -> Self {
        let width = self.width();
        let numbers = match &self.numbers {
            Numbers::U8(numbers) => Numbers::U8(take_blocks(numbers, width, of.clone())),
            Numbers::F32(numbers) => Numbers::F32(take_blocks(numbers, width, of.clone())),
        };
        let is_missing = of.map(|i| i.is_none_or(|i| self.is_missing[i as usize])).collect();
        Self { shape: self.shape.clone(), numbers, is_missing }
    }
}

fn take_blocks<T: Copy + Default>(
    blocks: &[T],
    width: usize,
    of: impl ExactSizeIterator<Item = Option<u32>>,
) -> Vec<T> {
    let mut taken = Vec::with_capacity(of.len() * width);
    for entry in of {
        match entry {
            Some(i) => taken.extend_from_slice(&blocks[i as usize * width..][..width]),
            None => taken.resize(taken.len() + width, T::default()),
        }
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taken_entries_come_in_the_asked_for_order_and_may_be_missing() {
        let of = [Some(2), None, Some(0)];
        let texts = Values::Text(["a", "b", "a"].into_iter().collect());
        let Values::Text(taken) = texts.take(of.into_iter()) else { panic!("still text") };
        assert_eq!(taken.iter().collect::<Vec<_>>(), ["a", "", "a"]);
        let mut tags = Tags::default();
        for list in [&["x"][..], &[], &["y", "x"]] {
            tags.push(list.iter().copied());
        }
        let Values::Tags(taken) = Values::Tags(tags).take(of.into_iter()) else { panic!("tags") };
        assert_eq!(taken.get(0).collect::<Vec<_>>(), ["y", "x"]);
        assert_eq!((taken.get(1).len(), taken.get(2).len()), (0, 1));
        let dense = Dense {
            shape: vec![2],
            numbers: Numbers::U8(vec![1, 2, 3, 4, 5, 6]),
            is_missing: vec![false, false, false],
        };
        let Values::Dense(taken) = Values::Dense(dense).take(of.into_iter()) else { panic!() };
        assert_eq!(taken.numbers, Numbers::U8(vec![5, 6, 0, 0, 1, 2]));
        assert_eq!(taken.is_missing, [false, true, false]);
    }

    #[test]
    fn encoded_values_are_missing_where_nothing_can_be_read_of_them() {
        let names = || ["", "a"].map(str::to_owned).to_vec();
        let mut lists = Lists::default();
        let mut weights = Lists::default();
        for list in [&[1, 0][..], &[]] {
            lists.push(list.iter().copied());
            weights.push(list.iter().map(|&code| (code, 0.5)));
        }
        for values in [
            Values::Codes(Codes { names: names(), codes: vec![1, 0] }),
            Values::CodeLists(CodeLists { names: names(), lists }),
            Values::Tokens(Tokens { names: names(), len: 2, codes: vec![1, 0, 0, 0] }),
            Values::Weighted(Weighted { names: names(), lists: weights }),
        ] {
            assert_eq!((values.is_missing(0), values.is_missing(1)), (false, true));
            let taken = values.take([None, Some(0)].into_iter());
            assert_eq!((taken.is_missing(0), taken.n_missing()), (true, 1), "{}", values.kind());
        }
    }

    #[test]
    fn a_change_of_texts_is_made_once_for_each_distinct_one() {
        let texts: Texts = ["A", "b", "A", "a"].into_iter().collect();
        let mut n_asked = 0;
        let lower = texts.map(|text| {
            n_asked += 1;
            text.to_lowercase()
        });
        assert_eq!(n_asked, 3);
        assert_eq!(lower.iter().collect::<Vec<_>>(), ["a", "b", "a", "a"]);
        assert_eq!(lower.values().len(), 2);
    }
}
