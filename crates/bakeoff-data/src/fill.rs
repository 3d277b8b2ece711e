//! What stands for a missing value, computed from those that are there.

use serde_json::Value;

use crate::column::Texts;
use crate::error::DataError;
use crate::steps::fill_missing::{FillMissing, Filling};

/// Fills the NaNs; how many there were.
pub(crate) fn fill_numbers(
    column: &str,
    numbers: &mut [f64],
    train: &[bool],
    step: &FillMissing,
) -> Result<u64, DataError> {
    let n_missing = numbers.iter().filter(|number| number.is_nan()).count() as u64;
    if n_missing == 0 {
        return Ok(0);
    }
    let learned = numbers.iter().zip(train).filter(|(_, is_train)| **is_train);
    let learned = learned.map(|(&number, _)| number);
    let mut present: Vec<f64> = learned.filter(|number| !number.is_nan()).collect();
    present.sort_unstable_by(f64::total_cmp);
    let no_value = || cannot(column, step, NO_VALUE);
    let value = match step.with {
        Filling::Zero => 0.0,
        Filling::Mean if !present.is_empty() => present.iter().sum::<f64>() / present.len() as f64,
        Filling::Median if !present.is_empty() => {
            f64::midpoint(present[(present.len() - 1) / 2], present[present.len() / 2])
        }
        Filling::Mode => mode(&present).ok_or_else(no_value)?,
        Filling::Mean | Filling::Median => return Err(no_value()),
        Filling::Constant => step
            .value
            .as_ref()
            .and_then(Value::as_f64)
            .ok_or_else(|| cannot(column, step, "it holds numbers; give a number as value"))?,
    };
    for number in numbers.iter_mut().filter(|number| number.is_nan()) {
        *number = value;
    }
    Ok(n_missing)
}

/// Fills the empty texts; how many there were.
pub(crate) fn fill_texts(
    column: &str,
    texts: &mut Texts,
    train: &[bool],
    step: &FillMissing,
) -> Result<u64, DataError> {
    let value = match step.with {
        Filling::Zero => "0".to_owned(),
        Filling::Mean | Filling::Median => {
            return Err(cannot(column, step, "it holds categories; use mode, zero or constant"));
        }
        Filling::Mode => {
            let learned = texts.iter().zip(train).filter(|(_, is_train)| **is_train);
            let learned = learned.map(|(text, _)| text);
            let mut present: Vec<&str> = learned.filter(|text| !text.is_empty()).collect();
            present.sort_unstable();
            mode(&present).ok_or_else(|| cannot(column, step, NO_VALUE))?.to_owned()
        }
        Filling::Constant => match &step.value {
            Some(Value::String(text)) => text.clone(),
            Some(number) => number.to_string(),
            None => return Err(cannot(column, step, "there is no value; give one")),
        },
    };
    let n_filled = texts.iter().filter(|text| text.is_empty()).count();
    let fill = |text: &str| if text.is_empty() { value.clone() } else { text.to_owned() };
    *texts = texts.map(fill);
    Ok(n_filled as u64)
}

const NO_VALUE: &str = "it has no value to take it from; use zero or constant";

/// The most frequent of ascending values, of several the smallest.
fn mode<T: Copy + PartialEq>(ascending: &[T]) -> Option<T> {
    let mut most: &[T] = &[];
    for equal in ascending.chunk_by(|a, b| a == b) {
        if equal.len() > most.len() {
            most = equal;
        }
    }
    most.first().copied()
}

fn cannot(column: &str, step: &FillMissing, reason: &'static str) -> DataError {
    let with = format!("{:?}", step.with).to_lowercase();
    DataError::CannotFill { column: column.to_owned(), with, reason }
}
