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
    pub(crate) fn find(arrays: &Arrays, name: &str, n_users: usize) -> Result<Self, DataError> {
        let offsets = arrays.span::<u64>(&format!("{name}.offsets"), Some(n_users + 1))?;
        let n = *arrays.get::<u64>(&offsets).last().unwrap_or(&0) as usize;
        let (ratings, times) = (format!("{name}.ratings"), format!("{name}.timestamps"));
        let ratings = if arrays.has::<u8>(&ratings) {
            let values = arrays.span::<f32>("ratings", None)?;
            RatingSpans::Codes(arrays.span::<u8>(&ratings, Some(n))?, values)
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
        let items = arrays.span::<u32>(&format!("{name}.items"), Some(n))?;
        Ok(Self { offsets, items, ratings, timestamps, n })
    }
}

impl NameSpans {
    pub(crate) fn find(arrays: &Arrays, of: &str, n: Option<usize>) -> Result<Self, DataError> {
        Ok(Self {
            offsets: arrays.span::<u64>(&format!("{of}.name_offsets"), n.map(|n| n + 1))?,
            text: arrays.span::<u8>(&format!("{of}.names"), None)?,
        })
    }
}

impl ListSpans {
    pub(crate) fn find(
        arrays: &Arrays,
        offsets: &str,
        values: &str,
        n: usize,
    ) -> Result<Self, DataError> {
        let offsets = arrays.span::<u64>(offsets, Some(n + 1))?;
        let n_values = *arrays.get::<u64>(&offsets).last().unwrap_or(&0) as usize;
        Ok(Self { values: arrays.span::<u32>(values, Some(n_values))?, offsets })
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
        let lists = || ListSpans::find(arrays, &format!("{name}.offsets"), name, n);
        Ok(match kind {
            ColumnKind::Categorical { .. } => alone(arrays.span::<u32>(name, Some(n))?),
            ColumnKind::Numeric => alone(arrays.span::<f32>(name, Some(n))?),
            ColumnKind::Tags { .. } => {
                let ListSpans { offsets, values } = lists()?;
                Self { offsets: Some(offsets), values, weights: None }
            }
            ColumnKind::Weighted { .. } => {
                let ListSpans { offsets, values } = lists()?;
                let n_values = arrays.get::<u32>(&values).len();
                let weights = arrays.span::<f32>(&format!("{name}.weights"), Some(n_values))?;
                Self { offsets: Some(offsets), values, weights: Some(weights) }
            }
            ColumnKind::Tokens { len, .. } => alone(arrays.span::<u32>(name, Some(n * len))?),
            ColumnKind::Dense { shape, is_u8 } => {
                let n = n * shape.iter().product::<usize>();
                alone(match is_u8 {
                    true => arrays.span::<u8>(name, Some(n))?,
                    false => arrays.span::<f32>(name, Some(n))?,
                })
            }
        })
    }
}
