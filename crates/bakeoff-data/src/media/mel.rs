//! Log-mel frames of a sound, as librosa's `feature.melspectrogram` with its defaults gives them.
//!
//! Slaney's mel scale and filters of equal area (M. Slaney, Auditory Toolbox, 1998; librosa's `htk=False`,
//! `norm='slaney'`): `mel = 3 f / 200` below 1 kHz, `15 + 27 ln(f / 1000) / ln 6.4` above.

use std::f64::consts::PI;
use std::fmt;
use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};

/// The least power that a logarithm is taken of.
pub(crate) const FLOOR: f32 = 1e-10;
const FLAT: f64 = 200.0 / 3.0;
const BREAK_HZ: f64 = 1000.0;
const BREAK_MEL: f64 = BREAK_HZ / FLAT;

/// What is measured of a sound.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MelSettings {
    pub(crate) sample_rate: u32,
    /// Samples a frame.
    pub(crate) n_fft: usize,
    /// Samples from one frame to the next.
    pub(crate) hop: usize,
    pub(crate) n_mels: usize,
    pub(crate) min_hz: f64,
    pub(crate) max_hz: f64,
}

/// Window, transform and filters, ready for use.
pub(crate) struct LogMel {
    settings: MelSettings,
    window: Vec<f32>,
    filters: Vec<Filter>,
    transform: Arc<dyn RealToComplex<f32>>,
}

/// A triangle over the bins of the spectrum.
#[derive(Debug, Clone, PartialEq)]
struct Filter {
    first_bin: usize,
    weights: Vec<f32>,
}

impl MelSettings {
    /// The corners of the filters, in Hz: filter `m` rises from corner `m` to `m + 1` and falls to `m + 2`.
    pub(crate) fn corners(&self) -> Vec<f64> {
        let (low, high) = (to_mel(self.min_hz), to_mel(self.max_hz));
        let n = self.n_mels + 1;
        (0..=n).map(|i| to_hz(low + (high - low) * i as f64 / n as f64)).collect()
    }

    /// The first filter that no bin of the spectrum falls into, with its corners.
    pub(crate) fn empty_filter(&self) -> Option<(usize, f64, f64)> {
        let corners = self.corners();
        let is_empty = |m: &usize| self.filter(&corners[*m..]).weights.is_empty();
        (0..self.n_mels).find(is_empty).map(|m| (m, corners[m], corners[m + 2]))
    }

    /// Frames of a sound of `n_samples`: one is centred on every `hop`-th sample.
    pub(crate) fn n_frames(&self, n_samples: usize) -> usize {
        1 + n_samples / self.hop
    }

    fn filter(&self, corners: &[f64]) -> Filter {
        let (low, centre, high) = (corners[0], corners[1], corners[2]);
        let bin_hz = f64::from(self.sample_rate) / self.n_fft as f64;
        let first_bin = (low / bin_hz).floor() as usize + 1;
        let bins = (first_bin..=self.n_fft / 2).map(|bin| bin as f64 * bin_hz);
        let weight = |hz: f64| {
            let height = ((hz - low) / (centre - low)).min((high - hz) / (high - centre));
            (height * 2.0 / (high - low)) as f32
        };
        Filter { first_bin, weights: bins.take_while(|&hz| hz < high).map(weight).collect() }
    }
}

impl LogMel {
    pub(crate) fn new(settings: MelSettings) -> Self {
        let n = settings.n_fft as f64;
        // A Hann window of period n_fft.
        let window =
            (0..settings.n_fft).map(|i| (PI * i as f64 / n).sin().powi(2) as f32).collect();
        let corners = settings.corners();
        let filters = corners.windows(3).map(|corners| settings.filter(corners)).collect();
        let transform = RealFftPlanner::new().plan_fft_forward(settings.n_fft);
        Self { settings, window, filters, transform }
    }

    /// Writes `ln(max(power in each filter, 1e-10))` to `frames`, `[n_frames, n_mels]`; before and after its ends a sound
    /// is silent.
    pub(crate) fn write(&self, samples: &[f32], frames: &mut [f32]) {
        let MelSettings { n_fft, hop, n_mels, .. } = self.settings;
        debug_assert_eq!(frames.len(), self.settings.n_frames(samples.len()) * n_mels);
        let mut frame = self.transform.make_input_vec();
        let mut spectrum = self.transform.make_output_vec();
        let mut scratch = self.transform.make_scratch_vec();
        for (i, mels) in frames.chunks_exact_mut(n_mels).enumerate() {
            for (j, (value, weight)) in frame.iter_mut().zip(&self.window).enumerate() {
                let sample = (i * hop + j).checked_sub(n_fft / 2).and_then(|k| samples.get(k));
                *value = sample.copied().unwrap_or(0.0) * weight;
            }
            self.transform
                .process_with_scratch(&mut frame, &mut spectrum, &mut scratch)
                .expect("the plan made vectors of its own lengths");
            for (mel, filter) in mels.iter_mut().zip(&self.filters) {
                let bins = spectrum[filter.first_bin..].iter().map(Complex32::norm_sqr);
                let power: f32 =
                    bins.zip(&filter.weights).map(|(power, weight)| power * weight).sum();
                *mel = power.max(FLOOR).ln();
            }
        }
    }
}

