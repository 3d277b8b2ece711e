use bakeoff_models::ModelError;
use bakeoff_models::evaluate::Evaluator;
use bakeoff_models::network::PairScorer;
use bakeoff_models::parameters::{Init, Parameters};
use bakeoff_models::training::Trainer;
use bakeoff_models::training::feed::{Feed, Feeder};
use bakeoff_spec::{Cause, Fitting, Scored, StopRule, Task, Trial};
use serde_json::json;
use tch::{Device, Tensor};

use crate::samples::{checkpoints, networks, numbers, run, trial, walks};

/// A rule that stops every trial at the first validation from `epoch` on, or none.
fn rule(trial: &Trial, epoch: u32, stops: bool) -> StopRule {
    let higher_is_better = trial.task == Task::TopN;
    let value = if higher_is_better == stops { f64::INFINITY } else { f64::NEG_INFINITY };
    StopRule { key: "rule".into(), thresholds: vec![(epoch, value)], higher_is_better }
}

#[test]
fn a_rule_ends_a_fit_after_its_epoch_and_leaves_the_best_value_so_far() {
    let changes = json!({"epochs": 6, "eval_every": 2, "patience": 0, "learning_rate": 0.1});
    for (trial, _) in networks(0.3, &changes) {
        let folder = tempfile::tempdir().unwrap();
        let place = checkpoints(folder.path(), &trial);
        let whole = run(&trial, &place, &Fitting::default());
        std::fs::remove_file(place.finished()).unwrap();
        let trial = Trial { scored: Scored::ValidAndTest, ..trial };

        let stop_rule = Some(rule(&trial, 3, true));
        let pruned = run(&trial, &place, &Fitting { stop_rule, ..Fitting::default() });
        assert!(pruned.is_pruned);
        assert_eq!((pruned.cost.epochs, pruned.curve.len()), (4, 4));
        let values = [2, 4].map(|epoch: usize| whole.curve[epoch - 1].valid.unwrap());
        let better = |a: f64, b: f64| if trial.task == Task::TopN { a.max(b) } else { a.min(b) };
        let best = better(values[0], values[1]);
        assert_eq!(pruned.valid, [(trial.select.clone(), best)].into());
        assert_eq!(pruned.best_epoch, if values[0] == best { 2 } else { 4 });
        assert!(pruned.test.is_empty() && pruned.units.is_empty());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "no checkpoint is left");

        let with = |stop_rule| run(&trial, &place, &Fitting { stop_rule, ..Fitting::default() });
        let free = numbers(&with(None));
        assert_eq!(numbers(&with(Some(rule(&trial, 1, false)))), free);
        // What a rule finds at the very end has run to its end.
        assert_eq!(numbers(&with(Some(rule(&trial, 5, true)))), free);
    }
}

#[test]
fn a_rule_sees_the_epochs_before_a_checkpoint_too() {
    let changes = json!({"epochs": 4, "patience": 0, "batch_size": 5});
    for (short, _) in networks(0.3, &changes) {
        let mut long = short.clone();
        long.training.as_mut().unwrap().epochs = 8;
        let folder = tempfile::tempdir().unwrap();
        let resumable = Fitting { is_resumable: true, ..Fitting::default() };
        run(&short, &checkpoints(folder.path(), &short), &resumable);
        let stop_rule = Some(rule(&long, 2, true));
        let from_zero = Fitting { stop_rule, ..resumable.clone() };
        let continuing = Fitting { continues: vec![short.fit_key()], ..from_zero.clone() };
        let place = checkpoints(folder.path(), &long);
        let pruned = run(&long, &place, &continuing);
        assert_eq!((pruned.is_pruned, pruned.curve.len()), (true, 2));
        // Without the rule it goes on from where it was.
        let whole = run(&long, &place, &resumable);
        assert_eq!(whole.cost.resumed_epoch, 4);
        let elsewhere = checkpoints(&folder.path().join("elsewhere"), &long);
        assert_eq!(numbers(&whole), numbers(&run(&long, &elsewhere, &Fitting::default())));
        assert_eq!(numbers(&pruned), numbers(&run(&long, &elsewhere, &from_zero)));
        assert!(elsewhere.partial().exists() && !place.partial().exists());
    }
}

/// Predicts well in training and nothing that is a number outside of it.
struct Blind(Parameters);

impl PairScorer for Blind {
    fn parameters(&self) -> &Parameters {
        &self.0
    }

    fn scores(&self, _users: &Tensor, items: &Tensor, train: bool) -> Tensor {
        let weight = self.0.tensors().next().unwrap(); // [1]
        let scores = weight.expand(items.size(), false);
        if train { scores } else { scores * f64::NAN }
    }

    fn score_all(&self, _users: &Tensor) -> Tensor {
        unreachable!("ratings are not ranked")
    }
}

#[test]
fn a_validation_value_that_is_no_number_is_never_the_best() {
    let entry = bakeoff_models::find("mlp").unwrap();
    let trial = trial(entry, Task::Rating, &json!({}));
    let sample = walks(Task::Rating);
    let mut parameters = Parameters::on(Device::Cpu);
    let _ = parameters.add("weight", &[1], Init::Constant(3.0));
    parameters.flatten();
    let network = Blind(parameters);
    let training = trial.training.as_ref().unwrap();
    let feeder = Feeder::new(&sample.data, Feed::Interactions, training);
    let on_valid = Evaluator::valid(&trial, &sample.data);
    let mut trainer = Trainer::new(&trial, training, &network, &feeder, &on_valid, 1);
    let error = trainer.epoch().unwrap_err();
    assert_eq!(error.cause(), Cause::Diverged);
    assert!(matches!(error, ModelError::Diverged { epoch: 1, .. }), "{error}");
    assert!(error.to_string().starts_with("the validation loss became NaN in epoch 1"), "{error}");
    assert!(trainer.curve()[0].train_loss.is_finite());
    let state = trainer.state();
    assert!(state.progress.best.is_none() && state.best_weights.is_none());
}
