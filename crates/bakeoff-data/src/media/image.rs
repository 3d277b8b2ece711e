//! A picture as a block of pixels.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

use image::imageops::{self, FilterType};
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, Pixel, Rgb, RgbImage};

/// How the names of such files end; what they hold is told by how they begin.
pub(crate) const ENDINGS: &[&str] = &["png", "jpg", "jpeg", "webp"];
const FORMATS: [ImageFormat; 3] = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP];
/// Pixels along a side: past it, a file is broken or was made to fill the memory.
const LONGEST_SIDE: u32 = 16_384;
/// Bytes of a decoded picture: some 90 million pixels.
const MOST_BYTES: u64 = 1 << 28;
/// Bytes of a file.
const LARGEST_FILE: u64 = 1 << 28;

/// What becomes of a picture.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Framing {
    /// Height and width in the end.
    pub(crate) size: u32,
    /// The shorter side before `size` × `size` pixels are cut out of the middle.
    pub(crate) resize: u32,
    /// One channel of brightness instead of red, green and blue.
    pub(crate) is_grey: bool,
}

impl Framing {
    pub(crate) fn n_channels(self) -> usize {
        if self.is_grey { 1 } else { 3 }
    }

    /// Reads a file into `block`, `[n_channels, size, size]`.
    pub(crate) fn read(self, path: &Path, block: &mut [u8]) -> Result<(), String> {
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(|error| error.to_string())?;
        file.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        match bytes.len() as u64 {
            0 => return Err("it is empty".to_owned()),
            1..=LARGEST_FILE => {}
            _ => return Err(format!("it has more than {} MiB", LARGEST_FILE >> 20)),
        }
        self.write(&self.cut(&decode(&bytes)?)?, block);
        Ok(())
    }

    /// Scales the shorter side to `resize` and cuts out the middle, half a pixel towards the upper left where there is no
    /// middle.
    ///
    /// The longer side is rounded down, as torchvision's `Resize` does. The filter is a triangle that widens with the
    /// reduction (PIL's `BILINEAR`), so that fine texture is averaged and not sampled.
    fn cut(self, image: &RgbImage) -> Result<RgbImage, String> {
        let (width, height) = image.dimensions();
        let shorter = width.min(height);
        let scaled = |side: u32| u64::from(side) * u64::from(self.resize) / u64::from(shorter);
        let (new_width, new_height) = (scaled(width), scaled(height));
        if new_width.max(new_height) > u64::from(LONGEST_SIDE) {
            return Err(format!(
                "its {width} × {height} pixels are too narrow to be cut to a square"
            ));
        }
        let (new_width, new_height) = (new_width as u32, new_height as u32);
        let resized;
        let image = if (new_width, new_height) == (width, height) {
            image
        } else {
            resized = imageops::resize(image, new_width, new_height, FilterType::Triangle);
            &resized
        };
        let (left, top) = ((new_width - self.size) / 2, (new_height - self.size) / 2);
        Ok(imageops::crop_imm(image, left, top, self.size, self.size).to_image())
    }

    fn write(self, image: &RgbImage, block: &mut [u8]) {
        let n_pixels = image.pixels().len();
        for (i, pixel) in image.pixels().enumerate() {
            if self.is_grey {
                block[i] = pixel.to_luma().0[0];
            } else {
                for (channel, &value) in pixel.0.iter().enumerate() {
                    block[channel * n_pixels + i] = value;
                }
            }
        }
    }
}

/// The picture upright, on white.
fn decode(bytes: &[u8]) -> Result<RgbImage, String> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    let mut reader = reader.map_err(|error| error.to_string())?;
    let format = reader.format().filter(|format| FORMATS.contains(format));
    let format = format.ok_or("it does not begin as PNG, JPEG or WebP do")?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(MOST_BYTES);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| error.to_string())?;
    let (width, height) = decoder.dimensions();
    if decoder.total_bytes() > MOST_BYTES {
        return Err(format!(
            "its {width} × {height} pixels take more than {} MiB",
            MOST_BYTES >> 20
        ));
    }
    let orientation = decoder.orientation().map_err(|error| error.to_string())?;
    if format == ImageFormat::Jpeg && is_cut_off(bytes) {
        return Err("it ends before the picture does".to_owned());
    }
    let mut image = DynamicImage::from_decoder(decoder).map_err(|error| error.to_string())?;
    image.apply_orientation(orientation);
    Ok(on_white(image))
}

/// Whether no end of image follows the last start of a scan. The decoder fills what is missing with grey and says nothing.
fn is_cut_off(jpeg: &[u8]) -> bool {
    let scan = memchr::memmem::rfind(jpeg, &[0xff, 0xda]).unwrap_or(0);
    memchr::memmem::find(&jpeg[scan..], &[0xff, 0xd9]).is_none()
}

