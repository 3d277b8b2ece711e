//! Files of every format, damaged in every way: each gives a clear error with its place or is read with what was put
//! right counted, and nothing panics.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use bakeoff_data::{DataError, Dataset};
use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus as Rng;

use crate::mutate::{BYTE_DAMAGES, TEXT_DAMAGES};
use crate::samples::{Sample, samples};

/// Damaged files of each sample.
const ROUNDS: u64 = 240;

/// What came of a damaged file.
pub(crate) type Read = Result<Dataset, DataError>;

/// Damages the sample in the way that belongs to `round`, and reads it; an error tells what is wrong with that.
pub(crate) fn try_round(
    sample: &Sample,
    dir: &Path,
    round: u64,
) -> Result<(&'static str, Read), String> {
    let mut rng = Rng::seed_from_u64(round);
    let (damage, bytes) = if sample.is_text {
        let (name, damage) = TEXT_DAMAGES[round as usize % TEXT_DAMAGES.len()];
        let text = std::str::from_utf8(&sample.bytes).map_err(|error| error.to_string())?;
        (name, damage(text, &mut rng))
    } else {
        let (name, damage) = BYTE_DAMAGES[round as usize % BYTE_DAMAGES.len()];
        (name, damage(&sample.bytes, &mut rng))
    };
    fs::write(dir.join(sample.file), bytes).map_err(|error| error.to_string())?;
    let started = Instant::now();
    let read = || (sample.plan)(dir).and_then(|planned| planned.prepare());
    let what = format!("{}, {damage}, round {round}", sample.name);
    let read = catch_unwind(AssertUnwindSafe(read)).map_err(|_| format!("{what}: panicked"))?;
    if started.elapsed() > Duration::from_secs(10) {
        return Err(format!("{what}: took {:?}", started.elapsed()));
    }
    if let Err(error) = &read {
        is_clear(error, sample.file).map_err(|wrong| format!("{what}: {wrong}: {error}"))?;
    }
    Ok((damage, read))
}

/// An error names the file, and the line where one is to blame. That too little is left for a split has no line.
fn is_clear(error: &DataError, file: &str) -> Result<(), &'static str> {
    let text = error.to_string();
    let is_about_what_is_left =
        matches!(error, DataError::NothingLeft { .. } | DataError::EmptyPart { .. });
    let needs_a_line = matches!(
        error,
        DataError::Value { .. }
            | DataError::Fields { .. }
            | DataError::Twice { .. }
            | DataError::Missing { .. }
    );
    match () {
        () if !error.is_user_mistake() => Err("it blames the machine"),
        () if !is_about_what_is_left && !text.contains(file) => Err("it does not name the file"),
        () if needs_a_line && !text.contains("line ") => Err("it does not name the line"),
        () if text.len() > 1500 => Err("it is too long to be read"),
        () => Ok(()),
    }
}

fn try_all(name: &str) {
    let sample = samples().into_iter().find(|sample| sample.name == name).unwrap();
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(sample.file), &sample.bytes).unwrap();
    let sound = (sample.plan)(dir.path()).unwrap().prepare().unwrap();
    assert!(sound.card().n_interactions >= 36, "the sample itself is read");
    let (mut n_read, mut n_refused) = (0, 0);
    for round in 0..ROUNDS {
        let (damage, read) =
            try_round(&sample, dir.path(), round).unwrap_or_else(|e| panic!("{e}"));
        match read {
            Ok(_) if ["empty", "UTF-16", "a web page"].contains(&damage) => {
                panic!("{name}, {damage}, round {round}: read as if nothing were wrong")
            }
            Ok(_) => n_read += 1,
            Err(_) => n_refused += 1,
        }
    }
    assert!(n_refused > ROUNDS / 10, "{n_refused} refused, {n_read} read");
}

macro_rules! try_each {
    ($($test:ident $name:literal),+ $(,)?) => {
        $(
            #[test]
            fn $test() {
                try_all($name);
            }
        )+

        #[test]
        fn every_sample_is_tried() {
            let tried = [$($name),+];
            let all: Vec<&str> = samples().iter().map(|sample| sample.name).collect();
            assert_eq!(all, tried);
        }
    };
}

try_each! {
    csv "csv",
    csv_with_quotes "csv with quotes",
    csv_with_a_long_delimiter "csv with ::",
    recbole "recbole",
    sequences "sequences",
    join_csv "join csv",
    join_prices "join prices",
    json_lines "json_lines",
    movielens "movielens",
    ncf "ncf",
    parquet "parquet",
    sql "sql",
    join_embeddings "join embeddings",
    join_images_png "PNG",
    join_images_jpeg "JPEG",
    join_images_webp "WebP",
    join_audio "WAV",
}

/// What is put right and counted, by damage, of the plain CSV sample.
#[test]
fn what_is_put_right_is_counted_and_changes_no_row() {
    let sample = samples().into_iter().find(|sample| sample.name == "csv").unwrap();
    let dir = tempfile::tempdir().unwrap();
    for (damage, repair) in [
        ("byte order mark", Some("byte order mark passed over")),
        ("mixed line ends", Some("file with mixed line ends")),
        ("CRLF", None),
        ("blank lines", None),
    ] {
        let round = TEXT_DAMAGES.iter().position(|(name, _)| *name == damage).unwrap() as u64;
        let (_, read) = try_round(&sample, dir.path(), round).unwrap();
        let data = read.unwrap_or_else(|error| panic!("{damage}: {error}"));
        assert_eq!((data.card().n_interactions, data.n_users()), (60, 12), "{damage}");
        let repairs: Vec<&str> = data.card().repairs.keys().map(String::as_str).collect();
        assert_eq!(repairs, Vec::from_iter(repair), "{damage}");
    }
}