impl fmt::Debug for LogMel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.settings.fmt(f)
    }
}

fn to_mel(hz: f64) -> f64 {
    if hz < BREAK_HZ { hz / FLAT } else { BREAK_MEL + 27.0 * (hz / BREAK_HZ).ln() / 6.4f64.ln() }
}

fn to_hz(mel: f64) -> f64 {
    if mel < BREAK_MEL {
        FLAT * mel
    } else {
        BREAK_HZ * ((mel - BREAK_MEL) * 6.4f64.ln() / 27.0).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: MelSettings = MelSettings {
        sample_rate: 22_050,
        n_fft: 1024,
        hop: 512,
        n_mels: 64,
        min_hz: 0.0,
        max_hz: 11_025.0,
    };

    fn log_mel(samples: &[f32]) -> Vec<f32> {
        let mut frames = vec![0.0; SETTINGS.n_frames(samples.len()) * SETTINGS.n_mels];
        LogMel::new(SETTINGS).write(samples, &mut frames);
        frames
    }

    fn tone(hz: f64, n: usize) -> Vec<f32> {
        (0..n).map(|i| (0.5 * (2.0 * PI * hz * i as f64 / 22_050.0).sin()) as f32).collect()
    }

    /// The table in the documentation of `librosa.mel_frequencies(n_mels=40)`.
    #[test]
    fn corners_are_those_that_librosa_documents() {
        let corners = MelSettings { n_mels: 38, ..SETTINGS }.corners();
        assert_eq!(corners.len(), 40);
        for (i, hz) in [
            (1, 85.317),
            (11, 938.49),
            (12, 1024.856),
            (20, 2071.84),
            (30, 4994.285),
            (38, 10_096.408),
            (39, 11_025.0),
        ] {
            assert!((corners[i] - hz).abs() < 1e-3, "corner {i} at {} Hz", corners[i]);
        }
    }

    /// `np.log(np.maximum(librosa.feature.melspectrogram(y=x, n_fft=1024, hop_length=512, n_mels=64), 1e-10))` of librosa
    /// 0.11.0 on white noise.
    #[test]
    fn frames_are_those_of_librosa() {
        let mut state = 1u32;
        let noise = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (f64::from(state) / 2f64.powi(32) - 0.5) as f32
        };
        let frames = log_mel(&(0..4096).map(noise).collect::<Vec<f32>>());
        assert_eq!(frames.len(), 9 * 64);
        for (frame, mel, expected) in [
            (0, 0, -1.911_489),
            (0, 40, -1.232_226_7),
            (3, 7, 0.391_706_65),
            (5, 31, 1.226_209_5),
            (8, 63, -0.311_993_75),
        ] {
            let found = frames[frame * 64 + mel];
            assert!((found - expected).abs() < 1e-3, "frame {frame}, mel {mel}: {found}");
        }
    }

    #[test]
    fn a_pure_tone_lies_in_the_filter_around_its_pitch() {
        let corners = SETTINGS.corners();
        for m in [5, 20, 40, 60] {
            let frames = log_mel(&tone(corners[m + 1], 22_050));
            assert_eq!(frames.len(), 44 * 64);
            let frame = &frames[20 * 64..21 * 64];
            let loudest = (0..64).max_by(|&a, &b| frame[a].total_cmp(&frame[b])).unwrap();
            assert_eq!(loudest, m, "{} Hz", corners[m + 1]);
            let far = if m < 32 { m + 20 } else { m - 20 };
            assert!(frame[m] - frame[far] > 10.0, "{} and {}", frame[m], frame[far]);
        }
    }

    #[test]
    fn silence_is_at_the_floor() {
        assert!(log_mel(&[0.0; 2048]).iter().all(|mel| mel.to_bits() == FLOOR.ln().to_bits()));
    }

    #[test]
    fn a_filter_between_two_bins_is_told() {
        // Bins lie 21.5 Hz apart. 11,025 Hz are 49.9 mel: the first of 400 filters ends at 2 · 49.9 / 401 · 200 / 3 Hz.
        let (m, low, high) = MelSettings { n_mels: 400, ..SETTINGS }.empty_filter().unwrap();
        assert!(m == 0 && low == 0.0 && (high - 16.6).abs() < 0.05, "{m} {low} {high}");
        assert_eq!(SETTINGS.empty_filter(), None);
    }
}
