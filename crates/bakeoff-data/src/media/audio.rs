//! A sound as samples of one channel.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;

use super::mel::LogMel;
use super::resample::resample;

/// How the names of such files end.
pub(crate) const ENDINGS: &[&str] = &["wav", "wave"];
/// Samples a second that a file may have.
const RATES: std::ops::RangeInclusive<u32> = 1000..=384_000;

/// What becomes of a sound.
#[derive(Debug)]
pub(crate) struct Clip {
    pub(crate) sample_rate: u32,
    /// Longer sounds are cut at the end, shorter ones go on in silence.
    pub(crate) n_samples: usize,
    pub(crate) log_mel: LogMel,
}

impl Clip {
    /// Reads a file into `frames`, `[n_frames, n_mels]`.
    pub(crate) fn read(&self, path: &Path, frames: &mut [f32]) -> Result<(), String> {
        let (samples, rate) = read_mono(path, |rate| {
            // A little more than is kept, so that the cut is no edge to the resampling.
            let n = self.n_samples as u64 * u64::from(rate) / u64::from(self.sample_rate);
            n as usize + rate as usize / 10
        })?;
        let mut samples = resample(&samples, rate, self.sample_rate);
        samples.resize(self.n_samples, 0.0);
        self.log_mel.write(&samples, frames);
        Ok(())
    }
}

/// The mean of all channels, from -1 to 1, and the sample rate. No more is read than `enough` says for that rate.
fn read_mono(path: &Path, enough: impl FnOnce(u32) -> usize) -> Result<(Vec<f32>, u32), String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    if file.metadata().is_ok_and(|metadata| metadata.len() == 0) {
        return Err("it is empty".to_owned());
    }
    let stream = MediaSourceStream::new(Box::new(file), MediaSourceStreamOptions::default());
    let (format_options, metadata_options) = (FormatOptions::default(), MetadataOptions::default());
    let mut format = symphonia::default::get_probe()
        .probe(&Hint::new(), stream, format_options, metadata_options)
        .map_err(|error| format!("it is no WAV file that can be read ({error})"))?;
    let track = format.default_track(TrackType::Audio).ok_or("it has no sound")?;
    let n_declared = track.num_frames;
    let params = track.codec_params.as_ref().and_then(|params| params.audio());
    let params = params.ok_or("it does not say how its sound is coded")?;
    let rate = params.sample_rate.unwrap_or_default();
    if !RATES.contains(&rate) {
        return Err(format!("its sample rate is {rate} Hz, allowed are {RATES:?}"));
    }
    let enough = enough(rate);
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(params, &AudioDecoderOptions::default())
        .map_err(|error| format!("its coding cannot be read ({error})"))?;
    let (mut mono, mut interleaved) = (Vec::new(), Vec::<f32>::new());
    while mono.len() < enough {
        let packet = match format.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) => break,
            // Too early or not, the file's own count of samples will tell.
            Err(Error::IoError(error)) if error.kind() == ErrorKind::UnexpectedEof => break,
            Err(error) => return Err(error.to_string()),
        };
        let sound = decoder.decode(&packet).map_err(|error| error.to_string())?;
        let n_channels = sound.num_planes().max(1);
        sound.copy_to_vec_interleaved(&mut interleaved);
        let mean = |frame: &[f32]| frame.iter().sum::<f32>() / n_channels as f32;
        mono.extend(interleaved.chunks_exact(n_channels).map(mean));
    }
    let expected = n_declared.unwrap_or(0).min(enough as u64);
    if (mono.len() as u64) < expected {
        let declared = n_declared.unwrap_or_default();
        return Err(format!("it ends after {} of {declared} samples", mono.len()));
    }
    if mono.is_empty() {
        return Err("it has no samples".to_owned());
    }
    if let Some(i) = mono.iter().position(|sample| !sample.is_finite()) {
        return Err(format!("its sample {i} is no finite number"));
    }
    Ok((mono, rate))
}
