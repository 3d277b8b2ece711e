use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

use bakeoff_models::{Checkpoints, TrialResult};
use bakeoff_spec::{Fitting, Scored, Trial};
use serde_json::{Value, json};

use crate::samples::{attempt, checkpoints, networks, numbers, run};

fn with_epochs(trial: &Trial, epochs: u32) -> Trial {
    let mut trial = trial.clone();
    trial.training.as_mut().unwrap().epochs = epochs;
    trial
}

/// A fit that others may go on from.
fn resumable() -> Fitting {
    Fitting { is_resumable: true, ..Fitting::default() }
}

fn continuing(shorter: &[&Trial]) -> Fitting {
    Fitting { continues: shorter.iter().map(|trial| trial.fit_key()).collect(), ..resumable() }
}

fn from_zero(trial: &Trial) -> TrialResult {
    let folder = tempfile::tempdir().unwrap();
    run(trial, &checkpoints(folder.path(), trial), &Fitting::default())
}

fn in_folder(folder: &Path, trial: &Trial, fitting: &Fitting) -> TrialResult {
    run(trial, &checkpoints(folder, trial), fitting)
}

/// Fits `cut` epochs and goes on to `epochs`; holds both against fits from the beginning. The longer one is returned.
fn assert_goes_on(trial: &Trial, cut: u32, epochs: u32) -> TrialResult {
    let folder = tempfile::tempdir().unwrap();
    let (short, long) = (with_epochs(trial, cut), with_epochs(trial, epochs));
    let place = format!("{} from {cut} to {epochs}: {:?}", trial.model.name, trial.training);
    let first = in_folder(folder.path(), &short, &resumable());
    assert_eq!(numbers(&first), numbers(&from_zero(&short)), "{place}");
    let resumed = in_folder(folder.path(), &long, &continuing(&[&short]));
    assert_eq!(numbers(&resumed), numbers(&from_zero(&long)), "{place}");
    assert_eq!(resumed.cost.resumed_epoch, first.cost.epochs, "{place}");
    assert_eq!(resumed.cost.epochs as usize, resumed.curve.len(), "{place}");
    assert!(
        resumed.cost.fit_secs
            > resumed.curve[..cut.min(resumed.cost.epochs) as usize]
                .iter()
                .map(|point| point.secs)
                .sum()
    );
    let scored = Trial { scored: Scored::ValidAndTest, ..long };
    let winner = in_folder(folder.path(), &scored, &Fitting::default());
    assert!(winner.cost.from_checkpoint);
    assert_eq!(numbers(&winner), numbers(&from_zero(&scored)), "{place}");
    resumed
}

fn optimizers() -> [Value; 3] {
    [
        json!({"optimizer": "sgd", "momentum": 0.9, "learning_rate": 0.05, "clip_norm": 1.0}),
        json!({"optimizer": "adam", "learning_rate": 0.01, "weight_decay": 0.01}),
        json!({"optimizer": "adamw", "learning_rate": 0.01, "weight_decay": 0.01}),
    ]
}

#[test]
fn a_fit_goes_on_from_a_shorter_one_to_the_same_bits_with_every_optimizer() {
    for changes in optimizers() {
        for (mut trial, _) in networks(0.3, &changes) {
            let training = trial.training.as_mut().unwrap();
            (training.batch_size, training.patience) = (5, 0);
            assert_goes_on(&trial, 2, 5);
        }
    }
}

#[test]
fn the_validation_at_the_end_of_a_shorter_fit_leaves_no_trace_in_the_longer_one() {
    // Epochs 2, 4 and 5 are validated, and the shorter fit's 3, which may be better or worse than both.
    let changes = json!({
        "eval_every": 2, "patience": 0, "optimizer": "adam", "learning_rate": 0.05, "batch_size": 5,
    });
    let mut n_best_at_the_cut = 0;
    for (trial, _) in networks(0.3, &changes) {
        let resumed = assert_goes_on(&trial, 3, 5);
        let validated: Vec<bool> =
            resumed.curve.iter().map(|point| point.valid.is_some()).collect();
        assert_eq!(validated, [false, true, false, true, true]);
        n_best_at_the_cut += u32::from(from_zero(&with_epochs(&trial, 3)).best_epoch == 3);
        // Nothing was validated before the cut.
        assert_goes_on(&trial, 1, 4);
    }
    assert!(n_best_at_the_cut > 0);
}

#[test]
fn patience_runs_out_at_the_same_epoch_on_either_side_of_the_cut() {
    let (mut n_before, mut n_after) = (0, 0);
    for (eval_every, cut) in [(1, 6), (2, 5)] {
        let changes = json!({
            "eval_every": eval_every, "patience": 2, "optimizer": "adam", "learning_rate": 0.1,
            "batch_size": 5,
        });
        for (trial, _) in networks(0.5, &changes) {
            let n_epochs = assert_goes_on(&trial, cut, 16).cost.epochs;
            n_before += u32::from(n_epochs <= cut);
            n_after += u32::from((cut + 1..16).contains(&n_epochs));
        }
    }
    assert!(n_before > 0 && n_after > 0, "{n_before} before, {n_after} after");
}

