//! A server on this machine that answers as a script says, and counts what it sent.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) path: String,
    /// The first byte asked for, of a range.
    pub(super) from: Option<usize>,
    pub(super) if_range: Option<String>,
    /// Whether it came through this server as a proxy.
    pub(super) is_proxied: bool,
}

/// What to answer.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    pub(super) status: &'static str,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
    /// Bytes of the body after which the connection breaks off.
    pub(super) cut: usize,
    /// Whether it stays open then, silently.
    pub(super) hangs: bool,
}

impl Reply {
    pub(super) fn of(status: &'static str, body: &[u8]) -> Self {
        let headers = vec![("Content-Length", body.len().to_string())];
        Self { status, headers, body: body.to_vec(), cut: body.len(), hangs: false }
    }

    pub(super) fn whole(body: &[u8]) -> Self {
        Self::of("200 OK", body)
    }

    /// The rest of `body`, if a range is asked for and the file has not changed since.
    pub(super) fn ranged(request: &Request, body: &[u8], etag: &str) -> Self {
        let is_same = request.if_range.as_ref().is_none_or(|known| known == etag);
        let reply = match request.from.filter(|_| is_same) {
            Some(from) if from >= body.len() => Self::of("416 Range Not Satisfiable", b""),
            Some(from) => {
                let range = format!("bytes {from}-{}/{}", body.len() - 1, body.len());
                Self::of("206 Partial Content", &body[from..]).with("Content-Range", &range)
            }
            None => Self::whole(body),
        };
        reply.with("ETag", etag)
    }

    pub(super) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(other, _)| *other != name);
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(super) fn cut(mut self, n_bytes: usize) -> Self {
        self.cut = n_bytes.min(self.body.len());
        self
    }

    pub(super) fn hanging(mut self) -> Self {
        self.hangs = true;
        self
    }
}

/// The running server; it ends with the test's process.
pub(super) struct Server {
    address: String,
    seen: Arc<Mutex<Vec<(Request, usize)>>>,
}

impl Server {
    /// `script` answers the n-th request, from 0.
    pub(super) fn start(script: impl Fn(usize, &Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (log, script) = (Arc::clone(&seen), Arc::new(script));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (log, script) = (Arc::clone(&log), Arc::clone(&script));
                thread::spawn(move || answer(stream.unwrap(), &log, &*script));
            }
        });
        Self { address, seen }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// The requests so far.
    pub(super) fn requests(&self) -> Vec<Request> {
        self.seen.lock().unwrap().iter().map(|(request, _)| request.clone()).collect()
    }

    /// Bytes of bodies sent for each request.
    pub(super) fn sent(&self) -> Vec<usize> {
        self.seen.lock().unwrap().iter().map(|(_, sent)| *sent).collect()
    }
}

fn answer(
    mut stream: TcpStream,
    log: &Mutex<Vec<(Request, usize)>>,
    script: &dyn Fn(usize, &Request) -> Reply,
) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let mut request = Request::default();
    while let Some(line) = lines.next() {
        if line.starts_with("CONNECT ") {
            // As a proxy it is its own target.
            request.is_proxied = true;
            lines.by_ref().find(String::is_empty);
            stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").unwrap();
            continue;
        }
        if let Some(rest) = line.strip_prefix("GET ") {
            request.path = rest.split(' ').next().unwrap().trim_start_matches('/').to_owned();
        }
        if line.is_empty() {
            break;
        }
        let Some((name, value)) = line.split_once(": ") else { continue };
        match name.to_ascii_lowercase().as_str() {
            "range" => {
                let from = value.strip_prefix("bytes=").unwrap().trim_end_matches('-');
                request.from = Some(from.parse().unwrap());
            }
            "if-range" => request.if_range = Some(value.to_owned()),
            _ => {}
        }
    }
    let (number, reply) = {
        let mut log = log.lock().unwrap();
        log.push((request.clone(), 0));
        (log.len() - 1, script(log.len() - 1, &request))
    };
    let mut head = format!("HTTP/1.1 {}\r\nConnection: close\r\n", reply.status);
    for (name, value) in &reply.headers {
        head = head + name + ": " + value + "\r\n";
    }
    // A client that has gone is what some tests are about.
    let _ = stream.write_all((head + "\r\n").as_bytes());
    for piece in reply.body[..reply.cut].chunks(1 << 12) {
        // Before it is sent: who has read the last piece must find it counted.
        log.lock().unwrap()[number].1 += piece.len();
        if stream.write_all(piece).is_err() {
            return;
        }
    }
    if reply.hangs {
        thread::sleep(Duration::from_secs(60));
    }
}
