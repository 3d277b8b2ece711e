//! One request to one mirror, appended to the part that is there.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use ureq::http::header::{
    CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderName, LAST_MODIFIED, TRANSFER_ENCODING,
};
use ureq::{Agent, Body, Error, Proxy, http::Response};

use super::cannot_write;
use super::mirrors::Wanted;
use super::part::{Origin, Part};
use crate::error::DataError;

/// How long a mirror is waited for, and how often it is asked again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// Until the connection stands.
    pub(super) connect: Duration,
    /// Without a byte.
    pub(super) silence: Duration,
    /// Before the second try; each further pause is twice the one before.
    pub(super) pause: Duration,
    /// Tries in a row that bring nothing much before the next mirror is asked.
    pub(super) tries: u32,
    /// Between two lines about progress.
    pub(super) tell: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let secs = Duration::from_secs;
        Self { connect: secs(20), silence: secs(45), pause: secs(1), tries: 4, tell: secs(2) }
    }
}

/// What came of a request.
#[derive(Debug)]
pub(super) enum Answer {
    /// The part holds as many bytes as the file has; `resumed` if some were there before.
    Whole { resumed: bool },
    /// It may go better the next time.
    Broken(String),
    /// It will not.
    Refused(String),
}

/// Asks `url` for what the part lacks.
pub(super) fn get(
    wanted: &Wanted,
    url: &str,
    part: &Part,
    patience: Patience,
    notice: &mut dyn FnMut(&str),
) -> Result<Answer, DataError> {
    let known = part.origin().filter(|origin| can_go_on(wanted, origin, url));
    let have = if known.is_some() { part.len() } else { 0 };
    let total = known.as_ref().and_then(|origin| origin.total).or(wanted.len);
    if have > 0 && total == Some(have) {
        return Ok(Answer::Whole { resumed: true });
    }
    let mut request = agent(url, patience).get(url).header("Accept-Encoding", "identity");
    if have > 0 {
        request = request.header("Range", format!("bytes={have}-"));
        let validator = known.as_ref().filter(|origin| origin.url == url);
        if let Some(validator) = validator.and_then(|origin| origin.validator.as_ref()) {
            request = request.header("If-Range", validator);
        }
    }
    let response = match request.call() {
        Ok(response) => response,
        Err(error) => return Ok(failed(&error)),
    };
    let origin = Origin {
        url: url.to_owned(),
        validator: validator(&response),
        total: match response.status().as_u16() {
            206 => content_range(&response).and_then(|(_, total)| total),
            _ => response.body().content_length(),
        },
    };
    let from = match response.status().as_u16() {
        200 => 0,
        206 if have > 0 && continues(&response, have, known.as_ref(), &origin) => have,
        206 | 416 if have > 0 => {
            part.remove()?;
            return Ok(Answer::Broken("the file is no longer what it was; from the start".into()));
        }
        408 | 425 | 429 | 500..=599 => {
            return Ok(Answer::Broken(format!("it answers {}", response.status())));
        }
        _ => return Ok(Answer::Refused(format!("it answers {}", response.status()))),
    };
    if let Some(reason) = objection(wanted, &response, origin.total) {
        return Ok(Answer::Refused(reason));
    }
    append(wanted, &mut response.into_body().into_reader(), &origin, from, part, patience, notice)
}

/// Appends what `body` brings from byte `from` on; the part begins anew if that is 0.
pub(super) fn append(
    wanted: &Wanted,
    body: &mut dyn Read,
    origin: &Origin,
    from: u64,
    part: &Part,
    patience: Patience,
    notice: &mut dyn FnMut(&str),
) -> Result<Answer, DataError> {
    let total = origin.total.or(wanted.len);
    let mut progress =
        Progress { file: wanted.file, from, total, since: Instant::now(), told: None };
    let mut buffer = vec![0; 1 << 16];
    let (mut have, mut file): (u64, Option<File>) = (from, None);
    loop {
        let n_bytes = match body.read(&mut buffer) {
            Ok(n_bytes) => n_bytes,
            Err(error) => return Ok(Answer::Broken(format!("{}: {error}", progress.ended(have)))),
        };
        let bytes = &buffer[..n_bytes];
        if have == 0 && is_page(bytes) {
            return Ok(Answer::Refused("a web page came instead of the file".into()));
        }
        // Only now, so that a page that came instead does not cost what has arrived before.
        let file = match &mut file {
            Some(file) => file,
            none => {
                if from == 0 {
                    part.remove()?;
                }
                part.note(origin)?;
                none.insert(part.open()?)
            }
        };
        if n_bytes == 0 {
            break;
        }
        file.write_all(bytes).map_err(|source| cannot_write(&part.path, source))?;
        have += n_bytes as u64;
        if total.is_some_and(|total| have > total) {
            part.remove()?;
            return Ok(Answer::Refused(format!("it sends more than {} bytes", total.unwrap_or(0))));
        }
        if progress.told.unwrap_or(progress.since).elapsed() >= patience.tell {
            progress.tell(have, notice);
        }
    }
    if total.is_some_and(|total| have < total) {
        return Ok(Answer::Broken(progress.ended(have)));
    }
    part.note(&Origin { total: Some(have), ..origin.clone() })?;
    progress.tell(have, notice);
    Ok(Answer::Whole { resumed: from > 0 })
}