fn on_white(image: DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let image = image.into_rgba8();
    RgbImage::from_fn(image.width(), image.height(), |x, y| {
        let [red, green, blue, alpha] = image.get_pixel(x, y).0.map(u32::from);
        let over_white = |value: u32| ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
        Rgb([red, green, blue].map(over_white))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Five columns of 0, 50, …, 200 in three rows of 0, 1, 2 above that.
    fn gradient() -> RgbImage {
        RgbImage::from_fn(5, 3, |x, y| Rgb([(50 * x + y) as u8; 3]))
    }

    fn red(image: &RgbImage) -> Vec<u8> {
        image.pixels().map(|pixel| pixel.0[0]).collect()
    }

    #[test]
    fn the_middle_is_cut_out_of_the_longer_side() {
        let framing = Framing { size: 3, resize: 3, is_grey: false };
        let cut = framing.cut(&gradient()).unwrap();
        assert_eq!(red(&cut), [50, 100, 150, 51, 101, 151, 52, 102, 152]);
        // Of two middles the upper left one: columns 1 and 2 of 5, rows 0 and 1 of 3.
        let framing = Framing { size: 2, resize: 3, is_grey: false };
        assert_eq!(red(&framing.cut(&gradient()).unwrap()), [50, 100, 51, 101]);
    }

    #[test]
    fn the_shorter_side_is_scaled_and_the_longer_one_follows() {
        // A constant stays what it is.
        let flat = RgbImage::from_pixel(6, 3, Rgb([90, 20, 7]));
        let framing = Framing { size: 1, resize: 1, is_grey: false };
        assert_eq!(framing.cut(&flat).unwrap().pixels().next(), Some(&Rgb([90, 20, 7])));
        // 2 × 4 to 4 × 8, of which columns 2 to 5 remain: column x of 8 lies at x / 2 − 1/4 of 4.
        let steps = RgbImage::from_fn(4, 2, |x, _| Rgb([(40 * x) as u8; 3]));
        let framing = Framing { size: 4, resize: 4, is_grey: false };
        assert_eq!(red(&framing.cut(&steps).unwrap())[..4], [30, 50, 70, 90]);
    }

    /// `np.asarray(Image.fromarray(noise).resize((5, 4), Image.BILINEAR))` of Pillow 13.0.0.
    #[test]
    fn scaling_is_that_of_pillow() {
        let mut state = 7u32;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(9 * 13)
        .collect();
        let noise = RgbImage::from_fn(13, 9, |x, y| Rgb([noise[(y * 13 + x) as usize]; 3]));
        let framing = Framing { size: 4, resize: 4, is_grey: false };
        let middle =
            [[157, 142, 113, 120], [130, 116, 97, 142], [148, 123, 130, 146], [150, 123, 130, 117]];
        let cut = red(&framing.cut(&noise).unwrap());
        let apart = cut.iter().zip(middle.as_flattened()).map(|(a, b)| a.abs_diff(*b));
        assert!(apart.max() <= Some(1), "{cut:?}");
    }

    #[test]
    fn a_checkerboard_is_averaged_and_not_sampled() {
        let board =
            RgbImage::from_fn(64, 64, |x, y| Rgb([if (x + y) % 2 == 0 { 0 } else { 200 }; 3]));
        let framing = Framing { size: 8, resize: 8, is_grey: false };
        let cut = framing.cut(&board).unwrap();
        assert!(red(&cut).iter().all(|value| value.abs_diff(100) <= 2), "{:?}", red(&cut));
    }

    #[test]
    fn channels_lie_one_after_the_other_and_grey_is_luma() {
        let image =
            RgbImage::from_fn(2, 1, |x, _| if x == 0 { Rgb([1, 2, 3]) } else { Rgb([0, 255, 0]) });
        let mut block = [0; 6];
        Framing { size: 0, resize: 0, is_grey: false }.write(&image, &mut block);
        assert_eq!(block, [1, 0, 2, 255, 3, 0]);
        let mut block = [0; 2];
        Framing { size: 0, resize: 0, is_grey: true }.write(&image, &mut block);
        // 0.7152 · 255 = 182.4.
        assert_eq!(block[1], 182);
    }

    #[test]
    fn what_is_transparent_shows_white() {
        let half = image::RgbaImage::from_pixel(1, 1, image::Rgba([100, 0, 255, 128]));
        // (100 · 128 + 255 · 127) / 255 = 177.2, 127, 255.
        let pixel = *on_white(DynamicImage::ImageRgba8(half)).get_pixel(0, 0);
        assert_eq!(pixel, Rgb([177, 127, 255]));
    }
}
