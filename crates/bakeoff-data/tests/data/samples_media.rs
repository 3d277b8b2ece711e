//! Arrays, pictures and sounds that are joined to items, one file each.

use std::f32::consts::TAU;
use std::fs;
use std::io::Cursor;
use std::path::Path;

use bakeoff_data::DataError;
use image::{ImageFormat, RgbImage};
use serde_json::json;

use super::{Planned, Sample, at, binary, joined};

pub(super) fn samples() -> Vec<Sample> {
    let picture = |name, file, format| binary(name, file, picture(format), images);
    vec![
        binary("join embeddings", "vectors.npy", npy(), |dir| {
            let ids: Vec<String> = (0..11).map(|item| format!("i{item}\n")).collect();
            let path = dir.join("vectors.txt");
            let write = fs::write(&path, ids.concat());
            write.map_err(|source| DataError::Write { path: path.clone(), source })?;
            joined(dir, "embeddings", json!({ "path": at(dir, "vectors.npy"), "ids": path }))
        }),
        picture("PNG", "i1.png", ImageFormat::Png),
        picture("JPEG", "i1.jpg", ImageFormat::Jpeg),
        picture("WebP", "i1.webp", ImageFormat::WebP),
        binary("WAV", "i1.wav", wav(), |dir| {
            let path = at(dir, "*.wav");
            joined(
                dir,
                "audio",
                json!({ "path": path, "seconds": 0.2, "sample_rate": 8000, "mels": 8, "n_fft": 256 }),
            )
        }),
    ]
}

fn images(dir: &Path) -> Result<Planned, DataError> {
    joined(dir, "images", json!({ "path": at(dir, "i1.*"), "size": 8 }))
}

/// Version 1.0 of the format: `[11, 3]` numbers of 4 bytes.
fn npy() -> Vec<u8> {
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (11, 3), }";
    // The header and the ten bytes before it fill a multiple of 64 bytes, and it ends its line.
    let header = format!("{header:<117}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend((0..33).flat_map(|i| (i as f32 / 4.0).to_le_bytes()));
    bytes
}

fn picture(format: ImageFormat) -> Vec<u8> {
    let pixels = RgbImage::from_fn(24, 16, |x, y| image::Rgb([(x * 10) as u8, (y * 15) as u8, 99]));
    let mut bytes = Cursor::new(Vec::new());
    pixels.write_to(&mut bytes, format).expect("memory takes all that is written");
    bytes.into_inner()
}

/// A tone of 440 Hz, a fifth of a second of 16 bits at 8 kHz.
fn wav() -> Vec<u8> {
    let samples = (0..1600).map(|i| (8000.0 * (TAU * 440.0 * i as f32 / 8000.0).sin()) as i16);
    let samples: Vec<u8> = samples.flat_map(i16::to_le_bytes).collect();
    let n = samples.len() as u32;
    let mut bytes =
        [b"RIFF", &(36 + n).to_le_bytes()[..], b"WAVEfmt ", &16_u32.to_le_bytes()].concat();
    for part in [1_u16, 1] {
        bytes.extend(part.to_le_bytes());
    }
    bytes.extend([8000_u32.to_le_bytes(), 16000_u32.to_le_bytes()].concat());
    for part in [2_u16, 16] {
        bytes.extend(part.to_le_bytes());
    }
    bytes.extend([b"data", &n.to_le_bytes()[..], &samples].concat());
    bytes
}
