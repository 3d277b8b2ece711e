//! Breaks, silence, errors that pass: a download goes on from where it ended.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::Duration;

use super::server::{Reply, Request, Server};
use super::{Patience, SHORT, content, fetch, fetched, file, part, refused, set, set_of, unknown};
use crate::error::DataError;
use crate::fetch::http::append;
use crate::fetch::mirrors::Wanted;
use crate::fetch::part::{Origin, Part};

const LEN: usize = 300_000;

#[test]
fn a_whole_file_is_fetched_once() {
    let bytes = content(LEN);
    let served = bytes.clone();
    let server = Server::start(move |_, _| Reply::whole(&served));
    let cache = tempfile::tempdir().unwrap();
    let set = set(&[server.url("data.bin")], &bytes);
    let said = fetched(set, cache.path(), &bytes);
    assert!(said.last().unwrap().starts_with("data.bin: 0.3 of 0.3 MB, "), "{said:?}");
    fetched(set, cache.path(), &bytes);
    assert_eq!(server.sent(), [LEN]);
    // A file that was damaged since is fetched again.
    fs::write(cache.path().join("downloads/tiny/data.bin"), "damaged").unwrap();
    fetched(set, cache.path(), &bytes);
    assert_eq!(server.sent(), [LEN, LEN]);
}

#[test]
fn what_breaks_off_again_and_again_goes_on_where_it_ended() {
    let bytes = content(LEN);
    let served = bytes.clone();
    let server = Server::start(move |number, request| {
        let reply = Reply::ranged(request, &served, "\"1\"");
        if number < 2 { reply.cut(100_000) } else { reply }
    });
    let cache = tempfile::tempdir().unwrap();
    fetched(set(&[server.url("data.bin")], &bytes), cache.path(), &bytes);
    let from: Vec<_> = server.requests().iter().map(|request| request.from).collect();
    assert_eq!(from, [None, Some(100_000), Some(200_000)]);
    assert_eq!(server.sent(), [100_000; 3]);
    assert_eq!(server.requests()[1].if_range.as_deref(), Some("\"1\""));
}

#[test]
fn a_line_that_breaks_often_but_brings_much_gets_there() {
    let bytes = content(4 << 20);
    let served = bytes.clone();
    let server =
        Server::start(move |_, request| Reply::ranged(request, &served, "\"1\"").cut(1 << 20));
    let cache = tempfile::tempdir().unwrap();
    fetched(set(&[server.url("data.bin")], &bytes), cache.path(), &bytes);
    // More than there are tries without success.
    assert_eq!(server.sent(), [1 << 20; 4]);
}

#[test]
fn the_files_of_a_set_that_have_come_are_not_asked_for_again() {
    let bytes = content(LEN);
    let served = bytes.clone();
    let server = Server::start(move |number, request| match number {
        1 => Reply::of("404 Not Found", b""),
        _ => Reply::ranged(request, &served, "\"1\""),
    });
    let cache = tempfile::tempdir().unwrap();
    let set = set_of(vec![
        file("first", &[server.url("first")], None, None, &[]),
        file("second", &[server.url("second")], None, None, &[]),
    ]);
    refused(set, cache.path());
    let files = fetch(set, cache.path(), None).0.unwrap();
    assert_eq!(
        files,
        ["first", "second"].map(|name| cache.path().join("downloads/tiny").join(name))
    );
    let asked: Vec<_> = server.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(asked, ["first", "second", "second"]);
}

#[test]
fn a_server_that_ignores_ranges_is_read_from_the_start() {
    let bytes = content(LEN);
    let served = bytes.clone();
    let server = Server::start(move |number, _| {
        let reply = Reply::whole(&served);
        if number == 0 { reply.cut(100_000) } else { reply }
    });
    let cache = tempfile::tempdir().unwrap();
    fetched(set(&[server.url("data.bin")], &bytes), cache.path(), &bytes);
    assert_eq!(server.requests()[1].from, Some(100_000));
    assert_eq!(server.sent(), [100_000, LEN]);
}

#[test]
fn silence_is_a_break() {
    let bytes = content(LEN);
    let served = bytes.clone();
    let server = Server::start(move |number, request| {
        let reply = Reply::ranged(request, &served, "\"1\"");
        if number == 0 { reply.cut(100_000).hanging() } else { reply }
    });
    let cache = tempfile::tempdir().unwrap();
    let set = set(&[server.url("data.bin")], &bytes);
    let (patience, mut said) = (Patience { silence: Duration::from_secs(1), ..SHORT }, Vec::new());
    set.fetch(cache.path(), None, patience, &mut |text| said.push(text.to_owned())).unwrap();
    assert_eq!(server.sent(), [100_000, 200_000]);
    assert!(said[0].contains("it broke off after 100000 of 300000 bytes: timeout"), "{said:?}");
}

