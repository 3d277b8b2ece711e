//! Other processes: one that is killed in the middle of a download, and one with a proxy in its environment.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::server::{Reply, Server};
use super::{SHORT, content, fetched, part, set};

const URL: &str = "BAKEOFF_TEST_FETCH_URL";
const CACHE: &str = "BAKEOFF_TEST_FETCH_CACHE";
const LEN: usize = 600_000;

/// Not a test by itself: what the other process does.
#[test]
fn download_for_another_test() {
    let (Ok(url), Ok(cache)) = (std::env::var(URL), std::env::var(CACHE)) else { return };
    let set = set(&[url], &content(LEN));
    set.fetch(&PathBuf::from(cache), None, SHORT, &mut |_| {}).unwrap();
}

/// Starts a process that downloads from `url` into `cache`.
fn start(url: &str, cache: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "fetch::tests::processes::download_for_another_test"])
        .env(URL, url)
        .env(CACHE, cache)
        .stdout(Stdio::null());
    command
}

#[test]
fn after_kill_9_the_next_process_goes_on() {
    let bytes = content(LEN);
    let served = bytes.clone();
    let server = Server::start(move |number, request| {
        let reply = Reply::ranged(request, &served, "\"1\"");
        if number < 2 { reply.cut(200_000).hanging() } else { reply }
    });
    let cache = tempfile::tempdir().unwrap();
    let arrived = || fs::metadata(part(cache.path())).map_or(0, |part| part.len());
    for n_killed in 1..=2 {
        let mut child = start(&server.url("data.bin"), cache.path()).spawn().unwrap();
        let since = Instant::now();
        while arrived() < n_killed * 200_000 && since.elapsed() < Duration::from_secs(30) {
            thread::sleep(Duration::from_millis(5));
        }
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(9));
        assert_eq!(arrived(), n_killed * 200_000);
    }
    fetched(set(&[server.url("data.bin")], &bytes), cache.path(), &bytes);
    // No byte was sent twice.
    assert_eq!(server.sent(), [200_000; 3]);
}

#[test]
fn a_proxy_in_the_environment_is_used() {
    let server = Server::start(|_, _| Reply::whole(&content(LEN)));
    let cache = tempfile::tempdir().unwrap();
    let mut download = start("http://nowhere.invalid/data.bin", cache.path());
    let status = download.env("http_proxy", server.url("")).status().unwrap();
    assert!(status.success());
    assert!(server.requests()[0].is_proxied);
    assert!(fs::read(cache.path().join("downloads/tiny/data.bin")).unwrap() == content(LEN));
}
