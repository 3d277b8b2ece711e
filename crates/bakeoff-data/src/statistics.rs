//! Statistics of long columns: on all cores, and to the bit the same on any number of them.

use rayon::prelude::*;

/// Numbers that one core sums up; the sums of blocks are then added in their order.
const BLOCK: usize = 1 << 16;

/// The numbers of train that are there, in their order.
pub(crate) fn of_train(numbers: &[f64], train: &[bool]) -> Vec<f64> {
    let both = numbers.par_iter().zip(train);
    both.filter(|(number, is_train)| **is_train && !number.is_nan()).map(|(n, _)| *n).collect()
}

/// The arithmetic mean; NaN of none.
pub(crate) fn mean(numbers: &[f64]) -> f64 {
    sum(numbers, |number| number) / numbers.len() as f64
}

/// The standard deviation of a population, `sqrt(Σ (x − mean)² / n)`.
pub(crate) fn deviation(numbers: &[f64], mean: f64) -> f64 {
    (sum(numbers, |number| (number - mean).powi(2)) / numbers.len() as f64).sqrt()
}

fn sum(numbers: &[f64], of: impl Fn(f64) -> f64 + Sync) -> f64 {
    let blocks = numbers.par_chunks(BLOCK);
    let sums: Vec<f64> = blocks.map(|block| block.iter().map(|&n| of(n)).sum()).collect();
    sums.into_iter().sum()
}

/// Ascending.
pub(crate) fn sorted(mut numbers: Vec<f64>) -> Vec<f64> {
    numbers.par_sort_unstable_by(f64::total_cmp);
    numbers
}

/// The quantile `q` in `[0, 1]` of ascending numbers, linear between two of them (type 7 of Hyndman and Fan, 1996; the
/// default of numpy and R). There must be at least one.
pub(crate) fn quantile(ascending: &[f64], q: f64) -> f64 {
    let place = q * (ascending.len() - 1) as f64;
    let (below, above) = (ascending[place as usize], ascending[place.ceil() as usize]);
    below + (above - below) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_neighbours() {
        let numbers = sorted(vec![4.0, 1.0, 10.0, 3.0]);
        // Places 0.75, 1.5 and 2.25 of 1, 3, 4, 10.
        let at = |places: &[f64]| places.iter().map(|&q| quantile(&numbers, q)).collect::<Vec<_>>();
        assert_eq!(at(&[0.25, 0.5, 0.75]), [2.5, 3.5, 5.5]);
        assert_eq!(at(&[0.0, 1.0]), [1.0, 10.0]);
        assert_eq!((quantile(&[7.0], 0.3), quantile(&[7.0], 1.0)), (7.0, 7.0));
    }

    #[test]
    fn missing_numbers_and_those_of_other_parts_do_not_count() {
        let numbers = of_train(&[1.0, f64::NAN, 5.0, 100.0], &[true, true, true, false]);
        assert_eq!(numbers, [1.0, 5.0]);
        assert_eq!((mean(&numbers), deviation(&numbers, 3.0)), (3.0, 2.0));
    }

    #[test]
    fn sums_do_not_depend_on_the_cores() {
        let numbers: Vec<f64> = (0..300_000).map(|i| 1.0 / f64::from(i + 1)).collect();
        let on = |n| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
        let [one, four] = [1, 4].map(|n| on(n).install(|| mean(&numbers)));
        assert_eq!(one.to_bits(), four.to_bits());
    }
}