#[test]
fn errors_that_pass_are_waited_out() {
    let bytes = content(LEN);
    let served = bytes.clone();
    let server = Server::start(move |number, _| match number {
        0 => Reply::of("503 Service Unavailable", b"busy"),
        1 => Reply::of("500 Internal Server Error", b"broken"),
        _ => Reply::whole(&served),
    });
    let cache = tempfile::tempdir().unwrap();
    let said = fetched(set(&[server.url("data.bin")], &bytes), cache.path(), &bytes);
    assert!(said[0].ends_with("it answers 503 Service Unavailable; trying again"), "{said:?}");
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn a_later_call_goes_on_where_the_last_gave_up() {
    let bytes = content(LEN);
    let served = bytes.clone();
    let server = Server::start(move |number, request| match number {
        0 => Reply::ranged(request, &served, "\"1\"").cut(200_000),
        1..3 => Reply::of("502 Bad Gateway", b""),
        _ => Reply::ranged(request, &served, "\"1\""),
    });
    let cache = tempfile::tempdir().unwrap();
    let set = set(&[server.url("data.bin")], &bytes);
    let error = refused(set, cache.path());
    assert!(error.contains("`bakeoff data fetch tiny` goes on where this ended"), "{error}");
    fetched(set, cache.path(), &bytes);
    assert_eq!(server.sent(), [200_000, 0, 0, 100_000]);
}

#[test]
fn a_file_that_changes_between_two_parts_is_read_from_the_start() {
    // Without a checksum only the ETag can tell.
    let (before, after) = (content(LEN), content(LEN + 7).split_off(7));
    let new = after.clone();
    let server = Server::start(move |number, request| match number {
        0 => Reply::ranged(request, &before, "\"before\"").cut(100_000),
        _ => Reply::ranged(request, &new, "\"after\""),
    });
    let cache = tempfile::tempdir().unwrap();
    fetched(unknown(&[server.url("data.bin")]), cache.path(), &after);
    assert_eq!(server.requests()[1].if_range.as_deref(), Some("\"before\""));
    assert_eq!(server.sent(), [100_000, LEN]);
}

#[test]
fn a_server_that_takes_no_notice_of_the_change_is_found_out() {
    let (before, after) = (content(LEN), content(LEN + 7).split_off(7));
    let new = after.clone();
    let server = Server::start(move |number, request| {
        let unmarked = Request { if_range: None, ..request.clone() };
        match number {
            0 => Reply::ranged(request, &before, "\"before\"").cut(100_000),
            _ => Reply::ranged(&unmarked, &new, "\"after\""),
        }
    });
    let cache = tempfile::tempdir().unwrap();
    let said = fetched(unknown(&[server.url("data.bin")]), cache.path(), &after);
    assert!(said[1].contains("the file is no longer what it was"), "{said:?}");
    assert_eq!(server.requests()[2].from, None);
}

#[test]
fn without_checksum_and_without_a_mark_of_sameness_nothing_is_continued() {
    let bytes = content(LEN);
    let served = bytes.clone();
    let server = Server::start(move |number, _| {
        // A weak ETag is none: it may stay where bytes change.
        let reply = Reply::whole(&served).with("ETag", "W/\"1\"");
        if number == 0 { reply.cut(100_000) } else { reply }
    });
    let cache = tempfile::tempdir().unwrap();
    fetched(unknown(&[server.url("data.bin")]), cache.path(), &bytes);
    assert_eq!(server.requests()[1].from, None);
}

#[test]
fn a_part_with_wrong_bytes_costs_one_more_download() {
    let bytes = content(LEN);
    let served = bytes.clone();
    let server = Server::start(move |number, request| {
        let reply = Reply::ranged(request, &served, "\"1\"");
        if number == 0 { reply.cut(100_000) } else { reply }
    });
    let cache = tempfile::tempdir().unwrap();
    let set = set(&[server.url("data.bin")], &bytes);
    let mut said = Vec::new();
    let patience = Patience { tries: 1, ..SHORT };
    set.fetch(cache.path(), None, patience, &mut |text| said.push(text.to_owned())).unwrap_err();
    let mut damaged = fs::read(part(cache.path())).unwrap();
    damaged[5] ^= 1;
    fs::write(part(cache.path()), damaged).unwrap();
    fetched(set, cache.path(), &bytes);
    assert_eq!(server.sent(), [100_000, 200_000, LEN]);
}

#[test]
fn a_part_that_is_longer_than_the_file_is_dropped() {
    let bytes = content(LEN);
    let served = bytes.clone();
    let server = Server::start(move |number, request| {
        let reply = Reply::ranged(request, &served, "\"1\"");
        if number == 0 { reply.cut(100_000) } else { reply }
    });
    let cache = tempfile::tempdir().unwrap();
    let set = set(&[server.url("data.bin")], &bytes);
    let patience = Patience { tries: 1, ..SHORT };
    set.fetch(cache.path(), None, patience, &mut |_| {}).unwrap_err();
    fs::write(part(cache.path()), content(LEN + 1)).unwrap();
    fetched(set, cache.path(), &bytes);
    assert_eq!(server.sent(), [100_000, 0, LEN]);
}

#[test]
fn a_full_disk_says_so_and_costs_nothing_that_has_arrived() {
    let folder = tempfile::tempdir().unwrap();
    symlink("/dev/full", folder.path().join("data.bin.part")).unwrap();
    let (file, urls) = ("data.bin", Vec::new());
    let wanted = Wanted { set: "tiny", file, urls, len: None, checksum: None, pin: None };
    let origin = Origin { url: "http://host/data.bin".into(), validator: None, total: Some(9) };
    let part = Part::of(folder.path(), file);
    // From byte 5 on: what is there is appended to, and stays.
    let error = append(&wanted, &mut &b"rest"[..], &origin, 5, &part, SHORT, &mut |_| {});
    let error = error.unwrap_err();
    assert!(matches!(error, DataError::DiskFull { .. }), "{error}");
    assert!(!error.is_user_mistake());
    assert!(error.to_string().contains("make room and give the command again"), "{error}");
    assert!(part.path.is_symlink() && part.origin() == Some(origin));
}

#[test]
fn two_calls_at_once_download_once() {
    let bytes = content(LEN);
    let served = bytes.clone();
    let server = Server::start(move |_, _| Reply::whole(&served));
    let cache = tempfile::tempdir().unwrap();
    let set = set(&[server.url("data.bin")], &bytes);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| fetch(set, cache.path(), None).0.unwrap());
        }
    });
    assert_eq!(server.sent(), [LEN]);
}
