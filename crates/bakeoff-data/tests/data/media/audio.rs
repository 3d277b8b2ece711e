//! WAV files of every coding, short, broken and silent.

use std::fs;

use serde_json::{Value, json};

use super::{dense, error, join, numbers};

/// A WAV file; `format` 1 is whole numbers, 3 floating point.
fn wav(format: u16, bits: u16, n_channels: u16, rate: u32, samples: &[u8]) -> Vec<u8> {
    let block = n_channels * bits / 8;
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + samples.len() as u32).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0");
    bytes.extend(format.to_le_bytes());
    bytes.extend(n_channels.to_le_bytes());
    bytes.extend(rate.to_le_bytes());
    bytes.extend((rate * u32::from(block)).to_le_bytes());
    bytes.extend(block.to_le_bytes());
    bytes.extend(bits.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend((samples.len() as u32).to_le_bytes());
    bytes.extend(samples);
    bytes
}

/// One second of a 1 kHz tone, half as loud as can be.
fn tone(rate: u32) -> impl Iterator<Item = f64> {
    let step = 2.0 * std::f64::consts::PI * 1000.0 / f64::from(rate);
    (0..rate).map(move |i| 0.5 * (f64::from(i) * step).sin())
}

fn pcm16(rate: u32) -> Vec<u8> {
    tone(rate).flat_map(|x| ((x * 32_767.0) as i16).to_le_bytes()).collect()
}

#[test]
fn every_coding_of_a_tone_gives_the_same_frames() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = |of: fn(f64) -> Vec<u8>| tone(8000).flat_map(of).collect::<Vec<u8>>();
    let files = [
        ("i16", wav(1, 16, 1, 8000, &pcm16(8000))),
        ("u8", wav(1, 8, 1, 8000, &bytes(|x| vec![(x * 127.0 + 128.0) as u8]))),
        (
            "i24",
            wav(1, 24, 1, 8000, &bytes(|x| ((x * 8_388_607.0) as i32).to_le_bytes()[..3].to_vec())),
        ),
        (
            "i32",
            wav(1, 32, 1, 8000, &bytes(|x| ((x * 2_147_483_647.0) as i32).to_le_bytes().to_vec())),
        ),
        ("f32", wav(3, 32, 1, 8000, &bytes(|x| (x as f32).to_le_bytes().to_vec()))),
        // The mean of a tone one and a half times as loud and half as loud.
        (
            "stereo",
            wav(
                3,
                32,
                2,
                8000,
                &bytes(|x| [1.5 * x as f32, 0.5 * x as f32].map(f32::to_le_bytes).concat()),
            ),
        ),
        ("rate", wav(1, 16, 1, 11_025, &pcm16(11_025))),
    ];
    for (name, bytes) in &files {
        fs::write(dir.path().join(format!("{name}.wav")), bytes).unwrap();
    }
    let params = json!({
        "path": dir.path(), "sample_rate": 8000, "seconds": 0.5, "n_fft": 512, "hop": 250, "mels": 24
    });
    let joined = join("audio", params, &files.each_ref().map(|(name, _)| *name)).unwrap();
    assert_eq!(dense(&joined).shape, [17, 24]);
    let entries: Vec<&[f32]> = numbers(&joined).chunks_exact(17 * 24).collect();
    let loudest = |frame: &[f32]| (0..24).max_by(|&a, &b| frame[a].total_cmp(&frame[b])).unwrap();
    let pitch = loudest(&entries[0][5 * 24..6 * 24]);
    // 4 kHz are 15 + 27 ln 4 / ln 6.4 = 35.2 mel, 1 kHz is 15 mel: corner 15 / 35.2 · 25 = 10.7, and the centre of filter m is
    // corner m + 1.
    assert_eq!(pitch, 10);
    for ((name, _), entry) in files.iter().zip(&entries) {
        let tolerance = if *name == "u8" { 0.05 } else { 0.01 };
        for frame in 2..15 {
            let (a, b) = (entry[frame * 24 + pitch], entries[0][frame * 24 + pitch]);
            assert!((a - b).abs() < tolerance, "{name}, frame {frame}: {a} and {b}");
        }
    }
}

#[test]
fn short_sounds_go_on_in_silence_and_broken_ones_are_listed() {
    let dir = tempfile::tempdir().unwrap();
    let whole = wav(1, 16, 1, 8000, &pcm16(8000));
    let nan = wav(3, 32, 1, 8000, &f32::NAN.to_le_bytes().repeat(10));
    let files = [
        ("cut", whole[..5000].to_vec()),
        ("empty", Vec::new()),
        ("hollow", wav(1, 16, 1, 8000, &[])),
        ("nan", nan),
        ("slow", wav(1, 16, 1, 10, &[0; 20])),
        ("text", b"no sound, and long enough to look like some".to_vec()),
        ("whole", whole.clone()),
        // More channels than bytes of a sample can be counted for: the decoder itself gives up.
        ("wide", [&whole[..22], &[255, 255], &whole[24..34], &[32], &whole[35..]].concat()),
    ];
    for (name, bytes) in &files {
        fs::write(dir.path().join(format!("{name}.wav")), bytes).unwrap();
    }
    let ids = files.map(|(name, _)| name);
    let params = |max_broken: f64| json!({ "path": dir.path(), "sample_rate": 8000, "seconds": 3, "mels": 20, "max_broken": max_broken });
    let error = error(dir.path(), join("audio", params(0.0), &ids));
    for reason in [
        "7 of 8 sounds cannot be read",
        "cut.wav: it ends after ",
        "empty.wav: it is empty",
        "hollow.wav: it has no samples",
        "nan.wav: its sample 0 is no finite number",
        "slow.wav: its sample rate is 10 Hz, allowed are 1000..=384000",
        "text.wav: it is no WAV file that can be read",
    ] {
        assert!(error.contains(reason), "{reason} in {error}");
    }
    let joined = join("audio", params(0.9), &ids).unwrap();
    let (frames, floor) = (&numbers(&joined)[6 * 47 * 20..7 * 47 * 20], 1e-10f32.ln());
    assert_eq!(dense(&joined).shape, [47, 20]);
    // The tone ends with frame 15.6; frames reach one further.
    assert!(frames[..14 * 20].iter().any(|&mel| mel > 0.0));
    assert!(frames[18 * 20..].iter().all(|mel| mel.to_bits() == floor.to_bits()));
}

#[test]
fn mel_settings_that_cannot_be_are_refused() {
    let check = |params: Value| {
        let joined = join("audio", params, &[]).unwrap_err();
        std::error::Error::source(&joined).unwrap().to_string()
    };
    assert_eq!(
        check(json!({ "path": "x", "mels": 400 })),
        "mels: filter 0 of 400 (0 to 17 Hz) holds none of the frequencies that n_fft: 1024 tells apart; use fewer mels or \
         a larger n_fft"
    );
    assert_eq!(
        check(json!({ "path": "x", "max_hz": 12_000 })),
        "max_hz: 12000 must lie above min_hz (0) and at half the sample rate (11025) at most"
    );
}
