//! What training sees of a table, in a form that can be compared.

use bakeoff_data::Interactions;
use bakeoff_data::column::{Numbers, Values};
use bakeoff_data::interactions::Axis;
use bakeoff_data::steps::Train;

use crate::fixture::newest;

/// What entries hold, as lines that are equal if and only if every bit is: of `None` all entries, else those of train.
///
/// Texts and tags get their codes after the steps, from train alone; until then only their own values count. Of a series,
/// what was until train's newest row: later points are future to training.
pub(crate) fn view(table: &Interactions, train: Option<&Train>) -> Vec<String> {
    let of = |axis, n: usize| -> Vec<usize> {
        (0..n).filter(|&entry| train.is_none_or(|train| train.has(axis)[entry])).collect()
    };
    let until = train.map_or(f64::INFINITY, |train| newest(table, train));
    let mut lines = Vec::new();
    for row in of(Axis::Rows, table.len()) {
        let (user, item) = (table.users.name(table.user[row]), table.items.name(table.item[row]));
        let bits =
            |numbers: &Option<Vec<f64>>| numbers.as_ref().map(|numbers| numbers[row].to_bits());
        let (rating, time) = (bits(&table.rating), bits(&table.timestamp));
        lines.push(format!("{user} {item} rating {rating:?} time {time:?}"));
    }
    for (axis, column) in table.all_columns() {
        let name = format!("{} {} ({})", axis.name(), column.name, column.values.kind());
        lines.push(format!(
            "{name}: {}",
            column_line(&column.values, &of(axis, column.values.len()), until)
        ));
    }
    lines
}

/// The values of entries; of series, the points until a time.
pub(super) fn column_line(values: &Values, entries: &[usize], until: f64) -> String {
    fn of<T: std::fmt::Debug>(entries: &[usize], entry: impl Fn(usize) -> T) -> String {
        format!("{:?}", entries.iter().map(|&i| entry(i)).collect::<Vec<_>>())
    }
    match values {
        Values::Text(texts) => of(entries, |i| texts.get(i)),
        Values::Number(numbers) => of(entries, |i| numbers[i].to_bits()),
        Values::Tags(tags) => of(entries, |i| tags.get(i).collect::<Vec<_>>()),
        Values::Series(series) => of(entries, |i| {
            let points = series.points.get(i).iter().filter(|(time, _)| *time <= until);
            points.map(|(time, value)| (time.to_bits(), value.to_bits())).collect::<Vec<_>>()
        }),
        Values::Dense(dense) => {
            let width = dense.width();
            let blocks = match &dense.numbers {
                Numbers::U8(pixels) => of(entries, |i| &pixels[i * width..][..width]),
                Numbers::F32(numbers) => {
                    let bits: Vec<u32> = numbers.iter().map(|number| number.to_bits()).collect();
                    of(entries, |i| bits[i * width..][..width].to_vec())
                }
            };
            format!("{:?} {blocks} {}", dense.shape, of(entries, |i| dense.is_missing[i]))
        }
        Values::Codes(codes) => format!("{:?} {}", codes.names, of(entries, |i| codes.codes[i])),
        Values::CodeLists(codes) => {
            format!("{:?} {}", codes.names, of(entries, |i| codes.lists.get(i)))
        }
        Values::Tokens(tokens) => {
            let of_entries = of(entries, |i| &tokens.codes[i * tokens.len..][..tokens.len]);
            format!("{:?} {} {of_entries}", tokens.names, tokens.len)
        }
        Values::Weighted(weighted) => {
            let list =
                |i| weighted.lists.get(i).iter().map(|&(code, weight)| (code, weight.to_bits()));
            format!("{:?} {}", weighted.names, of(entries, |i| list(i).collect::<Vec<_>>()))
        }
    }
}
