//! Configurations that no other of their model beats in both objectives, scored on test.

use bakeoff_spec::Outcome;

use crate::figures::Place;
use crate::findings::ModelFindings;
use crate::format::{Measure, NONE, code, interval, metric, plain};
use crate::results::{LEVEL, intervals};
use crate::sections::Page;
use crate::table::{Table, numbers, words};

pub(crate) fn section(page: &Page<'_>) -> String {
    let findings = page.findings;
    let plan = findings.view.plan;
    let Some(against) = &plan.against else { return String::new() };
    let select = &plan.select;
    let measure = Measure::of(against);
    let mut table = Table::of([
        words("model"),
        words("configuration"),
        numbers(format!("valid {select}")),
        numbers(format!("{against}")),
        numbers(format!("test {select}")),
        words("on the common front"),
    ]);
    let common = common_front(page);
    for (i, model) in findings.models.iter().enumerate() {
        for (number, replicates) in tested(model) {
            let candidate = &model.study.candidates[number];
            let completed: Vec<&Outcome> =
                replicates.iter().flatten().filter(|outcome| outcome.is_completed()).collect();
            let test = intervals(&completed, |outcome| &outcome.test);
            let test = test.get(select).map_or(NONE.into(), |test| interval(test, completed.len()));
            let second = candidate.brief.as_ref().and_then(|brief| brief.against);
            let params =
                plan.models[i].trial_of(candidate).map(|trial| model.plan.describe(&trial));
            let params = params.ok().filter(|params| !params.is_empty());
            table.row([
                plain(&model.plan.label),
                params.map_or(NONE.into(), |params| code(&params)),
                candidate.value().map_or(NONE.into(), metric),
                second.map_or(NONE.into(), measure.text),
                test,
                if common.contains(&(i, number)) { "yes".into() } else { String::new() },
            ]);
        }
    }
    format!(
        "## {select} against {against}\n\n\
         Each model's configurations that no other of it beats in both, chosen on validation and then scored on test \
         ({:.0} % intervals).\n\
         Those that no configuration of any model beats are on the common front.\n\n{table}{}",
        LEVEL * 100.0,
        page.figures(Place::Pareto)
    )
}

/// The chosen candidate and the rest of the front, best first.
pub(crate) fn tested<'a>(
    model: &'a ModelFindings<'_>,
) -> impl Iterator<Item = (usize, &'a [Option<Outcome>])> {
    let chosen = model.study.chosen.map(|i| (i, model.study.replicates.as_slice()));
    chosen.into_iter().chain(model.study.front.iter().map(|(i, of)| (*i, of.as_slice())))
}

fn common_front(page: &Page<'_>) -> Vec<(usize, usize)> {
    let findings = page.findings;
    let of_model = |(i, model): (usize, &ModelFindings<'_>)| {
        tested(model).map(|(number, _)| (i, number)).collect::<Vec<_>>()
    };
    let all: Vec<(usize, usize)> = findings.models.iter().enumerate().flat_map(of_model).collect();
    let candidates: Vec<_> = all
        .iter()
        .map(|&(i, number)| findings.models[i].study.candidates[number].clone())
        .collect();
    findings.view.plan.front(&candidates).into_iter().map(|at| all[at]).collect()
}
