//! Parts of what errors say: lists, and what was perhaps meant.

use std::path::Path;

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
    let quoted = names.iter().take(LISTED).map(|name| format!("`{name}`"));
    let more = names.len().checked_sub(LISTED).filter(|&more| more > 0);
    let more = more.map(|more| format!("{more} more"));
    let listed: Vec<String> = quoted.chain(more).collect();
    if listed.is_empty() { "none".into() } else { listed.join(", ") }
}

/// Nobody reads more names than this.
const LISTED: usize = 20;

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
    fn of_many_names_the_first_are_listed_and_the_others_counted() {
        let names = |n: usize| (0..n).map(|i| format!("c{i}")).collect::<Vec<_>>();
        assert_eq!(listed(&names(0)), "none");
        assert_eq!(listed(&names(2)), "`c0`, `c1`");
        assert!(listed(&names(20)).ends_with(", `c18`, `c19`"));
        assert!(listed(&names(300)).ends_with(", `c19`, 280 more"));
    }
}
