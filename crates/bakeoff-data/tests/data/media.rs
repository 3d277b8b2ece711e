//! Folders of pictures and sounds, matrices and price lists as joins, with files written here.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use bakeoff_data::column::{Dense, Numbers, Values};
use bakeoff_data::input::InputFiles;
use bakeoff_data::joins::{self, Joined};
use bakeoff_data::{DataError, Ids};
use image::{ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};

/// What a join brings for these ids.
fn join(name: &str, params: Value, ids: &[&str]) -> Result<Joined, DataError> {
    let params = serde_json::from_value(params).unwrap();
    let join = joins::join(name, &params)?;
    join.read(&InputFiles(join.files()?), &ids.iter().collect::<Ids>())
}

/// The error, with the folder's name taken out.
fn error(dir: &Path, joined: Result<Joined, DataError>) -> String {
    let error = joined.unwrap_err();
    assert!(error.is_user_mistake(), "{error}");
    error.to_string().replace(&format!("{}/", dir.display()), "")
}

fn dense(joined: &Joined) -> &Dense {
    let [column] = &joined.columns[..] else { panic!("one column") };
    let Values::Dense(dense) = &column.values else { panic!("{}", column.values.kind()) };
    dense
}

fn pixels(joined: &Joined) -> &[u8] {
    let Numbers::U8(pixels) = &dense(joined).numbers else { panic!("pixels") };
    pixels
}

fn numbers(joined: &Joined) -> &[f32] {
    let Numbers::F32(numbers) = &dense(joined).numbers else { panic!("numbers") };
    numbers
}

fn encoded(image: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Blue with a red upper left corner, 16 × 8.
fn flag() -> RgbImage {
    RgbImage::from_fn(
        16,
        8,
        |x, y| if x < 8 && y < 4 { Rgb([255, 0, 0]) } else { Rgb([0, 0, 255]) },
    )
}

/// A JPEG that says in its EXIF data how it is to be turned.
fn turned_jpeg(orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    let mut jpeg = encoded(&flag(), ImageFormat::Jpeg);
    let len = (exif.len() as u16 + 2).to_be_bytes();
    let segment: Vec<u8> = [0xff, 0xe1].into_iter().chain(len).chain(exif).collect();
    jpeg.splice(2..2, segment);
    jpeg
}

#[test]
fn png_jpeg_and_webp_of_one_picture_give_one_block() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("deep")).unwrap();
    for (name, format) in [
        ("png.png", ImageFormat::Png),
        ("deep/jpeg.JPG", ImageFormat::Jpeg),
        // The content says what it is.
        ("webp.jpeg", ImageFormat::WebP),
        ("stranger.png", ImageFormat::Png),
    ] {
        fs::write(dir.path().join(name), encoded(&flag(), format)).unwrap();
    }
    let params = json!({ "path": dir.path(), "size": 8 });
    let joined = join("images", params, &["png", "nobody", "jpeg", "webp"]).unwrap();
    assert_eq!(joined.columns[0].name, "image");
    let dense = dense(&joined);
    assert_eq!(
        (&dense.shape[..], &dense.is_missing[..]),
        (&[3, 8, 8][..], &[false, true, false, false][..])
    );
    let pixels = pixels(&joined);
    // The middle of 16 columns is 4 to 11: red is the left half of the upper half.
    let red: Vec<u8> = (0..64).map(|i| if i % 8 < 4 && i / 8 < 4 { 255 } else { 0 }).collect();
    assert_eq!(pixels[..64], red);
    assert_eq!(pixels[64..128], [0; 64]);
    assert_eq!(pixels[192..384], [0; 192], "a missing entry is zeros");
    assert_eq!(pixels[576..], pixels[..192], "WebP keeps every pixel");
    let apart = pixels[384..576].iter().zip(&pixels[..192]).map(|(a, b)| u32::from(a.abs_diff(*b)));
    assert!(apart.sum::<u32>() / 192 < 20);
    assert_eq!(
        joined.notes,
        [
            "1 of 4 entries have no file among the images.",
            "1 files among the images are named after no id of the data."
        ]
    );
}

