//! Which arrays a prepared dataset consists of; [`Dataset`](crate::Dataset) reads them under the same names.

use bakeoff_spec::DatasetCard;

use crate::arrays::ArraysWriter;
use crate::dataset::{Column, ColumnValues};
use crate::encode::Encoded;
use crate::manifest::{ColumnInfo, Content};
use crate::splits::Assigned;

/// What the manifest says, and the content of the arrays' file.
pub(crate) fn encode(
    data: &Encoded,
    assigned: &[Assigned],
    card: DatasetCard,
) -> (Content, Vec<u8>) {
    let mut arrays = ArraysWriter::default();
    for part in Assigned::ALL {
        add_part(&mut arrays, data, assigned, part);
    }
    for (of, names, columns) in
        [("users", &data.users, &data.user_columns), ("items", &data.items, &data.item_columns)]
    {
        add_names(&mut arrays, of, names);
        for column in columns {
            let name = format!("{of}.column.{}", column.name);
            match &column.values {
                ColumnValues::Categorical { codes, .. } => arrays.add(name, codes),
                ColumnValues::Numeric(numbers) => arrays.add(name, numbers),
            }
        }
    }
    let arrays = arrays.encode();
    let content = Content {
        arrays_len: arrays.len() as u64,
        arrays_blake3: blake3::hash(&arrays).to_string(),
        rating_range: rating_range(data, assigned),
        user_columns: data.user_columns.iter().map(info).collect(),
        item_columns: data.item_columns.iter().map(info).collect(),
        card,
    };
    (content, arrays)
}

fn add_part(arrays: &mut ArraysWriter, data: &Encoded, assigned: &[Assigned], part: Assigned) {
    let name = part.name();
    let rows: Vec<usize> = (0..assigned.len()).filter(|&row| assigned[row] == part).collect();
    let ends = data.rows_by_user().scan(0, |end, of_user| {
        *end += assigned[of_user].iter().filter(|&&of_row| of_row == part).count() as u64;
        Some(*end)
    });
    let offsets: Vec<u64> = std::iter::once(0).chain(ends).collect();
    let items: Vec<u32> = rows.iter().map(|&row| data.item[row]).collect();
    let rating = |&row: &usize| match &data.rating {
        Some(ratings) if !ratings[row].is_nan() => ratings[row],
        // To rank, an interaction without a rating counts as one.
        _ => 1.0,
    };
    let ratings: Vec<f32> = rows.iter().map(rating).collect();
    let time = |&row: &usize| data.timestamp.as_ref().map_or(0, |times| times[row]);
    let times: Vec<i64> = rows.iter().map(time).collect();
    arrays.add(format!("{name}.offsets"), &offsets);
    arrays.add(format!("{name}.items"), &items);
    arrays.add(format!("{name}.ratings"), &ratings);
    arrays.add(format!("{name}.timestamps"), &times);
}

/// All names in one text, and where each begins.
fn add_names(arrays: &mut ArraysWriter, of: &str, names: &[String]) {
    let ends = names.iter().scan(0, |end, name| {
        *end += name.len() as u64;
        Some(*end)
    });
    let offsets: Vec<u64> = std::iter::once(0).chain(ends).collect();
    arrays.add(format!("{of}.name_offsets"), &offsets);
    arrays.add(format!("{of}.names"), names.concat().as_bytes());
}

fn rating_range(data: &Encoded, assigned: &[Assigned]) -> Option<(f32, f32)> {
    let rated = data.rating.as_ref()?.iter().zip(assigned);
    let train = rated.filter(|(rating, part)| **part == Assigned::Train && !rating.is_nan());
    train.map(|(&rating, _)| (rating, rating)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

fn info(column: &Column) -> ColumnInfo {
    let n_values = match &column.values {
        ColumnValues::Categorical { n_values, .. } => Some(*n_values),
        ColumnValues::Numeric(_) => None,
    };
    ColumnInfo { name: column.name.clone(), n_values }
}
