//! Draws in proportion to weights, in constant time.

use bakeoff_data::Part;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus as Rng;

/// An alias table (Walker, ACM TOMS 1977), built in linear time (Vose, IEEE TSE 1991).
#[derive(Debug, Clone)]
pub(crate) struct AliasTable {
    /// Of each item's slot, the share that is its own, and whose the rest is.
    slots: Vec<(f32, u32)>,
    probabilities: Vec<f64>,
}

impl AliasTable {
    /// Draws an item as often as its weight says: weights `[n_items]`, none negative; where all are 0, all are alike.
    pub(crate) fn new(weights: &[f64]) -> Self {
        let total: f64 = weights.iter().sum();
        let n = weights.len() as f64;
        let share = |&weight: &f64| if total > 0.0 { weight / total } else { n.recip() };
        let probabilities: Vec<f64> = weights.iter().map(share).collect();
        // How many slots each item fills; what is left of a full one tops up the others.
        let mut left: Vec<f64> = probabilities.iter().map(|p| p * n).collect();
        let (mut low, mut high): (Vec<u32>, Vec<u32>) =
            (0..weights.len() as u32).partition(|&item| left[item as usize] < 1.0);
        let mut slots: Vec<(f32, u32)> =
            (0..weights.len() as u32).map(|item| (1.0, item)).collect();
        while let (Some(&giver), Some(item)) = (high.last(), low.pop()) {
            slots[item as usize] = (left[item as usize] as f32, giver);
            left[giver as usize] -= 1.0 - left[item as usize];
            if left[giver as usize] < 1.0 {
                high.pop();
                low.push(giver);
            }
        }
        Self { slots, probabilities }
    }

    /// An item.
    pub(crate) fn draw(&self, rng: &mut Rng) -> u32 {
        let item = rng.random_range(0..self.slots.len() as u32);
        let (share, other) = self.slots[item as usize];
        if rng.random::<f32>() < share { item } else { other }
    }

    /// How probable each item is, `[n_items]`.
    pub(crate) fn probabilities(&self) -> &[f64] {
        &self.probabilities
    }
}

/// How often each item stands in `part` after the first `skip` rows of a user, `[n_items]`.
pub(crate) fn counts(part: Part<'_>, n_items: usize, skip: usize) -> Vec<f64> {
    let mut counts = vec![0.0; n_items];
    for item in (0..part.n_users()).flat_map(|user| part.items_of(user).iter().skip(skip)) {
        counts[*item as usize] += 1.0;
    }
    counts
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn items_are_drawn_as_often_as_their_weights_say() {
        let mut rng = Rng::seed_from_u64(3);
        for weights in [vec![1.0], vec![0.0, 3.0, 0.5, 0.0, 1.5, 0.0], vec![0.0; 4], {
            (0..1000).map(|i| f64::from(i % 7).powi(3)).collect()
        }] {
            let table = AliasTable::new(&weights);
            let n = 1000 * weights.len();
            let mut drawn = vec![0.0; weights.len()];
            (0..n).for_each(|_| drawn[table.draw(&mut rng) as usize] += 1.0);
            let mut chi_squared = 0.0;
            for (count, p) in drawn.iter().zip(table.probabilities()) {
                let expected = p * n as f64;
                assert!(expected > 0.0 || *count == 0.0, "an item without weight was drawn");
                if expected > 0.0 {
                    chi_squared += (count - expected).powi(2) / expected;
                }
            }
            // Its mean is the degrees of freedom, its variance twice that; five deviations above.
            let freedom = weights.len() as f64 - 1.0;
            assert!(chi_squared <= freedom + 5.0 * (2.0 * freedom).sqrt(), "{chi_squared}");
        }
    }
}
