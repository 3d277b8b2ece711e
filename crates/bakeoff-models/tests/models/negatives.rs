use bakeoff_models::network::Network;
use bakeoff_models::training::feed::{Batch, Feed, Feeder};
use bakeoff_models::{Built, Checkpoints, checkpoint};
use bakeoff_spec::{Fitting, Loss, Sampler, Task, Training, Trial};
use serde_json::{Value, json};
use tch::{Device, Kind, Tensor};

use crate::samples::{Sample, build, checkpoints, networks, numbers, run, sample, walks};

const FEEDS: [Feed; 2] = [Feed::Interactions, Feed::Sequences { max_len: 4 }];

/// 31 users and 24 items, some of them with many more users than others; the last user has all items.
fn uneven() -> Sample {
    let rows = (0..30usize).flat_map(|user| {
        (0..3 + user % 5).map(move |i| (user, (user % 7 + i * (1 + user % 4)) % 24, 1.0))
    });
    sample(Task::TopN, &rows.chain((0..24).rev().map(|item| (30, item, 1.0))).collect::<Vec<_>>())
}

fn training(changes: &Value) -> Training {
    let mut settings = json!(Training { loss: Loss::Bpr, batch_size: 16, ..Training::default() });
    for (name, value) in changes.as_object().unwrap() {
        settings[name] = value.clone();
    }
    serde_json::from_value(settings).unwrap()
}

fn batches(feeder: &Feeder<'_>, seed: u64, mut with: impl FnMut(&Batch)) {
    feeder.epoch(seed, |raw| {
        with(&raw.to_device(Device::Cpu));
        true
    });
}

fn ids(tensor: &Tensor) -> Vec<i64> {
    tensor.reshape([-1]).try_into().unwrap()
}

fn values(tensor: &Tensor) -> Vec<f64> {
    tensor.to_kind(Kind::Double).reshape([-1]).try_into().unwrap()
}

/// The user of every pair of a batch.
fn users_of_pairs(batch: &Batch) -> Vec<i64> {
    let users = ids(&batch.users);
    match batch.inputs.size()[1] {
        0 => users,
        width => ids(&batch.positions).iter().map(|at| users[(at / width) as usize]).collect(),
    }
}

/// How often each item stands in the training part.
fn train_counts(sample: &Sample) -> Vec<f64> {
    let mut counts = vec![0.0; sample.data.n_items()];
    sample.data.train().items.iter().for_each(|&item| counts[item as usize] += 1.0);
    counts
}

#[test]
fn negatives_are_drawn_by_their_share_among_the_items_that_the_user_does_not_have() {
    let sample = uneven();
    let (n_items, counts) = (sample.data.n_items(), train_counts(&sample));
    let powers: Vec<f64> = counts.iter().map(|n| n.powf(0.75)).collect();
    let by_popularity = |item: usize| powers[item] / powers.iter().sum::<f64>();
    for (changes, share) in [
        (json!({"sampler": "uniform"}), 1.0),
        (json!({"sampler": "popularity"}), 0.0),
        (json!({"sampler": "mixed", "mixed_share": 0.3}), 0.3),
        (json!({"sampler": "hard", "n_candidates": 3}), 1.0),
    ] {
        for feed in FEEDS {
            let mut settings = training(&changes);
            settings.n_negatives = 300;
            let feeder = Feeder::new(&sample.data, feed, &settings);
            let (mut drawn, mut expected) = (vec![0.0; n_items], vec![0.0; n_items]);
            for seed in 0..3 {
                batches(&feeder, seed, |batch| {
                    let width = batch.items.size()[1] as usize;
                    assert_eq!(width - 1, 300 * batch.n_candidates);
                    for (user, items) in
                        users_of_pairs(batch).iter().zip(ids(&batch.items).chunks(width))
                    {
                        let seen = sample.data.train().items_of(*user as usize);
                        let is_free =
                            |item: usize| counts[item] > 0.0 && !seen.contains(&(item as u32));
                        let free: Vec<usize> = (0..n_items).filter(|&item| is_free(item)).collect();
                        let total = free.iter().map(|&item| by_popularity(item)).sum::<f64>();
                        for &item in &free {
                            let p = share / free.len() as f64
                                + (1.0 - share) * by_popularity(item) / total;
                            expected[item] += p * (width - 1) as f64;
                        }
                        for &item in &items[1..] {
                            assert!(free.contains(&(item as usize)), "user {user} has item {item}");
                            drawn[item as usize] += 1.0;
                        }
                    }
                });
            }
            let terms = drawn.iter().zip(&expected).filter(|(_, expected)| **expected > 0.0);
            let chi_squared: f64 = terms.map(|(n, e)| (n - e).powi(2) / e).sum();
            // 99.99 % of draws from 24 items stay below 58.
            assert!(chi_squared < 58.0, "{changes} with {feed:?}: {chi_squared}");
        }
    }
}