#[test]
fn the_longest_checkpoint_that_can_be_used_is_and_the_others_do_no_harm() {
    for (trial, _) in networks(0.3, &json!({"batch_size": 5, "patience": 0})) {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let [two, three, four, five, six, seven, eight] =
            [2, 3, 4, 5, 6, 7, 8].map(|n| with_epochs(&trial, n));
        in_folder(folder, &two, &resumable());
        assert_eq!(in_folder(folder, &three, &continuing(&[&two])).cost.resumed_epoch, 2);
        // One with weights alone, one of another fit under this one's name, one with a flipped bit.
        in_folder(folder, &four, &Fitting::default());
        let other = Trial { seed: 9, ..five.clone() };
        run(&other, &checkpoints(folder, &five), &resumable());
        in_folder(folder, &six, &resumable());
        let path = checkpoints(folder, &six).finished();
        let mut bytes = fs::read(&path).unwrap();
        // In the header, where the curve is.
        let place = bytes.windows(10).position(|text| text == b"train_loss").unwrap() + 15;
        bytes[place] ^= 1;
        fs::write(&path, bytes).unwrap();
        let resumed = in_folder(folder, &eight, &continuing(&[&seven, &six, &five, &four, &three]));
        assert_eq!(resumed.cost.resumed_epoch, 3);
        let expected = numbers(&from_zero(&eight));
        assert_eq!(numbers(&resumed), expected, "{}", trial.model.name);
        let none = in_folder(folder, &eight, &continuing(&[&seven, &six, &five, &four]));
        assert_eq!((none.cost.resumed_epoch, numbers(&none)), (0, expected));
        // Weights alone are still good for scoring.
        let scored = Trial { scored: Scored::ValidAndTest, ..four };
        assert!(in_folder(folder, &scored, &Fitting::default()).cost.from_checkpoint);
        // No key, no path.
        let stray = Fitting { continues: vec!["../x".into(), String::new()], ..resumable() };
        assert_eq!(in_folder(folder, &two, &stray).cost.resumed_epoch, 0);
    }
}

/// Runs a trial that is killed when it tells of `epoch`, and returns the seconds of the epochs that it told of.
fn killed_at(epoch: u32, trial: &Trial, checkpoints: &Checkpoints, fitting: &Fitting) -> Vec<f64> {
    let mut secs = Vec::new();
    let killed = catch_unwind(AssertUnwindSafe(|| {
        attempt(trial, checkpoints, fitting, &mut |point| {
            assert!(point.epoch < epoch, "killed");
            secs.push(point.secs);
        })
    }));
    assert!(killed.is_err());
    secs
}

#[test]
fn a_killed_attempt_is_gone_on_from_to_the_same_bits() {
    let changes = json!({"epochs": 6, "eval_every": 2, "patience": 0, "batch_size": 5});
    for (trial, _) in networks(0.3, &changes) {
        let folder = tempfile::tempdir().unwrap();
        let mut place = checkpoints(folder.path(), &trial);
        // An attempt shorter than the interval leaves nothing.
        killed_at(6, &trial, &place, &Fitting::default());
        assert!(!place.partial().exists());

        place.every = Duration::ZERO;
        let secs = killed_at(5, &trial, &place, &Fitting::default());
        assert!(place.partial().exists() && !place.finished().exists());
        let result = run(&trial, &place, &Fitting::default());
        assert_eq!(numbers(&result), numbers(&from_zero(&trial)), "{}", trial.model.name);
        // The last epoch told had not been written yet; those before were not trained again.
        let restored: Vec<f64> = result.curve.iter().map(|point| point.secs).collect();
        assert_eq!((&restored[..3], secs.len()), (&secs[..3], 4));
        assert!(place.finished().exists() && !place.partial().exists());
    }
}

#[test]
fn a_killed_attempt_remembers_the_shorter_fit_that_it_went_on_from() {
    let changes = json!({"patience": 0, "batch_size": 5});
    let (trial, _) = networks(0.3, &changes).pop().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (short, long) = (with_epochs(&trial, 2), with_epochs(&trial, 6));
    in_folder(folder.path(), &short, &resumable());
    let mut place = checkpoints(folder.path(), &long);
    place.every = Duration::ZERO;
    killed_at(5, &long, &place, &continuing(&[&short]));
    let result = run(&long, &place, &continuing(&[&short]));
    assert_eq!(numbers(&result), numbers(&from_zero(&long)));
    assert_eq!(result.cost.resumed_epoch, 2);
}
