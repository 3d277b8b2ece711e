//! Wrong lengths, wrong bytes, web pages: refused, and never kept.

use std::fs;

use super::server::{Reply, Server};
use super::{content, fetched, part, refused, remote, set, unknown};

const LEN: usize = 100_000;

#[test]
fn wrong_bytes_are_never_kept() {
    let bytes = content(LEN);
    let served = bytes.clone();
    let server = Server::start(move |number, request| {
        let mut bytes = served.clone();
        bytes[LEN / 2] ^= u8::from(number == 0);
        Reply::ranged(request, &bytes, "\"1\"")
    });
    let cache = tempfile::tempdir().unwrap();
    let set = set(&[server.url("data.bin")], &bytes);
    let error = refused(set, cache.path());
    assert!(error.contains("the bytes are wrong: SHA-256 "), "{error}");
    assert!(!part(cache.path()).exists());
    fetched(set, cache.path(), &bytes);
    assert_eq!(server.sent(), [LEN, LEN]);
}

#[test]
fn a_longer_length_than_is_sent_is_a_break() {
    let bytes = content(LEN);
    let served = bytes.clone();
    let server = Server::start(move |_, request| {
        Reply::ranged(request, &served, "\"1\"").with("Content-Length", "100001")
    });
    let cache = tempfile::tempdir().unwrap();
    let checked = remote(&[server.url("data.bin")], None, None, &[]);
    let error = refused(checked, cache.path());
    assert!(error.contains("it broke off after 100000 of 100001 bytes"), "{error}");
    // Whose length is known from elsewhere is not even read.
    let known = remote(&[server.url("data.bin")], None, Some(LEN as u64), &[]);
    let before = server.requests().len();
    let error = refused(known, tempfile::tempdir().unwrap().path());
    assert!(error.contains("it announces 100001 bytes instead of 100000"), "{error}");
    assert_eq!(server.requests().len(), before + 1);
}

#[test]
fn a_shorter_length_than_is_sent_is_found_out() {
    let bytes = content(LEN);
    let served = bytes.clone();
    let server = Server::start(move |_, _| Reply::whole(&served).with("Content-Length", "99999"));
    let cache = tempfile::tempdir().unwrap();
    let error = refused(set(&[server.url("data.bin")], &bytes), cache.path());
    assert!(error.contains("it announces 99999 bytes instead of 100000"), "{error}");
    let sha256 = set(&[], &bytes).remotes[0].checksum;
    let error = refused(remote(&[server.url("data.bin")], sha256, None, &[]), cache.path());
    assert!(error.contains("the bytes are wrong"), "{error}");
}

#[test]
fn more_than_the_known_length_is_not_read_to_its_end() {
    let server = Server::start(move |_, _| {
        let mut reply = Reply::whole(&content(50 * LEN));
        // HTTP/1.1 without a length: the body ends where the connection does.
        reply.headers.clear();
        reply
    });
    let cache = tempfile::tempdir().unwrap();
    let error = refused(set(&[server.url("data.bin")], &content(LEN)), cache.path());
    assert!(error.contains("it sends more than 100000 bytes"), "{error}");
    assert!(!part(cache.path()).exists());
}

#[test]
fn a_body_without_an_end_of_its_own_is_refused_where_nothing_can_tell_that_it_is_whole() {
    let server = Server::start(move |_, _| {
        let mut reply = Reply::whole(&content(LEN));
        reply.headers.clear();
        reply
    });
    let error = refused(unknown(&[server.url("data.bin")]), tempfile::tempdir().unwrap().path());
    assert!(error.contains("it does not say how long the file is"), "{error}");
}

#[test]
fn a_web_page_is_no_file() {
    for (kind, page) in [("text/html; charset=utf-8", "Sign in"), ("", "\n<!DOCTYPE html><html>")] {
        let server =
            Server::start(move |_, _| Reply::whole(page.as_bytes()).with("Content-Type", kind));
        let error =
            refused(unknown(&[server.url("data.bin")]), tempfile::tempdir().unwrap().path());
        assert!(error.contains("a web page came instead of the file"), "{error}");
    }
}

#[test]
fn a_web_page_in_the_middle_costs_nothing_that_has_arrived() {
    let bytes = content(LEN);
    let served = bytes.clone();
    let server = Server::start(move |number, request| match number {
        0 => Reply::ranged(request, &served, "\"1\"").cut(60_000),
        1 => Reply::whole(b"<html>Sign in</html>"),
        _ => Reply::ranged(request, &served, "\"1\""),
    });
    let cache = tempfile::tempdir().unwrap();
    let set = unknown(&[server.url("data.bin")]);
    refused(set, cache.path());
    assert_eq!(fs::read(part(cache.path())).unwrap(), bytes[..60_000]);
    fetched(set, cache.path(), &bytes);
    assert_eq!(server.sent()[2], 40_000);
}

#[test]
fn what_nobody_vouches_for_is_pinned_and_held_to_it() {
    let (bytes, other) = (content(LEN), content(LEN + 1));
    let first = bytes.clone();
    let server = Server::start(move |number, _| match number {
        1 => Reply::whole(&other),
        _ => Reply::whole(&first),
    });
    let cache = tempfile::tempdir().unwrap();
    let set = unknown(&[server.url("data.bin")]);
    let said = fetched(set, cache.path(), &bytes);
    let pins = cache.path().join("downloads/tiny.sha256");
    let sha256 = fs::read_to_string(&pins).unwrap();
    let sha256 = sha256.strip_suffix("  data.bin\n").unwrap();
    assert!(said.last().unwrap().contains(sha256), "{said:?}");
    fs::remove_dir_all(cache.path().join("downloads/tiny")).unwrap();
    let error = refused(set, cache.path());
    assert!(error.contains(&format!("instead of {sha256}")), "{error}");
    assert!(error.contains(&format!("remove {}", pins.display())), "{error}");
    let said = fetched(set, cache.path(), &bytes);
    assert!(said.iter().all(|line| !line.contains("no checksum")), "{said:?}");
}