#[test]
fn a_picture_is_turned_as_its_exif_data_says() {
    let dir = tempfile::tempdir().unwrap();
    // 1 as it is; 3 by 180°; 6 to the right, by which red comes to the upper right.
    for (name, orientation) in [("as_is.jpg", 1), ("round.jpg", 3), ("right.jpg", 6)] {
        fs::write(dir.path().join(name), turned_jpeg(orientation)).unwrap();
    }
    let params = json!({ "path": dir.path(), "size": 8 });
    let joined = join("images", params, &["as_is", "round", "right"]).unwrap();
    let is_red = |entry: usize, x: usize, y: usize| pixels(&joined)[entry * 192 + y * 8 + x] > 128;
    let corners = |entry| [(1, 1), (6, 1), (1, 6), (6, 6)].map(|(x, y)| is_red(entry, x, y));
    assert_eq!(corners(0), [true, false, false, false]);
    assert_eq!(corners(1), [false, false, false, true]);
    assert_eq!(corners(2), [false, true, false, false]);
}

/// Eight files, of which only the last is whole.
fn broken_images(dir: &Path) -> [&'static str; 8] {
    let png = encoded(&flag(), ImageFormat::Png);
    // A header of 60000 × 60000 pixels with its checksum.
    let mut bomb = png.clone();
    let side = 60_000u32.to_be_bytes();
    bomb[16..20].copy_from_slice(&side);
    bomb[20..24].copy_from_slice(&side);
    let crc = crc32(&bomb[12..29]).to_be_bytes();
    bomb[29..33].copy_from_slice(&crc);
    let noise = RgbImage::from_fn(64, 64, |x, y| {
        Rgb([(x * 37 + y * 91) as u8, (x * y) as u8, (x ^ y) as u8])
    });
    let half = |bytes: &[u8]| bytes[..bytes.len() / 2].to_vec();
    let files = [
        ("bomb.png", bomb),
        ("empty.png", Vec::new()),
        ("half.jpg", half(&encoded(&noise, ImageFormat::Jpeg))),
        ("half.png", half(&png)),
        ("half.webp", half(&encoded(&noise, ImageFormat::WebP))),
        ("narrow.png", encoded(&RgbImage::new(1, 4000), ImageFormat::Png)),
        ("text.png", b"no picture".to_vec()),
        ("whole.png", png),
    ];
    files.map(|(name, bytes)| {
        // Ids are whole names here, so that `half` is three of them.
        let path = dir.join(format!("{name}.{}", name.rsplit('.').next().unwrap()));
        fs::write(path, bytes).unwrap();
        name
    })
}

fn crc32(bytes: &[u8]) -> u32 {
    let table = |byte: u32| {
        (0..8).fold(byte, |c, _| if c & 1 == 1 { 0xedb8_8320 ^ (c >> 1) } else { c >> 1 })
    };
    !bytes.iter().fold(!0, |crc, &byte| table((crc ^ u32::from(byte)) & 0xff) ^ (crc >> 8))
}

#[test]
fn broken_pictures_are_listed_and_fatal_past_the_stated_share() {
    let dir = tempfile::tempdir().unwrap();
    let ids = broken_images(dir.path());
    let params = json!({ "path": dir.path(), "size": 8 });
    let error = error(dir.path(), join("images", params, &ids));
    assert!(
        error.starts_with(
            "7 of 8 images cannot be read, and max_broken: 0 allows no more than that share; "
        ),
        "{error}"
    );
    for reason in [
        "bomb.png.png: Image size exceeds limit",
        "empty.png.png: it is empty",
        "half.jpg.jpg: it ends before the picture does",
        "half.png.png: ",
        "half.webp.webp: ",
        "narrow.png.png: its 1 × 4000 pixels are too narrow to be cut to a square",
        "text.png.png: it does not begin as PNG, JPEG or WebP do",
    ] {
        assert!(error.contains(reason), "{reason} in {error}");
    }
    let params = json!({ "path": dir.path(), "size": 8, "max_broken": 0.875 });
    let joined = join("images", params, &ids).unwrap();
    assert_eq!(dense(&joined).is_missing, [[true; 7].as_slice(), &[false]].concat());
    assert!(pixels(&joined)[..7 * 192].iter().all(|&pixel| pixel == 0));
    assert_eq!(joined.repairs["broken file among the images counted as missing"], 7);
    assert!(joined.notes[0].starts_with("7 of 8 images are broken and count as missing: "));
}