#[test]
fn a_user_who_has_all_popular_items_still_gets_unseen_ones() {
    // Users 0 to 7 share items 0 to 3; items 4 to 8 stand in training once, with user 8 and no other.
    let popular = (0..8).flat_map(|user| (0..6).map(move |i| (user, i % 4, 1.0)));
    let rare = (4..9).chain([0, 1]).map(|item| (8, item, 1.0));
    let sample = sample(Task::TopN, &popular.chain(rare).collect::<Vec<_>>());
    let settings = training(&json!({"sampler": "popularity", "popularity_power": 10.0}));
    batches(&Feeder::new(&sample.data, Feed::Interactions, &settings), 1, |batch| {
        for (user, items) in ids(&batch.users).iter().zip(ids(&batch.items).chunks(2)) {
            let seen = sample.data.train().items_of(*user as usize);
            assert!(!seen.contains(&(items[1] as u32)), "user {user}");
        }
    });
}

#[test]
fn an_item_that_training_never_meets_is_no_negative() {
    // Items 7 and 8 are what user 8 is scored on.
    let common = (0..8).flat_map(|user| (0..5).map(move |i| (user, (user + i) % 7, 1.0)));
    let last = [0, 1, 2, 7, 8].map(|item| (8, item, 1.0));
    let sample = sample(Task::TopN, &common.chain(last).collect::<Vec<_>>());
    let counts = train_counts(&sample);
    assert_eq!(counts.iter().filter(|n| **n == 0.0).count(), 2);
    for sampler in ["uniform", "popularity", "mixed", "hard"] {
        let settings = training(&json!({"sampler": sampler}));
        batches(&Feeder::new(&sample.data, Feed::Interactions, &settings), 1, |batch| {
            assert!(ids(&batch.items).iter().all(|&item| counts[item as usize] > 0.0), "{sampler}");
        });
    }
}

/// The loss of a row: its user, target, negatives, and the scores of all items.
type ByHand<'a> = dyn Fn(usize, i64, &[i64], &[f64]) -> f64 + 'a;

#[test]
fn the_losses_of_a_sampler_are_those_worked_by_hand() {
    let sample = walks(Task::TopN);
    let counts = train_counts(&sample);
    let n_train: f64 = counts.iter().sum();
    let entry = bakeoff_models::find("bpr_mf").unwrap();
    let trial = crate::samples::trial(entry, Task::TopN, &json!({"item_bias": true}));
    let network = network(&trial, &sample.data);
    let score_all = |users: &Tensor| {
        let none = || Tensor::from_slice::<i64>(&[]);
        let queries = bakeoff_models::network::Queries {
            users: users.shallow_clone(),
            inputs: none(),
            positions: none(),
        };
        values(&network.score_all(&queries))
    };
    let n_items = sample.data.n_items();
    let loss_of = |settings: &Training, expected_of: &ByHand<'_>| {
        let feeder = Feeder::new(&sample.data, Feed::Interactions, settings);
        batches(&feeder, 4, |batch| {
            let (scores, users) = (score_all(&batch.users), ids(&batch.users));
            let width = batch.items.size()[1] as usize;
            let rows = ids(&batch.items);
            let targets: Vec<i64> = rows.chunks(width).map(|items| items[0]).collect();
            let of_row = |(row, items): (usize, &[i64])| {
                let negatives = if width == 1 { &targets[..] } else { &items[1..] };
                let scores = &scores[row * n_items..(row + 1) * n_items];
                expected_of(users[row] as usize, items[0], negatives, scores)
            };
            let expected =
                rows.chunks(width).enumerate().map(of_row).sum::<f64>() / users.len() as f64;
            let value = network.loss(batch, settings.loss, true).mean.double_value(&[]);
            assert!(
                (value - expected).abs() < 1e-5,
                "{:?}: {value}, not {expected}",
                settings.sampler
            );
        });
    };
    let softmax = |positive: f64, negatives: &mut dyn Iterator<Item = f64>| {
        -(positive.exp() / (positive.exp() + negatives.map(f64::exp).sum::<f64>())).ln()
    };

    // The targets of the other rows, none that the user has, each score less ln of the item's share of training.
    let in_batch = training(&json!({"sampler": "in_batch", "loss": "sampled_cross_entropy"}));
    loss_of(&in_batch, &|user, target, others, scores| {
        let seen = sample.data.train().items_of(user);
        let corrected = |item: i64| scores[item as usize] - (counts[item as usize] / n_train).ln();
        let kept = others.iter().filter(|&&item| !seen.contains(&(item as u32)));
        softmax(corrected(target), &mut kept.map(|&item| corrected(item)))
    });

    let powers: Vec<f64> = counts.iter().map(|n| n.powf(0.75)).collect();
    let total: f64 = powers.iter().sum();
    let mixed = training(&json!({
        "sampler": "mixed", "mixed_share": 0.2, "loss": "sampled_cross_entropy", "n_negatives": 3,
    }));
    loss_of(&mixed, &|_, target, drawn, scores| {
        let q = |item: i64| 0.2 / n_items as f64 + 0.8 * powers[item as usize] / total;
        let corrected = |item: i64| scores[item as usize] - q(item).ln();
        softmax(corrected(target), &mut drawn.iter().map(|&item| corrected(item)))
    });

    // Of every four drawn, the one with the highest score.
    let hard = training(&json!({"sampler": "hard", "n_candidates": 4, "n_negatives": 2}));
    loss_of(&hard, &|_, target, drawn, scores| {
        let of_group = |group: &[i64]| {
            let best = group.iter().map(|&item| scores[item as usize]).fold(f64::MIN, f64::max);
            (best - scores[target as usize]).exp().ln_1p()
        };
        drawn.chunks(4).map(of_group).sum::<f64>() / 2.0
    });
}

