//! Parts of what errors say: lists, and what was perhaps meant.

use std::path::Path;

use crate::error::DataError;

impl DataError {
    /// Whether the spec, the data or the options are to be mended, rather than this machine or program.
    pub fn is_user_mistake(&self) -> bool {
        !matches!(self, Self::Write { .. } | Self::Damaged { .. } | Self::DiskFull { .. })
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
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    if quoted.is_empty() { "none".into() } else { quoted.join(", ") }
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
