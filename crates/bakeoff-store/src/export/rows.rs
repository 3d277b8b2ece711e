//! An outcome as a row, and the columns that rows have together.

use std::collections::BTreeMap;

use bakeoff_spec::{Outcome, Scores, Status};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Failed, Source};
use crate::error::StoreError;

/// One value of a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
}

/// What all values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Bool,
    Int,
    Float,
    Text,
}

/// Names and kinds, in the order of the file.
#[derive(Debug)]
pub(super) struct Columns {
    pub(super) columns: Vec<(String, Kind)>,
}

impl Columns {
    /// Those that the rows of a source need.
    pub(super) fn of(source: &mut Source<'_>) -> Result<Self, Failed> {
        let mut kinds = BTreeMap::<String, Kind>::new();
        source.each(|outcome| {
            for (name, cell) in row(&outcome) {
                let kind = kinds.entry(name).or_insert(cell.kind());
                *kind = kind.and(cell.kind());
            }
            Ok(())
        })?;
        // Whoever reads the file need not ask whether there are any.
        for (name, kind) in ALWAYS {
            kinds.entry(name.to_owned()).or_insert(kind);
        }
        let mut columns: Vec<_> = kinds.into_iter().collect();
        columns.sort_by_cached_key(|(name, _)| (place(name), name.clone()));
        Ok(Self { columns })
    }

    /// The cells of an outcome, each of its column's kind.
    pub(super) fn cells(&self, outcome: &Outcome) -> Result<Vec<Option<Cell>>, Failed> {
        let mut row = row(outcome);
        let take = |(name, kind): &(String, Kind)| row.remove(name).map(|cell| cell.to(*kind));
        let cells: Option<Vec<_>> = self
            .columns
            .iter()
            .map(take)
            .map(|cell| cell.map_or(Some(None), |c| c.map(Some)))
            .collect();
        match cells {
            Some(cells) if row.is_empty() => Ok(cells),
            // It was put in place of a failed one after the columns were made.
            _ => Err(Failed::Reading(StoreError::Changed { key: outcome.key.clone() })),
        }
    }
}

impl Cell {
    fn kind(&self) -> Kind {
        match self {
            Self::Bool(_) => Kind::Bool,
            Self::Int(_) => Kind::Int,
            Self::Float(_) => Kind::Float,
            Self::Text(_) => Kind::Text,
        }
    }

    /// The cell in a column of that kind; `None` if it would not be itself there.
    fn to(self, kind: Kind) -> Option<Self> {
        match (self, kind) {
            (Self::Int(value), Kind::Float) => Some(Self::Float(value as f64)),
            (cell, Kind::Text) => Some(Self::Text(cell.text())),
            (cell, kind) => (cell.kind() == kind).then_some(cell),
        }
    }

    /// As it is written in text.
    pub(super) fn text(self) -> String {
        match self {
            Self::Bool(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Float(value) => value.to_string(),
            Self::Text(value) => value,
        }
    }
}

impl Kind {
    /// The kind that holds values of both.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (a, b) if a == b => a,
            (Self::Int, Self::Float) | (Self::Float, Self::Int) => Self::Float,
            _ => Self::Text,
        }
    }
}

/// Columns that stand first, in their order.
const HEAD: [&str; 15] = [
    "key",
    "model",
    "task",
    "data",
    "seed",
    "scored",
    "status",
    "cause",
    "message",
    "attempt",
    "best_epoch",
    "candidates",
    "select",
    "select.valid",
    "select.test",
];
/// Columns that are there though they may be empty.
const ALWAYS: [(&str, Kind); 4] = [
    ("cause", Kind::Text),
    ("message", Kind::Text),
    ("select.valid", Kind::Float),
    ("select.test", Kind::Float),
];
/// Groups of the others, in theirs.
const GROUPS: [&str; 5] = ["valid.", "test.", "param.", "cost.", "provenance."];

fn place(name: &str) -> usize {
    let head = HEAD.iter().position(|head| *head == name);
    let group = GROUPS.iter().position(|group| name.starts_with(group)).unwrap_or(GROUPS.len());
    head.unwrap_or(HEAD.len() + group)
}

fn row(outcome: &Outcome) -> BTreeMap<String, Cell> {
    let trial = &outcome.trial;
    let mut row: BTreeMap<String, Cell> = [
        ("key", Cell::Text(outcome.key.to_string())),
        ("model", Cell::Text(trial.model.name.clone())),
        ("task", Cell::Text(trial.task.to_string())),
        ("data", Cell::Text(trial.data.clone())),
        ("seed", whole(trial.seed)),
        ("attempt", whole(outcome.attempt.into())),
        ("best_epoch", whole(outcome.best_epoch.into())),
        ("select", Cell::Text(trial.select.to_string())),
    ]
    .map(|(name, cell)| (name.to_owned(), cell))
    .into();
    for (name, scores) in [("select.valid", &outcome.valid), ("select.test", &outcome.test)] {
        let value = scores.get(&trial.select).map(|&value| Cell::Float(value));
        row.extend(value.map(|value| (name.to_owned(), value)));
    }
    let (status, cause, message) = match &outcome.status {
        Status::Completed => ("completed", None, None),
        Status::Pruned { epoch, .. } => ("pruned", None, Some(format!("after epoch {epoch}"))),
        Status::Failed { cause, message } => ("failed", Some(cause), Some(message.clone())),
    };
    let candidates = trial.candidates.as_ref().map(ToString::to_string);
    let words = json!({
        "scored": trial.scored, "status": status, "cause": cause, "message": message,
        "candidates": candidates,
    });
    put_all(&mut row, "", &words);
    put_scores(&mut row, "valid.", &outcome.valid);
    put_scores(&mut row, "test.", &outcome.test);
    put_all(&mut row, "param.", &trial.all_params());
    put_all(&mut row, "cost.", &outcome.cost);
    put_all(&mut row, "provenance.", &outcome.provenance);
    row
}

fn put_scores(row: &mut BTreeMap<String, Cell>, group: &str, scores: &Scores) {
    row.extend(scores.iter().map(|(key, value)| (format!("{group}{key}"), Cell::Float(*value))));
}

/// Every field of a structure or map, by the name it has in JSON.
fn put_all(row: &mut BTreeMap<String, Cell>, group: &str, fields: &impl Serialize) {
    if let Ok(Value::Object(fields)) = serde_json::to_value(fields) {
        let cells = fields.into_iter().filter_map(|(name, value)| Some((name, cell(value)?)));
        row.extend(cells.map(|(name, cell)| (format!("{group}{name}"), cell)));
    }
}

fn cell(value: Value) -> Option<Cell> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(value) => Cell::Bool(value),
        Value::String(text) => Cell::Text(text),
        Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(value), ..) => whole(value),
            (_, Some(value), _) => Cell::Int(value),
            (.., value) => Cell::Float(value?),
        },
        list => Cell::Text(list.to_string()),
    })
}

/// A number as large as seeds may be is text rather than another number.
fn whole(value: u64) -> Cell {
    i64::try_from(value).map_or_else(|_| Cell::Text(value.to_string()), Cell::Int)
}
