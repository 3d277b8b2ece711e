//! Sounds of users or items: a folder of WAV files, each named after an id, as log-mel frames.

use bakeoff_spec::Plugin;
use bakeoff_spec::registry::SpecPath;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Join, Joined};
use crate::column::{Dense, Numbers, RawColumn, Values};
use crate::error::DataError;
use crate::ids::Ids;
use crate::input::{InputFile, InputFiles};
use crate::media::audio::{Clip, ENDINGS};
use crate::media::folder::{self, Tolerance};
use crate::media::mel::{LogMel, MelSettings};

/// Which files, and what is measured of them. PCM of 8, 16, 24 and 32 bits and floating point is read, channels are
/// averaged, other sample rates are converted (band-limited). The column holds `[1 + seconds · sample_rate / hop, mels]`
/// numbers an entry: `ln(max(power, 1e-10))` of a Hann-windowed spectrum through Slaney's mel filters, frames centred, as
/// `librosa.feature.melspectrogram` has them before the logarithm.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Audio {
    /// A folder of `ID.wav`, or a pattern such as `sounds/*.wav`.
    pub path: SpecPath,
    /// The name of the column.
    #[serde(default = "audio")]
    #[schemars(length(min = 1))]
    pub column: String,
    /// Samples a second.
    #[serde(default = "sample_rate")]
    #[schemars(range(min = 1000, max = 96_000))]
    pub sample_rate: u32,
    /// Length that is kept: more is cut off at the end, less goes on in silence.
    #[serde(default = "seconds")]
    #[schemars(range(min = 0.01, max = 600.0))]
    pub seconds: f64,
    /// Samples a frame.
    #[serde(default = "n_fft")]
    #[schemars(range(min = 16, max = 65_536))]
    pub n_fft: usize,
    /// Samples from one frame to the next.
    #[serde(default = "hop")]
    #[schemars(range(min = 1, max = 65_536))]
    pub hop: usize,
    /// Mel filters.
    #[serde(default = "mels")]
    #[schemars(range(min = 1, max = 512))]
    pub mels: usize,
    /// Where the lowest filter begins, in Hz.
    #[serde(default)]
    #[schemars(range(min = 0.0))]
    pub min_hz: f64,
    /// Where the highest filter ends, in Hz; by default half the sample rate.
    #[serde(default)]
    pub max_hz: Option<f64>,
    /// The share of the files in question that may be broken; within it they count as missing and the card lists them.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_broken: f64,
    /// The share of ids that may have no file; theirs are missing entries.
    #[serde(default = "all")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_missing: f64,
}

fn audio() -> String {
    "audio".into()
}

fn sample_rate() -> u32 {
    22_050
}

fn seconds() -> f64 {
    10.0
}

fn n_fft() -> usize {
    1024
}

fn hop() -> usize {
    512
}

fn mels() -> usize {
    64
}

fn all() -> f64 {
    1.0
}

impl Plugin for Audio {
    const NAME: &'static str = "audio";
    const ABOUT: &'static str = "WAV files named after ids, as frames of log-mel energies.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        let settings = params.settings();
        let nyquist = f64::from(params.sample_rate) / 2.0;
        if !(settings.min_hz < settings.max_hz && settings.max_hz <= nyquist) {
            return Err(format!(
                "max_hz: {} must lie above min_hz ({}) and at half the sample rate ({nyquist}) at most",
                settings.max_hz, settings.min_hz
            ));
        }
        match settings.empty_filter() {
            Some((m, low, high)) => Err(format!(
                "mels: filter {m} of {} ({low:.0} to {high:.0} Hz) holds none of the frequencies that n_fft: {} tells \
                 apart; use fewer mels or a larger n_fft",
                params.mels, params.n_fft
            )),
            None => Ok(()),
        }
    }
}

impl Join for Audio {
    fn files(&self) -> Result<Vec<InputFile>, DataError> {
        folder::files(self.path.as_ref(), "audio", ENDINGS)
    }

    fn columns(&self, _files: &InputFiles) -> Result<Option<Vec<String>>, DataError> {
        Ok(Some(vec![self.column.clone()]))
    }

    fn read(&self, files: &InputFiles, ids: &Ids) -> Result<Joined, DataError> {
        let settings = self.settings();
        let n_samples = (self.seconds * f64::from(self.sample_rate)).round() as usize;
        let shape = vec![settings.n_frames(n_samples), self.mels];
        let log_mel = LogMel::new(settings);
        let clip = Clip { sample_rate: self.sample_rate, n_samples, log_mel };
        let tolerance = Tolerance {
            what: "sounds",
            max_broken: self.max_broken,
            max_missing: self.max_missing,
        };
        let read = |path: &std::path::Path, frames: &mut [f32]| clip.read(path, frames);
        let blocks = folder::read(files, ids, shape.iter().product(), tolerance, read)?;
        let numbers = Numbers::F32(blocks.numbers);
        let dense = Dense { shape, numbers, is_missing: blocks.is_missing };
        let columns = vec![RawColumn::new(&self.column, Values::Dense(dense))];
        Ok(Joined { columns, notes: blocks.notes, repairs: blocks.repairs, content: None })
    }
}

impl Audio {
    fn settings(&self) -> MelSettings {
        MelSettings {
            sample_rate: self.sample_rate,
            n_fft: self.n_fft,
            hop: self.hop,
            n_mels: self.mels,
            min_hz: self.min_hz,
            max_hz: self.max_hz.unwrap_or(f64::from(self.sample_rate) / 2.0),
        }
    }
}
