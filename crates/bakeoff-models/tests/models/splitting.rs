use bakeoff_models::evaluate::Evaluator;
use bakeoff_models::{Built, Checkpoints, checkpoint, run_trial};
use bakeoff_spec::{Fitting, Task, Trial};
use serde_json::json;
use tch::{Device, Tensor};

use crate::samples::{build, networks, run, sample, trial, walks};

fn split(micro_batches: u32) -> Fitting {
    Fitting { micro_batches, ..Fitting::default() }
}

/// The weights after the trial's fit, and the mean losses of its epochs.
fn fitted(trial: &Trial, fitting: &Fitting) -> (Tensor, Vec<f64>) {
    let folder = tempfile::tempdir().unwrap();
    let place = Checkpoints::at(folder.path().join("fit"));
    let result = run(trial, &place, fitting);
    assert_eq!(result.cost.micro_batches, fitting.micro_batches);
    let sample = walks(trial.task);
    let Built::Network(network) = build(trial, &sample.data) else { panic!("not a network") };
    checkpoint::load(&place.finished(), network.as_ref()).unwrap();
    let losses = |point: &bakeoff_spec::CurvePoint| [Some(point.train_loss), point.valid_loss];
    let losses = result.curve.iter().flat_map(losses).flatten().collect();
    (network.parameters().snapshot(), losses)
}

#[test]
fn a_split_step_is_the_step_of_the_whole_batch_under_every_loss() {
    let changes = json!({
        "epochs": 3, "eval_every": 3, "patience": 0, "optimizer": "sgd", "momentum": 0.9,
        "learning_rate": 0.02, "batch_size": 5, "n_negatives": 2,
    });
    for (mut trial, task) in networks(0.0, &changes) {
        let entry = bakeoff_models::find(&trial.model.name).unwrap();
        for &loss in (entry.info("").losses)(task) {
            trial.training.as_mut().unwrap().loss = loss;
            let (whole, losses) = fitted(&trial, &split(1));
            // Parts of one and two rows; parts of one row, fewer than asked for.
            for parts in [3, 64] {
                let (weights, split_losses) = fitted(&trial, &split(parts));
                let place = format!("{} with {loss:?} in {parts}", trial.model.name);
                let difference = (&whole - weights).abs().max().double_value(&[]);
                assert!(difference < 1e-5, "{place}: weights differ by {difference}");
                for (a, b) in losses.iter().zip(&split_losses) {
                    assert!((a - b).abs() < 1e-5, "{place}: loss {a} or {b}");
                }
            }
        }
    }
}

#[test]
fn scoring_in_parts_gives_the_same_numbers() {
    for (trial, task) in networks(0.0, &json!({})) {
        let sample = walks(task);
        let model = build(&trial, &sample.data);
        let of = |parts| {
            let evaluator = Evaluator::valid(&trial, &sample.data).in_parts(parts);
            evaluator.evaluate(&model).unwrap()
        };
        let (whole, in_parts) = (of(1), of(4096 * 16));
        assert_eq!(whole.units.len(), in_parts.units.len());
        for (a, b) in whole.units.iter().zip(&in_parts.units) {
            assert!((a - b).abs() < 1e-5, "{}: {a} or {b}", trial.model.name);
        }
    }
}

/// The largest resident memory of this process so far, in MiB.
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() / 1024
}

#[test]
fn a_split_batch_needs_a_part_of_the_memory() {
    // 2,000 training pairs and 4,000 items: the scores of a whole batch are 32 MB, and there are several of them.
    let rows = (0..1000).flat_map(|user| (0..4).map(move |i| (user, 4 * user + i, 1.0)));
    let sample = sample(Task::TopN, &rows.collect::<Vec<_>>());
    let entry = bakeoff_models::find("bpr_mf").unwrap();
    let settings = json!({"loss": "cross_entropy", "epochs": 2, "batch_size": 2000});
    let trial = trial(entry, Task::TopN, &settings);
    let grown_by = |micro_batches| {
        let folder = tempfile::tempdir().unwrap();
        let place = Checkpoints::at(folder.path().join("fit"));
        let fitting = split(micro_batches);
        let before = peak_mb();
        run_trial(&trial, &sample.data, Device::Cpu, &place, &fitting, &mut |_| {}).unwrap();
        peak_mb() - before
    };
    // The one with the smaller peak first: a process's peak never falls.
    let (in_parts, whole) = (grown_by(16), grown_by(1));
    assert!(in_parts + 48 < whole, "{in_parts} MiB in parts, {whole} MiB more as a whole");
}
