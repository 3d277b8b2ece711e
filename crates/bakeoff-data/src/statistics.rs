//! Statistics of long columns: on all cores, and to the bit the same on any number of them.

use std::collections::BTreeMap;

use rayon::prelude::*;

/// The values that are there, ascending.
pub(crate) fn ascending(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut ascending: Vec<f64> = values.filter(|value| !value.is_nan()).collect();
    ascending.par_sort_unstable_by(f64::total_cmp);
    ascending
}

/// The numbers of train that are there, in their order.
pub(crate) fn of_train(numbers: &[f64], train: &[bool]) -> Vec<f64> {
    let both = numbers.par_iter().zip(train);
    both.filter(|(number, is_train)| **is_train && !number.is_nan()).map(|(n, _)| *n).collect()
}

/// The arithmetic mean; `None` of nothing.
pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| sum(values, |value| value) / values.len() as f64)
}

/// The standard deviation with n as the divisor, as numpy's `std`: √(Σ (x − mean)² / n); `None` of nothing.
pub(crate) fn deviation(values: &[f64]) -> Option<f64> {
    let mean = mean(values)?;
    Some((sum(values, |value| (value - mean).powi(2)) / values.len() as f64).sqrt())
}

/// Numbers that one core sums up; the sums of blocks are then added in their order.
const BLOCK: usize = 1 << 16;

fn sum(values: &[f64], of: impl Fn(f64) -> f64 + Sync) -> f64 {
    let blocks = values.par_chunks(BLOCK);
    let sums: Vec<f64> = blocks.map(|block| block.iter().map(|&value| of(value)).sum()).collect();
    sums.into_iter().sum()
}

/// The middle value, or the mean of the two in the middle; `None` of nothing.
pub(crate) fn median(ascending: &[f64]) -> Option<f64> {
    let n = ascending.len();
    (n > 0).then(|| f64::midpoint(ascending[(n - 1) / 2], ascending[n / 2]))
}

/// The most frequent value, of several the smallest; `None` of nothing.
pub(crate) fn mode<T: Copy + PartialEq>(ascending: &[T]) -> Option<T> {
    let mut most: &[T] = &[];
    for equal in ascending.chunk_by(|a, b| a == b) {
        if equal.len() > most.len() {
            most = equal;
        }
    }
    most.first().copied()
}

/// The quantile `q` from 0 to 1: type 7 of Hyndman and Fan (1996), numpy's default, which lies at (n − 1) q between the
/// two values next to that place; `None` of nothing.
pub(crate) fn quantile(ascending: &[f64], q: f64) -> Option<f64> {
    let place = ascending.len().checked_sub(1)? as f64 * q;
    let (below, above) = (ascending[place.floor() as usize], ascending[place.ceil() as usize]);
    Some(below + place.fract() * (above - below))
}

/// The group of a value that is of no group.
pub(crate) const NO_GROUP: u32 = u32::MAX;

/// Something learned from values: from all of them, and from those of each group that has some.
pub(crate) struct Learned<T> {
    pub(crate) whole: T,
    pub(crate) of_groups: BTreeMap<u32, T>,
}

impl<T> Learned<T> {
    /// The same for all groups.
    pub(crate) fn whole(whole: T) -> Self {
        Self { whole, of_groups: BTreeMap::new() }
    }

    /// A statistic of ascending values, over all and within each group; `None` of no values.
    pub(crate) fn of(
        mut present: Vec<(u32, T)>,
        order: fn(&T, &T) -> std::cmp::Ordering,
        statistic: fn(&[T]) -> Option<T>,
    ) -> Option<Self>
    where
        T: Copy + Send + Sync,
    {
        let statistic_of = |of: &[(u32, T)]| {
            let values: Vec<T> = of.iter().map(|&(_, value)| value).collect();
            statistic(&values)
        };
        present.par_sort_unstable_by(|a, b| order(&a.1, &b.1));
        let mut learned = Self::whole(statistic_of(&present)?);
        present.retain(|&(group, _)| group != NO_GROUP);
        // A stable sort: the values of a group stay ascending.
        present.par_sort_by_key(|&(group, _)| group);
        for of_group in present.chunk_by(|a, b| a.0 == b.0) {
            learned.of_groups.extend(statistic_of(of_group).map(|value| (of_group[0].0, value)));
        }
        Some(learned)
    }

    /// Each of them changed.
    pub(crate) fn map<U>(self, mut change: impl FnMut(T) -> U) -> Learned<U> {
        let whole = change(self.whole);
        let of_groups =
            self.of_groups.into_iter().map(|(group, of_group)| (group, change(of_group)));
        Learned { whole, of_groups: of_groups.collect() }
    }

    /// That of a group, or where it has none that of all.
    pub(crate) fn get_ref(&self, group: u32) -> &T {
        self.of_groups.get(&group).unwrap_or(&self.whole)
    }
}

impl<T: Copy> Learned<T> {
    /// That of a group, or where it has none that of all.
    pub(crate) fn get(&self, group: u32) -> T {
        *self.get_ref(group)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_are_those_worked_by_hand() {
        let values = ascending([4.0, f64::NAN, 1.0, 2.0, 1.0].into_iter());
        assert_eq!(values, [1.0, 1.0, 2.0, 4.0]);
        assert_eq!(mean(&values), Some(2.0));
        // Squares of the differences from the mean: 1, 1, 0, 4; their mean is 1.5.
        assert_eq!(deviation(&values), Some(1.5f64.sqrt()));
        assert_eq!(median(&values), Some(1.5));
        assert_eq!(median(&values[1..]), Some(2.0));
        assert_eq!(mode(&values), Some(1.0));
        // 3 · 0.9 = 2.7: seven tenths of the way from the third value to the fourth.
        assert!((quantile(&values, 0.9).unwrap() - 3.4).abs() < 1e-12);
        assert_eq!([quantile(&values, 0.0), quantile(&values, 1.0)], [Some(1.0), Some(4.0)]);
        assert_eq!((mean(&[]), median(&[]), quantile(&[], 0.5)), (None, None, None));
    }

    #[test]
    fn missing_numbers_and_those_of_other_parts_do_not_count() {
        let numbers = of_train(&[1.0, f64::NAN, 5.0, 100.0], &[true, true, true, false]);
        assert_eq!(numbers, [1.0, 5.0]);
    }

    #[test]
    fn sums_do_not_depend_on_the_cores() {
        let numbers: Vec<f64> = (0..300_000).map(|i| 1.0 / f64::from(i + 1)).collect();
        let on = |n| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
        let [one, four] = [1, 4].map(|n| on(n).install(|| mean(&numbers).unwrap()));
        assert_eq!(one.to_bits(), four.to_bits());
    }
}
