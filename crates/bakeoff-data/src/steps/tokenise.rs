//! Texts as sequences of words.

use bakeoff_spec::Plugin;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Effect, GivesAway, Step, Train};
use crate::column::{RawColumn, Texts, Tokens, Values};
use crate::error::DataError;
use crate::interactions::{Axis, Interactions};
use crate::named;
use crate::text::{Bounds, Counted, Vocabulary, Words, gather};

/// Which columns of text, how they become words, and how many words are known and kept.
///
/// A code stands for each word: 0 pads a text at its end to the length `max_len`; 1 is a word outside the vocabulary;
/// then the words of the vocabulary, the most frequent of train first (of equally frequent ones the alphabetically
/// first). The result has `[n, max_len]` codes. A missing text is padding alone.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tokenise {
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
    /// How many words of a text are kept: the first ones.
    #[serde(default = "max_len")]
    #[schemars(range(min = 1, max = 100_000))]
    pub max_len: u32,
    /// For columns of rows, such as reviews: whose texts are read as one.
    #[serde(default)]
    pub gather: Vec<Gather>,
}

/// Whose texts are read as one, as reviews are by `DeepCoNN` (Zheng et al., 2017) and NARRE (Chen et al., 2018): the column
/// of rows gives way to one of users, of items, or one of each, of the same name. A text there holds those of the rows
/// of train, oldest first. The text of a row of train is in those of its own user and item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Gather {
    /// Each user's.
    Users,
    /// Each item's.
    Items,
}

fn max_words() -> u32 {
    20_000
}

fn min_count() -> u64 {
    1
}

fn max_len() -> u32 {
    100
}

impl Plugin for Tokenise {
    const NAME: &'static str = "tokenise";
    const ABOUT: &'static str =
        "Makes texts sequences of words, or of character n-grams, as codes of a vocabulary.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        params.words.check()
    }
}

impl Step for Tokenise {
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
            (!vocabulary.names.is_empty()).then(|| self.tokens(texts, &counted, vocabulary))
        })
    }
}

impl Tokenise {
    fn tokens(&self, texts: &Texts, counted: &Counted, vocabulary: Vocabulary) -> Values {
        let len = self.max_len as usize;
        let mut codes = vec![0; texts.len() * len];
        for (entry, &text) in codes.chunks_exact_mut(len).zip(texts.codes()) {
            for (code, &word) in entry.iter_mut().zip(counted.of_texts.get(text as usize)) {
                *code = vocabulary.place_of[word as usize].map_or(1, |place| place + 2);
            }
        }
        let special = ["(padding)", "(outside the vocabulary)"].map(str::to_owned);
        let names = special.into_iter().chain(vocabulary.names).collect();
        Values::Tokens(Tokens { names, len, codes })
    }
}

/// Replaces columns of text by what `of` makes of a text column and train's entries of it, gathered before where that is
/// asked for; how many texts there were. `of` gives `None` where train has no word to learn.
pub(super) fn replace_texts(
    step: &'static str,
    table: &mut Interactions,
    train: &Train,
    columns: &[String],
    gathers: &[Gather],
    of: impl Fn(&Texts, &[bool]) -> Option<Values>,
) -> Result<u64, DataError> {
    let mut n_texts = 0;
    let mut gathered_away = Vec::new();
    for column in named::find(step, table, columns)? {
        let values = column.take(table);
        n_texts += values.len() as u64 - values.n_missing();
        let texts = match values {
            Values::Text(texts) => texts,
            // Sources with types, such as RecBole's, give a title as a list of words.
            Values::Tags(tags) => {
                let entry = |i| tags.get(i).collect::<Vec<_>>().join(" ");
                (0..tags.lists.len()).map(entry).collect()
            }
            other => {
                let reason = format!("holds {}; words are made of text or tags", other.kind());
                return Err(column.refused(step, reason));
            }
        };
        let no_words = || column.refused(step, "has no word in the training part that is kept");
        if gathers.is_empty() {
            let values = of(&texts, train.has(column.axis)).ok_or_else(no_words)?;
            column.put(table, values);
            continue;
        }
        if column.axis != Axis::Rows {
            let reason = format!("is one of {}; gather is for columns of rows", column.axis.name());
            return Err(column.refused(step, reason));
        }
        for &whose in gathers {
            let axis = match whose {
                Gather::Users => Axis::Users,
                Gather::Items => Axis::Items,
            };
            let texts = gather(&texts, table, train, axis);
            let values = of(&texts, train.has(axis)).ok_or_else(no_words)?;
            named::add(step, table, axis, RawColumn::new(&*column.name, values))?;
        }
        gathered_away.push(column.name);
    }
    table.columns.retain(|column| !gathered_away.contains(&column.name));
    Ok(n_texts)
}

#[cfg(test)]
mod tests;
