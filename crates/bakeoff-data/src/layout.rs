//! Which arrays a prepared dataset consists of; [`Dataset`](crate::Dataset) reads them under the same names.

use std::collections::BTreeSet;
use std::mem;

use rayon::prelude::*;

use crate::arrays::{Array, ArraysWriter, column_array};
use crate::column::{CodeLists, Codes, Lists, Numbers, RawColumn, Tokens, Values, Weighted};
use crate::encode::encode;
use crate::interactions::Axis;
use crate::manifest::{ColumnInfo, ColumnKind};
use crate::order::Ordered;
use crate::splits::Assigned;
use crate::steps::Train;

/// What the manifest needs to know of the arrays.
pub(crate) struct Layout {
    pub(crate) arrays: ArraysWriter,
    pub(crate) rating_range: Option<(f32, f32)>,
    pub(crate) time_origin: Option<i64>,
    pub(crate) has_candidates: bool,
    pub(crate) columns: [Vec<ColumnInfo>; 3],
}

/// The most different ratings that are stored as codes.
const MOST_CODES: usize = 256;

/// The arrays of `data`.
pub(crate) fn layout(mut data: Ordered, assigned: &[Assigned], train: &Train) -> Layout {
    let mut arrays = ArraysWriter::default();
    let table = &data.table;
    let ratings = table.rating.as_deref().map(Coded::of);
    if let Some(Coded { values, .. }) = &ratings
        && values.len() <= MOST_CODES
    {
        arrays.add("ratings", values.clone());
    }
    let time_origin = table.timestamp.as_deref().map(earliest);
    for part in Assigned::ALL {
        let rows: Vec<u32> = rows_of(assigned, part).collect();
        let name = part.name();
        let ends = data.rows_by_user().scan(0, |end, of_user| {
            *end += assigned[of_user].iter().filter(|&&of_row| of_row == part).count() as u64;
            Some(*end)
        });
        let offsets: Vec<u64> = std::iter::once(0).chain(ends).collect();
        arrays.add(format!("{name}.offsets"), offsets);
        arrays.add(format!("{name}.items"), of_rows(&rows, |row| table.item[row]));
        if let Some(ratings) = &ratings {
            arrays.add(format!("{name}.ratings"), ratings.of_rows(&rows));
        }
        if let (Some(times), Some(origin)) = (&table.timestamp, time_origin) {
            arrays.add(format!("{name}.timestamps"), times_of_rows(times, origin, &rows));
        }
    }
    let rating_range = ratings.as_ref().and_then(|ratings| ratings.range(assigned));
    add_names(&mut arrays, "users", table.users.names());
    add_names(&mut arrays, "items", table.items.names());
    if let Some(Lists { offsets, values }) = &table.candidates {
        arrays.add("candidates.offsets", offsets.clone());
        arrays.add("candidates.items", values.clone());
    }
    let has_candidates = table.candidates.is_some();
    let mut columns = [Vec::new(), Vec::new(), Vec::new()];
    let row_parts: Vec<Vec<Option<u32>>> = if table.columns.is_empty() {
        Vec::new()
    } else {
        Assigned::ALL.map(|part| rows_of(assigned, part).map(Some).collect()).into()
    };
    for axis in [Axis::Rows, Axis::Users, Axis::Items] {
        for RawColumn { name, values } in mem::take(data.table.columns_of_mut(axis)) {
            let Some(mut values) = encode(values, train.has(axis)) else { continue };
            columns[axis as usize].push(ColumnInfo { name: name.clone(), kind: kind(&values) });
            let column = column_array(axis.name(), &name);
            add_value_names(&mut arrays, &column, &mut values);
            if axis != Axis::Rows {
                add_column(&mut arrays, &column, values);
                continue;
            }
            // A row's columns lie with the rows of its part.
            for (part, rows) in Assigned::ALL.into_iter().zip(&row_parts) {
                let of_part = values.take(rows.iter().copied());
                add_column(&mut arrays, &column_array(part.name(), &name), of_part);
            }
        }
    }
    Layout { arrays, rating_range, time_origin, has_candidates, columns }
}

fn rows_of(assigned: &[Assigned], part: Assigned) -> impl Iterator<Item = u32> {
    (0..assigned.len() as u32).filter(move |&row| assigned[row as usize] == part)
}

/// Ratings as the codes of their different values, ascending.
struct Coded<'a> {
    ratings: &'a [f64],
    values: Vec<f32>,
}

impl<'a> Coded<'a> {
    fn of(ratings: &'a [f64]) -> Self {
        let distinct = |ratings: &[f64]| {
            let mut last = None;
            let mut bits = BTreeSet::new();
            for &rating in ratings {
                let rating = of_row(rating);
                if last.replace(rating) != Some(rating) && bits.len() <= MOST_CODES {
                    bits.insert(rating.to_bits());
                }
            }
            bits
        };
        let bits = ratings.par_chunks(1 << 16).map(distinct).reduce(BTreeSet::new, |mut a, b| {
            a.extend(b);
            a
        });
        let mut values: Vec<f32> = bits.into_iter().map(f32::from_bits).collect();
        values.sort_unstable_by(f32::total_cmp);
        Self { ratings, values }
    }

