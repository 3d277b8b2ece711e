//! Sounds of items: the pitch tells the category, the pace of the beats the style.

use std::f64::consts::TAU;

use rand::RngExt;
use rayon::prelude::*;

use super::style::Stream;
use super::world::World;
use crate::column::{Dense, Numbers};
use crate::media::mel::{LogMel, MelSettings};

const SAMPLE_RATE: u32 = 8000;
/// The pitch of the first category; the others rise from it over three octaves.
const LOWEST_HZ: f64 = 220.0;
/// Beats a second of each style.
const PACES: [f64; 4] = [1.5, 3.0, 6.0, 12.0];

/// What the card says.
pub(super) const NOTE: &str = "Column `audio`: the pitch tells the category (three octaves from 220 Hz), beats of 1.5, 3, \
    6 or 12 a second the style.";

/// What is measured of the sounds: frames of 64 ms, 16 ms apart.
pub(super) fn settings(n_mels: usize) -> MelSettings {
    MelSettings {
        sample_rate: SAMPLE_RATE,
        n_fft: 512,
        hop: 128,
        n_mels,
        min_hz: 100.0,
        max_hz: 4000.0,
    }
}

/// The log-mel frames of `items`, `[frames, mels]` each.
pub(super) fn sounds(
    world: &World,
    items: &[u32],
    (seconds, n_mels): (f64, usize),
    seed: u64,
) -> Dense {
    let settings = settings(n_mels);
    let n_samples = (seconds * f64::from(SAMPLE_RATE)) as usize;
    let shape = vec![settings.n_frames(n_samples), n_mels];
    let log_mel = LogMel::new(settings);
    let mut numbers = vec![0.0; items.len() * shape[0] * shape[1]];
    numbers.par_chunks_exact_mut(shape[0] * shape[1]).zip(items).for_each(|(frames, &item)| {
        log_mel.write(&play(world, item, n_samples, seed), frames);
    });
    Dense { shape, numbers: Numbers::F32(numbers), is_missing: vec![false; items.len()] }
}

fn play(world: &World, item: u32, n_samples: usize, seed: u64) -> Vec<f32> {
    let rng = &mut Stream::Sounds.rng(seed, item);
    let octaves = 3.0 * f64::from(world.category(item)) / f64::from(world.n_categories());
    let pitch = LOWEST_HZ * octaves.exp2() * rng.random_range(0.98..1.02);
    let pace = PACES[world.styles.of_item(item) as usize] * rng.random_range(0.95..1.05);
    let (start, phase): (f64, f64) = (rng.random(), rng.random());
    let sample = |i: usize| {
        let time = i as f64 / f64::from(SAMPLE_RATE);
        let since_beat = (time * pace + start).fract();
        let angle = TAU * (pitch * time + phase);
        let tone = 0.5 * angle.sin() + 0.2 * (2.0 * angle).sin();
        (tone * (-5.0 * since_beat).exp() + rng.random_range(-0.01..0.01)) as f32
    };
    (0..n_samples).map(sample).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Synthetic;
    use super::super::world::tests::generate;
    use super::*;

    #[test]
    fn the_loudest_filter_tells_the_category_and_the_beats_the_style() {
        let params = Synthetic { n_users: 10, n_items: 48, ..Synthetic::default() };
        let world = generate(&params).0;
        let items: Vec<u32> = (0..48).collect();
        let Dense { shape, numbers: Numbers::F32(numbers), .. } =
            sounds(&world, &items, (2.0, 32), 1)
        else {
            panic!("sounds are numbers");
        };
        // 2 s at 125 frames a second, and the one at the end.
        assert_eq!(shape, [126, 32]);
        let centres = settings(32).corners();
        for (&item, frames) in items.iter().zip(numbers.chunks_exact(126 * 32)) {
            let mean = |mel: usize| frames.iter().skip(mel).step_by(32).sum::<f32>();
            let loudest = (0..32).max_by(|&a, &b| mean(a).total_cmp(&mean(b))).unwrap();
            let octave = f64::from(world.category(item)) / 2.0;
            let apart = (centres[loudest + 1] / (LOWEST_HZ * octave.exp2())).log2().abs();
            assert!(apart < 0.25, "item {item}: {apart} octaves apart");
            // A beat begins where the loudest filter rises by a factor of e within three frames.
            let at = |frame: usize| frames[frame * 32 + loudest];
            let rises: Vec<bool> = (1..122).map(|frame| at(frame + 3) - at(frame) > 1.0).collect();
            let n_beats = rises.windows(2).filter(|two| !two[0] && two[1]).count() as f64;
            let expected = 1.95 * PACES[world.styles.of_item(item) as usize];
            assert!(
                (n_beats - expected).abs() <= 0.2 * expected + 1.0,
                "item {item}: {n_beats} and {expected}"
            );
        }
    }
}
