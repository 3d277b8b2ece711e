//! What a field of text means: a number, a time, nothing.

use std::borrow::Cow;
use std::path::Path;

use super::Format;
use crate::error::DataError;
use crate::frame::TimeUnit;

/// What a time may be.
pub(crate) const TIMES: &str =
    "seconds since 1970, or a date such as 2024-05-31 or 2024-05-31T12:00:00Z";
/// What a number may be.
pub(crate) const NUMBERS: &str = "a number, or nothing where it is missing";
pub(crate) const NOT_UTF8: &str = "UTF-8 text; convert the file, with iconv for example";

/// A field without blanks around it; an error where it is not text.
#[inline]
pub(super) fn text<'f>(field: &'f [u8], format: &Format) -> Result<Cow<'f, str>, ()> {
    let field = field.trim_ascii();
    if format.is_latin1 {
        return Ok(if field.is_ascii() {
            String::from_utf8_lossy(field)
        } else {
            field.iter().map(|&byte| char::from(byte)).collect::<String>().into()
        });
    }
    std::str::from_utf8(field).map(Cow::Borrowed).map_err(|_| ())
}

/// A number that single precision can hold, as datasets keep it, or NaN for what stands for a missing one; `None` for
/// anything else.
pub(crate) fn parse_number(text: &str) -> Option<f64> {
    if is_missing(text) {
        return Some(f64::NAN);
    }
    text.parse().ok().filter(|&number: &f64| (number as f32).is_finite())
}

/// Whether a number is an integer of more digits than a double holds: what has so many is a name and no quantity.
pub(crate) fn loses_digits(text: &str) -> bool {
    const EXACT: u64 = 1 << 53;
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.len() >= 16
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.parse().is_ok_and(|number: u64| number <= EXACT)
}

/// Whether a field stands for no value: empty, `nan`, `na` or `null` in any case.
pub(crate) fn is_missing(text: &str) -> bool {
    text.is_empty() || ["nan", "na", "null"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Seconds since 1970, NaN where missing; `None` for what is no time.
pub(crate) fn parse_time(text: &str) -> Option<f64> {
    parse_time_in(text, TimeUnit::Seconds)
}

/// Like [`parse_time`], of numbers in `unit`.
pub(crate) fn parse_time_in(text: &str, unit: TimeUnit) -> Option<f64> {
    parse_number(text).map(|number| unit.seconds(number)).or_else(|| parse_date(text))
}

/// A date without a time is its midnight; without a zone it is in UTC.
fn parse_date(text: &str) -> Option<f64> {
    let instant = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let local: jiff::civil::DateTime = text.parse().ok()?;
        jiff::tz::TimeZone::UTC.to_timestamp(local).ok()
    })?;
    Some(instant.as_millisecond() as f64 / 1000.0)
}

/// A text that may be long, for a message.
pub(crate) fn shortened(text: &str) -> String {
    const LONGEST: usize = 60;
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST).chain(['…']).collect()
}

pub(crate) fn not_utf8(
    path: &Path,
    line: u64,
    column: String,
    bytes: &[u8],
    expected: &str,
) -> DataError {
    DataError::Value {
        path: path.to_owned(),
        line,
        column,
        found: shortened(String::from_utf8_lossy(bytes).trim_end()),
        expected: expected.to_owned(),
    }
}
