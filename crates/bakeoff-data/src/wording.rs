//! Parts of what errors say: lists, and what was perhaps meant.

use std::path::Path;

use crate::delimited::shortened;
use crate::error::DataError;

impl DataError {
    /// Whether the spec, the data or the options are to be mended, rather than this machine or program.
    pub fn is_user_mistake(&self) -> bool {
        !matches!(
            self.placed().1,
            Self::Write { .. } | Self::Damaged { .. } | Self::DiskFull { .. }
        )
    }
}

/// The candidate that is most like `name`, if one is like it at all.
pub(crate) fn nearest(name: &str, candidates: &[String]) -> Option<String> {
    let likeness =
        |candidate: &String| strsim::jaro_winkler(&name.to_lowercase(), &candidate.to_lowercase());
    let best = candidates.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) > 0.75).then(|| best.clone())
}

pub(crate) fn did_you_mean(suggestion: Option<&str>) -> String {
    suggestion.map_or_else(String::new, |name| format!(" (did you mean `{name}`?)"))
}

pub(crate) fn listed(names: &[String]) -> String {
    let quoted: Vec<String> =
        names.iter().take(MOST + 1).map(|name| format!("`{}`", shortened(name))).collect();
    if names.is_empty() { "none".into() } else { cut(&quoted, names.len()) }
}

/// Names with commas between them.
pub(crate) fn joined<S: AsRef<str>>(names: &[S]) -> String {
    let short: Vec<String> =
        names.iter().take(MOST + 1).map(|name| shortened(name.as_ref())).collect();
    cut(&short, names.len())
}

/// Names that are listed: more of them would hide what else is said.
const MOST: usize = 20;

fn cut(names: &[String], n: usize) -> String {
    match n.saturating_sub(MOST) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names[..MOST].join(", ")),
    }
}

/// So many fields.
pub(crate) fn fields(n: u64) -> String {
    if n == 1 { "1 field".into() } else { format!("{n} fields") }
}

pub(crate) fn reasons(tried: &[(String, String)]) -> String {
    tried.iter().fold(String::new(), |text, (url, reason)| text + &format!("\n  {url}: {reason}"))
}

pub(crate) fn other_ways(set: &str, pin: Option<&Path>) -> String {
    let pin = pin.map_or_else(String::new, |pin| {
        let pin = pin.display();
        format!("if it was published anew, remove {pin}, which notes the checksum of the first download; ")
    });
    format!(
        "{pin}`bakeoff data fetch {set}` goes on where this ended; a copy from elsewhere can be given with `--mirror \
         file:///FOLDER`"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_cut() {
        let names: Vec<String> = (0..22).map(|i| format!("c{i}")).collect();
        assert_eq!(listed(&names[..2]), "`c0`, `c1`");
        assert!(listed(&names[..20]).ends_with(", `c19`"));
        assert!(listed(&names).ends_with(", `c19` and 2 more"));
        assert_eq!(joined(&names[..2]), "c0, c1");
        assert!(joined(&names).ends_with(", c19 and 2 more"));
    }
}
