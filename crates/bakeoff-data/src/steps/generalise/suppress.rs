//! Hides the values that few users have.

use std::collections::BTreeSet;

use bakeoff_spec::Plugin;

use super::{ANY, Generalise, retagged};
use crate::column::{Texts, Values};
use crate::error::DataError;
use crate::interactions::{Axis, Interactions};
use crate::named::Named;

impl Generalise {
    /// The values without those that fewer than `min_users` users have, and how many entries had one of those.
    pub(super) fn suppressed(
        column: &Named,
        values: &Values,
        table: &Interactions,
        min_users: u64,
    ) -> Result<(Option<Values>, u64), DataError> {
        let (axis, mut n) = (column.axis, 0);
        let too_few = || {
            let reason = "has too few users for any value to stand for min_users of them; \
                          mask it, or set a lower min_users";
            column.refused(Self::NAME, reason)
        };
        let new = match values {
            Values::Text(texts) => {
                let of = |entry: u32| std::slice::from_ref(&texts.codes()[entry as usize]);
                let names = texts.values().names();
                let kinds = names.map(|text| match text {
                    "" => Kind::Apart,
                    ANY => Kind::Hidden,
                    _ => Kind::Value,
                });
                let kinds: Vec<Kind> = kinds.collect();
                let is_kept = kept(table, axis, &kinds, of, min_users).ok_or_else(too_few)?;
                let is_hidden =
                    |&&code: &&u32| kinds[code as usize] == Kind::Value && !is_kept[code as usize];
                n = texts.codes().iter().filter(is_hidden).count();
                let mut code = 0;
                Some(Values::Text(texts.map(|text| {
                    code += 1;
                    if is_kept[code - 1] { text.to_owned() } else { ANY.to_owned() }
                })))
            }
            Values::Tags(tags) => {
                let of = |entry: u32| tags.lists.get(entry as usize);
                let kind = |tag: &str| if tag == ANY { Kind::Hidden } else { Kind::Value };
                let kinds: Vec<Kind> = tags.values.names().map(kind).collect();
                let is_kept = kept(table, axis, &kinds, of, min_users).ok_or_else(too_few)?;
                n = tags.lists.values.iter().filter(|&&tag| !is_kept[tag as usize]).count();
                let names = tags.values.names().zip(&is_kept);
                let names: Vec<String> = names
                    .map(|(tag, is_kept)| if *is_kept { tag } else { ANY }.to_owned())
                    .collect();
                Some(Values::Tags(retagged(tags, &names)))
            }
            Values::Number(numbers) => {
                let texts: Texts = numbers.iter().map(ToString::to_string).collect();
                let of = |entry: u32| std::slice::from_ref(&texts.codes()[entry as usize]);
                let kind = |text: &str| if text == "NaN" { Kind::Hidden } else { Kind::Value };
                let kinds: Vec<Kind> = texts.values().names().map(kind).collect();
                let is_kept = kept(table, axis, &kinds, of, min_users).ok_or_else(too_few)?;
                let kept = numbers.iter().zip(texts.codes()).map(|(&number, &code)| {
                    let is_hidden = !is_kept[code as usize] && !number.is_nan();
                    n += usize::from(is_hidden);
                    if is_hidden { f64::NAN } else { number }
                });
                Some(Values::Number(kept.collect()))
            }
            _ => None,
        };
        Ok((new, n as u64))
    }
}

/// What a value is to suppressing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// One that users may have in common.
    Value,
    /// What suppressed values become.
    Hidden,
    /// Neither.
    Apart,
}

/// Whether each value may stay: at least `min_users` users with a row have it, and so many have none that may. `of`
/// gives the values of an entry of the axis. `None` if there are too few users for either.
fn kept<'a>(
    table: &Interactions,
    axis: Axis,
    kinds: &[Kind],
    of: impl Fn(u32) -> &'a [u32],
    min_users: u64,
) -> Option<Vec<bool>> {
    let mut pairs = Vec::new();
    for (row, &user) in table.user.iter().enumerate() {
        let entry = match axis {
            Axis::Rows => row as u32,
            Axis::Users => user,
            Axis::Items => table.item[row],
        };
        pairs.extend(of(entry).iter().map(|&value| (value, user)));
    }
    pairs.sort_unstable();
    pairs.dedup();
    let mut users: Vec<Vec<u32>> = vec![Vec::new(); kinds.len()];
    for (value, user) in pairs {
        users[value as usize].push(user);
    }
    let n_users = |value: usize| users[value].len() as u64;
    let is_value = |value: &usize| kinds[*value] == Kind::Value;
    let mut is_kept: Vec<bool> = (0..kinds.len())
        .map(|value| kinds[value] != Kind::Value || n_users(value) >= min_users)
        .collect();
    let mut rarest: Vec<usize> = (0..kinds.len()).filter(is_value).collect();
    rarest.sort_by_key(|&value| n_users(value));
    // Whoever has a value that is told of nobody must not be known by that either.
    let (mut hidden, mut is_needed) = (BTreeSet::<u32>::new(), false);
    for value in (0..kinds.len()).filter(|&value| kinds[value] == Kind::Hidden) {
        hidden.extend(&users[value]);
    }
    for value in rarest {
        let is_short = is_needed && (hidden.len() as u64) < min_users;
        if !is_kept[value] || is_short {
            is_kept[value] = false;
            is_needed |= n_users(value) > 0;
            hidden.extend(&users[value]);
        }
    }
    (!is_needed || hidden.len() as u64 >= min_users).then_some(is_kept)
}
