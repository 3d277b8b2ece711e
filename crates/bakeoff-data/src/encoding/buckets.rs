//! A fixed number of codes: texts by their hash, numbers by the quantiles of train.

use rayon::prelude::*;

use crate::column::{CodeLists, Codes, Lists, Tags, Texts};
use crate::encode::{MISSING, UNSEEN, distinct};
use crate::statistics::{ascending, of_train, quantile};

/// Codes of texts: 0 missing, 1 unused (that of unseen values elsewhere), then one a bucket.
pub(crate) fn hashed(texts: &Texts, buckets: u32) -> Codes {
    let code = |text: &str| if text.is_empty() { 0 } else { 2 + bucket(text, buckets) };
    let of_values: Vec<u32> = texts.values().names().map(code).collect();
    let special = [MISSING, UNSEEN].map(str::to_owned);
    let names = special.into_iter().chain((0..buckets).map(name)).collect();
    let codes = texts.codes().par_iter().map(|&value| of_values[value as usize]).collect();
    Codes { names, codes }
}

/// Codes of tags: 0 unused (that of unseen tags elsewhere), then one a bucket.
pub(crate) fn hashed_tags(tags: &Tags, buckets: u32) -> CodeLists {
    let of_values: Vec<u32> = tags.values.names().map(|tag| 1 + bucket(tag, buckets)).collect();
    let Lists { offsets, values } = distinct(tags);
    let values = values.iter().map(|&tag| of_values[tag as usize]).collect();
    let names = std::iter::once(UNSEEN.to_owned()).chain((0..buckets).map(name)).collect();
    CodeLists { names, lists: Lists { offsets, values } }
}

fn name(bucket: u32) -> String {
    format!("bucket {bucket}")
}

/// The first eight bytes of BLAKE3 as a little-endian number, modulo the buckets: the same on every machine.
fn bucket(text: &str, buckets: u32) -> u32 {
    let hash = blake3::hash(text.as_bytes());
    let (first, _) = hash.as_bytes().split_first_chunk().expect("a hash has 32 bytes");
    (u64::from_le_bytes(*first) % u64::from(buckets)) as u32
}

/// Codes of numbers: 0 missing, 1 unused (that of unseen values elsewhere), then the buckets between quantiles of train,
/// each with its lower edge; the first and the last have no end. Edges that coincide are one. `None` where train has no
/// number.
pub(crate) fn quantile_codes(numbers: &[f64], train: &[bool], buckets: u32) -> Option<Codes> {
    let known = ascending(of_train(numbers, train).into_iter());
    let min = *known.first()?;
    let edges = (1..buckets).map(|i| quantile(&known, f64::from(i) / f64::from(buckets)));
    let mut edges: Vec<f64> = edges.collect::<Option<_>>()?;
    edges.dedup();
    // Below the smallest value there would be an empty bucket.
    edges.retain(|&edge| edge > min);
    let code = |number: &f64| match number {
        number if number.is_nan() => 0,
        number => 2 + edges.partition_point(|edge| edge <= number) as u32,
    };
    let codes = numbers.par_iter().map(code).collect();
    let mut names = vec![MISSING.to_owned(), UNSEEN.to_owned()];
    for i in 0..=edges.len() {
        names.push(match (i.checked_sub(1).map(|i| edges[i]), edges.get(i)) {
            (None, None) => "any".to_owned(),
            (None, Some(to)) => format!("below {to}"),
            (Some(from), None) => format!("{from} and above"),
            (Some(from), Some(to)) => format!("{from} to below {to}"),
        });
    }
    Some(Codes { names, codes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_the_same_everywhere() {
        // BLAKE3 of "abc" begins with 64 37 b3 ac 38 46 51 33; little-endian, modulo 256 that is the first byte.
        assert_eq!(bucket("abc", 256), 0x64);
        assert_eq!(bucket("abc", 1 << 16), 0x3764);
        assert_eq!(bucket("abc", 1), 0);
    }

    #[test]
    fn texts_of_one_hash_share_a_code_and_missing_ones_have_their_own() {
        let texts: Texts = ["abc", "", "b", "abc"].into_iter().collect();
        let codes = hashed(&texts, 256);
        assert_eq!((codes.names.len(), codes.names[0x66].as_str()), (258, "bucket 100"));
        assert_eq!((codes.codes[0], codes.codes[1], codes.codes[3]), (0x66, 0, 0x66));
        assert_eq!(hashed(&texts, 1).codes, [2, 0, 2, 2]);
        let mut tags = Tags::default();
        tags.push(["abc", "b"]);
        tags.push([]);
        let hashed = hashed_tags(&tags, 1);
        assert_eq!(hashed.names, [UNSEEN, "bucket 0"]);
        assert_eq!((hashed.lists.get(0), hashed.lists.get(1)), (&[1, 1][..], &[][..]));
        assert_eq!(hashed_tags(&tags, 256).lists.values[0], 0x65);
    }

    #[test]
    fn buckets_lie_between_quantiles_of_train_and_have_no_outer_ends() {
        let numbers = [1.0, 2.0, 3.0, 4.0, 5.0, f64::NAN, -7.0, 99.0];
        let train = [true, true, true, true, true, true, false, false];
        // Quartiles 2, 3 and 4.
        let codes = quantile_codes(&numbers, &train, 4).unwrap();
        assert_eq!(codes.codes, [2, 3, 4, 5, 5, 0, 2, 5]);
        let names = ["below 2", "2 to below 3", "3 to below 4", "4 and above"];
        assert_eq!(codes.names[2..], names);
    }

    #[test]
    fn edges_that_coincide_are_one() {
        let codes = quantile_codes(&[1.0, 1.0, 1.0, 1.0, 9.0], &[true; 5], 4).unwrap();
        assert_eq!((&codes.codes[..], codes.names.len()), (&[2; 5][..], 3));
        // Quartiles of 1, 1, 1, 5, 9: 1, 1 and 5.
        let codes = quantile_codes(&[1.0, 1.0, 1.0, 5.0, 9.0], &[true; 5], 4).unwrap();
        assert_eq!(codes.codes, [2, 2, 2, 3, 3]);
        assert_eq!(quantile_codes(&[1.0], &[false], 4), None);
    }
}
