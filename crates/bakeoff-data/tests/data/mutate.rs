//! Files gone wrong in the ways that files go wrong, for tests and for `just fuzz`.

use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, RngExt};

/// A way to damage a text file of records.
pub(crate) type Damage = fn(&str, &mut dyn Rng) -> Vec<u8>;

/// Every way, by name.
pub(crate) const TEXT_DAMAGES: &[(&str, Damage)] = &[
    ("cut", |text, rng| text.as_bytes()[..rng.random_range(0..=text.len())].to_vec()),
    ("empty", |_, _| Vec::new()),
    ("header alone", |text, _| lines(text)[..1].concat().into_bytes()),
    ("no header", |text, _| lines(text)[1..].concat().into_bytes()),
    ("duplicate header", |text, _| {
        let lines = lines(text);
        [&lines[..1], &lines[..]].concat().concat().into_bytes()
    }),
    ("duplicate line", |text, rng| {
        with_lines(text, |lines| {
            let line = *lines.choose(rng).unwrap_or(&"");
            lines.insert(rng.random_range(0..=lines.len()), line);
        })
    }),
    ("lines in another order", |text, rng| with_lines(text, |lines| lines.shuffle(rng))),
    ("byte order mark", |text, _| [b"\xef\xbb\xbf", text.as_bytes()].concat()),
    ("UTF-16", |text, _| {
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    }),
    ("Latin-1", |text, rng| inserted(text, rng, b"caf\xe9")),
    ("NUL", |text, rng| inserted(text, rng, b"\0")),
    ("CRLF", |text, _| text.replace('\n', "\r\n").into_bytes()),
    ("mixed line ends", |text, rng| {
        let ended = |line: &&str| match rng.random_range(0..2) {
            0 => line.replace('\n', "\r\n"),
            _ => (*line).to_owned(),
        };
        lines(text).iter().map(ended).collect::<String>().into_bytes()
    }),
    ("CR alone", |text, _| text.replace('\n', "\r").into_bytes()),
    ("a quote", |text, rng| inserted(text, rng, b"\"")),
    ("blank lines", |text, rng| {
        with_lines(text, |lines| {
            lines.insert(rng.random_range(0..=lines.len()), "\n");
            lines.insert(rng.random_range(0..=lines.len()), "   \n");
        })
    }),
    ("a field gone", |text, rng| with_field(text, rng, None)),
    ("an empty field", |text, rng| with_field(text, rng, Some(String::new()))),
    ("NaN", |text, rng| with_field(text, rng, Some("NaN".into()))),
    ("infinity", |text, rng| with_field(text, rng, Some("1e999".into()))),
    ("negative", |text, rng| with_field(text, rng, Some("-99999999999".into()))),
    ("a huge number", |text, rng| with_field(text, rng, Some("9".repeat(400)))),
    ("a huge id", |text, rng| with_field(text, rng, Some("x".repeat(200_000)))),
    ("words", |text, rng| with_field(text, rng, Some("not a number".into()))),
    ("a date far away", |text, rng| with_field(text, rng, Some("-009999-01-01".into()))),
    ("a name of another column", |text, rng| {
        let name = *["userx", "", "item", "ratings", "ünïcode"].choose(rng).unwrap_or(&"");
        let lines = lines(text);
        let mut header = fields(lines[0]);
        let place = rng.random_range(0..header.len());
        header[place] = name.to_owned();
        [header.join(&delimiter(lines[0]).to_string()), "\n".to_owned(), lines[1..].concat()]
            .concat()
            .into_bytes()
    }),
    ("another delimiter", |text, rng| {
        let other = [';', '|', '\t', ' ', ','].choose(rng).copied().unwrap_or(';');
        text.replace(delimiter(text), &other.to_string()).into_bytes()
    }),
    ("flipped bits", flip_text),
    ("garbage", |_, rng| (0..rng.random_range(1..2000)).map(|_| rng.random()).collect()),
    ("a web page", |_, _| {
        b"<!DOCTYPE html>\n<html><body>404, not found: \"it moved\"</body></html>\n".to_vec()
    }),
];

