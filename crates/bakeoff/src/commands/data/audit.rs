//! `bakeoff data audit`: what the prepared data would give away.

use std::fmt::Write;

use bakeoff_data::{AuditFinding, Dataset, Severity};

use crate::cli::AuditArgs;
use crate::commands::{print, print_json};
use crate::exit::Exit;
use crate::table::numbers_after;

pub(super) fn run(args: &AuditArgs, data: &Dataset) -> anyhow::Result<Exit> {
    let findings = bakeoff_data::audit(data)?;
    if args.json.json {
        print_json(&findings)?;
    } else {
        print(&for_people(&findings))?;
    }
    let has_leak = findings.iter().any(|finding| finding.severity == Severity::Leak);
    Ok(if args.strict && has_leak { Exit::Failed } else { Exit::Done })
}

fn for_people(findings: &[AuditFinding]) -> String {
    let row = |finding: &AuditFinding| {
        let AuditFinding { check, severity, count, of, .. } = finding;
        let share = match (severity, of) {
            (Severity::Unknown, _) | (_, 0) => String::new(),
            _ => format!("{:.2} %", 100.0 * *count as f64 / *of as f64),
        };
        let found = match severity {
            Severity::Unknown => String::new(),
            _ => count.to_string(),
        };
        vec![name(*severity).to_owned(), (*check).to_owned(), found, of.to_string(), share]
    };
    let rows = findings.iter().map(row).collect();
    let mut text = numbers_after(2, &["", "check", "found", "of", "share"], rows);
    for finding in findings.iter().filter(|finding| finding.severity != Severity::Fine) {
        let AuditFinding { check, severity, about, fix, .. } = finding;
        let fix = match severity {
            Severity::Unknown => "the data has no timestamps, so it cannot be looked for",
            _ => fix,
        };
        writeln!(text, "\n{} {check}: {about}.\n  {fix}", name(*severity))
            .expect("a string takes all");
    }
    let n_of = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let (leaks, notices) = (n_of(Severity::Leak), n_of(Severity::Notice));
    let plural = |n: usize, noun: &str| format!("{n} {noun}{}", if n == 1 { "" } else { "s" });
    text + &format!("\n{}, {}\n", plural(leaks, "leak"), plural(notices, "notice"))
}

fn name(severity: Severity) -> &'static str {
    match severity {
        Severity::Fine => "fine",
        Severity::Unknown => "unknown",
        Severity::Notice => "notice",
        Severity::Leak => "LEAK",
    }
}