    fn of_rows(&self, rows: &[u32]) -> Array {
        let rating = |row: usize| of_row(self.ratings[row]);
        if self.values.len() > MOST_CODES {
            return of_rows(rows, rating).into();
        }
        let code = |row| self.values.partition_point(|value| value.total_cmp(&rating(row)).is_lt());
        of_rows(rows, |row| code(row) as u8).into()
    }

    fn range(&self, assigned: &[Assigned]) -> Option<(f32, f32)> {
        let rated = self.ratings.iter().zip(assigned);
        let train = rated.filter(|(rating, part)| **part == Assigned::Train && !rating.is_nan());
        let train = train.map(|(&rating, _)| (of_row(rating), of_row(rating)));
        train.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }
}

/// To rank, an interaction without a rating counts as one.
fn of_row(rating: f64) -> f32 {
    // Adding zero makes zero of minus zero, which would be another rating.
    if rating.is_nan() { 1.0 } else { rating as f32 + 0.0 }
}

fn earliest(times: &[f64]) -> i64 {
    times.iter().copied().fold(f64::INFINITY, f64::min) as i64
}

fn times_of_rows(times: &[f64], origin: i64, rows: &[u32]) -> Array {
    let latest = times.iter().copied().fold(f64::NEG_INFINITY, f64::max) as i64;
    let time = |row: usize| times[row] as i64;
    if u32::try_from(latest.saturating_sub(origin)).is_ok() {
        return of_rows(rows, |row| (time(row) - origin) as u32).into();
    }
    of_rows(rows, time).into()
}

fn of_rows<T: Send>(rows: &[u32], of_row: impl Fn(usize) -> T + Sync) -> Vec<T> {
    rows.par_iter().map(|&row| of_row(row as usize)).collect()
}

/// All names in one text, and where each begins.
fn add_names<'a>(arrays: &mut ArraysWriter, of: &str, names: impl Iterator<Item = &'a str>) {
    let (mut offsets, mut text) = (vec![0u64], Vec::new());
    for name in names {
        text.extend_from_slice(name.as_bytes());
        offsets.push(text.len() as u64);
    }
    arrays.add(format!("{of}.name_offsets"), offsets);
    arrays.add(format!("{of}.names"), text);
}

/// The arrays of an encoded column.
fn add_column(arrays: &mut ArraysWriter, name: &str, values: Values) {
    match values {
        Values::Codes(codes) => arrays.add(name, codes.codes),
        Values::Number(numbers) => {
            arrays.add(name, numbers.iter().map(|&n| n as f32).collect::<Vec<f32>>());
        }
        Values::CodeLists(codes) => {
            arrays.add(format!("{name}.offsets"), codes.lists.offsets);
            arrays.add(name, codes.lists.values);
        }
        Values::Weighted(weighted) => {
            arrays.add(format!("{name}.offsets"), weighted.lists.offsets);
            let (codes, weights): (Vec<u32>, Vec<f32>) = weighted.lists.values.into_iter().unzip();
            arrays.add(name, codes);
            arrays.add(format!("{name}.weights"), weights);
        }
        Values::Tokens(tokens) => arrays.add(name, tokens.codes),
        Values::Dense(dense) => match dense.numbers {
            Numbers::U8(numbers) => arrays.add(name, numbers),
            Numbers::F32(numbers) => arrays.add(name, numbers),
        },
        Values::Text(_) | Values::Tags(_) | Values::Series(_) => unreachable!("{ENCODED}"),
    }
}

const ENCODED: &str = "texts and tags are encoded by now, and series are not stored";

/// What the codes of an encoded column stand for. The column is without names then, so that what is taken of it for
/// each part does not copy them.
fn add_value_names(arrays: &mut ArraysWriter, column: &str, values: &mut Values) {
    if let Values::Codes(Codes { names, .. })
    | Values::CodeLists(CodeLists { names, .. })
    | Values::Weighted(Weighted { names, .. })
    | Values::Tokens(Tokens { names, .. }) = values
    {
        let names = mem::take(names);
        add_names(arrays, &format!("{column}.values"), names.iter().map(String::as_str));
    }
}

fn kind(values: &Values) -> ColumnKind {
    match values {
        Values::Codes(codes) => ColumnKind::Categorical { n_values: codes.names.len() as u32 },
        Values::Number(_) => ColumnKind::Numeric,
        Values::CodeLists(codes) => ColumnKind::Tags { n_values: codes.names.len() as u32 },
        Values::Weighted(weighted) => {
            ColumnKind::Weighted { n_values: weighted.names.len() as u32 }
        }
        Values::Tokens(tokens) => {
            ColumnKind::Tokens { n_values: tokens.names.len() as u32, len: tokens.len }
        }
        Values::Dense(dense) => ColumnKind::Dense {
            shape: dense.shape.clone(),
            is_u8: matches!(dense.numbers, Numbers::U8(_)),
        },
        Values::Text(_) | Values::Tags(_) | Values::Series(_) => unreachable!("{ENCODED}"),
    }
}
