//! What is taken out of archives, and what is not.

use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;

use zip::write::SimpleFileOptions;

use super::server::{Reply, Server};
use super::{fetch, remote};
use crate::error::DataError;

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn fetch_members(
    archive: Vec<u8>,
    members: &'static [&'static str],
    cache: &Path,
) -> Result<Vec<std::path::PathBuf>, DataError> {
    let server = Server::start(move |_, _| Reply::whole(&archive));
    fetch(remote(&[server.url("data.bin")], None, None, members), cache, None).0
}

#[test]
fn only_the_named_files_are_taken() {
    let archive = zip(&[
        ("set/ratings.dat", b"1::2::3"),
        ("../../escaped", b"evil"),
        ("set/README", b"read me"),
    ]);
    let cache = tempfile::tempdir().unwrap();
    let files = fetch_members(archive, &["set/ratings.dat"], cache.path()).unwrap();
    assert_eq!(files, [cache.path().join("downloads/tiny/ratings.dat")]);
    assert_eq!(fs::read(&files[0]).unwrap(), b"1::2::3");
    let kept = fs::read_dir(cache.path().join("downloads/tiny")).unwrap().count();
    assert_eq!(kept, 2, "more than the file and the note of its content");
    assert!(!cache.path().join("escaped").exists());
}

#[test]
fn a_member_that_would_lie_elsewhere_lands_in_the_folder() {
    let archive = zip(&[("../../escaped", b"evil")]);
    let cache = tempfile::tempdir().unwrap();
    let files = fetch_members(archive, &["../../escaped"], cache.path()).unwrap();
    assert_eq!(files, [cache.path().join("downloads/tiny/escaped")]);
}

#[test]
fn what_grows_beyond_measure_is_refused() {
    let archive = zip(&[("set/ratings.dat", &vec![b'0'; 20_000_000])]);
    let cache = tempfile::tempdir().unwrap();
    let error = fetch_members(archive, &["set/ratings.dat"], cache.path()).unwrap_err().to_string();
    assert!(
        error.starts_with("cannot unpack tiny: set/ratings.dat: unpacked it is more"),
        "{error}"
    );
    assert!(!cache.path().join("downloads/tiny").exists());
}

#[test]
fn archives_that_are_none_or_lack_the_file_are_refused() {
    let cache = tempfile::tempdir().unwrap();
    let error = fetch_members(b"PK no zip".to_vec(), &["a"], cache.path()).unwrap_err();
    assert!(matches!(error, DataError::Archive { .. }), "{error}");
    let cache = tempfile::tempdir().unwrap();
    let error = fetch_members(zip(&[("b", b"")]), &["a"], cache.path()).unwrap_err().to_string();
    assert!(error.starts_with("cannot unpack tiny: a: "), "{error}");
}

#[test]
fn a_member_whose_bytes_were_changed_is_refused() {
    let mut archive = zip(&[("a", &super::content(10_000))]);
    archive[5_000] ^= 1;
    let cache = tempfile::tempdir().unwrap();
    let error = fetch_members(archive, &["a"], cache.path()).unwrap_err();
    assert!(matches!(error, DataError::Archive { .. }), "{error}");
}
