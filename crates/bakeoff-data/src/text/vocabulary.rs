//! The words of a column of texts, and those of them that get a code.

use rayon::prelude::*;

use super::words::Words;
use crate::column::{Lists, Texts};
use crate::ids::Ids;

/// The words of each distinct text of a column.
pub(crate) struct Counted {
    /// All words.
    words: Ids,
    /// Those of each distinct text, in their order, as numbers of `words`.
    pub(crate) of_texts: Lists<u32>,
    /// How many entries of train have each distinct text.
    n_in_train: Vec<u64>,
}

/// Which words get a code.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// The most words.
    pub(crate) max_words: u32,
    /// How often train must have a word.
    pub(crate) min_count: u64,
}

/// The words that have a code: the most frequent of train, of equally frequent ones the alphabetically first.
pub(crate) struct Vocabulary {
    /// By falling frequency.
    pub(crate) names: Vec<String>,
    /// The place in `names` of each of [`Counted`]'s words.
    pub(crate) place_of: Vec<Option<u32>>,
}

/// Texts that are cut at a time, so that the words of few of them lie in memory as texts.
const BLOCK: usize = 1 << 14;

impl Counted {
    /// Cuts each distinct text once.
    pub(crate) fn of(texts: &Texts, train: &[bool], words: &Words) -> Self {
        let mut n_in_train = vec![0; texts.values().len()];
        for (&text, _) in texts.codes().iter().zip(train).filter(|(_, is_train)| **is_train) {
            n_in_train[text as usize] += 1;
        }
        let cut = words.cutter();
        let (mut ids, mut of_texts) = (Ids::default(), Lists::default());
        let distinct: Vec<&str> = texts.values().names().collect();
        for block in distinct.chunks(BLOCK) {
            let cut: Vec<Vec<String>> = block.par_iter().map(|text| cut(text)).collect();
            for words in cut {
                of_texts.push(words.iter().map(|word| ids.index_or_add(word)));
            }
        }
        Self { words: ids, of_texts, n_in_train }
    }

    /// How often train has each word.
    fn frequencies(&self) -> Vec<u64> {
        let mut frequencies = vec![0; self.words.len()];
        for (words, n) in self.of_texts.iter().zip(&self.n_in_train) {
            for &word in words {
                frequencies[word as usize] += n;
            }
        }
        frequencies
    }

    /// How many entries of train have each word of the vocabulary, and how many have a text at all.
    pub(crate) fn document_frequencies(
        &self,
        vocabulary: &Vocabulary,
        texts: &Texts,
    ) -> (Vec<u64>, u64) {
        let mut frequencies = vec![0; vocabulary.names.len()];
        let mut n_documents = 0;
        for (text, (words, n)) in self.of_texts.iter().zip(&self.n_in_train).enumerate() {
            if !texts.values().name(text as u32).is_empty() {
                n_documents += n;
            }
            let mut places: Vec<u32> =
                words.iter().filter_map(|&word| vocabulary.place_of[word as usize]).collect();
            places.sort_unstable();
            places.dedup();
            for place in places {
                frequencies[place as usize] += n;
            }
        }
        (frequencies, n_documents)
    }
}

impl Vocabulary {
    /// The vocabulary of train.
    pub(crate) fn of(counted: &Counted, bounds: Bounds) -> Self {
        let frequencies = counted.frequencies();
        let is_frequent = |&word: &u32| frequencies[word as usize] >= bounds.min_count.max(1);
        let mut kept: Vec<u32> = (0..frequencies.len() as u32).filter(is_frequent).collect();
        let name = |word: u32| counted.words.name(word);
        kept.par_sort_unstable_by(|&a, &b| {
            let more_frequent = frequencies[b as usize].cmp(&frequencies[a as usize]);
            more_frequent.then_with(|| name(a).cmp(name(b)))
        });
        kept.truncate(bounds.max_words as usize);
        let mut place_of = vec![None; frequencies.len()];
        for (&word, place) in kept.iter().zip(0..) {
            place_of[word as usize] = Some(place);
        }
        let names = kept.into_iter().map(|word| name(word).to_owned()).collect();
        Self { names, place_of }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary(max_words: u32, min_count: u64) -> Vec<String> {
        let texts: Texts = ["b a a", "c b", "c b", "", "test test test test"].into_iter().collect();
        let train = [true, true, true, true, false];
        let counted = Counted::of(&texts, &train, &Words::default());
        Vocabulary::of(&counted, Bounds { max_words, min_count }).names
    }

    #[test]
    fn frequent_words_of_train_come_first_and_equal_ones_by_the_alphabet() {
        // b three times, a and c twice.
        assert_eq!(vocabulary(10, 1), ["b", "a", "c"]);
        assert_eq!(vocabulary(2, 1), ["b", "a"]);
        assert_eq!(vocabulary(10, 3), ["b"]);
        assert!(vocabulary(10, 4).is_empty());
    }

    #[test]
    fn a_document_counts_once_for_each_of_its_words() {
        let texts: Texts = ["b a a", "c b", "c b", "", "a"].into_iter().collect();
        let counted = Counted::of(&texts, &[true, true, true, true, false], &Words::default());
        let vocabulary = Vocabulary::of(&counted, Bounds { max_words: 9, min_count: 1 });
        assert_eq!(counted.document_frequencies(&vocabulary, &texts), (vec![3, 1, 2], 3));
    }
}
