//! Pictures of every format, turned, broken and missing.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use bakeoff_data::column::{Numbers, Values};
use bakeoff_data::joins::{self, Joined};
use image::{ImageFormat, Rgb, RgbImage};
use serde_json::json;

use super::{dense, error, join};

fn pixels(joined: &Joined) -> &[u8] {
    let Numbers::U8(pixels) = &dense(joined).numbers else { panic!("pixels") };
    pixels
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
    let params = json!({ "path": dir.path(), "max_broken": 1 });
    let note = &join("images", params, &ids).unwrap().notes[0];
    assert!(note.starts_with("12 of 12 ") && note.ends_with("` and 2 more."), "{note}");
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

#[test]
fn the_same_pictures_elsewhere_have_the_same_content() {
    let dir = tempfile::tempdir().unwrap();
    let [red, blue] = [Rgb([255, 0, 0]), Rgb([0, 0, 255])]
        .map(|colour| encoded(&RgbImage::from_pixel(2, 2, colour), ImageFormat::Png));
    let content = |folder: &str, files: [(&str, &[u8]); 2]| {
        for (name, bytes) in files {
            let path = dir.path().join(folder).join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        let params = serde_json::from_value(json!({ "path": dir.path().join(folder) })).unwrap();
        let files = joins::join("images", &params).unwrap().files().unwrap();
        bakeoff_data::input::content(&files, None).unwrap()
    };
    let flat = content("flat", [("1.png", &red), ("2.png", &blue)]);
    assert_eq!(flat, content("other/deep", [("z/1.png", &red), ("a/2.png", &blue)]));
    assert_ne!(flat, content("turned", [("2.png", &red), ("1.png", &blue)]));
}
