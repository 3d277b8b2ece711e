//! What the values of ratings and columns are.

use rayon::prelude::*;

use crate::column::{CodeLists, Codes, Tags, Values};
use crate::encode::{MISSING, RARE, UNSEEN};

/// How often each rating occurs. Ratings of more than `MOST_RATINGS` different values are counted in equal bins, each
/// under its middle.
pub(super) fn rating_counts(mut ascending: Vec<f32>) -> Vec<(f32, u64)> {
    ascending.retain(|rating| !rating.is_nan());
    ascending.par_sort_unstable_by(f32::total_cmp);
    let counts: Vec<(f32, u64)> = ascending
        .chunk_by(|a, b| a.total_cmp(b).is_eq())
        .map(|equal| (equal[0], equal.len() as u64))
        .collect();
    let (Some(&(low, _)), Some(&(high, _))) = (counts.first(), counts.last()) else {
        return counts;
    };
    if counts.len() <= MOST_RATINGS {
        return counts;
    }
    let width = (high - low) / BINS as f32;
    let mut bins: Vec<(f32, u64)> =
        (0..BINS).map(|bin| (low + (bin as f32 + 0.5) * width, 0)).collect();
    for (rating, n) in counts {
        bins[(((rating - low) / width) as usize).min(BINS - 1)].1 += n;
    }
    bins
}

const MOST_RATINGS: usize = 50;
const BINS: usize = 20;

/// A column's values in a few words.
pub(super) fn describe(values: &Values) -> String {
    let several = |n: usize| match n {
        1 => "1 value".to_owned(),
        _ => format!("{n} values"),
    };
    let several_tags = |n: usize| format!("{n} tag{}", if n == 1 { "" } else { "s" });
    match values {
        Values::Text(texts) => {
            let is_value = |text: &u32| !texts.values().name(*text).is_empty();
            several(n_different(texts.codes(), texts.values().len(), is_value))
        }
        Values::Codes(Codes { names, codes }) => {
            let is_value = |code: &u32| !SPECIAL.contains(&&*names[*code as usize]);
            several(n_different(codes, names.len(), is_value))
        }
        Values::Tags(Tags { values, lists }) => {
            several_tags(n_different(&lists.values, values.len(), |_| true))
        }
        Values::CodeLists(CodeLists { names, lists }) => {
            let is_tag = |code: &u32| !SPECIAL.contains(&&*names[*code as usize]);
            several_tags(n_different(&lists.values, names.len(), is_tag))
        }
        Values::Weighted(weighted) => format!("{} weighted words", weighted.names.len()),
        Values::Tokens(tokens) => {
            format!("{} words of a vocabulary of {}", tokens.len, tokens.names.len())
        }
        Values::Series(series) => format!("{} points in time", series.points.values.len()),
        Values::Dense(dense) => {
            let shape: Vec<String> = dense.shape.iter().map(ToString::to_string).collect();
            format!("blocks of {}, {} missing", shape.join(" × "), values.n_missing())
        }
        Values::Number(numbers) => {
            let present: Vec<f64> = numbers.iter().copied().filter(|n| !n.is_nan()).collect();
            let n_missing = numbers.len() - present.len();
            let range = present.iter().map(|&n| (n, n)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
            let range = range.map_or("no numbers".to_owned(), |(low, high)| {
                format!("numbers from {} to {}", low as f32, high as f32)
            });
            if n_missing == 0 { range } else { format!("{range}, {n_missing} missing") }
        }
    }
}

/// What codes stand for that are no value of the source.
const SPECIAL: [&str; 3] = [MISSING, UNSEEN, RARE];

/// How many of the codes from 0 to `n` are there and are a value: those of users, items and rows that are gone are not.
fn n_different(codes: &[u32], n: usize, is_value: impl Fn(&u32) -> bool) -> usize {
    let mut is_there = vec![false; n];
    for &code in codes {
        is_there[code as usize] = true;
    }
    (0..n as u32).filter(|&code| is_there[code as usize] && is_value(&code)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::column::Lists;

    #[test]
    fn values_are_counted_that_are_there() {
        let texts = Values::Text(["a", "", "b", "a", "gone"].into_iter().collect());
        assert_eq!(describe(&texts.take([0, 1, 3].map(Some).into_iter())), "1 value");
        let names = [MISSING, UNSEEN, RARE, "a", "b", "test only"].map(str::to_owned).to_vec();
        assert_eq!(
            describe(&Values::Codes(Codes { names, codes: vec![0, 1, 2, 3, 4] })),
            "2 values"
        );
        let mut tags = Tags::default();
        tags.push(["war", "peace"]);
        tags.push(["gone"]);
        assert_eq!(describe(&Values::Tags(tags.clone())), "3 tags");
        assert_eq!(describe(&Values::Tags(tags).take([Some(1)].into_iter())), "1 tag");
        let mut lists = Lists::default();
        lists.push([0, 1, 2]);
        let names = [UNSEEN, RARE, "war", "test only"].map(str::to_owned).to_vec();
        assert_eq!(describe(&Values::CodeLists(CodeLists { names, lists })), "1 tag");
    }

    #[test]
    fn ratings_of_many_values_are_counted_in_bins_and_none_is_lost() {
        assert_eq!(rating_counts(vec![2.0, 1.0, f32::NAN, 2.0]), [(1.0, 1), (2.0, 2)]);
        let many: Vec<f32> = (0..=100).map(|i| i as f32 / 100.0).collect();
        let bins = rating_counts(many);
        assert_eq!(bins.len(), BINS);
        assert_eq!(bins.iter().map(|(_, n)| n).sum::<u64>(), 101);
    }
}
