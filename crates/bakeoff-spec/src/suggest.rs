//! "Did you mean": the nearest name to what was written, and names as a sentence lists them.

use std::borrow::Cow;
use std::fmt::Display;

/// `did you mean …?` where a name is close, and all names that are allowed.
pub(crate) fn one_of(kind: &str, written: &str, allowed: &[&str]) -> String {
    match (nearest(written, allowed), allowed) {
        (_, []) => format!("there is no {kind} to choose from"),
        (Some(name), [_]) => format!("did you mean `{name}`?"),
        (None, [one]) => format!("the only {kind} is `{one}`"),
        (Some(name), many) => format!("did you mean `{name}`? allowed: {}", list(many)),
        (None, many) => format!("allowed: {}", list(many)),
    }
}

/// A name as a message shows it: nobody reads more of it.
pub(crate) fn shortened(name: &str) -> Cow<'_, str> {
    match name.char_indices().nth(LONGEST_NAME) {
        None => name.into(),
        Some((end, _)) => format!("{}…", &name[..end]).into(),
    }
}

const LONGEST_NAME: usize = 80;

/// The name that `written` most likely stands for, if one is close.
pub(crate) fn nearest<'a>(written: &str, allowed: &[&'a str]) -> Option<&'a str> {
    // A distance takes the product of both lengths.
    if written.len() > 4 * LONGEST_NAME {
        return None;
    }
    let plain = |name: &str| name.to_lowercase().replace(['-', ' ', '.'], "_");
    let written = plain(written);
    // A third of the letters may be wrong: the measure that rustc goes by.
    let limit = written.chars().count().max(3) / 3;
    allowed
        .iter()
        .map(|name| (strsim::damerau_levenshtein(&written, &plain(name)), *name))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// `a`, `b`, `c`, each in backquotes.
pub(crate) fn list<T: Display>(names: &[T]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_pen_find_their_name() {
        let names = ["sasrec", "gru4rec", "item_knn", "learning_rate"];
        for (written, meant) in [
            ("sasrce", Some("sasrec")),
            ("GRU4Rec", Some("gru4rec")),
            ("item-knn", Some("item_knn")),
            ("learnig_rate", Some("learning_rate")),
            ("transformer", None),
            ("", None),
        ] {
            assert_eq!(nearest(written, &names), meant, "{written}");
        }
    }
}
