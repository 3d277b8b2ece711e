//! YAML text to values, with the bytes that every key and value takes. The one file that names a YAML parser.
//!
//! `serde_yaml` reads the values. It keeps no positions, so `saphyr-parser` goes over the text first, for the spans and
//! for what `serde_yaml` would report without a line: keys given twice, more than one document.

use std::collections::BTreeMap;
use std::ops::Range;

use saphyr_parser::{Event, Parser, Span};
use serde_json::{Map, Number, Value};

use crate::error::{Finding, Spot};
use crate::place::Place;

/// The values of a YAML document, and where they stand in its text.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) value: Value,
    spans: Spans,
}

type Spans = BTreeMap<Place, NodeSpan>;

/// The bytes of a node; those of a block mapping or list begin at its first entry.
#[derive(Debug, Clone)]
struct NodeSpan {
    key: Option<Range<usize>>,
    value: Range<usize>,
    is_block: bool,
}

impl Document {
    /// Reads one YAML document.
    pub(crate) fn read(text: &str) -> Result<Self, Vec<Finding>> {
        let spans = Scan::of(text)?;
        let values = read_values(text).map_err(|finding| vec![finding])?;
        let mut findings = Vec::new();
        let value = to_json(values, &Place::root(), &mut findings);
        let document = Self { value, spans };
        if findings.is_empty() {
            return Ok(document);
        }
        // Nobody keeps a document whose values are wrong, so its findings get their bytes here.
        for finding in &mut findings {
            finding.spot = Spot::Bytes(document.locate(&finding.place, &finding.spot));
        }
        Err(findings)
    }

    /// Whether something is written at `place`.
    pub(crate) fn has(&self, place: &Place) -> bool {
        self.spans.contains_key(place)
    }

    /// The bytes to point at for `place`, or for the nearest node around it that is written out: a default, a value
    /// behind an alias and a merged key have no text of their own.
    pub(crate) fn locate(&self, place: &Place, spot: &Spot) -> Range<usize> {
        match (self.spans.get(place), place.parent()) {
            (Some(NodeSpan { key: Some(key), .. }), _) if *spot == Spot::Key => key.clone(),
            (Some(NodeSpan { key: Some(key), is_block: true, .. }), _) => key.clone(),
            (Some(span), _) => span.value.clone(),
            (None, Some(parent)) => self.locate(&parent, &Spot::Key),
            (None, None) => 0..0,
        }
    }
}

fn read_values(text: &str) -> Result<serde_yaml::Value, Finding> {
    let fail = |error: serde_yaml::Error| {
        let at = error.location().map_or(0, |location| location.index().min(text.len()));
        let start = (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        Finding::bytes(start..start, format!("this is not YAML: {error}")).help(SYNTAX_HELP)
    };
    let mut values: serde_yaml::Value = serde_yaml::from_str(text).map_err(fail)?;
    values.apply_merge().map_err(|_| {
        let at = text.find("<<").map_or(0..0, |at| at..at + 2);
        Finding::bytes(at, "`<<` merges a mapping or a list of mappings, nothing else")
            .help("write `<<: *anchor`")
    })?;
    Ok(values)
}

/// Far deeper than any spec; every place within holds the whole way to it.
const DEEPEST: usize = 32;

const SYNTAX_HELP: &str = "look at the indentation (spaces, no tabs), the space after each `:`, and quotes and brackets, here and above";

/// YAML knows more than JSON: what has no JSON form has no meaning in a spec either.
fn to_json(value: serde_yaml::Value, place: &Place, findings: &mut Vec<Finding>) -> Value {
    use serde_yaml::Value as Yaml;
    match value {
        Yaml::Null => Value::Null,
        Yaml::Bool(value) => Value::Bool(value),
        Yaml::Number(number) => to_number(&number).map_or_else(
            || {
                let message = format!("{} must be finite, not `{number}`", place.name());
                findings.push(Finding::value(place.clone(), message));
                Value::Null
            },
            Value::Number,
        ),
        Yaml::String(text) => Value::String(text),
        Yaml::Sequence(items) => {
            let entries = items.into_iter().enumerate();
            entries.map(|(i, item)| to_json(item, &place.index(i), findings)).collect()
        }
        Yaml::Mapping(mapping) => {
            let mut object = Map::new();
            for (key, value) in mapping {
                let key = key_text(key);
                let value = to_json(value, &place.key(&key), findings);
                object.insert(key, value);
            }
            Value::Object(object)
        }
        Yaml::Tagged(tagged) => {
            let message = format!("the tag `{}` has no meaning in a spec", tagged.tag);
            findings.push(Finding::value(place.clone(), message).help("leave the tag out"));
            Value::Null
        }
    }
}

/// `1e2` and `100.0` are the whole number 100; `None` for NaN and the infinities.
fn to_number(number: &serde_yaml::Number) -> Option<Number> {
    const EXACT: f64 = (1_u64 << 53) as f64;
    if let Some(value) = number.as_u64() {
        return Some(value.into());
    }
    if let Some(value) = number.as_i64() {
        return Some(value.into());
    }
    let value = number.as_f64().filter(|value| value.is_finite())?;
    if value.fract() == 0.0 && value.abs() < EXACT {
        return Some((value as i64).into());
    }
    Number::from_f64(value)
}

/// The scan lets scalars alone be keys.
fn key_text(key: serde_yaml::Value) -> String {
    match key {
        serde_yaml::Value::String(text) => text,
        serde_yaml::Value::Number(number) => number.to_string(),
        serde_yaml::Value::Bool(value) => value.to_string(),
        _ => "null".to_owned(),
    }
}

/// One pass over the parser's events that gathers spans.
struct Scan<'a> {
    text: &'a str,
    /// The byte of each character, as the parser counts characters.
    bytes: Vec<usize>,
    open: Vec<Open>,
    spans: Spans,
    findings: Vec<Finding>,
    weights: Weights,
}