#[test]
fn the_first_ten_of_many_broken_files_are_listed() {
    let dir = tempfile::tempdir().unwrap();
    let ids: Vec<String> = (10..22).map(|i| i.to_string()).collect();
    for id in &ids {
        fs::write(dir.path().join(format!("{id}.png")), "x").unwrap();
    }
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let error = error(dir.path(), join("images", json!({ "path": dir.path() }), &ids));
    assert!(
        error.contains("19.png: ") && !error.contains("20.png") && error.ends_with("; …"),
        "{error}"
    );
}

#[test]
fn names_are_ids_and_part_of_the_content() {
    let dir = tempfile::tempdir().unwrap();
    let png = encoded(&flag(), ImageFormat::Png);
    fs::write(dir.path().join("a.png"), &png).unwrap();
    let params = json!({ "path": dir.path() });
    let files =
        joins::join("images", &serde_json::from_value(params.clone()).unwrap()).unwrap().files();
    assert_eq!(files.unwrap()[0].name.as_deref(), Some("a"));
    let unnamed = error(dir.path(), join("images", params.clone(), &["b", "c"]));
    assert_eq!(
        unnamed,
        "2 of 2 ids have no file among the images (there is none for `b`; a file is a.png), and max_missing: 1 allows no \
         more than that share, and never all; files are to be named ID.ENDING"
    );
    let strict = json!({ "path": dir.path(), "max_missing": 0.4 });
    let few = error(dir.path(), join("images", strict, &["a", "b"]));
    assert!(
        few.starts_with("1 of 2 ids have no file among the images (there is none for `b`"),
        "{few}"
    );
    fs::write(dir.path().join("a.webp"), &png).unwrap();
    let twice = error(dir.path(), join("images", params, &["a"]));
    assert_eq!(twice, "a.png and a.webp are both named after `a`; remove one of the two");
}

