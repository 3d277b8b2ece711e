//! Dropout (Srivastava et al., JMLR 2014) with a mask that is drawn fast: on the CPU, libtorch's own generator takes
//! more time than the layers around it.
//!
//! The generator belongs to the thread that trains, one trial at a time, and [`seed`] starts it anew for each.

use std::cell::RefCell;

use rand::{Rng as _, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus as Rng;
use tch::{Device, Kind, Tensor};

use crate::memory::floats_mut;

thread_local! {
    static GENERATOR: RefCell<Rng> = RefCell::new(Rng::seed_from_u64(0));
}

/// Starts the generator of masks anew.
pub fn seed(seed: u64) {
    go_on_with(Rng::seed_from_u64(seed));
}

/// The generator as it stands now.
pub fn generator() -> Rng {
    GENERATOR.with_borrow(Clone::clone)
}

/// Goes on from where a generator stood.
pub fn go_on_with(generator: Rng) {
    GENERATOR.set(generator);
}

/// In training, zeroes a share `p` of the values and scales the others up; in evaluation, nothing.
pub fn dropout(x: &Tensor, p: f64, train: bool) -> Tensor {
    if !train || p == 0.0 {
        return x.shallow_clone();
    }
    if x.device() != Device::Cpu {
        return x.dropout(p, true);
    }
    let mut mask = Tensor::empty(x.size(), (Kind::Float, Device::Cpu));
    GENERATOR.with_borrow_mut(|generator| draw_mask(p, generator, floats_mut(&mut mask)));
    x * mask
}

/// Four values from each draw: 16 bits are fine enough for a share that is chosen by hand.
fn draw_mask(p: f64, generator: &mut Rng, mask: &mut [f32]) {
    const STEPS: f64 = 65536.0;
    let dropped = (p * STEPS).round();
    let kept = (STEPS / (STEPS - dropped)) as f32;
    let dropped = dropped as u64;
    for values in mask.chunks_mut(4) {
        let mut bits = generator.next_u64();
        for value in values {
            *value = if bits & 0xffff < dropped { 0.0 } else { kept };
            bits >>= 16;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_dropped_and_the_mean_is_kept() {
        let mut generator = Rng::seed_from_u64(3);
        for p in [0.1, 0.5, 0.9] {
            let mut mask = vec![f32::NAN; 400_003];
            draw_mask(p, &mut generator, &mut mask);
            let zeros = mask.iter().filter(|&&value| value == 0.0).count() as f64;
            let mean = mask.iter().map(|&value| f64::from(value)).sum::<f64>() / mask.len() as f64;
            // Four standard errors of a share of 400,003 draws are below 0.0032, of the mean below 0.02.
            assert!((zeros / mask.len() as f64 - p).abs() < 0.0032, "{zeros} zeros at {p}");
            assert!((mean - 1.0).abs() < 0.02, "mean {mean} at {p}");
        }
    }

    #[test]
    fn a_seed_gives_the_same_mask_and_evaluation_drops_nothing() {
        let x = Tensor::ones([50, 7], (Kind::Float, Device::Cpu));
        let drawn = |value| {
            seed(value);
            dropout(&x, 0.5, true)
        };
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
        assert_eq!(dropout(&x, 0.5, false), x);
    }
}
