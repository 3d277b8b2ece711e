//! Columns become what the prepared dataset holds: texts and tags get codes, from the values that train has.
//!
//! The codes of a text column: 0 for a missing value, 1 for a value that train does not have, then the values of train
//! in alphabetical order. Those of tags: 0 for a tag that train does not have, then those of train. A tag that an entry
//! has twice counts once.

use crate::column::{CodeLists, Codes, Lists, Tags, Texts, Values};

/// The name of the code of missing values.
pub(crate) const MISSING: &str = "(missing)";
/// The name of the code of values that train does not have.
pub(crate) const UNSEEN: &str = "(unseen)";
/// The name of the code of values that train has too seldom, where a step sets a bound.
pub(crate) const RARE: &str = "(rare)";

/// What is stored of a column: texts and tags as codes, all else as it is; `None` for a series, which only steps can
/// read. `train` says which entries are train's.
pub(crate) fn encode(values: Values, train: &[bool]) -> Option<Values> {
    match values {
        Values::Text(texts) => Some(Values::Codes(label(&texts, train, 1))),
        Values::Tags(tags) => Some(Values::CodeLists(label_tags(&tags, train, 1))),
        Values::Series(_) => None,
        other => Some(other),
    }
}

/// Codes of texts: 0 missing, 1 unseen, with `min_count` above 1 also 2 rare, then the values that at least `min_count`
/// entries of train have, alphabetically.
pub(crate) fn label(texts: &Texts, train: &[bool], min_count: u64) -> Codes {
    let mut counts = vec![0u64; texts.values().len()];
    for (&code, _) in texts.codes().iter().zip(train).filter(|(_, is_train)| **is_train) {
        counts[code as usize] += 1;
    }
    let mut names = vec![MISSING.to_owned(), UNSEEN.to_owned()];
    if min_count > 1 {
        names.push(RARE.to_owned());
    }
    let new = codes_of_values(texts.values().names(), &counts, min_count, 1, 2, &mut names);
    Codes { names, codes: texts.codes().iter().map(|&code| new[code as usize]).collect() }
}

/// Tags under codes: 0 unseen, with `min_count` above 1 also 1 rare, then those of train alphabetically.
pub(crate) fn label_tags(tags: &Tags, train: &[bool], min_count: u64) -> CodeLists {
    let mut counts = vec![0u64; tags.values.len()];
    let distinct = distinct(tags);
    for (list, _) in distinct.iter().zip(train).filter(|(_, is_train)| **is_train) {
        for &tag in list {
            counts[tag as usize] += 1;
        }
    }
    let mut names = vec![UNSEEN.to_owned()];
    if min_count > 1 {
        names.push(RARE.to_owned());
    }
    let new = codes_of_values(tags.values.names(), &counts, min_count, 0, 1, &mut names);
    let values = distinct.values.iter().map(|&tag| new[tag as usize]).collect();
    CodeLists { names, lists: Lists { offsets: distinct.offsets, values } }
}

/// The tags of each entry without those that it has had before.
pub(crate) fn distinct(tags: &Tags) -> Lists<u32> {
    let mut distinct = Lists::default();
    // The last entry that had each tag, from 1.
    let mut last = vec![0; tags.values.len()];
    for (list, entry) in tags.lists.iter().zip(1..) {
        let is_new = |tag: &u32| std::mem::replace(&mut last[*tag as usize], entry) != entry;
        distinct.push(list.iter().copied().filter(is_new));
    }
    distinct
}

/// The code of each value; adds the names of those that get one of their own. The empty value is missing, code 0.
fn codes_of_values<'a>(
    values: impl Iterator<Item = &'a str>,
    counts: &[u64],
    min_count: u64,
    unseen: u32,
    rare: u32,
    names: &mut Vec<String>,
) -> Vec<u32> {
    let values: Vec<&str> = values.collect();
    let mut own: Vec<usize> = (0..values.len())
        .filter(|&i| counts[i] >= min_count.max(1) && !values[i].is_empty())
        .collect();
    own.sort_unstable_by_key(|&i| values[i]);
    let mut codes: Vec<u32> = (values.iter().zip(counts))
        .map(|(value, &count)| match count {
            _ if value.is_empty() => 0,
            0 => unseen,
            _ => rare,
        })
        .collect();
    for i in own {
        codes[i] = names.len() as u32;
        names.push(values[i].to_owned());
    }
    codes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_get_codes_by_what_train_has() {
        let texts: Texts = ["b", "", "a", "test only", "a"].into_iter().collect();
        let train = [true, true, true, false, false];
        let codes = label(&texts, &train, 1);
        assert_eq!(codes.codes, [3, 0, 2, 1, 2]);
        assert_eq!(codes.names, [MISSING, UNSEEN, "a", "b"]);
        let texts: Texts = ["b", "a", "a", "c"].into_iter().collect();
        let codes = label(&texts, &[true, true, true, false], 2);
        assert_eq!(codes.names, [MISSING, UNSEEN, RARE, "a"]);
        assert_eq!(codes.codes, [2, 3, 3, 1]);
    }

    #[test]
    fn tags_that_train_lacks_share_one_code() {
        let mut tags = Tags::default();
        tags.push(["war", "comedy"]);
        tags.push(["war", "noir"]);
        let codes = label_tags(&tags, &[true, false], 1);
        assert_eq!(codes.names, [UNSEEN, "comedy", "war"]);
        assert_eq!(codes.lists.values, [2, 1, 2, 0]);
    }

    #[test]
    fn a_tag_that_is_called_like_a_special_code_has_its_own() {
        let mut tags = Tags::default();
        tags.push([UNSEEN, RARE, "war"]);
        tags.push([UNSEEN, RARE, "war", "noir"]);
        let codes = label_tags(&tags, &[true, true], 2);
        assert_eq!(codes.names, [UNSEEN, RARE, RARE, UNSEEN, "war"]);
        assert_eq!(codes.lists.get(1), [3, 2, 4, 1]);
    }

    #[test]
    fn a_tag_that_an_entry_has_twice_counts_once() {
        let mut tags = Tags::default();
        tags.push(["war", "noir", "war"]);
        tags.push(["noir"]);
        let codes = label_tags(&tags, &[true, true], 2);
        assert_eq!(codes.names, [UNSEEN, RARE, "noir"]);
        assert_eq!((codes.lists.get(0), codes.lists.get(1)), (&[1, 2][..], &[2][..]));
    }
}
