//! Values of PostgreSQL in the binary form in which servers send them.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::Write;

use postgres::types::{FromSql, Kind, Type};

use super::Shape;
use crate::cells::{Cell, Wrong};

/// The bytes of a value of any type.
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> FromSql<'a> for Bytes<'a> {
    fn from_sql(_: &Type, bytes: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(bytes))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// What columns of a type are, if they can be read.
pub(super) fn shape(of: &Type) -> Option<Shape> {
    match of.kind() {
        Kind::Enum(_) => return Some(Shape::Text),
        Kind::Domain(inner) => return shape(inner),
        Kind::Array(inner) => {
            let is_tag = matches!(*inner, Type::INT2 | Type::INT4 | Type::INT8)
                || shape(inner) == Some(Shape::Text);
            return is_tag.then_some(Shape::List);
        }
        _ => {}
    }
    match *of {
        Type::BOOL
        | Type::INT2
        | Type::INT4
        | Type::INT8
        | Type::OID
        | Type::FLOAT4
        | Type::FLOAT8
        | Type::NUMERIC
        | Type::DATE
        | Type::TIMESTAMP
        | Type::TIMESTAMPTZ => Some(Shape::Any),
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::CHAR | Type::UUID => {
            Some(Shape::Text)
        }
        // Of an extension, and so without a number of its own.
        _ if of.name() == "citext" => Some(Shape::Text),
        _ => None,
    }
}

/// Seconds from 1970 to 2000, from where PostgreSQL counts.
const EPOCH: f64 = 946_684_800.0;

/// A value of a type that [`shape`] says can be read.
pub(super) fn cell<'a>(of: &Type, bytes: &'a [u8]) -> Result<Cell<'a>, Wrong> {
    if let Kind::Domain(inner) = of.kind() {
        return cell(inner, bytes);
    }
    if let Kind::Array(inner) = of.kind() {
        return list(inner, bytes).ok_or_else(|| Wrong {
            found: "an array of several dimensions".into(),
            expected: "a flat array; flatten it in the query",
        });
    }
    Ok(match *of {
        Type::BOOL => Cell::Bool(bytes.first() == Some(&1)),
        Type::INT2 | Type::INT4 | Type::INT8 => Cell::Integer(integer(bytes).into()),
        Type::OID => Cell::Integer((integer(bytes) & 0xffff_ffff).into()),
        Type::FLOAT4 => Cell::Number(f32::from_be_bytes(fixed(bytes)).into()),
        Type::FLOAT8 => Cell::Number(f64::from_be_bytes(fixed(bytes))),
        Type::NUMERIC => numeric(bytes)?,
        Type::DATE => match i32::from_be_bytes(fixed(bytes)) {
            i32::MIN | i32::MAX => return Err(INFINITE()),
            days => Cell::Time(f64::from(days) * 86_400.0 + EPOCH),
        },
        Type::TIMESTAMP | Type::TIMESTAMPTZ => match integer(bytes) {
            i64::MIN | i64::MAX => return Err(INFINITE()),
            micros => Cell::Time(micros as f64 / 1e6 + EPOCH),
        },
        Type::UUID => {
            let mut text = String::with_capacity(36);
            for (i, byte) in bytes.iter().enumerate() {
                let dash = if matches!(i, 4 | 6 | 8 | 10) { "-" } else { "" };
                let _ = write!(text, "{dash}{byte:02x}");
            }
            Cell::Text(text.into())
        }
        // Blanks that fill up to a length mean nothing.
        Type::BPCHAR => Cell::Text(text(bytes)?.trim_end_matches(' ').into()),
        _ => Cell::Text(text(bytes)?.into()),
    })
}

const INFINITE: fn() -> Wrong =
    || Wrong { found: "infinity".into(), expected: "a time that has an end" };

fn text(bytes: &[u8]) -> Result<&str, Wrong> {
    std::str::from_utf8(bytes).map_err(|_| Wrong {
        found: String::from_utf8_lossy(bytes).into_owned(),
        expected: "UTF-8 text",
    })
}

