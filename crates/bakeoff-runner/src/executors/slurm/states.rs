//! Slurm's words for what becomes of an element, read from its machine-readable output, and what they mean here.

use std::collections::{BTreeMap, BTreeSet};

use bakeoff_spec::Cause;

/// The columns asked of `squeue`: number of the array, index of the element, state, name, reason. The reason comes last
/// since it is the only one that may hold anything.
pub(super) const SQUEUE_FORMAT: &str = "%F|%K|%T|%j|%r";

/// The columns asked of `sacct`.
pub(super) const SACCT_FORMAT: &str = "JobName%64,State%40,ExitCode";

/// What `squeue` knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Listing {
    /// The names of the arrays.
    arrays: BTreeSet<String>,
    /// By name of the array and index of the element.
    elements: BTreeMap<(String, u32), Listed>,
}

/// One element in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    /// Slurm's number of the array.
    pub(super) array: u64,
    pub(super) state: State,
}

/// What an element's state means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// It waits, runs, or comes to its end.
    Alive,
    /// Slurm keeps it from running again, until somebody releases it.
    Held(String),
    /// It will not run any more; Slurm's word for how it ended.
    Ended(String),
}

impl Listing {
    /// What is said of an element.
    pub(super) fn element(&self, array: &str, index: u32) -> Option<&Listed> {
        self.elements.get(&(array.to_owned(), index))
    }

    /// Whether an element that has not begun was cancelled: Slurm has the array, and drops such elements from it.
    pub(super) fn has_dropped(&self, array: &str, index: u32) -> bool {
        self.arrays.contains(array) && self.element(array, index).is_none()
    }
}

/// What the listing of `squeue` says of the named arrays; `None` if a line of them cannot be understood, since an element
/// that is overlooked would be taken for lost.
pub(super) fn parse_squeue(text: &str, is_ours: &dyn Fn(&str) -> bool) -> Option<Listing> {
    let mut listing = Listing::default();
    for line in text.lines() {
        let fields: Vec<&str> = line.splitn(5, '|').map(str::trim).collect();
        let &[array, index, state, name, reason] = &fields[..] else { continue };
        if !is_ours(name) {
            continue;
        }
        listing.arrays.insert(name.to_owned());
        // What is left of an array when every element was cancelled before it began.
        if index != "N/A" {
            let listed = Listed { array: array.parse().ok()?, state: state_of(state, reason) };
            listing.elements.insert((name.to_owned(), index.parse().ok()?), listed);
        }
    }
    Some(listing)
}

/// How `sacct` says that an element of the named array ended: state and exit code.
pub(super) fn parse_sacct(text: &str, name: &str) -> Option<(State, String)> {
    let fields = |line: &str| line.split('|').map(|field| field.trim().to_owned()).collect();
    let mut lines = text.lines().map(fields);
    // A number that Slurm gave twice may be somebody else's.
    let line: Vec<String> =
        lines.rfind(|fields: &Vec<String>| fields.first().is_some_and(|n| n == name))?;
    Some((state_of(line.get(1)?, ""), line.get(2)?.clone()))
}

/// The exit code in what `scontrol --oneliner show job` says.
pub(super) fn parse_scontrol_exit(text: &str) -> Option<String> {
    let mut fields = text.lines().next()?.split_whitespace();
    fields.find_map(|field| field.strip_prefix("ExitCode=")).map(str::to_owned)
}

fn state_of(state: &str, reason: &str) -> State {
    // "CANCELLED by 1000", "CANCELLED+" where a column was too narrow.
    let word = state.split([' ', '+']).next().unwrap_or_default();
    match word {
        "REQUEUE_HOLD" | "SPECIAL_EXIT" => State::Held(word.into()),
        "PENDING" if reason == "JobHoldMaxRequeue" || reason == "launch failed requeued held" => {
            State::Held(reason.into())
        }
        "BOOT_FAIL" | "CANCELLED" | "COMPLETED" | "DEADLINE" | "FAILED" | "NODE_FAIL"
        | "OUT_OF_MEMORY" | "PREEMPTED" | "REVOKED" | "TIMEOUT" => State::Ended(word.into()),
        // A word that we do not know is no proof of an end.
        _ => State::Alive,
    }
}

