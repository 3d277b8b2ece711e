//! Several mirrors, redirects, folders.

use std::fs;

use super::server::{Reply, Server};
use super::{content, fetch, fetched, refused, set, unknown};

const LEN: usize = 100_000;

#[test]
fn wrong_bytes_of_one_mirror_send_to_the_next() {
    let bytes = content(LEN);
    let wrong = Server::start(|_, _| Reply::whole(&content(LEN - 1)[..]).with("X", "wrong"));
    let wrong_bytes = Server::start(|_, _| Reply::whole(&vec![7; LEN]));
    let served = bytes.clone();
    let right = Server::start(move |_, request| Reply::ranged(request, &served, "\"1\""));
    let urls = [&wrong, &wrong_bytes, &right].map(|server| server.url("data.bin"));
    let cache = tempfile::tempdir().unwrap();
    let said = fetched(set(&urls, &bytes), cache.path(), &bytes);
    assert!(said[0].ends_with("it announces 99999 bytes instead of 100000"), "{said:?}");
    assert_eq!((wrong_bytes.sent(), right.sent()), (vec![LEN], vec![LEN]));
    assert_eq!(right.requests()[0].from, None);
}

#[test]
fn the_next_mirror_goes_on_where_the_last_broke_off() {
    let bytes = content(LEN);
    let (first, second) = (bytes.clone(), bytes.clone());
    let breaking = Server::start(move |number, request| match number {
        0 => Reply::ranged(request, &first, "\"1\"").cut(40_000),
        _ => Reply::of("404 Not Found", b"gone"),
    });
    let right = Server::start(move |_, request| Reply::ranged(request, &second, "\"other\""));
    let urls = [&breaking, &right].map(|server| server.url("data.bin"));
    let cache = tempfile::tempdir().unwrap();
    fetched(set(&urls, &bytes), cache.path(), &bytes);
    assert_eq!((breaking.sent()[0], right.sent()), (40_000, vec![60_000]));
    // Its ETag means nothing to another server.
    assert_eq!(right.requests()[0].if_range, None);
}

#[test]
fn a_beginning_from_a_mirror_with_wrong_bytes_does_not_spoil_the_next() {
    let bytes = content(LEN);
    let served = bytes.clone();
    let wrong = Server::start(move |number, request| match number {
        0 => Reply::ranged(request, &vec![7; LEN], "\"1\"").cut(40_000),
        _ => Reply::of("404 Not Found", b"gone"),
    });
    let right = Server::start(move |_, request| Reply::ranged(request, &served, "\"1\""));
    let urls = [&wrong, &right].map(|server| server.url("data.bin"));
    fetched(set(&urls, &bytes), tempfile::tempdir().unwrap().path(), &bytes);
    assert_eq!(right.sent(), [60_000, LEN]);
}

#[test]
fn an_error_names_every_mirror_with_its_reason() {
    let gone = Server::start(|_, _| Reply::of("404 Not Found", b"gone"));
    let busy = Server::start(|_, _| Reply::of("503 Service Unavailable", b"busy"));
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/data.bin", listener.local_addr().unwrap())
    };
    let urls = [gone.url("data.bin"), busy.url("data.bin"), closed.clone()];
    let error = refused(unknown(&urls), tempfile::tempdir().unwrap().path());
    let expected = format!(
        "cannot fetch tiny: no mirror brought data.bin\n  {}: it answers 404 Not Found\n  {}: it answers 503 Service \
         Unavailable\n  {closed}: ",
        urls[0], urls[1]
    );
    assert!(error.starts_with(&expected), "{error}");
    assert!(error.contains("refused"), "{error}");
    assert!(error.ends_with("can be given with `--mirror file:///FOLDER`"), "{error}");
    // What will not pass is asked once.
    assert_eq!((gone.requests().len(), busy.requests().len()), (1, 3));
}

#[test]
fn redirects_are_followed_ranges_and_all() {
    let bytes = content(LEN);
    let served = bytes.clone();
    let target = Server::start(move |number, request| {
        let reply = Reply::ranged(request, &served, "\"1\"");
        if number == 0 { reply.cut(40_000) } else { reply }
    });
    let to = target.url("elsewhere/file");
    let front = Server::start(move |_, _| Reply::of("302 Found", b"").with("Location", &to));
    let cache = tempfile::tempdir().unwrap();
    fetched(set(&[front.url("data.bin")], &bytes), cache.path(), &bytes);
    assert_eq!(target.sent(), [40_000, 60_000]);
    assert_eq!(target.requests()[0].path, "elsewhere/file");
}

#[test]
fn a_host_that_is_not_there_is_asked_once() {
    let urls = ["http://nowhere.invalid/data.bin".to_owned()];
    let (error, said) = fetch(unknown(&urls), tempfile::tempdir().unwrap().path(), None);
    assert!(error.is_err());
    assert_eq!(said.len(), 1, "{said:?}");
}

#[test]
fn endless_redirects_end() {
    let server = Server::start(|_, _| Reply::of("302 Found", b"").with("Location", "/again"));
    let error = refused(unknown(&[server.url("data.bin")]), tempfile::tempdir().unwrap().path());
    assert!(error.contains("redirect"), "{error}");
    assert!(server.requests().len() < 20);
}

#[test]
fn a_mirror_of_ones_own_is_asked_first() {
    let bytes = content(LEN);
    let (ours, theirs) = (bytes.clone(), bytes.clone());
    let own = Server::start(move |_, _| Reply::whole(&ours));
    let publisher = Server::start(move |_, _| Reply::whole(&theirs));
    let set = set(&[publisher.url("data.bin")], &bytes);
    let (own_cache, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fetch(set, own_cache.path(), Some(&own.url("sets/"))).0.unwrap();
    assert_eq!((own.requests()[0].path.as_str(), publisher.sent()), ("sets/data.bin", vec![]));
    // One that lacks the file is no obstacle.
    let folder = tempfile::tempdir().unwrap();
    fetch(set, cache.path(), Some(&format!("file://{}", folder.path().display()))).0.unwrap();
    assert_eq!(publisher.sent(), [LEN]);
}

#[test]
fn a_folder_is_a_mirror() {
    let bytes = content(LEN);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("data.bin"), &bytes).unwrap();
    let mirror = format!("file://{}", folder.path().display());
    let cache = tempfile::tempdir().unwrap();
    let (files, _) = fetch(set(&[], &bytes), cache.path(), Some(&mirror));
    assert_eq!(fs::read(&files.unwrap()[0]).unwrap(), bytes);
    fs::write(folder.path().join("data.bin"), &bytes[1..]).unwrap();
    let cache = tempfile::tempdir().unwrap();
    let error = fetch(set(&[], &bytes), cache.path(), Some(&mirror)).0.unwrap_err().to_string();
    assert!(error.contains("it has 99999 bytes instead of 100000"), "{error}");
}

#[test]
fn a_mirror_that_is_no_url_is_refused() {
    let cache = tempfile::tempdir().unwrap();
    for mirror in ["/srv/sets", "ftp://host/sets", "file://", "https://"] {
        let error = fetch(set(&[], b""), cache.path(), Some(mirror)).0.unwrap_err().to_string();
        assert!(error.starts_with(&format!("`{mirror}` is no mirror; give the URL")), "{error}");
    }
}