/// A way to damage a file of bytes.
pub(crate) type ByteDamage = fn(&[u8], &mut dyn Rng) -> Vec<u8>;

/// Every way to damage a file that is no text.
pub(crate) const BYTE_DAMAGES: &[(&str, ByteDamage)] = &[
    ("cut", |bytes, rng| bytes[..rng.random_range(0..=bytes.len())].to_vec()),
    ("empty", |_, _| Vec::new()),
    ("flipped bits", |bytes, rng| flipped(bytes, rng)),
    ("flipped bits at the end", |bytes, rng| {
        let tail = bytes.len().saturating_sub(200);
        [&bytes[..tail], &flipped(&bytes[tail..], rng)].concat()
    }),
    ("flipped bits at the start", |bytes, rng| {
        let head = bytes.len().min(100);
        [&flipped(&bytes[..head], rng)[..], &bytes[head..]].concat()
    }),
    ("zeros in the middle", |bytes, rng| {
        let mut zeroed = bytes.to_vec();
        let start = rng.random_range(0..=zeroed.len());
        let end = (start + rng.random_range(1..200)).min(zeroed.len());
        zeroed[start..end].fill(0);
        zeroed
    }),
    ("bytes inserted", |bytes, rng| {
        let at = rng.random_range(0..=bytes.len());
        let more: Vec<u8> = (0..rng.random_range(1..50)).map(|_| rng.random()).collect();
        [&bytes[..at], &more, &bytes[at..]].concat()
    }),
    ("a huge number", |bytes, rng| {
        let mut changed = bytes.to_vec();
        if changed.len() > 8 {
            let at = rng.random_range(0..changed.len() - 8);
            let huge = *[u64::MAX, u64::from(u32::MAX), 1 << 40].choose(rng).unwrap_or(&u64::MAX);
            changed[at..at + 8].copy_from_slice(&huge.to_le_bytes());
        }
        changed
    }),
    ("garbage", |_, rng| (0..rng.random_range(1..2000)).map(|_| rng.random()).collect()),
    ("a web page", |_, _| b"<!DOCTYPE html><html><body>404</body></html>".to_vec()),
];

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn with_lines(text: &str, change: impl FnOnce(&mut Vec<&str>)) -> Vec<u8> {
    let lines = lines(text);
    let mut rest = lines[1..].to_vec();
    change(&mut rest);
    [&lines[..1], &rest].concat().concat().into_bytes()
}

/// One field of one line replaced, or taken out.
fn with_field(text: &str, rng: &mut dyn Rng, with: Option<String>) -> Vec<u8> {
    let mut lines: Vec<String> = lines(text).into_iter().map(str::to_owned).collect();
    let first = 1.min(lines.len() - 1);
    let line = rng.random_range(first..lines.len());
    let delimiter = delimiter(&lines[0]);
    let mut fields = fields(&lines[line]);
    let place = rng.random_range(0..fields.len());
    match with {
        Some(field) => fields[place] = field,
        None => {
            fields.remove(place);
        }
    }
    lines[line] = fields.join(&delimiter.to_string()) + "\n";
    lines.concat().into_bytes()
}

fn fields(line: &str) -> Vec<String> {
    line.trim_end().split(delimiter(line)).map(str::to_owned).collect()
}

fn delimiter(line: &str) -> char {
    ['\t', ',', ';', '|', ' '].into_iter().find(|&c| line.contains(c)).unwrap_or(',')
}

fn inserted(text: &str, rng: &mut dyn Rng, bytes: &[u8]) -> Vec<u8> {
    let at = rng.random_range(0..=text.len());
    [&text.as_bytes()[..at], bytes, &text.as_bytes()[at..]].concat()
}

fn flip_text(text: &str, rng: &mut dyn Rng) -> Vec<u8> {
    flipped(text.as_bytes(), rng)
}

fn flipped(bytes: &[u8], rng: &mut dyn Rng) -> Vec<u8> {
    let mut flipped = bytes.to_vec();
    if !flipped.is_empty() {
        for _ in 0..rng.random_range(1..=8) {
            let at = rng.random_range(0..flipped.len());
            flipped[at] ^= 1 << rng.random_range(0..8);
        }
    }
    flipped
}
