//! How a sweep is told to people: the lines that the terminal and the plain sink share.

use std::time::Duration;

use bakeoff_spec::{Outcome, Status};

use crate::sinks::tally::{RunningTrial, Tally};

/// `52 s`, `3 min 20 s`, `2 h 05 min`.
pub(super) fn duration(duration: Duration) -> String {
    let secs = duration.as_secs_f64().round() as u64;
    match secs {
        0..60 if duration.as_secs_f64() < 10.0 => format!("{:.1} s", duration.as_secs_f64()),
        0..60 => format!("{secs} s"),
        60..3600 => format!("{} min {:02} s", secs / 60, secs % 60),
        _ => format!("{} h {:02} min", secs / 3600, secs % 3600 / 60),
    }
}

/// A finished trial: `done    gru4rec hidden=64  ndcg@10 0.1234  12 epochs  4.2 s`.
pub(super) fn finished(label: &str, outcome: &Outcome) -> String {
    let took = duration(Duration::from_secs_f64(outcome.cost.wall_secs.max(0.0)));
    match &outcome.status {
        Status::Failed { message, .. } => {
            format!(
                "failed  {label}  {} (attempt {}, {took})",
                first_line(message),
                outcome.attempt
            )
        }
        Status::Pruned { epoch, .. } => format!("pruned  {label}  after epoch {epoch}  {took}"),
        Status::Completed => {
            let value = outcome.selected().unwrap_or(f64::NAN);
            let epochs = match outcome.cost.epochs {
                0 => String::new(),
                1 => "  1 epoch".into(),
                n => format!("  {n} epochs"),
            };
            format!("done    {label}  {} {value:.4}{epochs}  {took}", outcome.trial.select)
        }
    }
}

/// An attempt that is to be repeated.
pub(super) fn retried(label: &str, attempt: u32, reason: &str) -> String {
    format!("again   {label}  attempt {attempt}: {}", first_line(reason))
}

/// Something to know: `note    slurm: …`.
pub(super) fn notice(message: &str) -> String {
    format!("note    {}", first_line(message))
}

/// Slots, all of them where they are few: `cpu/0, cpu/1`, `slurm/0 to slurm/255`.
pub(super) fn places(slots: &[String]) -> String {
    match slots {
        [first, .., last] if slots.len() > 16 => format!("{first} to {last}"),
        _ => slots.join(", "),
    }
}

/// A running trial: `gru4rec hidden=64  epoch 12/100  loss 5.1234  ndcg@10 0.0712`.
pub(super) fn running(trial: &RunningTrial) -> String {
    let Some(point) = &trial.last else { return trial.label.clone() };
    let of_epochs = match trial.epochs {
        0 => String::new(),
        n => format!("/{n}"),
    };
    let value = point.valid.map(|value| format!("  {} {value:.4}", trial.select));
    format!(
        "{}  epoch {}{of_epochs}  loss {:.4}{}",
        trial.label,
        point.epoch,
        point.train_loss,
        value.unwrap_or_default()
    )
}

/// How the sweep stands beside its bar: `1 failed, 3 min 20 s left`.
pub(super) fn standing(tally: &Tally) -> String {
    let failed = (tally.n_failed > 0).then(|| format!("{} failed", tally.n_failed));
    let left = tally.time_left().map(|left| format!("{} left", duration(left)));
    failed.into_iter().chain(left).collect::<Vec<_>>().join(", ")
}

/// The last line of a sweep. The tally has seen its end.
pub(super) fn summary(tally: &Tally, was_interrupted: bool) -> String {
    let Tally { planned, n_cached, n_ran, n_failed, .. } = tally;
    if was_interrupted {
        let n_done = tally.n_done();
        return format!(
            "stopped after {}: {n_done} of {planned} trials are done and kept; the same command goes on from there",
            duration(tally.elapsed())
        );
    }
    let n_without = planned.saturating_sub(tally.n_done());
    let failed = match n_failed {
        0 => String::new(),
        n => format!(", {n} failed"),
    };
    if *n_ran == 0 && n_without == 0 {
        return format!("all {planned} trials are in the store already{failed}: nothing to run");
    }
    let without = match n_without {
        0 => String::new(),
        n => format!(", {n} not run"),
    };
    let took = duration(tally.elapsed());
    format!("{planned} trials: {n_cached} cached, {n_ran} ran{failed}{without} in {took}")
}

fn first_line(message: &str) -> &str {
    message.lines().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_told_in_the_units_that_matter() {
        let told =
            [0.04, 9.96, 52.4, 200.0, 7500.0].map(|secs| duration(Duration::from_secs_f64(secs)));
        assert_eq!(told, ["0.0 s", "10.0 s", "52 s", "3 min 20 s", "2 h 05 min"]);
    }

    #[test]
    fn the_summary_says_what_ran_and_what_is_missing() {
        let check = |planned, n_cached, n_ran, n_failed, was_interrupted, expected: &str| {
            let tally = Tally { planned, n_cached, n_ran, n_failed, ..Tally::begin() };
            assert_eq!(summary(&tally, was_interrupted), expected);
        };
        check(24, 0, 24, 1, false, "24 trials: 0 cached, 24 ran, 1 failed in 0.0 s");
        check(24, 24, 0, 0, false, "all 24 trials are in the store already: nothing to run");
        let expected = "all 24 trials are in the store already, 2 failed: nothing to run";
        check(24, 24, 0, 2, false, expected);
        check(
            24,
            4,
            6,
            0,
            true,
            "stopped after 0.0 s: 10 of 24 trials are done and kept; the same command goes on from there",
        );
        check(5, 3, 0, 3, false, "5 trials: 3 cached, 0 ran, 3 failed, 2 not run in 0.0 s");
    }
}
