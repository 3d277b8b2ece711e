//! Where the arrays of a prepared dataset lie, found and checked once when it is opened.

use crate::arrays::{Arrays, Span, column_array};
use crate::dataset::ColumnValues;
use crate::error::DataError;
use crate::interactions::Axis;
use crate::manifest::{ColumnInfo, ColumnKind};
use crate::splits::Assigned;

/// The arrays of a part.
#[derive(Debug)]
pub(crate) struct PartSpans {
    pub(crate) offsets: Span,
    pub(crate) items: Span,
    pub(crate) ratings: RatingSpans,
    pub(crate) timestamps: TimeSpans,
    n: usize,
}

/// The ratings of a part.
#[derive(Debug)]
pub(crate) enum RatingSpans {
    None,
    Codes(Span, Span),
    Plain(Span),
}

/// The times of a part.
#[derive(Debug)]
pub(crate) enum TimeSpans {
    None,
    Offsets(Span),
    Plain(Span),
}

/// Names: all of them in one text, and where each begins.
#[derive(Debug)]
pub(crate) struct NameSpans {
    pub(crate) offsets: Span,
    pub(crate) text: Span,
}

/// Lists: all of them one after the other, and where each begins.
#[derive(Debug, Clone)]
pub(crate) struct ListSpans {
    pub(crate) offsets: Span,
    pub(crate) values: Span,
}

/// A column: the names of its codes, and its arrays; those of rows lie with each part.
#[derive(Debug)]
pub(crate) struct ColumnSpans {
    pub(crate) names: Option<NameSpans>,
    places: Vec<ValueSpans>,
}

#[derive(Debug)]
struct ValueSpans {
    offsets: Option<Span>,
    values: Span,
    weights: Option<Span>,
}

impl PartSpans {
    pub(crate) fn find(
        arrays: &Arrays,
        name: &str,
        n_users: usize,
        n_items: usize,
    ) -> Result<Self, DataError> {
        let (offsets, n) = arrays.offsets(&format!("{name}.offsets"), Some(n_users + 1))?;
        let (ratings, times) = (format!("{name}.ratings"), format!("{name}.timestamps"));
        let ratings = if arrays.has::<u8>(&ratings) {
            let values = arrays.span::<f32>("ratings", None)?;
            let n_values = arrays.get::<f32>(&values).len();
            RatingSpans::Codes(arrays.codes::<u8>(&ratings, Some(n), n_values)?, values)
        } else if arrays.has::<f32>(&ratings) {
            RatingSpans::Plain(arrays.span::<f32>(&ratings, Some(n))?)
        } else {
            RatingSpans::None
        };
        let timestamps = if arrays.has::<u32>(&times) {
            TimeSpans::Offsets(arrays.span::<u32>(&times, Some(n))?)
        } else if arrays.has::<i64>(&times) {
            TimeSpans::Plain(arrays.span::<i64>(&times, Some(n))?)
        } else {
            TimeSpans::None
        };
        let items = arrays.codes::<u32>(&format!("{name}.items"), Some(n), n_items)?;
        Ok(Self { offsets, items, ratings, timestamps, n })
    }
}

impl NameSpans {
    pub(crate) fn find(arrays: &Arrays, of: &str, n: Option<usize>) -> Result<Self, DataError> {
        let (offsets, end) =
            arrays.offsets(&format!("{of}.name_offsets"), n.map(|n| n.saturating_add(1)))?;
        let text = arrays.span::<u8>(&format!("{of}.names"), Some(end))?;
        let is_border = |text: &str| {
            arrays.get(&offsets).iter().all(|&at: &u64| text.is_char_boundary(at as usize))
        };
        if std::str::from_utf8(arrays.get(&text)).is_ok_and(is_border) {
            return Ok(Self { offsets, text });
        }
        Err(arrays.damaged(format!("array {of}.names holds no names")))
    }
}

impl ListSpans {
    pub(crate) fn find(
        arrays: &Arrays,
        offsets: &str,
        values: &str,
        n: usize,
        n_values: usize,
    ) -> Result<Self, DataError> {
        let (offsets, end) = arrays.offsets(offsets, Some(n + 1))?;
        Ok(Self { values: arrays.codes::<u32>(values, Some(end), n_values)?, offsets })
    }
}

