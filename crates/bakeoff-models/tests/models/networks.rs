use bakeoff_models::network::{Network, Queries};
use bakeoff_models::training::feed::{Batch, Feed, Feeder};
use bakeoff_models::{Built, checkpoint};
use bakeoff_spec::{Fitting, Loss, Task, Training, Trial};
use serde_json::json;
use tch::{Device, Kind, Tensor, no_grad};

use crate::samples::{build, checkpoints, run, sample, walks};

/// Every network under its defaults, without dropout.
fn networks() -> Vec<(Trial, Task)> {
    crate::samples::networks(0.0, &json!({}))
}

fn network(trial: &Trial, data: &bakeoff_data::Dataset) -> Box<dyn Network> {
    match build(trial, data) {
        Built::Network(network) => network,
        Built::Direct(_) => panic!("{} has training settings but no gradients", trial.model.name),
    }
}

fn first_batch(data: &bakeoff_data::Dataset, network: &dyn Network, loss: Loss) -> Batch {
    let training = Training { loss, batch_size: 64, ..Training::default() };
    let mut batch = None;
    Feeder::new(data, network.feed(), &training).epoch(1, |raw| {
        batch = Some(raw.to_device(Device::Cpu));
        false
    });
    batch.unwrap()
}

#[test]
fn the_gradient_reaches_every_parameter_under_every_loss() {
    for (trial, task) in networks() {
        let sample = walks(task);
        let entry = bakeoff_models::find(&trial.model.name).unwrap();
        for &loss in (entry.info("").losses)(task) {
            let network = network(&trial, &sample.data);
            let value =
                network.loss(&first_batch(&sample.data, network.as_ref(), loss), loss, true);
            let inputs: Vec<&Tensor> = network.parameters().tensors().collect();
            let gradients = Tensor::run_backward(&[value.root], &inputs, false, false);
            for ((name, _), gradient) in network.parameters().named().iter().zip(gradients) {
                if gradient.numel() == 1 && !matches!(loss, Loss::Mse | Loss::Bce) {
                    continue; // A bias of all scores cannot change their differences.
                }
                let size = gradient.abs().sum(Kind::Double).double_value(&[]);
                let place = format!("{} with {loss:?}: {name}", trial.model.name);
                assert!(size > 0.0 && size.is_finite(), "{place} has a gradient of size {size}");
            }
        }
    }
}

#[test]
fn the_gradient_of_a_loss_is_its_slope() {
    // Along the gradient, a small step h must change the mean loss by h |g|².
    for (trial, task) in networks() {
        let sample = walks(task);
        let entry = bakeoff_models::find(&trial.model.name).unwrap();
        for &loss in (entry.info("").losses)(task) {
            let network = network(&trial, &sample.data);
            let batch = first_batch(&sample.data, network.as_ref(), loss);
            let inputs: Vec<&Tensor> = network.parameters().tensors().collect();
            let root = network.loss(&batch, loss, false).root;
            let gradients = Tensor::run_backward(&[root], &inputs, false, false);
            let flat =
                Tensor::cat(&gradients.iter().map(|g| g.reshape([-1])).collect::<Vec<_>>(), 0);
            let squared = flat.square().sum(Kind::Double).double_value(&[]);
            let h = 2e-3 / squared.sqrt();
            let start = network.parameters().snapshot();
            let at = |h: f64| {
                network.parameters().restore(&(&start + &flat * h));
                no_grad(|| network.loss(&batch, loss, false).mean.double_value(&[]))
            };
            let slope = (at(h) - at(-h)) / (2.0 * h);
            let place = format!("{} with {loss:?}", trial.model.name);
            assert!((slope / squared - 1.0).abs() < 0.05, "{place}: slope {slope}, |g|² {squared}");
        }
    }
}

#[test]
fn every_network_learns_eight_users_by_heart() {
    for (mut trial, task) in networks() {
        let training = trial.training.as_mut().unwrap();
        training.epochs = 300;
        training.patience = 0;
        training.eval_every = 300;
        training.learning_rate = if task == Task::Rating { 0.05 } else { 0.01 };
        let folder = tempfile::tempdir().unwrap();
        let result = run(&trial, &checkpoints(folder.path(), &trial), &Fitting::default());
        let (first, last) = (&result.curve[0], &result.curve[299]);
        let name = &trial.model.name;
        assert!(last.train_loss < 0.15 * first.train_loss, "{name}: {first:?} to {last:?}");
    }
}

fn sequence_networks() -> Vec<Trial> {
    let sample = walks(Task::TopN);
    let networks = networks().into_iter().filter(|(_, task)| *task == Task::TopN);
    let is_sequential =
        |trial: &Trial| matches!(network(trial, &sample.data).feed(), Feed::Sequences { .. });
    networks.map(|(trial, _)| trial).filter(is_sequential).collect()
}