/// So many bytes, zeros where there are fewer.
fn fixed<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.get(..N).and_then(|bytes| bytes.try_into().ok()).unwrap_or([0; N])
}

/// A signed integer of up to eight bytes.
fn integer(bytes: &[u8]) -> i64 {
    let sign = if bytes.first().is_some_and(|&first| first >= 0x80) { -1 } else { 0 };
    bytes.iter().fold(sign, |all, &byte| all << 8 | i64::from(byte))
}

/// Digits to the base of 10,000, of which the first stands for `10,000^weight`.
fn numeric(bytes: &[u8]) -> Result<Cell<'static>, Wrong> {
    let mut words = bytes.chunks_exact(2).map(|word| i16::from_be_bytes(fixed(word)));
    let mut word = || words.next().unwrap_or_default();
    let (n_digits, weight, sign, scale) = (word(), word(), word().cast_unsigned(), word());
    match sign {
        0xc000 => return Ok(Cell::Missing),
        0xd000 | 0xf000 => {
            return Err(Wrong { found: "infinity".into(), expected: "a finite number" });
        }
        _ => {}
    }
    let digits: Vec<i16> = (0..n_digits).map(|_| word()).collect();
    let digit = |power: i16| {
        let at = usize::try_from(i32::from(weight) - i32::from(power)).ok();
        at.and_then(|at| digits.get(at)).copied().unwrap_or_default()
    };
    let mut text = String::new();
    for power in (0..=weight.max(0)).rev() {
        let _ = write!(text, "{:04}", digit(power));
    }
    let whole = text.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let mut fraction = String::new();
    let mut power = -1;
    while fraction.len() < usize::from(scale.unsigned_abs()) {
        let _ = write!(fraction, "{:04}", digit(power));
        power -= 1;
    }
    fraction.truncate(usize::from(scale.unsigned_abs()));
    let (sign, point) =
        (if sign == 0x4000 { "-" } else { "" }, if fraction.is_empty() { "" } else { "." });
    Ok(Cell::Written(format!("{sign}{whole}{point}{fraction}").into()))
}

/// The entries of a flat array; null ones are left out.
fn list<'a>(of: &Type, bytes: &'a [u8]) -> Option<Cell<'a>> {
    let word = |at: usize| Some(i32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    // Dimensions, whether there are nulls, the type; then of each dimension its length and first index.
    let mut list = Vec::new();
    let n = match word(0)? {
        0 => return Some(Cell::List(list)),
        1 => word(12)?,
        _ => return None,
    };
    let mut at = 20;
    for _ in 0..n {
        let len = usize::try_from(word(at)?);
        at += 4;
        let Ok(len) = len else { continue };
        let entry = bytes.get(at..at + len)?;
        at += len;
        list.push(match cell(of, entry).ok()? {
            Cell::Text(text) => text,
            Cell::Integer(integer) => Cow::Owned(integer.to_string()),
            _ => return None,
        });
    }
    Some(Cell::List(list))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_numeric_is_written_out() {
        let numeric = |words: &[i16]| {
            let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
            match numeric(&bytes) {
                Ok(Cell::Written(text)) => text.into_owned(),
                other => format!("{other:?}"),
            }
        };
        // 12345.678 = 1 * 10,000 + 2345 + 6780 / 10,000.
        assert_eq!(numeric(&[3, 1, 0, 3, 1, 2345, 6780]), "12345.678");
        assert_eq!(numeric(&[1, -2, 0x4000, 8, 12]), "-0.00000012");
        assert_eq!(numeric(&[1, 2, 0, 0, 3]), "300000000");
        assert_eq!(numeric(&[0, 0, 0, 2]), "0.00");
        assert_eq!(numeric(&[0, 0, -0x4000, 0]), "Ok(Missing)");
        assert!(numeric(&[0, 0, -0x3000, 0]).contains("infinity"));
    }

    #[test]
    fn integers_of_every_width_keep_their_sign() {
        assert_eq!(integer(&(-2i16).to_be_bytes()), -2);
        assert_eq!(integer(&70_000i32.to_be_bytes()), 70_000);
        assert_eq!(integer(&i64::MIN.to_be_bytes()), i64::MIN);
    }
}