fn network(trial: &Trial, data: &bakeoff_data::Dataset) -> Box<dyn Network> {
    match build(trial, data) {
        Built::Network(network) => network,
        Built::Direct(_) => panic!("{} has no gradients", trial.model.name),
    }
}

/// Settings that name every sampler, with each of the losses that it goes with.
fn samplers() -> Vec<Value> {
    let with = |sampler: &str, loss: &str| {
        json!({
            "sampler": sampler, "loss": loss, "n_negatives": 2, "n_candidates": 3, "batch_size": 5,
            "epochs": 3, "eval_every": 3, "patience": 0,
        })
    };
    let drawn = ["popularity", "mixed", "hard"].into_iter();
    let drawn = drawn.flat_map(|sampler| {
        ["bce", "bpr", "sampled_cross_entropy"].map(|loss| with(sampler, loss))
    });
    drawn.chain([with("in_batch", "sampled_cross_entropy")]).collect()
}

/// Every network of the ranking task under every sampler.
fn trials(dropout: f64) -> Vec<Trial> {
    let of = |changes: Value| {
        let trials = networks(dropout, &changes).into_iter();
        trials.filter(|(_, task)| *task == Task::TopN).map(|(trial, _)| trial)
    };
    let trials: Vec<Trial> = samplers().into_iter().flat_map(of).collect();
    let checked = |trial: &Trial| trial.training.as_ref().unwrap().check().is_ok();
    assert!(trials.iter().all(checked));
    trials
}

fn place(trial: &Trial) -> String {
    let Training { sampler, loss, .. } = trial.training.as_ref().unwrap();
    format!("{} with {sampler:?} and {loss:?}", trial.model.name)
}

#[test]
fn the_gradient_of_a_loss_is_its_slope_under_every_sampler() {
    let sample = walks(Task::TopN);
    for trial in trials(0.0) {
        let settings = trial.training.as_ref().unwrap();
        // Which candidate is the hardest changes along the way.
        let settings = &Training { n_candidates: 1, batch_size: 64, ..settings.clone() };
        let network = network(&trial, &sample.data);
        let feeder = Feeder::new(&sample.data, network.feed(), settings);
        let mut first = None;
        batches(&feeder, 1, |batch| {
            if first.is_some() {
                return;
            }
            let inputs: Vec<&Tensor> = network.parameters().tensors().collect();
            let root = network.loss(batch, settings.loss, false).root;
            let gradients = Tensor::run_backward(&[root], &inputs, false, false);
            let flat =
                Tensor::cat(&gradients.iter().map(|g| g.reshape([-1])).collect::<Vec<_>>(), 0);
            let squared = flat.square().sum(Kind::Double).double_value(&[]);
            let h = 2e-3 / squared.sqrt();
            let start = network.parameters().snapshot();
            let at = |h: f64| {
                network.parameters().restore(&(&start + &flat * h));
                tch::no_grad(|| network.loss(batch, settings.loss, false).mean.double_value(&[]))
            };
            let slope = (at(h) - at(-h)) / (2.0 * h);
            first = Some((slope, squared));
        });
        let (slope, squared) = first.unwrap();
        assert!(
            squared > 0.0 && (slope / squared - 1.0).abs() < 0.05,
            "{}: {slope}, {squared}",
            place(&trial)
        );
    }
}

