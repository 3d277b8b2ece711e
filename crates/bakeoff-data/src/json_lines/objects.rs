//! One line: the wanted fields of its object, and what their values are.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::cells::{Cell, Wrong};
use crate::delimited::{Block, shortened};

/// A field that was not asked for by name.
pub(super) struct Other<'a> {
    pub(super) name: String,
    pub(super) value: &'a RawValue,
}

/// A key or text, borrowed where it has no escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Puts the values of `names` (`outer.inner` within objects) into `found`, and all other fields into `others`. Where a
/// field stands twice, its last value counts. An error comes with the column in the line.
pub(super) fn pick<'a>(
    line: &'a [u8],
    names: &[(usize, String)],
    found: &mut [Option<&'a RawValue>],
    others: Option<&mut Vec<Other<'a>>>,
) -> Result<(), (usize, Wrong)> {
    if let Some(expected) = other_format(line) {
        return Err((1, Wrong { found: shortened(&String::from_utf8_lossy(line)), expected }));
    }
    let mut line_of = serde_json::Deserializer::from_slice(line);
    let picked = Object { names, found, others }.deserialize(&mut line_of);
    picked.and_then(|()| line_of.end()).map_err(|error| {
        let at = error.column().max(1);
        // What stands before is often what the parser stumbled over.
        let around = &line[at.saturating_sub(20).min(line.len())..];
        let around = shortened(&String::from_utf8_lossy(around));
        let expected = match error.classify() {
            serde_json::error::Category::Eof => {
                "the rest of the object: the line or the file is cut off"
            }
            _ => OBJECT,
        };
        (at, Wrong { found: around, expected })
    })
}

const OBJECT: &str = "a whole JSON object on the line";

/// What a line is instead of an object, and the fix.
fn other_format(line: &[u8]) -> Option<&'static str> {
    match line {
        [b'{', rest @ ..] if rest.trim_ascii_start().starts_with(b"'") => Some(
            "JSON, and this is a Python literal (names in single quotes, as in Amazon's files of 2014); write each \
             line as json.dumps(ast.literal_eval(line)) in Python",
        ),
        [b'{', ..] => None,
        [b'[', ..] => {
            Some("one object a line, and this is a list; write it with jq -c '.[]', for example")
        }
        [b'<', ..] => Some(
            "a JSON object, and this is HTML or XML: most likely a page instead of the file; fetch it again",
        ),
        _ => Some(OBJECT),
    }
}

/// The names of a block's first object.
pub(super) fn fields_of(block: &Block) -> Vec<String> {
    let line = block.bytes.split(|&byte| byte == b'\n').find(|line| !line.trim_ascii().is_empty());
    let mut others = Vec::new();
    // A line that cannot be read is told when it is read.
    let _ = pick(line.unwrap_or_default().trim_ascii(), &[], &mut [], Some(&mut others));
    others.into_iter().map(|field| field.name).collect()
}

struct Object<'n, 'f, 'a> {
    names: &'n [(usize, String)],
    found: &'f mut [Option<&'a RawValue>],
    others: Option<&'f mut Vec<Other<'a>>>,
}

impl<'a> DeserializeSeed<'a> for Object<'_, '_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for Object<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(OBJECT)
    }

    fn visit_map<A: MapAccess<'a>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some((Text(key), value)) = map.next_entry::<Text<'a>, &'a RawValue>()? {
            if let Some((index, _)) = self.names.iter().find(|(_, name)| *name == key) {
                self.found[*index] = Some(value);
                continue;
            }
            let within = |name: &str| Some(name.strip_prefix(&*key)?.strip_prefix('.')?.to_owned());
            let inner: Vec<(usize, String)> = (self.names.iter())
                .filter_map(|(index, name)| Some((*index, within(name)?)))
                .collect();
            if !inner.is_empty() && value.get().starts_with('{') {
                let object = Object { names: &inner, found: self.found, others: None };
                object
                    .deserialize(&mut serde_json::Deserializer::from_str(value.get()))
                    .map_err(serde::de::Error::custom)?;
            } else if let Some(others) = &mut self.others {
                others.retain(|field| field.name != key);
                others.push(Other { name: key.into_owned(), value });
            }
        }
        Ok(())
    }
}

/// What a value is.
pub(super) fn cell(value: &RawValue) -> Result<Cell<'_>, Wrong> {
    let text = value.get();
    let wrong = |expected| Wrong { found: shortened(text), expected };
    Ok(match text.as_bytes().first() {
        Some(b'n') => Cell::Missing,
        Some(b't') => Cell::Bool(true),
        Some(b'f') => Cell::Bool(false),
        Some(b'"') => Cell::Text(unquoted(text).ok_or_else(|| wrong(OBJECT))?),
        Some(b'[') => {
            let mut list = Vec::new();
            flatten(text, MOST_NESTED, &mut list).map_err(wrong)?;
            Cell::List(list)
        }
        Some(b'{') => return Err(wrong(FLAT)),
        _ => Cell::Written(text.into()),
    })
}

const TAGS: &str = "a list of texts or whole numbers";
/// Lists within one another that are flattened: more are no categories, and each takes a piece of the stack.
const MOST_NESTED: usize = 32;
const NESTED: &str =
    "a list of texts or whole numbers with at most 32 lists within one another; flatten it";
const FLAT: &str = "a text, a number or a list; name the fields within the object, such as `details.brand`, as `columns`";

fn unquoted(text: &str) -> Option<Cow<'_, str>> {
    serde_json::from_str::<Text<'_>>(text).ok().map(|Text(text)| text)
}

/// The entries of a list and of lists within it, down to a depth; else what is allowed.
fn flatten<'a>(
    text: &'a str,
    depth: usize,
    list: &mut Vec<Cow<'a, str>>,
) -> Result<(), &'static str> {
    if depth == 0 {
        return Err(NESTED);
    }
    for value in serde_json::from_str::<Vec<&'a RawValue>>(text).map_err(|_| TAGS)? {
        let text = value.get();
        match text.as_bytes().first().ok_or(TAGS)? {
            b'n' => {}
            b'"' => list.push(unquoted(text).ok_or(TAGS)?),
            b'[' => flatten(text, depth - 1, list)?,
            b'{' => return Err(TAGS),
            _ if text.contains(['.', 'e', 'E']) && !text.contains(['t', 'f']) => return Err(TAGS),
            _ => list.push(text.into()),
        }
    }
    Ok(())
}