impl ColumnSpans {
    pub(crate) fn find(
        arrays: &Arrays,
        axis: Axis,
        info: &ColumnInfo,
        [n_users, n_items]: [usize; 2],
        parts: &[PartSpans; 4],
    ) -> Result<Self, DataError> {
        let of = column_array(axis.name(), &info.name);
        let n_names = match info.kind {
            ColumnKind::Categorical { n_values }
            | ColumnKind::Tags { n_values }
            | ColumnKind::Weighted { n_values }
            | ColumnKind::Tokens { n_values, .. } => Some(n_values as usize),
            ColumnKind::Numeric | ColumnKind::Dense { .. } => None,
        };
        let names = n_names.map(|n| NameSpans::find(arrays, &format!("{of}.values"), Some(n)));
        let values = |name: &str, n| ValueSpans::find(arrays, name, &info.kind, n);
        let places = match axis {
            Axis::Users => vec![values(&of, n_users)?],
            Axis::Items => vec![values(&of, n_items)?],
            Axis::Rows => Assigned::ALL
                .into_iter()
                .map(|part| values(&column_array(part.name(), &info.name), parts[part as usize].n))
                .collect::<Result<_, _>>()?,
        };
        Ok(Self { names: names.transpose()?, places })
    }

    /// The values at a place: that of a part for columns of rows, else 0.
    pub(crate) fn values<'a>(
        &self,
        arrays: &'a Arrays,
        kind: &'a ColumnKind,
        place: usize,
    ) -> ColumnValues<'a> {
        let spans = &self.places[place];
        let offsets = || spans.offsets.as_ref().map_or(&[][..], |span| arrays.get(span));
        match kind {
            &ColumnKind::Categorical { n_values } => {
                ColumnValues::Categorical { n_values, codes: arrays.get(&spans.values) }
            }
            ColumnKind::Numeric => ColumnValues::Numeric(arrays.get(&spans.values)),
            &ColumnKind::Tags { n_values } => ColumnValues::Tags {
                n_values,
                offsets: offsets(),
                codes: arrays.get(&spans.values),
            },
            &ColumnKind::Weighted { n_values } => ColumnValues::Weighted {
                n_values,
                offsets: offsets(),
                codes: arrays.get(&spans.values),
                weights: spans.weights.as_ref().map_or(&[][..], |span| arrays.get(span)),
            },
            &ColumnKind::Tokens { n_values, len } => {
                ColumnValues::Tokens { n_values, len, codes: arrays.get(&spans.values) }
            }
            ColumnKind::Dense { shape, is_u8: true } => {
                ColumnValues::Pixels { shape, values: arrays.get(&spans.values) }
            }
            ColumnKind::Dense { shape, is_u8: false } => {
                ColumnValues::Dense { shape, values: arrays.get(&spans.values) }
            }
        }
    }
}

impl ValueSpans {
    fn find(arrays: &Arrays, name: &str, kind: &ColumnKind, n: usize) -> Result<Self, DataError> {
        let alone = |values| Self { offsets: None, values, weights: None };
        let lists = |n_values: u32| {
            ListSpans::find(arrays, &format!("{name}.offsets"), name, n, n_values as usize)
        };
        let codes = |n_values: u32, n| arrays.codes::<u32>(name, Some(n), n_values as usize);
        Ok(match kind {
            &ColumnKind::Categorical { n_values } => alone(codes(n_values, n)?),
            ColumnKind::Numeric => alone(arrays.span::<f32>(name, Some(n))?),
            &ColumnKind::Tags { n_values } => {
                let ListSpans { offsets, values } = lists(n_values)?;
                Self { offsets: Some(offsets), values, weights: None }
            }
            &ColumnKind::Weighted { n_values } => {
                let ListSpans { offsets, values } = lists(n_values)?;
                let n_values = arrays.get::<u32>(&values).len();
                let weights = arrays.span::<f32>(&format!("{name}.weights"), Some(n_values))?;
                Self { offsets: Some(offsets), values, weights: Some(weights) }
            }
            &ColumnKind::Tokens { n_values, len } => alone(codes(n_values, n.saturating_mul(len))?),
            ColumnKind::Dense { shape, is_u8 } => {
                let n = shape.iter().fold(n, |n, &side| n.saturating_mul(side));
                alone(match is_u8 {
                    true => arrays.span::<u8>(name, Some(n))?,
                    false => arrays.span::<f32>(name, Some(n))?,
                })
            }
        })
    }
}
