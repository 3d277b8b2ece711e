//! Downloads from a server that breaks off, lies about lengths and serves wrong bytes.

mod archives;
mod breaking;
mod lying;
mod mirrored;
mod processes;
mod server;
mod tables;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::checksum::hex;
use super::http::Patience;
use super::public_set::{Checksum, PublicSet, Remote, Value};
use crate::error::DataError;

/// Little patience, for tests.
const SHORT: Patience = Patience {
    connect: Duration::from_secs(5),
    silence: Duration::from_secs(20),
    pause: Duration::from_millis(1),
    tries: 3,
    tell: Duration::from_secs(2),
};

/// Bytes that look like nothing, always the same.
fn content(n_bytes: usize) -> Vec<u8> {
    let mut state = 7u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..n_bytes).map(|_| next()).collect()
}

/// A set of one file, `data.bin`, with the checksum of `content`.
fn set(urls: &[String], content: &[u8]) -> &'static PublicSet {
    let sha256 = hex(&Sha256::digest(content)).leak();
    remote(urls, Some(Checksum::Sha256(sha256)), Some(content.len() as u64), &[])
}

/// The same with nothing known of it.
fn unknown(urls: &[String]) -> &'static PublicSet {
    remote(urls, None, None, &[])
}

fn remote(
    urls: &[String],
    checksum: Option<Checksum<'static>>,
    len: Option<u64>,
    members: &'static [&'static str],
) -> &'static PublicSet {
    set_of(vec![file("data.bin", urls, checksum, len, members)])
}

fn file(
    file: &'static str,
    urls: &[String],
    checksum: Option<Checksum<'static>>,
    len: Option<u64>,
    members: &'static [&'static str],
) -> Remote {
    let urls = urls.iter().map(|url| &*url.clone().leak()).collect::<Vec<_>>().leak();
    Remote { file, urls, len, checksum, members }
}

fn set_of(remotes: Vec<Remote>) -> &'static PublicSet {
    let set = PublicSet {
        name: "tiny",
        about: "A tiny set.",
        licence: "none",
        remotes: remotes.leak(),
        source: "csv",
        params: &[("interactions", Value::File("data.bin")), ("delimiter", Value::Text("\t"))],
    };
    Box::leak(Box::new(set))
}

/// What a fetch into `cache` came to, and what was said.
fn fetch(
    set: &'static PublicSet,
    cache: &Path,
    mirror: Option<&str>,
) -> (Result<Vec<PathBuf>, DataError>, Vec<String>) {
    let mut said = Vec::new();
    let result = set.fetch(cache, mirror, SHORT, &mut |text| said.push(text.to_owned()));
    (result, said)
}

/// Fetches, and holds the file to `content` and the cache to nothing but what is published.
fn fetched(set: &'static PublicSet, cache: &Path, content: &[u8]) -> Vec<String> {
    let (result, said) = fetch(set, cache, None);
    let files = result.unwrap_or_else(|error| panic!("{error}\n{said:?}"));
    assert_eq!(files, [cache.join("downloads/tiny/data.bin")]);
    assert!(fs::read(&files[0]).unwrap() == content, "other bytes: {said:?}");
    let left = ["tiny.parts", "tiny.building"].map(|name| cache.join("downloads").join(name));
    assert!(left.iter().all(|path| !path.exists()), "parts are left");
    said
}

/// Fetches in vain: the error, and nothing under the final name.
fn refused(set: &'static PublicSet, cache: &Path) -> String {
    let error = fetch(set, cache, None).0.unwrap_err();
    assert!(error.is_user_mistake());
    assert!(!cache.join("downloads/tiny").exists());
    error.to_string()
}

/// Where what has arrived of the file lies.
fn part(cache: &Path) -> PathBuf {
    cache.join("downloads/tiny.parts/data.bin.part")
}