#[test]
fn pictures_do_not_depend_on_the_number_of_threads() {
    let dir = tempfile::tempdir().unwrap();
    let ids: Vec<String> = (0..20).map(|i| format!("i{i}")).collect();
    for (i, id) in (0..).zip(&ids) {
        let image = RgbImage::from_fn(20 + i, 31, |x, y| {
            Rgb([(x * i) as u8, (y * 7) as u8, (x * y) as u8])
        });
        fs::write(dir.path().join(format!("{id}.png")), encoded(&image, ImageFormat::Png)).unwrap();
    }
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let on = |n_threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
        let params = json!({ "path": dir.path(), "size": 16, "resize": 18, "channels": "grey" });
        pool.install(|| join("images", params, &ids).unwrap().columns)
    };
    let alone = on(1);
    let Values::Dense(dense) = &alone[0].values else { panic!("a block") };
    assert_eq!(dense.shape, [1, 16, 16]);
    assert!(alone == on(4));
}

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
        ("whole", whole),
    ];
    for (name, bytes) in &files {
        fs::write(dir.path().join(format!("{name}.wav")), bytes).unwrap();
    }
    let ids = files.map(|(name, _)| name);
    let params = |max_broken: f64| json!({ "path": dir.path(), "sample_rate": 8000, "seconds": 3, "mels": 20, "max_broken": max_broken });
    let error = error(dir.path(), join("audio", params(0.0), &ids));
    for reason in [
        "6 of 7 sounds cannot be read",
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
    let (frames, floor) = (&numbers(&joined)[6 * 47 * 20..], 1e-10f32.ln());
    assert_eq!(dense(&joined).shape, [47, 20]);
    // The tone ends with frame 15.6; frames reach one further.
    assert!(frames[..14 * 20].iter().any(|&mel| mel > 0.0));
    assert!(frames[18 * 20..].iter().all(|&mel| mel == floor));
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

/// A `.npy` file, version 1.
fn npy(descr: &str, is_fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let order = if is_fortran { "True" } else { "False" };
    let dict = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}");
    let header = format!("{dict:<117}\n");
    let mut bytes = b"\x93NUMPY\x01\0".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

#[test]
fn every_kind_of_matrix_gives_the_same_embeddings() {
    let dir = tempfile::tempdir().unwrap();
    // [[1, 2], [3, 4], [5, 6]], by rows and by columns.
    let (rows, columns) = ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0f64], [1.0, 3.0, 5.0, 2.0, 4.0, 6.0f64]);
    let bytes = |of: &dyn Fn(f64) -> Vec<u8>| rows.iter().flat_map(|&x| of(x)).collect::<Vec<u8>>();
    // As half precision: 1 = 0x3c00, 2 = 0x4000, 3 = 0x4200, 4 = 0x4400, 5 = 0x4500, 6 = 0x4600.
    let half: Vec<u8> =
        [0x3c, 0x40, 0x42, 0x44, 0x45, 0x46].into_iter().flat_map(|high| [0, high]).collect();
    let transposed: Vec<u8> = columns.iter().flat_map(|x| x.to_le_bytes()).collect();
    for file in [
        npy("<f2", false, "(3, 2)", &half),
        npy("<f4", false, "(3, 2)", &bytes(&|x| (x as f32).to_le_bytes().into())),
        npy(">f4", false, "(3, 2)", &bytes(&|x| (x as f32).to_be_bytes().into())),
        npy("<f8", false, "(3, 2)", &bytes(&|x| x.to_le_bytes().into())),
        npy(">f8", false, "(3, 2)", &bytes(&|x| x.to_be_bytes().into())),
        npy("<f8", true, "(3, 2)", &transposed),
    ] {
        let path = dir.path().join("x.npy");
        fs::write(&path, file).unwrap();
        let joined = join("embeddings", json!({ "path": path }), &["2", "x", "0"]).unwrap();
        assert_eq!(numbers(&joined), [5.0, 6.0, 0.0, 0.0, 1.0, 2.0]);
        assert_eq!(dense(&joined).is_missing, [false, true, false]);
        assert_eq!(joined.notes, ["1 of 3 entries have no embedding."]);
    }
    let path = dir.path().join("x.npy");
    let from_one = json!({ "path": path, "first_id": 1, "column": "clip" });
    let joined = join("embeddings", from_one, &["3"]).unwrap();
    assert_eq!((numbers(&joined), &*joined.columns[0].name), (&[5.0, 6.0][..], "clip"));
    let ids = dir.path().join("ids.txt");
    fs::write(&ids, "b\r\nc\r\na\r\n").unwrap();
    let joined = join("embeddings", json!({ "path": path, "ids": ids }), &["a", "b"]).unwrap();
    assert_eq!(numbers(&joined), [5.0, 6.0, 1.0, 2.0]);
}

#[test]
fn a_matrix_that_is_not_as_it_should_be_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.npy");
    let write = |bytes: &[u8]| fs::write(&path, bytes).unwrap();
    let refused = |params: Value, ids: &[&str]| error(dir.path(), join("embeddings", params, ids));
    let of = |bytes: &[u8]| {
        write(bytes);
        refused(json!({ "path": path }), &["0"])
    };
    let floats =
        |numbers: &[f64]| numbers.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
    let six = floats(&[1.0, 2.0, 3.0, f64::NAN, 5.0, 1e300]);
    assert_eq!(
        of(&npy("<f8", false, "(3, 2)", &six)),
        "x.npy: row 1, column 1 (from 0): found NaN, expected a finite number; mend or leave out the row"
    );
    assert!(
        of(&npy("<f8", true, "(3, 2)", &six))
            .starts_with("x.npy: row 0, column 1 (from 0): found NaN")
    );
    assert!(
        of(&npy("<f8", false, "(1, 2)", &six[32..]))
            .starts_with("x.npy: row 0, column 1 (from 0): found 1e300")
    );
    assert_eq!(
        of(&npy("<f8", false, "(3, 2)", &six[..40])),
        "x.npy: it is said to hold 3 × 2 numbers of 8 bytes and has 40 bytes of them; it was cut short or its header is \
         wrong"
    );
    assert!(of(&npy("<f8", false, "(99999999999, 99999999999)", &six)).contains("no .npy file"));
    assert!(of(&npy("<f8", false, "(4294967296, 4294967295)", &six)).contains("cut short"));
    assert_eq!(
        of(&npy("<f8", false, "(6,)", &six)),
        "x.npy: it has 1 axes instead of 2; an embedding a row is needed"
    );
    assert_eq!(
        of(&npy("<i8", false, "(3, 2)", &six)),
        "x.npy: its numbers are '<i8', allowed are <f2, <f4, <f8 and >f2, >f4, >f8; save it with .astype('float32')"
    );
    assert!(of(b"").starts_with("x.npy: it is no .npy file ("));
    assert!(of(b"\x93NUMPY\x01\0\xff\xffshort").starts_with("x.npy: it is no .npy file ("));
    assert!(of(b"PK\x03\x04 an .npz file").starts_with("x.npy: it is no .npy file ("));
    write(&npy("<f8", false, "(1, 1)", &floats(&[1.0])));
    assert_eq!(
        refused(json!({ "path": path }), &["x"]),
        "x.npy: none of its 1 rows belongs to an id of the data, such as `x`; name the rows with `ids` or set `first_id`"
    );
    let ids = dir.path().join("ids.txt");
    fs::write(&ids, "a\nb\n").unwrap();
    let named = json!({ "path": path, "ids": ids });
    assert_eq!(
        refused(named.clone(), &["a"]),
        "ids.txt: it has 2 ids and the array has 1 rows; each row needs a line of its own"
    );
    write(&npy("<f8", false, "(2, 1)", &floats(&[1.0, 2.0])));
    fs::write(&ids, "a\na\n").unwrap();
    assert_eq!(
        refused(named.clone(), &["a"]),
        "ids.txt, line 2: `a` was described before; remove one of the two lines"
    );
    fs::write(&ids, "a\n\n").unwrap();
    assert_eq!(refused(named, &["a"]), "ids.txt, line 2, column `1`: found ``, expected an id");
}

