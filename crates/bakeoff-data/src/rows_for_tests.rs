//! Small tables, already divided, for the tests of steps that learn.

use crate::column::{RawColumn, Values};
use crate::interactions::{Axis, Interactions};
use crate::splits::Assigned;
use crate::steps::{Step, Train};

/// User, item, rating and time, from line 2 of `x.csv` on. They must lie by user, oldest first. Those whose letter in
/// `parts` is `t` are train's, those with `v` for validation, all others for test.
pub(crate) fn rows(rows: &[(&str, &str, f64, f64)], parts: &str) -> (Interactions, Train) {
    let mut table = Interactions::new("x.csv", true, true);
    for (&(user, item, rating, time), line) in rows.iter().zip(2..) {
        table.push(user, item, rating, time, line);
    }
    let part = |letter| match letter {
        't' => Assigned::Train,
        'v' => Assigned::Valid,
        _ => Assigned::Test,
    };
    let assigned: Vec<Assigned> = parts.chars().map(part).collect();
    assert_eq!(assigned.len(), table.len());
    let train = Train::of(&table, &assigned);
    (table, train)
}

/// The column after the step.
pub(crate) fn applied(
    step: &impl Step,
    (table, train): &(Interactions, Train),
    axis: Axis,
    column: &str,
) -> Values {
    let mut table = table.clone();
    step.apply(&mut table, train).unwrap();
    let of_axis = table.columns_of_mut(axis);
    let names: Vec<&String> = of_axis.iter().map(|column| &column.name).collect();
    let found = of_axis.iter().find(|other| other.name == column);
    found.unwrap_or_else(|| panic!("no {column} among {names:?}")).values.clone()
}

/// The numbers of a column after the step.
pub(crate) fn numbers(
    step: &impl Step,
    rows: &(Interactions, Train),
    axis: Axis,
    column: &str,
) -> Vec<f64> {
    match applied(step, rows, axis, column) {
        Values::Number(numbers) => numbers,
        other => panic!("{column} holds {}", other.kind()),
    }
}

/// What the step has to say of the table.
pub(crate) fn refusal(step: &impl Step, (table, train): &(Interactions, Train)) -> String {
    step.apply(&mut table.clone(), train).unwrap_err().to_string()
}

/// A column of texts.
pub(crate) fn texts(name: &str, texts: &[&str]) -> RawColumn {
    RawColumn::new(name, Values::Text(texts.iter().collect()))
}
