//! Side tables: what is known of users or items, a line each.

use crate::delimited::{Delimited, is_missing, parse_number};
use crate::error::DataError;
use crate::interactions::{Ids, SideColumn, SideValues};
use crate::sources::SourceFile;

/// What the source says a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Categories.
    Text,
    /// Numbers.
    Number,
    /// Numbers if every value that is there is one, else categories.
    Inferred,
}

/// Reads the columns of `table` for `ids`; lines about other ids are left aside, since nobody can meet them.
pub(crate) fn read(
    file: &SourceFile,
    table: Delimited<'_>,
    id_column: usize,
    kinds: &[Kind],
    ids: &Ids,
) -> Result<Vec<SideColumn>, DataError> {
    let header = table.header().to_vec();
    let mut texts = vec![vec![String::new(); ids.len()]; header.len()];
    let mut is_described = vec![false; ids.len()];
    table.for_each(|row, line| {
        let id = row.id(id_column)?;
        let Some(index) = ids.index(id) else { return Ok(()) };
        let index = index as usize;
        if std::mem::replace(&mut is_described[index], true) {
            let (path, line) = (file.path.clone(), u64::from(line));
            return Err(DataError::Twice { path, line, id: id.to_owned() });
        }
        for (column, texts) in texts.iter_mut().enumerate() {
            if kinds[column] == Kind::Number {
                row.number(column)?;
            }
            if !is_missing(row.text(column)) {
                row.text(column).clone_into(&mut texts[index]);
            }
        }
        Ok(())
    })?;
    let of = |(column, texts): (usize, Vec<String>)| {
        let name = header[column].clone();
        (column != id_column).then(|| SideColumn { name, values: typed(texts, kinds[column]) })
    };
    Ok(texts.into_iter().enumerate().filter_map(of).collect())
}

fn typed(texts: Vec<String>, kind: Kind) -> SideValues {
    let is_text = match kind {
        Kind::Text => true,
        Kind::Number => false,
        Kind::Inferred => texts.iter().all(String::is_empty),
    };
    let numbers: Option<Vec<f64>> =
        if is_text { None } else { texts.iter().map(|text| parse_number(text)).collect() };
    numbers.map_or(SideValues::Text(texts), SideValues::Number)
}