fn prices(
    dir: &Path,
    text: &str,
    more: &[(&str, Value)],
    ids: &[&str],
) -> Result<Joined, DataError> {
    let path = dir.join("p.csv");
    fs::write(&path, text).unwrap();
    let mut params = json!({ "path": path, "key": "item", "time": "day", "value": "price" });
    for (name, value) in more {
        params[name] = value.clone();
    }
    join("prices", params, ids)
}

#[test]
fn prices_lie_by_time_and_the_last_of_one_time_counts() {
    let dir = tempfile::tempdir().unwrap();
    let text = "item,day,shop,price\nb,2024-01-02,x,7\na,20,x,2\na,10,x,1.5\nc,5,x,9\na,20,y,3\nb,1970-01-01,x,0\n";
    let joined = prices(dir.path(), text, &[], &["a", "nobody", "b"]).unwrap();
    let [column] = &joined.columns[..] else { panic!("one column") };
    let Values::Series(series) = &column.values else { panic!("{}", column.values.kind()) };
    assert_eq!(column.name, "price_history");
    let of: Vec<&[(f64, f64)]> = series.points.iter().collect();
    assert_eq!(of, [&[(10.0, 1.5), (20.0, 3.0)][..], &[], &[(0.0, 0.0), (1_704_153_600.0, 7.0)]]);
    assert_eq!(joined.repairs["price overruled by a later line of the same time"], 1);
    assert_eq!(joined.notes, ["1 of 3 entries have no prices."]);
}

#[test]
fn a_price_that_is_none_is_told_or_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let refused = |text: &str| error(dir.path(), prices(dir.path(), text, &[], &["a"]));
    assert_eq!(
        refused("item,day,price\na,1,2\na,2,-3\n"),
        "p.csv, line 3, column `price`: found `-3`, expected a price of 0 or more; `drop_missing: true` leaves such lines \
         out"
    );
    assert!(
        refused("item,day,price\na,1,\n")
            .contains("line 2, column `price`: found ``, expected a price")
    );
    assert!(
        refused("item,day,price\na,,1\n")
            .contains("line 2, column `day`: found ``, expected a time")
    );
    assert!(refused("item,date,price\na,1,1\n").contains("has no column `day`"));
    assert_eq!(
        refused("item,day,price\nb,1,1\n"),
        "p.csv: no line has a price of an id of the data, such as `a`; `key` names the column of ids"
    );
    let text = "item,day,price\na,1,2\na,2,-3\na,,1\na,4,\n";
    let joined = prices(dir.path(), text, &[("drop_missing", true.into())], &["a"]).unwrap();
    assert_eq!(joined.repairs["line without time or price left out"], 3);
}
