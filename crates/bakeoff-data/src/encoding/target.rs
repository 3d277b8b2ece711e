//! The mean rating of a category, kept apart from the rows that it is to predict.

use rand::{Rng, SeedableRng};
use rand_xoshiro::SplitMix64;

/// How the means are taken.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TargetMeans {
    /// A row of train gets the mean over the folds that it is not in.
    pub(crate) folds: u32,
    /// As many as how many ratings the mean of all counts.
    pub(crate) smoothing: f64,
    /// Deals rows to folds.
    pub(crate) seed: u64,
}

const NO_RATING: &str = "cannot be told by ratings: the training part has none; use with: label";
const ONE_FOLD: &str = "cannot be told by ratings: all those of the training part fall into one fold, whose rows have \
                        none to learn of but their own; set another `seed`, or use with: label";

/// No fold: a row that is not train's, or has no rating.
const NONE: u32 = u32::MAX;

impl TargetMeans {
    /// One mean a row. `(Σ ratings + smoothing · m) / (n + smoothing)` over the ratings of the row's category, `m` being the
    /// mean over all categories (D. Micci-Barreca, 2001): for a row of train over the rated rows of the other folds, for
    /// any other over those of train. A category without ratings there gets `m`.
    ///
    /// Why not, where some fold's rows would have no rating to learn of but their own.
    pub(crate) fn of(
        &self,
        categories: &[u32],
        n_categories: usize,
        ratings: &[f64],
        train: &[bool],
    ) -> Result<Vec<f64>, &'static str> {
        let fold_of = self.deal(train);
        let is_rated_train = |row: &usize| train[*row] && !ratings[*row].is_nan();
        let mut rated_folds = (0..ratings.len()).filter(is_rated_train).map(|row| fold_of[row]);
        let Some(first) = rated_folds.next() else { return Err(NO_RATING) };
        if rated_folds.all(|fold| fold == first) {
            return Err(ONE_FOLD);
        }
        let means_over = |is_learned: &dyn Fn(usize) -> bool| {
            let rows = (0..ratings.len()).filter(is_rated_train).filter(|&row| is_learned(row));
            let mut sums = vec![(0.0, 0.0); n_categories];
            let mut all = (0.0, 0.0);
            for row in rows {
                let of_category = &mut sums[categories[row] as usize];
                for (sum, n) in [of_category, &mut all] {
                    (*sum, *n) = (*sum + ratings[row], *n + 1.0);
                }
            }
            let mean = all.0 / all.1;
            let smooth = |(sum, n): (f64, f64)| match n {
                0.0 => mean,
                n => (sum + self.smoothing * mean) / (n + self.smoothing),
            };
            sums.into_iter().map(smooth).collect::<Vec<f64>>()
        };
        let of_train = means_over(&|_| true);
        let mut values: Vec<f64> =
            categories.iter().map(|&category| of_train[category as usize]).collect();
        for fold in 0..self.folds {
            let of_others = means_over(&|row| fold_of[row] != fold);
            for row in (0..values.len()).filter(|&row| fold_of[row] == fold) {
                values[row] = of_others[categories[row] as usize];
            }
        }
        Ok(values)
    }

    /// The fold of each row of train: by a hash of the seed and of its place among those rows.
    fn deal(&self, train: &[bool]) -> Vec<u32> {
        let mut place = 0;
        let mut deal = |row: usize| {
            if !train[row] {
                return NONE;
            }
            place += 1;
            let hash = SplitMix64::seed_from_u64(self.seed.rotate_left(32) ^ place).next_u64();
            (hash % u64::from(self.folds)) as u32
        };
        (0..train.len()).map(&mut deal).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const N: f64 = f64::NAN;
    const CATEGORIES: [u32; 8] = [0, 0, 0, 1, 1, 0, 2, 1];
    const RATINGS: [f64; 8] = [1.0, 2.0, 3.0, 4.0, 5.0, 100.0, 100.0, N];
    const TRAIN: [bool; 8] = [true, true, true, true, true, false, false, true];

    fn means(folds: u32, smoothing: f64) -> TargetMeans {
        TargetMeans { folds, smoothing, seed: 1 }
    }

    #[test]
    fn rows_outside_train_get_the_smoothed_mean_of_train() {
        // All 3; category 0: 6 of 3; two more ratings of 3: 12 of 5. Category 2 is not in train.
        let values = means(5, 2.0).of(&CATEGORIES, 3, &RATINGS, &TRAIN).unwrap();
        assert_eq!(values[5..7], [2.4, 3.0]);
        let plain = means(5, 0.0).of(&CATEGORIES, 3, &RATINGS, &TRAIN).unwrap();
        assert_eq!(plain[5..7], [2.0, 3.0]);
    }

    #[test]
    fn a_row_of_train_gets_what_the_other_folds_say() {
        let how = means(2, 1.0);
        let folds = how.deal(&TRAIN);
        assert!(folds[..5].contains(&0) && folds[..5].contains(&1), "the seed must part them");
        assert_eq!(folds[5..7], [NONE; 2]);
        let values = how.of(&CATEGORIES, 3, &RATINGS, &TRAIN).unwrap();
        for row in 0..5 {
            let others: Vec<usize> = (0..5).filter(|&other| folds[other] != folds[row]).collect();
            let mean = others.iter().map(|&row| RATINGS[row]).sum::<f64>() / others.len() as f64;
            let same: Vec<f64> = others
                .iter()
                .filter(|&&other| CATEGORIES[other] == CATEGORIES[row])
                .map(|&row| RATINGS[row])
                .collect();
            let expected = (same.iter().sum::<f64>() + mean) / (same.len() as f64 + 1.0);
            assert!((values[row] - expected).abs() < 1e-12, "row {row}: {}", values[row]);
        }
    }

    #[test]
    fn a_rating_changes_no_value_of_its_own_fold() {
        let how = means(3, 1.0);
        let folds = how.deal(&TRAIN);
        let before = how.of(&CATEGORIES, 3, &RATINGS, &TRAIN).unwrap();
        let mut ratings = RATINGS;
        ratings[1] = -50.0;
        let after = how.of(&CATEGORIES, 3, &ratings, &TRAIN).unwrap();
        for row in (0..5).filter(|&row| folds[row] == folds[1]) {
            assert_eq!(before[row].to_bits(), after[row].to_bits());
        }
        assert_ne!(before[..5], after[..5], "other folds learn of it");
    }

    #[test]
    fn held_out_ratings_change_nothing() {
        let how = means(3, 1.0);
        let mut ratings = RATINGS;
        ratings[5..7].fill(-1.0);
        let [a, b] =
            [RATINGS, ratings].map(|ratings| how.of(&CATEGORIES, 3, &ratings, &TRAIN).unwrap());
        assert_eq!(a, b);
    }

    #[test]
    fn ratings_of_one_fold_have_nothing_to_learn_of() {
        let how = means(2, 1.0);
        let folds = how.deal(&TRAIN);
        let mut ratings = RATINGS;
        for row in (0..8).filter(|&row| folds[row] != folds[0]) {
            ratings[row] = N;
        }
        assert_eq!(how.of(&CATEGORIES, 3, &ratings, &TRAIN), Err(ONE_FOLD));
        assert_eq!(how.of(&CATEGORIES, 3, &[N; 8], &TRAIN), Err(NO_RATING));
    }

    #[test]
    fn folds_are_about_equally_large_and_another_seed_deals_anew() {
        let train = vec![true; 3000];
        let folds = means(3, 1.0).deal(&train);
        for fold in 0..3 {
            let n = folds.iter().filter(|&&other| other == fold).count();
            assert!((900..1100).contains(&n), "{n}");
        }
        let other = TargetMeans { seed: 2, ..means(3, 1.0) }.deal(&train);
        assert_ne!(folds, other);
    }
}
