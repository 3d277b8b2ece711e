//! The summary in words: which model won, by how much, how sure.

use bakeoff_metrics::{Interval, PairedTTest};
use bakeoff_spec::{Task, Use};
use serde_json::Value;

use crate::comparison::PairedTest;
use crate::findings::{Findings, ModelFindings};
use crate::format::{code, metric, p_value, plain, plural, value};
use crate::sections::Page;

/// Fewer users or rows than this are said to be few.
const FEW: usize = 30;

pub(crate) fn section(page: &Page<'_>) -> String {
    let findings = page.findings;
    let mut lines = vec!["## Summary\n".to_owned()];
    match findings.comparison.ranking.as_slice() {
        [] => lines.push("No model has a test score, so there is no winner.".into()),
        &[only] => {
            lines.push(score_of_the_winner(findings, &findings.models[only]));
            lines.push(
                "It is the only model with a test score, so there is nothing to compare it with."
                    .into(),
            );
        }
        &[best, runner_up, ..] => {
            lines.push(score_of_the_winner(findings, &findings.models[best]));
            lines.push(against("The runner-up is", findings, runner_up));
            lines.push(how_sure(findings, runner_up));
            lines.extend(best_baseline(findings, best, runner_up));
            lines.extend(validation_disagrees(findings, best));
        }
    }
    lines.extend(single_seed(findings));
    lines.extend(sampled_ranking(findings));
    lines.extend(normalised_ratings(findings));
    lines.extend(without_score(findings));
    lines.join("\n")
}

fn score_of_the_winner(findings: &Findings<'_>, best: &ModelFindings<'_>) -> String {
    let select = &findings.view.plan.select;
    let Interval { mean, low, high } = best.test[select];
    let n = best.replicates.len();
    let over = if n < 2 {
        String::new()
    } else {
        format!(
            ", the mean of {} (95 % interval over seeds {} to {})",
            plural(n, "replicate"),
            metric(low),
            metric(high)
        )
    };
    format!(
        "**{}** ({}) is best on test: its {select} is **{}**{over}.",
        plain(&best.plan.label),
        best.plan.family,
        metric(mean)
    )
}

/// One sentence: who the other is and how far behind.
fn against(opening: &str, findings: &Findings<'_>, other: usize) -> String {
    let select = &findings.view.plan.select;
    let best = findings.best().expect("there is another, so there is a best");
    let (best, other) = (best.test[select].mean, &findings.models[other]);
    let value = other.test[select].mean;
    let gap = (best - value).abs();
    let relative =
        if value == 0.0 { String::new() } else { format!(" ({:.1} %)", gap / value.abs() * 100.0) };
    let word = if findings.view.plan.higher_is_better { "higher" } else { "lower" };
    let gap = if gap == 0.0 {
        "the best has the same value".to_owned()
    } else {
        format!("the best is {}{relative} {word}", metric(gap))
    };
    format!("{opening} **{}** with {}: {gap}.", plain(&other.plan.label), metric(value))
}

/// What the paired tests say of the best and `other`, in two or three sentences.
fn how_sure(findings: &Findings<'_>, other: usize) -> String {
    let Some(test) = findings.comparison.tests.get(&other) else {
        return "How sure that is cannot be said: a paired test needs the values of both models for each user or \
                rating, and they are not there."
            .into();
    };
    let mut lines = vec![measured(findings, test), verdict(test)];
    if test.n < FEW {
        lines.push(format!(
            "With {} alone, take these p-values as rough.",
            plural(test.n, noun(findings))
        ));
    }
    lines.join("\n")
}

fn measured(findings: &Findings<'_>, test: &PairedTest) -> String {
    let PairedTTest { mean_difference, low, high, .. } = test.difference;
    let size = if mean_difference == 0.0 {
        "the same".to_owned()
    } else {
        let (low, high, word) =
            if mean_difference > 0.0 { (low, high, "higher") } else { (-high, -low, "lower") };
        let size = metric(mean_difference.abs());
        format!("{size} {word} (95 % interval {} to {})", metric(low), metric(high))
    };
    format!(
        "Paired over {}, the best's {} is on average {size}: t test p {}, Wilcoxon p {}{}.",
        plural(test.n, &format!("test {}", noun(findings))),
        unit(findings),
        p_value(test.p),
        p_value(test.wilcoxon_p),
        correction(findings),
    )
}

fn verdict(test: &PairedTest) -> String {
    match (test.is_significant(), test.is_undisputed()) {
        (true, true) => "The difference is significant at the 5 % level.".into(),
        (false, true) => {
            "The difference is **not significant** at the 5 % level: it may be chance.".into()
        }
        _ => "The two tests disagree at the 5 % level, so take the difference as open.".into(),
    }
}

fn correction(findings: &Findings<'_>) -> String {
    match findings.comparison.tests.len() {
        0 | 1 => String::new(),
        n => format!(", both corrected after Holm for {n} comparisons with the best"),
    }
}

