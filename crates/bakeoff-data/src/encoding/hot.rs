//! A column of zeros and ones for each code.

use crate::column::{CodeLists, Codes, Dense, Numbers};

/// `[n, k]`: 1 at the code of the entry. Nothing is missing: a missing value has its own code.
pub(crate) fn one_hot(codes: &Codes) -> Dense {
    let k = codes.names.len();
    let mut numbers = vec![0.0; codes.codes.len() * k];
    for (entry, &code) in numbers.chunks_exact_mut(k).zip(&codes.codes) {
        entry[code as usize] = 1.0;
    }
    let is_missing = vec![false; codes.codes.len()];
    Dense { shape: vec![k], numbers: Numbers::F32(numbers), is_missing }
}

/// `[n, k]`: 1 at the code of each tag of the entry; an entry without tags is missing.
pub(crate) fn multi_hot(tags: &CodeLists) -> Dense {
    let k = tags.names.len();
    let mut numbers = vec![0.0; tags.lists.len() * k];
    for (entry, list) in numbers.chunks_exact_mut(k).zip(tags.lists.iter()) {
        for &tag in list {
            entry[tag as usize] = 1.0;
        }
    }
    let is_missing = tags.lists.iter().map(<[u32]>::is_empty).collect();
    Dense { shape: vec![k], numbers: Numbers::F32(numbers), is_missing }
}
