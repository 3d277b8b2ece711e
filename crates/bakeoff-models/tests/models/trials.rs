use bakeoff_models::Checkpoints;
use bakeoff_spec::{Fitting, Scored, Task, Trial};
use serde_json::json;

use crate::samples::{attempt, checkpoints, models, numbers, trial};

fn run(trial: &Trial, checkpoints: &Checkpoints) -> bakeoff_models::TrialResult {
    crate::samples::run(trial, checkpoints, &Fitting::default())
}

fn trials() -> impl Iterator<Item = Trial> {
    models().into_iter().map(|(entry, task)| {
        let is_trained = (entry.info("").training)(task).is_some();
        trial(entry, task, &if is_trained { json!({"epochs": 5}) } else { json!({}) })
    })
}

#[test]
fn a_seed_gives_the_same_bits_and_another_seed_others() {
    for trial in trials() {
        let folder = tempfile::tempdir().unwrap();
        let path = checkpoints(folder.path(), &trial);
        let first = run(&trial, &path);
        assert_eq!(numbers(&first), numbers(&run(&trial, &path)), "{}", trial.model.name);
        if trial.training.is_some() {
            let other = run(&Trial { seed: 2, ..trial.clone() }, &path);
            assert_ne!(
                first.curve[0].train_loss, other.curve[0].train_loss,
                "{}",
                trial.model.name
            );
        }
    }
}

#[test]
fn training_on_the_cpu_draws_nothing_from_libtorch() {
    // So that seeding libtorch anew at each epoch, as on a card, would change nothing here.
    for trial in trials() {
        let folder = tempfile::tempdir().unwrap();
        let path = checkpoints(folder.path(), &trial);
        let disturbed =
            attempt(&trial, &path, &Fitting::default(), &mut |_| tch::manual_seed(12)).unwrap();
        assert_eq!(numbers(&disturbed), numbers(&run(&trial, &path)), "{}", trial.model.name);
    }
}

#[test]
fn search_trials_leave_test_alone_and_test_scores_are_the_same_with_and_without_a_checkpoint() {
    for search in trials() {
        let folder = tempfile::tempdir().unwrap();
        let (kept, none) = (
            Checkpoints::at(folder.path().join("kept")),
            Checkpoints::at(folder.path().join("none")),
        );
        let searched = run(&search, &kept);
        assert!(searched.test.is_empty());
        let scored = Trial { scored: Scored::ValidAndTest, ..search.clone() };
        let (restored, trained) = (run(&scored, &kept), run(&scored, &none));
        assert_eq!(restored.cost.from_checkpoint, search.training.is_some());
        assert!(!trained.cost.from_checkpoint && !trained.test.is_empty());
        assert_eq!(numbers(&restored), numbers(&trained), "{}", search.model.name);
        assert_eq!(restored.valid, searched.valid);
        assert_eq!(restored.cost.epochs, searched.cost.epochs);
    }
}

#[test]
fn sequence_models_follow_a_walk_that_popularity_cannot() {
    // Every user's test item is the next one on the walk; 12 items, 6 of which the user has seen.
    let hit_rate = |name: &str, changes| {
        let entry = bakeoff_models::find(name).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let trial = Trial { scored: Scored::ValidAndTest, ..trial(entry, Task::TopN, &changes) };
        run(&trial, &checkpoints(folder.path(), &trial)).test[&"hit_rate@1".parse().unwrap()]
    };
    let settings = json!({"epochs": 200, "patience": 0, "learning_rate": 0.01});
    assert_eq!(hit_rate("gru4rec", settings.clone()), 1.0);
    assert_eq!(hit_rate("sasrec", settings), 1.0);
    assert!(hit_rate("popularity", json!({})) < 1.0);
}

#[test]
fn no_hyperparameter_is_called_like_a_training_setting_or_another_model_like_one() {
    let settings = bakeoff_spec::Training::default().params();
    let mut names = std::collections::BTreeSet::new();
    for info in bakeoff_models::catalog() {
        assert!(names.insert(info.plugin.name), "{} is registered twice", info.plugin.name);
        let schema = (info.plugin.schema)();
        let Some(params) = schema["properties"].as_object() else { continue };
        for param in params.keys() {
            assert!(!settings.contains_key(param), "{}: {param}", info.plugin.name);
        }
    }
}