/// What the document takes once every alias stands for what it names: a few lines can stand for more than memory holds.
#[derive(Default)]
struct Weights {
    /// Bytes so far, about.
    sum: usize,
    /// By the parser's number of an anchor that is complete.
    of_anchors: BTreeMap<usize, usize>,
}

impl Weights {
    const MOST: usize = 16 << 20;
    const OF_NODE: usize = 32;

    /// Adds a node; what is wrong with it, if something is.
    fn add(&mut self, event: &Event) -> Option<&'static str> {
        let weight = match event {
            Event::Alias(anchor) => match self.of_anchors.get(anchor) {
                Some(weight) => *weight,
                None => return Some("this stands for something that it is itself a part of"),
            },
            Event::Scalar(text, _, anchor, _) => {
                let weight = Self::OF_NODE + text.len();
                self.of_anchors.insert(*anchor, weight);
                weight
            }
            Event::SequenceStart(..) | Event::MappingStart(..) => Self::OF_NODE,
            _ => 0,
        };
        self.sum = self.sum.saturating_add(weight);
        (self.sum > Self::MOST).then_some("what stands here and above is too much for a spec")
    }
}

/// A mapping or list whose end is still to come.
struct Open {
    place: Place,
    key: Option<Range<usize>>,
    start: usize,
    is_block: bool,
    inside: Inside,
    anchor: usize,
    /// Of the document before it.
    weight: usize,
}

enum Inside {
    /// The key whose value comes next, if any, and the lines of the keys so far.
    Mapping { next: Option<(String, Range<usize>)>, seen: BTreeMap<String, usize> },
    /// Entries so far.
    List(usize),
}

impl<'a> Scan<'a> {
    fn of(text: &'a str) -> Result<Spans, Vec<Finding>> {
        let bytes = text.char_indices().map(|(byte, _)| byte).chain([text.len()]).collect();
        let (open, spans, findings) = (Vec::new(), Spans::new(), Vec::new());
        let weights = Weights::default();
        let mut scan = Self { text, bytes, open, spans, findings, weights };
        let mut n_documents = 0;
        for event in Parser::new_from_str(text) {
            let (event, span) = event.map_err(|error| {
                let at = scan.byte(error.marker().index());
                let message = format!("this is not YAML: {}", error.info());
                vec![Finding::bytes(at..at, message).help(SYNTAX_HELP)]
            })?;
            if matches!(event, Event::DocumentStart(_)) {
                n_documents += 1;
                if n_documents > 1 {
                    let finding = Finding::bytes(scan.range(span), "a second document begins here");
                    return Err(vec![finding.help("a spec is one document: remove the `---`")]);
                }
            }
            scan.event(&event, span)?;
        }
        if scan.findings.is_empty() { Ok(scan.spans) } else { Err(scan.findings) }
    }