/// Whether bytes from `origin` may be followed by bytes from `url`. Where the checksum will tell, the part of another
/// mirror does too; otherwise the server must be able to say that its file is still the same.
fn can_go_on(wanted: &Wanted, origin: &Origin, url: &str) -> bool {
    match wanted.checksum {
        Some(_) => origin.url == url || origin.total.is_some(),
        None => origin.url == url && origin.validator.is_some(),
    }
}

/// Whether a partial answer goes on from byte `have` of the same file.
fn continues(
    response: &Response<Body>,
    have: u64,
    known: Option<&Origin>,
    origin: &Origin,
) -> bool {
    let Some(known) = known else { return false };
    let begins = content_range(response).is_some_and(|(begin, _)| begin == have);
    let same_length = known.total.is_none() || known.total == origin.total;
    let same_file = known.url != origin.url
        || known.validator.is_none()
        || origin.validator.is_none()
        || known.validator == origin.validator;
    begins && same_length && same_file
}

/// What speaks against reading the body at all.
fn objection(wanted: &Wanted, response: &Response<Body>, total: Option<u64>) -> Option<String> {
    if header(response, &CONTENT_TYPE).is_some_and(|kind| kind.starts_with("text/html")) {
        return Some("a web page came instead of the file".into());
    }
    if let (Some(total), Some(len)) = (total, wanted.len)
        && total != len
    {
        return Some(format!("it announces {total} bytes instead of {len}"));
    }
    // Such a body ends where the connection does, be that the end of the file or not.
    let is_open = total.is_none() && header(response, &TRANSFER_ENCODING).is_none();
    (is_open && wanted.len.is_none() && wanted.checksum.is_none())
        .then(|| "it does not say how long the file is, and no checksum is known".into())
}

/// An answer that is none. No such host, or a certificate that does not convince, will be the same the next time.
fn failed(error: &Error) -> Answer {
    match error {
        Error::Io(error) => {
            let reason = error.to_string();
            // The standard library has no kind for it.
            let is_unknown_host = reason.starts_with("failed to lookup address");
            match error.kind() {
                ErrorKind::InvalidData => Answer::Refused(reason),
                _ if is_unknown_host => Answer::Refused(reason),
                _ => Answer::Broken(reason),
            }
        }
        Error::HostNotFound | Error::BadUri(_) | Error::TooManyRedirects => {
            Answer::Refused(error.to_string())
        }
        _ => Answer::Broken(error.to_string()),
    }
}

/// Whether a body begins as HTML does.
fn is_page(bytes: &[u8]) -> bool {
    let bytes = bytes.trim_ascii_start();
    let begins =
        |tag: &[u8]| bytes.get(..tag.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(tag));
    begins(b"<!doctype html") || begins(b"<html")
}

fn agent(url: &str, patience: Patience) -> Agent {
    let host = url.split("://").nth(1).unwrap_or(url);
    // A proxy cannot reach this machine under that name.
    let is_here = ["127.0.0.1", "localhost", "[::1]"].iter().any(|here| host.starts_with(here));
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .proxy(if is_here { None } else { Proxy::try_from_env() })
        .user_agent("bakeoff")
        .timeout_connect(Some(patience.connect))
        .timeout_recv_response(Some(patience.silence))
        .timeout_per_read(Some(patience.silence));
    config.build().new_agent()
}

fn header<'a>(response: &'a Response<Body>, name: &HeaderName) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

/// What `If-Range` takes: a weak `ETag` does not promise the same bytes.
fn validator(response: &Response<Body>) -> Option<String> {
    let etag = header(response, &ETAG).filter(|etag| etag.starts_with('"'));
    etag.or_else(|| header(response, &LAST_MODIFIED)).map(str::to_owned)
}

/// The first byte of a partial answer and the length of the whole file.
fn content_range(response: &Response<Body>) -> Option<(u64, Option<u64>)> {
    let (range, total) =
        header(response, &CONTENT_RANGE)?.strip_prefix("bytes ")?.trim().split_once('/')?;
    Some((range.split('-').next()?.parse().ok()?, total.parse().ok()))
}

struct Progress<'a> {
    file: &'a str,
    from: u64,
    total: Option<u64>,
    since: Instant,
    told: Option<Instant>,
}

impl Progress<'_> {
    fn tell(&mut self, have: u64, notice: &mut dyn FnMut(&str)) {
        let megabytes = |bytes: u64| bytes as f64 / 1e6;
        let rate = megabytes(have - self.from) / self.since.elapsed().as_secs_f64().max(1e-3);
        let of =
            self.total.map_or_else(String::new, |total| format!(" of {:.1}", megabytes(total)));
        notice(&format!("{}: {:.1}{of} MB, {rate:.1} MB/s", self.file, megabytes(have)));
        self.told = Some(Instant::now());
    }

    fn ended(&self, have: u64) -> String {
        match self.total {
            Some(total) => format!("it broke off after {have} of {total} bytes"),
            None => format!("it broke off after {have} bytes"),
        }
    }
}