/// How people and retries see an attempt that Slurm ended so.
pub(super) fn cause_of(word: &str) -> Cause {
    match word {
        "TIMEOUT" | "DEADLINE" => Cause::Timeout,
        "OUT_OF_MEMORY" => Cause::OutOfMemory,
        "CANCELLED" => Cause::Cancelled,
        _ => Cause::Crash,
    }
}

/// Whether an element may end so before it began, with nothing wrong with it.
pub(super) fn is_no_fault(word: &str) -> bool {
    matches!(word, "BOOT_FAIL" | "NODE_FAIL" | "PREEMPTED" | "REVOKED" | "TIMEOUT" | "DEADLINE")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_tells_our_elements_and_passes_over_others() {
        let text = "12|0|RUNNING|bakeoff-a|None\n\
                    12|1|PENDING|bakeoff-a|Resources\n\
                    13|N/A|RUNNING|somebody's|None\n\
                    12|2|FAILED|bakeoff-a|NonZeroExitCode\n\
                    14|0|PENDING|bakeoff-b|launch failed requeued held\n\
                    14|1|CANCELLED by 0|bakeoff-b|a | b\n";
        let listing = parse_squeue(text, &|name| name.starts_with("bakeoff-")).unwrap();
        let told: Vec<_> = listing
            .elements
            .into_iter()
            .map(|((name, index), Listed { array, state })| {
                format!("{array} {name} {index} {state:?}")
            })
            .collect();
        assert_eq!(
            told,
            [
                "12 bakeoff-a 0 Alive",
                "12 bakeoff-a 1 Alive",
                "12 bakeoff-a 2 Ended(\"FAILED\")",
                "14 bakeoff-b 0 Held(\"launch failed requeued held\")",
                "14 bakeoff-b 1 Ended(\"CANCELLED\")",
            ]
        );
    }

    #[test]
    fn a_listing_that_may_hide_an_element_is_not_believed() {
        assert_eq!(parse_squeue("12|[0-9]|PENDING|bakeoff-a|None\n", &|_| true), None);
        assert_eq!(parse_squeue("", &|_| true), Some(Listing::default()));
    }

    #[test]
    fn elements_that_were_cancelled_before_they_began_are_told_from_a_forgotten_array() {
        let text = "2|N/A|CANCELLED|bakeoff-b|None\n3|0|PENDING|bakeoff-c|Resources\n";
        let listing = parse_squeue(text, &|_| true).unwrap();
        assert!(listing.has_dropped("bakeoff-b", 0) && listing.has_dropped("bakeoff-c", 1));
        assert!(!listing.has_dropped("bakeoff-c", 0) && !listing.has_dropped("bakeoff-d", 0));
    }

    #[test]
    fn accounting_is_believed_only_for_an_array_of_that_name() {
        let text = "other|FAILED|1:0\nbakeoff-a|CANCELLED by 1000|0:15\n";
        let ended = (State::Ended("CANCELLED".into()), "0:15".to_owned());
        assert_eq!(parse_sacct(text, "bakeoff-a"), Some(ended));
        assert_eq!(parse_sacct(text, "bakeoff-b"), None);
        assert_eq!(parse_sacct("", "bakeoff-a"), None);
    }

    #[test]
    fn ends_are_told_apart_by_what_helps_against_them() {
        let causes = ["TIMEOUT", "OUT_OF_MEMORY", "CANCELLED", "NODE_FAIL", "PREEMPTED", "FAILED"]
            .map(cause_of);
        let expected = [
            Cause::Timeout,
            Cause::OutOfMemory,
            Cause::Cancelled,
            Cause::Crash,
            Cause::Crash,
            Cause::Crash,
        ];
        assert_eq!(causes, expected);
        assert_eq!(state_of("SOME_NEW_STATE", "None"), State::Alive);
    }

    #[test]
    fn the_exit_code_is_found_in_what_scontrol_says() {
        let text = "JobId=3 ArrayJobId=1 JobState=FAILED Reason=NonZeroExitCode ExitCode=2:0 BatchFlag=1\n";
        assert_eq!(parse_scontrol_exit(text).as_deref(), Some("2:0"));
        assert_eq!(parse_scontrol_exit("slurm_load_jobs error: Invalid job id specified"), None);
    }
}
