//! What is most likely amiss with the parameters that say how a file is delimited.

use std::path::Path;

use csv::ByteRecord;

use super::Format;
use super::text::{NOT_UTF8, shortened};
use crate::error::DataError;

/// What text should be that is not UTF-8.
pub(super) fn not_utf8_in(format: &Format) -> &'static str {
    if format.is_of_spec {
        "UTF-8 text; give `encoding: latin1` if it is in ISO 8859-1, or convert the file, with iconv for example"
    } else {
        NOT_UTF8
    }
}

/// What to say of a header of one field that is not the column that is needed, if another delimiter stands in it.
pub(super) fn other_delimiter(
    path: &Path,
    header: &[String],
    format: &Format,
) -> Option<DataError> {
    let [field] = header else { return None };
    let likely = likely_delimiter(field, format).filter(|_| format.names.is_none())?;
    Some(DataError::Value {
        path: path.to_owned(),
        line: 1,
        column: "1".to_owned(),
        found: shortened(field),
        expected: format!(
            "names with {} between them; give `delimiter: {likely}` if that is what stands there",
            quoted(&format.delimiter)
        ),
    })
}

/// What to add where a line is one field and another delimiter stands in it.
pub(super) fn delimiter_of(record: &ByteRecord, format: &Format) -> String {
    let field = record.get(0).filter(|_| record.len() == 1).unwrap_or_default();
    let likely = likely_delimiter(&String::from_utf8_lossy(field), format);
    likely.map_or_else(String::new, |likely| {
        format!("; give `delimiter: {likely}` if that is what stands between fields")
    })
}

/// What to add where the first line cannot be read and the names of the columns are given.
pub(super) fn first_line(line: u64, format: &Format) -> &'static str {
    if line == 1 && format.is_of_spec && format.names.is_some() {
        "; leave `header` out if this line names the columns"
    } else {
        ""
    }
}

/// Whether a record holds the very names that the spec gives.
pub(super) fn is_header(record: &ByteRecord, names: &[String], format: &Format) -> bool {
    let is_name =
        |(field, name): (&[u8], &String)| field.trim_ascii().eq_ignore_ascii_case(name.as_bytes());
    format.is_of_spec && format.names.is_some() && record.iter().zip(names).all(is_name)
}

/// As YAML has it: the delimiter that stands most often in a text, if it is not the one that was given.
fn likely_delimiter(text: &str, format: &Format) -> Option<String> {
    let n = |delimiter: &&str| text.matches(delimiter).count();
    let likely = ["|", ";", "\t", ","].into_iter().max_by_key(n).filter(|likely| n(likely) > 0)?;
    (format.is_of_spec && likely != format.delimiter).then(|| quoted(likely))
}

fn quoted(delimiter: &str) -> String {
    format!("{delimiter:?}")
}