fn best_baseline(findings: &Findings<'_>, best: usize, runner_up: usize) -> Option<String> {
    let is_baseline = |i: &usize| findings.models[*i].plan.family == "baseline";
    if is_baseline(&best) {
        return Some("The winner is itself a baseline: no trained model beat it.".into());
    }
    let baseline = *findings.comparison.ranking.iter().find(|i| is_baseline(i))?;
    if baseline == runner_up {
        return Some("The runner-up is also the best baseline.".into());
    }
    let gap = against("The best baseline is", findings, baseline);
    let sure = findings.comparison.tests.get(&baseline).map(|test| {
        let verdict = match (test.is_significant(), test.is_undisputed()) {
            (true, true) => "significant",
            (false, true) => "not significant",
            _ => "open, since the tests disagree",
        };
        format!(
            "That difference is {verdict} (t test p {}, Wilcoxon p {}).",
            p_value(test.p),
            p_value(test.wilcoxon_p)
        )
    });
    Some([Some(gap), sure].into_iter().flatten().collect::<Vec<_>>().join("\n"))
}

/// All choices are made on validation; where it would have named another winner, that is said.
fn validation_disagrees(findings: &Findings<'_>, best: usize) -> Option<String> {
    let plan = findings.view.plan;
    let value = |i: usize| findings.models[i].valid.get(&plan.select).map(|interval| interval.mean);
    let is_ahead = |a: f64, b: f64| if plan.higher_is_better { a > b } else { a < b };
    let ahead =
        findings.comparison.ranking.iter().copied().reduce(|a, b| match (value(a), value(b)) {
            (Some(of_a), Some(of_b)) if is_ahead(of_b, of_a) => b,
            (None, Some(_)) => b,
            _ => a,
        })?;
    (ahead != best && value(ahead) != value(best)).then(|| {
        format!(
            "On validation **{}** was ahead, so the order of the first is not settled.",
            plain(&findings.models[ahead].plan.label)
        )
    })
}

fn single_seed(findings: &Findings<'_>) -> Option<String> {
    let has_scores = !findings.comparison.ranking.is_empty();
    (has_scores && findings.view.plan.seeds.len() == 1).then(|| {
        "Every model ran under one seed, so nothing can be said of how much the seed matters."
            .into()
    })
}

/// Figures that were not taken over all items must not be taken for such.
fn sampled_ranking(findings: &Findings<'_>) -> Option<String> {
    let sampled = findings.view.plan.spec.evaluation.candidates.as_ref()?;
    Some(format!(
        "**All ranking figures are from sampled ranking**: a user's targets are ranked among {sampled}, the same for \
         every model and seed.\n\
         Such figures are higher than those of full ranking, not comparable with them, and can order models \
         otherwise (Krichene and Rendle, KDD 2020)."
    ))
}

/// Errors on another scale must not be taken for those of the source's ratings.
fn normalised_ratings(findings: &Findings<'_>) -> Option<String> {
    let plan = findings.view.plan;
    if plan.recipe.task != Task::Rating {
        return None;
    }
    let is_of_ratings = |step: &&Use| {
        let columns = step.params.get("columns").and_then(Value::as_array);
        step.name == "normalise" && columns.is_some_and(|all| all.contains(&"rating".into()))
    };
    let steps = plan.recipe.steps.iter().filter(is_of_ratings);
    let scales = steps.filter_map(|step| step.params.get("with")).map(value);
    let scales: Vec<String> = scales.map(|scale| code(&scale)).collect();
    (!scales.is_empty()).then(|| {
        format!(
            "**Ratings were normalised** ({}): {} and all other errors are on the new scale, not comparable with those of \
             the ratings as the source has them.",
            scales.join(", "),
            plan.select
        )
    })
}

fn without_score(findings: &Findings<'_>) -> Vec<String> {
    let names = |is_meant: &dyn Fn(&ModelFindings<'_>) -> bool| {
        let models = findings.models.iter().filter(|model| is_meant(model));
        models.map(|model| plain(&model.plan.label)).collect::<Vec<_>>().join(", ")
    };
    let failed = names(&|model| model.has_failed());
    let untried = names(&|model| model.study.is_searched && model.study.candidates.is_empty());
    let unfinished = names(&|model| model.is_unfinished());
    let mut lines = Vec::new();
    if !failed.is_empty() {
        lines.push(format!("Failed, and so without a test score: {failed}."));
    }
    if !untried.is_empty() {
        lines.push(format!("Not tried, since the search ended before: {untried}."));
    }
    if !unfinished.is_empty() {
        lines.push(format!("The study is not finished: trials of {unfinished} have not run yet."));
    }
    lines
}

fn noun(findings: &Findings<'_>) -> &'static str {
    match findings.view.plan.spec.task {
        Task::TopN => "user",
        Task::Rating => "rating",
    }
}

/// What the paired values are.
fn unit(findings: &Findings<'_>) -> String {
    let select = &findings.view.plan.select;
    let of_one = findings.view.catalog.metric(&select.name).and_then(|info| info.of_one);
    of_one.map_or_else(|| select.to_string(), str::to_owned)
}
