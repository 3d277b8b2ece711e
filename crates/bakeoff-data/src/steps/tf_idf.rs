//! Texts as weighted words.

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::tokenise::{Gather, replace_texts};
use super::{Effect, GivesAway, Step, Train};
use crate::column::{Lists, Texts, Values, Weighted};
use crate::error::DataError;
use crate::interactions::Interactions;
use crate::text::{Bounds, Counted, Vocabulary, Words};

/// Which columns of text, how they become words, and how many words are known.
///
/// The weight of a word in a text is `tf · idf`, how often the text has it times `ln((1 + n) / (1 + df)) + 1`, where `n` is
/// the number of texts in train and `df` how many of them have the word; the weights of a text are then divided by their
/// Euclidean length. These are the defaults of scikit-learn's `TfidfTransformer`. Codes are the words of the vocabulary,
/// the most frequent of train first, from 0; words outside it have no weight.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TfIdf {
    /// Names of columns of text, of rows, users or items. In a column of tags, such as a `token_seq`, an entry's
    /// tags are read one after the other.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// How a text becomes words.
    #[serde(default)]
    pub words: Words,
    /// The most words in the vocabulary.
    #[serde(default = "max_words")]
    #[schemars(range(min = 1, max = 10_000_000))]
    pub max_words: u32,
    /// How often train must have a word for it to be in the vocabulary.
    #[serde(default = "min_count")]
    #[schemars(range(min = 1))]
    pub min_count: u64,
    /// For columns of rows, such as reviews: whose texts are read as one, as in `tokenise`.
    #[serde(default)]
    pub gather: Vec<Gather>,
}

fn max_words() -> u32 {
    20_000
}

fn min_count() -> u64 {
    1
}

impl Plugin for TfIdf {
    const NAME: &'static str = "tf_idf";
    const ABOUT: &'static str =
        "Makes texts bags of words, weighted by how telling each word is (TF-IDF).";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        params.words.check()
    }
}

impl Step for TfIdf {
    fn effect(&self) -> Effect {
        Effect::Fits
    }

    fn uses(&self) -> Vec<String> {
        self.columns.clone()
    }

    fn gives_away(&self) -> Option<GivesAway> {
        (!self.gather.is_empty()).then_some(GivesAway::OwnRow)
    }

    fn apply(&self, table: &mut Interactions, train: &Train) -> Result<u64, DataError> {
        let bounds = Bounds { max_words: self.max_words, min_count: self.min_count };
        replace_texts(Self::NAME, table, train, &self.columns, &self.gather, |texts, train| {
            let counted = Counted::of(texts, train, &self.words);
            let vocabulary = Vocabulary::of(&counted, bounds);
            (!vocabulary.names.is_empty()).then(|| weighted(texts, &counted, vocabulary))
        })
    }
}

fn weighted(texts: &Texts, counted: &Counted, vocabulary: Vocabulary) -> Values {
    let (frequencies, n) = counted.document_frequencies(&vocabulary, texts);
    let idf = |df: u64| ((1.0 + n as f64) / (1.0 + df as f64)).ln() + 1.0;
    let idf: Vec<f64> = frequencies.into_iter().map(idf).collect();
    let of_text = |words: &[u32]| -> Vec<(u32, f32)> {
        let mut codes: Vec<u32> =
            words.iter().filter_map(|&word| vocabulary.place_of[word as usize]).collect();
        codes.sort_unstable();
        let of_word = |equal: &[u32]| (equal[0], equal.len() as f64 * idf[equal[0] as usize]);
        let weights: Vec<(u32, f64)> = codes.chunk_by(|a, b| a == b).map(of_word).collect();
        let length = weights.iter().map(|(_, weight)| weight.powi(2)).sum::<f64>().sqrt();
        weights.into_iter().map(|(code, weight)| (code, (weight / length) as f32)).collect()
    };
    let of_texts: Vec<Vec<(u32, f32)>> = counted.of_texts.iter().map(of_text).collect();
    let mut lists = Lists::default();
    for &text in texts.codes() {
        lists.push(of_texts[text as usize].iter().copied());
    }
    Values::Weighted(Weighted { names: vocabulary.names, lists })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interactions::Axis;
    use crate::rows_for_tests::{applied, rows, texts};

    fn weights(titles: &[&str; 4], max_words: u32) -> Weighted {
        let all = [
            ("a", "x", 1.0, 0.0),
            ("a", "y", 1.0, 1.0),
            ("a", "z", 1.0, 2.0),
            ("a", "w", 1.0, 3.0),
        ];
        let mut table = rows(&all, "tttv");
        table.0.item_columns = vec![texts("title", titles)];
        let step = TfIdf {
            columns: vec!["title".into()],
            words: Words::default(),
            max_words,
            min_count: 1,
            gather: Vec::new(),
        };
        match applied(&step, &table, Axis::Items, "title") {
            Values::Weighted(weighted) => weighted,
            other => panic!("{}", other.kind()),
        }
    }

    #[test]
    fn weights_follow_the_published_formula() {
        // Two texts in train (the third is missing). df: up 2, love 1, war 1; so idf: 1, i and i with i = ln(3/2) + 1.
        let weighted = weights(&["Up, up, love", "War: up", "", "love new"], 10);
        assert_eq!(weighted.names, ["up", "love", "war"]);
        let i = 1.5_f64.ln() + 1.0;
        let (first, second) = ((4.0 + i * i).sqrt(), (1.0 + i * i).sqrt());
        let expected = [
            vec![(0, 2.0 / first), (1, i / first)],
            vec![(0, 1.0 / second), (2, i / second)],
            vec![],
            vec![(1, 1.0)],
        ];
        for (list, expected) in weighted.lists.iter().zip(expected) {
            let rounded: Vec<(u32, f32)> =
                expected.iter().map(|&(code, w)| (code, w as f32)).collect();
            assert_eq!(list, rounded);
        }
    }

    #[test]
    fn words_outside_the_vocabulary_have_no_weight() {
        let weighted = weights(&["up up love", "war", "", "love"], 1);
        assert_eq!(weighted.names, ["up"]);
        assert_eq!(weighted.lists.values, [(0, 1.0)]);
        assert_eq!(weighted.lists.offsets, [0, 1, 1, 1, 1]);
    }

    #[test]
    fn what_valid_and_test_hold_changes_nothing_for_train() {
        let [a, b] = ["love", "war war up boat"]
            .map(|held_out| weights(&["up love", "war", "", held_out], 10));
        assert_eq!((&a.names, &a.lists.values[..3]), (&b.names, &b.lists.values[..3]));
    }
}
