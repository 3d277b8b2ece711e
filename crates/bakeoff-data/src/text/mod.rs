//! Texts as words: how a text becomes words, which words are kept, and whose texts are read together.

mod reviews;
mod vocabulary;
mod words;

pub(crate) use reviews::gather;
pub(crate) use vocabulary::{Bounds, Counted, Vocabulary};
pub use words::{Language, NGrams, Words};