/// Scores after the first `len` of the inputs.
fn scores(network: &dyn Network, inputs: &[i64], len: i64) -> Tensor {
    let queries = Queries {
        users: Tensor::from_slice(&[3i64]),
        inputs: Tensor::from_slice(inputs).view([1, -1]),
        positions: Tensor::from_slice(&[len - 1]),
    };
    no_grad(|| network.score_all(&queries))
}

fn largest_difference(a: &Tensor, b: &Tensor) -> f64 {
    (a - b).abs().max().double_value(&[])
}

#[test]
fn the_future_does_not_change_the_past_and_the_past_does_change_the_scores() {
    let sample = walks(Task::TopN);
    let trials = sequence_networks();
    assert!(trials.len() >= 3);
    for trial in trials {
        let network = network(&trial, &sample.data);
        let name = &trial.model.name;
        let before = scores(network.as_ref(), &[0, 1, 2, 3, 4, 5], 3);
        let other_future = scores(network.as_ref(), &[0, 1, 2, 9, 8, 7], 3);
        let other_past = scores(network.as_ref(), &[0, 7, 2, 3, 4, 5], 3);
        assert!(largest_difference(&before, &other_future) < 1e-5, "{name} sees the future");
        assert!(largest_difference(&before, &other_past) > 1e-5, "{name} does not see the past");
    }
}

#[test]
fn padding_does_not_change_scores() {
    let sample = walks(Task::TopN);
    let padding = sample.data.n_items() as i64;
    for trial in sequence_networks() {
        let network = network(&trial, &sample.data);
        let alone = scores(network.as_ref(), &[4, 5, 6], 3);
        let padded = scores(network.as_ref(), &[4, 5, 6, padding, padding, padding, padding], 3);
        let difference = largest_difference(&alone, &padded);
        assert!(difference < 1e-5, "{}: {difference}", trial.model.name);
    }
}

#[test]
fn saving_and_loading_gives_the_same_scores() {
    for (mut trial, task) in networks() {
        trial.training.as_mut().unwrap().epochs = 5;
        let sample = walks(task);
        let folder = tempfile::tempdir().unwrap();
        let place = checkpoints(folder.path(), &trial);
        let trained = run(&trial, &place, &Fitting::default());
        let path = place.finished();
        let other_start = network(&Trial { seed: 99, ..trial.clone() }, &sample.data);
        let fit = checkpoint::load(&path, other_start.as_ref()).unwrap();
        assert_eq!(fit.curve, trained.curve);
        let evaluator = bakeoff_models::evaluate::Evaluator::valid(&trial, &sample.data);
        let again = evaluator.evaluate_network(other_start.as_ref()).unwrap();
        assert_eq!(
            (again.scores, again.units),
            (trained.valid, trained.units),
            "{}",
            trial.model.name
        );
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() - 100;
        bytes[middle] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        assert!(
            checkpoint::load(&path, other_start.as_ref()).is_none(),
            "a flipped bit is noticed"
        );
    }
}

#[test]
fn batches_hold_every_training_pair_once_and_no_seen_item_as_negative() {
    let rows: Vec<(usize, usize, f32)> = (0..20)
        .flat_map(|user| (0..(3 + user % 9)).map(move |i| (user, (user * 7 + i * 3) % 40, 1.0)))
        .collect();
    let sample = sample(Task::TopN, &rows);
    let train = sample.data.train();
    let training =
        Training { loss: Loss::Bpr, batch_size: 5, n_negatives: 2, ..Training::default() };
    for feed in [Feed::Interactions, Feed::Sequences { max_len: 4 }] {
        let mut pairs = 0;
        Feeder::new(&sample.data, feed, &training).epoch(7, |raw| {
            pairs += raw.n_pairs();
            let batch = raw.to_device(Device::Cpu);
            if feed == Feed::Interactions {
                let users: Vec<i64> = batch.users.try_into().unwrap();
                let items: Vec<i64> = batch.items.reshape([-1]).try_into().unwrap();
                for (user, items) in users.iter().zip(items.chunks(3)) {
                    let seen = train.items_of(*user as usize);
                    let is_seen = |item: i64| seen.contains(&(item as u32));
                    assert!(is_seen(items[0]) && !is_seen(items[1]) && !is_seen(items[2]));
                }
            }
            true
        });
        let users_with_rows =
            (0..train.n_users()).filter(|&u| !train.items_of(u).is_empty()).count();
        let expected = match feed {
            Feed::Interactions => train.n_interactions(),
            Feed::Sequences { .. } => train.n_interactions() - users_with_rows,
        };
        assert_eq!(pairs, expected, "{feed:?}");
    }
}
