//! Another sample rate by band-limited interpolation: a windowed sinc for each phase between two samples.
//!
//! J. O. Smith, Digital Audio Resampling, <https://ccrma.stanford.edu/~jos/resample/>.

use std::f64::consts::PI;

/// Zero crossings of the sinc on each side.
const ZERO_CROSSINGS: f64 = 32.0;

/// `samples` at the rate `to` instead of `from`:
///
/// `y[j] = Σ_i x[i] · h(j · from / to − i)` with `h(t) = sinc(c t) · cos²(π c t / (2 · 32))`, `c = min(1, to / from)`, the
/// weights of each `j` scaled to a sum of 1; beyond its ends a sound is silent.
pub(super) fn resample(samples: &[f32], from: u32, to: u32) -> Vec<f32> {
    if from == to {
        return samples.to_vec();
    }
    let divisor = gcd(from, to);
    // The output falls on `n_phases` different places between two samples, in turn.
    let (step, n_phases) = ((from / divisor) as usize, (to / divisor) as usize);
    let cutoff = f64::from(to.min(from)) / f64::from(from);
    let reach = (ZERO_CROSSINGS / cutoff).ceil() as usize;
    let filters: Vec<Vec<f32>> =
        (0..n_phases).map(|phase| filter(phase as f64 / n_phases as f64, cutoff, reach)).collect();
    let n = (samples.len() as u64 * u64::from(to)).div_ceil(u64::from(from)) as usize;
    let at = |j: usize| {
        let (whole, phase) = (j * step / n_phases, j * step % n_phases);
        // Weight `k` is that of the sample `whole + k − reach`.
        let skipped = reach.saturating_sub(whole);
        let first = whole.saturating_sub(reach);
        let weights = filters[phase][skipped..].iter();
        samples[first.min(samples.len())..].iter().zip(weights).map(|(x, weight)| x * weight).sum()
    };
    (0..n).map(at).collect()
}

/// The weights of the samples from `reach` before the last one before the place to `reach` after it.
fn filter(fraction: f64, cutoff: f64, reach: usize) -> Vec<f32> {
    let weight = |k: usize| {
        let t = cutoff * (k as f64 - reach as f64 - fraction);
        if t.abs() >= ZERO_CROSSINGS {
            return 0.0;
        }
        let sinc = if t == 0.0 { 1.0 } else { (PI * t).sin() / (PI * t) };
        sinc * (PI * t / (2.0 * ZERO_CROSSINGS)).cos().powi(2)
    };
    let weights: Vec<f64> = (0..=2 * reach + 1).map(weight).collect();
    let total: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| (weight / total) as f32).collect()
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f64, rate: u32, n: usize) -> Vec<f32> {
        (0..n).map(|i| (2.0 * PI * hz * i as f64 / f64::from(rate)).sin() as f32).collect()
    }

    /// The largest difference away from the ends, where the sound begins and stops all at once.
    fn difference(a: &[f32], b: &[f32]) -> f32 {
        assert!(a.len().abs_diff(b.len()) <= 1, "{} and {}", a.len(), b.len());
        let middle = a.len() / 4..3 * a.len() / 4;
        middle.map(|i| (a[i] - b[i]).abs()).fold(0.0, f32::max)
    }

    #[test]
    fn a_tone_is_the_same_tone_at_another_rate() {
        for (from, to) in [(8000, 11_025), (44_100, 16_000), (48_000, 44_100), (8000, 16_000)] {
            let resampled = resample(&tone(440.0, from, from as usize / 4), from, to);
            let apart = difference(&resampled, &tone(440.0, to, to as usize / 4));
            assert!(apart < 1e-3, "{from} to {to}: {apart}");
        }
    }

    #[test]
    fn what_the_lower_rate_cannot_carry_is_gone_and_not_folded_down() {
        // 6 kHz at 8 kHz would be heard as 2 kHz.
        let resampled = resample(&tone(6000.0, 16_000, 8000), 16_000, 8000);
        let loudest = resampled[1000..3000].iter().fold(0.0f32, |a, b| a.max(b.abs()));
        assert!(loudest < 1e-3, "{loudest}");
    }

    #[test]
    fn a_constant_stays_what_it_is() {
        let resampled = resample(&[0.5; 2000], 22_050, 16_000);
        assert_eq!(resampled.len(), 1452);
        assert!(resampled[300..1100].iter().all(|x| (x - 0.5).abs() < 1e-5));
    }
}
