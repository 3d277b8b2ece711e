//! Title, question, and where the numbers come from in a line.

use std::collections::BTreeSet;

use bakeoff_spec::Source;

use crate::format::{code, count, plain, plural, short};
use crate::sections::Page;

pub(crate) fn section(page: &Page<'_>) -> String {
    let view = page.findings.view;
    let (plan, counts) = (view.plan, view.study.counts);
    let title = plan.spec.report.title.as_ref().unwrap_or(&plan.name);
    let about = plan
        .spec
        .about
        .as_ref()
        .map(|about| format!("{}\n\n", plain(about.trim())))
        .unwrap_or_default();
    let distinct = |of: fn(&Source) -> String| {
        let values: BTreeSet<String> =
            view.study.sources.iter().map(of).filter(|value| !value.is_empty()).collect();
        values.into_iter().map(|value| plain(&value)).collect::<Vec<_>>().join(", ")
    };
    let provenance = [
        format!("Spec {}", code(short(&plan.spec_hash))),
        format!("data {}", code(short(&plan.recipe.key()))),
        format!("code {}", distinct(|p| p.code_version.clone())),
        format!("libtorch {}", distinct(|p| p.libtorch.clone())),
        format!(
            "device {}",
            distinct(|p| format!("{} ({})", p.device, plural(p.threads as usize, "thread")))
        ),
        format!(
            "trials: {} planned, {} cached, {} ran, {} failed",
            count(counts.planned as u64),
            count(counts.cached as u64),
            count(counts.ran as u64),
            count(counts.failed as u64)
        ),
    ];
    let known = provenance.iter().filter(|part| !part.ends_with(' '));
    let provenance = known.map(String::as_str).collect::<Vec<_>>().join("; ");
    let halted = view.study.halted.as_ref();
    let halted = halted.map(|why| format!("\n\n**The sweep was stopped: {}.**", plain(why)));
    format!("# {}\n\n{about}{provenance}.{}", plain(title.trim()), halted.unwrap_or_default())
}
