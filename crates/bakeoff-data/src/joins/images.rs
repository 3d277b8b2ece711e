//! Pictures of users or items: a folder of PNG, JPEG and WebP files, each named after an id.

use bakeoff_spec::Plugin;
use bakeoff_spec::registry::SpecPath;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Join, Joined};
use crate::column::{Dense, Numbers, RawColumn, Values};
use crate::error::DataError;
use crate::ids::Ids;
use crate::input::{InputFile, InputFiles};
use crate::media::folder::{self, Tolerance};
use crate::media::image::{ENDINGS, Framing};

/// Which files, and how large they become. A picture is told by its content, turned upright as its EXIF data says, laid on
/// white where it is transparent, scaled by its shorter side (triangle filter, as wide as the reduction) and cut to its
/// middle. The column holds `[channels, size, size]` whole numbers from 0 to 255 an entry.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Images {
    /// A folder of `ID.png`, `ID.jpg`, `ID.jpeg` and `ID.webp`, or a pattern such as `images/*.png`.
    pub path: SpecPath,
    /// The name of the column.
    #[serde(default = "image")]
    #[schemars(length(min = 1))]
    pub column: String,
    /// Height and width in pixels.
    #[serde(default = "size")]
    #[schemars(range(min = 1, max = 1024))]
    pub size: u32,
    /// Pixels of the shorter side before the middle is cut out; by default `size`.
    #[serde(default)]
    #[schemars(range(min = 1, max = 2048))]
    pub resize: Option<u32>,
    /// Three channels of colour or one of brightness.
    #[serde(default)]
    pub channels: Channels,
    /// The share of the files in question that may be broken; within it they count as missing and the card lists them.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_broken: f64,
    /// The share of ids that may have no file; theirs are missing entries.
    #[serde(default = "all")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_missing: f64,
}

/// What is kept of each pixel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channels {
    /// Red, green, blue.
    #[default]
    Rgb,
    /// Luma of ITU-R BT.709: 0.2126 red + 0.7152 green + 0.0722 blue.
    Grey,
}

fn image() -> String {
    "image".into()
}

fn size() -> u32 {
    64
}

fn all() -> f64 {
    1.0
}

impl Plugin for Images {
    const NAME: &'static str = "images";
    const ABOUT: &'static str =
        "PNG, JPEG or WebP files named after ids, scaled and cut to squares of pixels.";
    type Params = Self;

    fn check(params: &Self) -> Result<(), String> {
        match params.resize {
            Some(resize) if resize < params.size => Err(format!(
                "resize: {resize} pixels leave no {0} × {0} to cut out; give at least size, {0}",
                params.size
            )),
            _ => Ok(()),
        }
    }
}

impl Join for Images {
    fn files(&self) -> Result<Vec<InputFile>, DataError> {
        folder::files(self.path.as_ref(), "image", ENDINGS)
    }

    fn columns(&self, _files: &InputFiles) -> Result<Option<Vec<String>>, DataError> {
        Ok(Some(vec![self.column.clone()]))
    }

    fn has_images(&self) -> bool {
        true
    }

    fn read(&self, files: &InputFiles, ids: &Ids) -> Result<Joined, DataError> {
        let framing = Framing {
            size: self.size,
            resize: self.resize.unwrap_or(self.size),
            is_grey: self.channels == Channels::Grey,
        };
        let shape = vec![framing.n_channels(), self.size as usize, self.size as usize];
        let tolerance = Tolerance {
            what: "images",
            max_broken: self.max_broken,
            max_missing: self.max_missing,
        };
        let read = |path: &std::path::Path, block: &mut [u8]| framing.read(path, block);
        let blocks = folder::read(files, ids, shape.iter().product(), tolerance, read)?;
        let numbers = Numbers::U8(blocks.numbers);
        let dense = Dense { shape, numbers, is_missing: blocks.is_missing };
        let columns = vec![RawColumn::new(&self.column, Values::Dense(dense))];
        Ok(Joined { columns, notes: blocks.notes, repairs: blocks.repairs, content: None })
    }
}