    fn event(&mut self, event: &Event, span: Span) -> Result<(), Vec<Finding>> {
        let weight = self.weights.sum;
        if let Some(wrong) = self.weights.add(event) {
            let finding = Finding::bytes(self.range(span), wrong);
            return Err(vec![finding.help("write out what is meant, without aliases")]);
        }
        match event {
            Event::Scalar(text, ..) if self.awaits_key() => self.key(text, span),
            Event::Scalar(..) | Event::Alias(_) if !self.awaits_key() => {
                let (place, key) = self.next_place();
                let value = self.range(span);
                self.spans.insert(place, NodeSpan { key, value, is_block: false });
            }
            Event::SequenceStart(..) | Event::MappingStart(..) if !self.awaits_key() => {
                let (place, key) = self.next_place();
                let start = self.byte(span.start.index());
                let is_block = !self.text[start..].starts_with(['{', '[']);
                let (inside, anchor) = match event {
                    Event::MappingStart(anchor, _) => {
                        (Inside::Mapping { next: None, seen: BTreeMap::new() }, *anchor)
                    }
                    Event::SequenceStart(anchor, _) => (Inside::List(0), *anchor),
                    _ => return Ok(()),
                };
                if self.open.len() >= DEEPEST {
                    let finding = Finding::bytes(self.range(span), "this is nested too deeply");
                    let help = format!("a spec is never deeper than {DEEPEST} mappings and lists");
                    return Err(vec![finding.help(help)]);
                }
                self.open.push(Open { place, key, start, is_block, inside, anchor, weight });
            }
            Event::Alias(_) | Event::SequenceStart(..) | Event::MappingStart(..) => {
                let finding = Finding::bytes(self.range(span), "a key must be plain text");
                return Err(vec![finding]);
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    let Open { place, key, start, is_block, anchor, weight, .. } = open;
                    self.weights.of_anchors.insert(anchor, self.weights.sum - weight);
                    let value = self.first_line(start..self.byte(span.end.index()));
                    self.spans.insert(place, NodeSpan { key, value, is_block });
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn awaits_key(&self) -> bool {
        let inside = self.open.last().map(|open| &open.inside);
        matches!(inside, Some(Inside::Mapping { next: None, .. }))
    }

    fn key(&mut self, text: &str, span: Span) {
        let range = self.range(span);
        if let Some(Open { place, inside: Inside::Mapping { next, seen }, .. }) =
            self.open.last_mut()
        {
            let line = span.start.line();
            if let Some(first) = seen.insert(text.to_owned(), line) {
                let message = format!("the key `{text}` is given twice");
                let finding = Finding::bytes(range.clone(), message);
                let help = format!("it stands in line {first} already: keep one of them");
                self.findings.push(Finding { place: place.key(text), ..finding.help(help) });
            }
            *next = Some((text.to_owned(), range));
        }
    }

    /// The place of the value that begins now, with its key.
    fn next_place(&mut self) -> (Place, Option<Range<usize>>) {
        match self.open.last_mut() {
            None => (Place::root(), None),
            Some(Open { place, inside: Inside::List(n), .. }) => {
                *n += 1;
                (place.index(*n - 1), None)
            }
            Some(Open { place, inside: Inside::Mapping { next, .. }, .. }) => {
                let (key, range) = next.take().expect("a value comes after its key");
                (place.key(&key), Some(range))
            }
        }
    }

    fn range(&self, span: Span) -> Range<usize> {
        self.first_line(self.byte(span.start.index())..self.byte(span.end.index()))
    }

    fn byte(&self, index: usize) -> usize {
        self.bytes[index.min(self.bytes.len() - 1)]
    }

    /// A caret stays on the line where its node begins.
    fn first_line(&self, range: Range<usize>) -> Range<usize> {
        let text = &self.text[range.start..range.end.max(range.start)];
        let line = text.lines().next().unwrap_or_default().trim_end();
        range.start..range.start + line.len()
    }
}