#[test]
fn the_hardest_negatives_reach_the_gradient_and_the_others_do_not() {
    let sample = walks(Task::TopN);
    let entry = bakeoff_models::find("bpr_mf").unwrap();
    let trial = crate::samples::trial(entry, Task::TopN, &json!({}));
    let network = network(&trial, &sample.data);
    let settings = training(&json!({"sampler": "hard", "n_candidates": 5, "batch_size": 1}));
    batches(&Feeder::new(&sample.data, Feed::Interactions, &settings), 2, |batch| {
        let named = network.parameters().named();
        let (_, items) = named.iter().find(|(name, _)| name == "items").unwrap();
        let root = network.loss(batch, Loss::Bpr, true).root;
        let gradient = Tensor::run_backward(&[root], &[items], false, false).remove(0);
        let touched = gradient.abs().sum_dim_intlist([1i64].as_slice(), false, Kind::Float).gt(0.0);
        assert_eq!(touched.sum(Kind::Int64).int64_value(&[]), 2, "the target and one negative");
    });
}

#[test]
fn a_seed_gives_the_same_bits_and_a_longer_fit_goes_on_to_them_under_every_sampler() {
    for trial in trials(0.3) {
        let with_epochs = |epochs: u32| {
            let mut trial = trial.clone();
            trial.training.as_mut().unwrap().epochs = epochs;
            trial
        };
        let (short, long) = (with_epochs(2), with_epochs(4));
        let folder = tempfile::tempdir().unwrap();
        let resumable = Fitting { is_resumable: true, ..Fitting::default() };
        run(&short, &checkpoints(folder.path(), &short), &resumable);
        let continuing = Fitting { continues: vec![short.fit_key()], ..resumable };
        let resumed = run(&long, &checkpoints(folder.path(), &long), &continuing);
        assert_eq!(resumed.cost.resumed_epoch, 2);
        let fresh = tempfile::tempdir().unwrap();
        let whole = run(&long, &checkpoints(fresh.path(), &long), &Fitting::default());
        assert_eq!(numbers(&resumed), numbers(&whole), "{}", place(&trial));
    }
}

/// The weights after the trial's fit.
fn fitted(trial: &Trial, micro_batches: u32) -> Tensor {
    let folder = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::at(folder.path().join("fit"));
    run(trial, &checkpoints, &Fitting { micro_batches, ..Fitting::default() });
    let sample = walks(trial.task);
    let network = network(trial, &sample.data);
    checkpoint::load(&checkpoints.finished(), network.as_ref()).unwrap();
    network.parameters().snapshot()
}

#[test]
fn a_split_step_is_the_step_of_the_whole_batch_under_every_sampler() {
    for mut trial in trials(0.0) {
        let settings = trial.training.as_mut().unwrap();
        settings.optimizer = bakeoff_spec::Optimizer::Sgd;
        settings.learning_rate = 0.02;
        let whole = fitted(&trial, 1);
        for parts in [3, 64] {
            let difference = (&whole - fitted(&trial, parts)).abs().max().double_value(&[]);
            assert!(difference < 1e-5, "{} in {parts}: {difference}", place(&trial));
        }
    }
}

#[test]
fn in_batch_negatives_are_the_targets_of_others_that_the_user_does_not_have() {
    let sample = uneven();
    let settings = training(&json!({"sampler": "in_batch", "loss": "sampled_cross_entropy"}));
    for feed in FEEDS {
        let feeder = Feeder::new(&sample.data, feed, &settings);
        let mut raw = feeder.validation(1);
        feeder.epoch(1, |batch| {
            raw.extend(batch.clone().split(3));
            raw.push(batch);
            true
        });
        for batch in raw.iter().map(|raw| raw.to_device(Device::Cpu)) {
            let others = batch.in_batch.as_ref().unwrap();
            let (items, targets) = (ids(&others.items), ids(&batch.items));
            assert!(items.is_sorted_by(|a, b| a < b) && targets.iter().all(|t| items.contains(t)));
            let too_high = values(&others.too_high);
            let pairs = users_of_pairs(&batch).into_iter().zip(&targets);
            for ((user, target), too_high) in pairs.zip(too_high.chunks(items.len())) {
                let seen = sample.data.train().items_of(user as usize);
                for (item, too_high) in items.iter().zip(too_high) {
                    let is_out = item == target || seen.contains(&(*item as u32));
                    assert_eq!(too_high.is_infinite(), is_out, "{feed:?}: {user}, {item}");
                }
            }
        }
    }
}

#[test]
fn losses_over_all_items_draw_none_whatever_the_sampler() {
    let sample = walks(Task::TopN);
    for sampler in [Sampler::Popularity, Sampler::InBatch, Sampler::Hard] {
        let settings = Training { sampler, loss: Loss::CrossEntropy, ..Training::default() };
        batches(&Feeder::new(&sample.data, Feed::Interactions, &settings), 1, |batch| {
            assert_eq!((batch.items.size()[1], batch.in_batch.is_some()), (1, false));
        });
    }
}
