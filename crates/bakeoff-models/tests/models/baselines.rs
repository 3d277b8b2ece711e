use bakeoff_data::Dataset;
use bakeoff_models::{Built, Direct};
use bakeoff_spec::Task;
use serde_json::{Value, json};

use crate::samples::{build, sample, trial};

fn direct(name: &str, task: Task, params: &Value, data: &Dataset) -> Box<dyn Direct> {
    let entry = bakeoff_models::find(name).unwrap();
    match build(&trial(entry, task, params), data) {
        Built::Direct(model) => model,
        Built::Network(_) => panic!("{name} is not trained by gradients"),
    }
}

fn scores(model: &dyn Direct, history: &[u32], data: &Dataset) -> Vec<f32> {
    let mut scores = vec![f32::NAN; data.n_items()];
    model.score_all(0, history, &mut scores);
    scores
}

/// Items by raw number, whatever their dense index is.
fn item(data: &Dataset, number: usize) -> usize {
    let raw = format!("i{number:03}");
    (0..data.n_items()).find(|&item| data.raw_item(item) == raw).unwrap()
}

/// Each user's last two items, 8 and 9, are held out; what is left is the training part.
fn with_held_out(train: &[(usize, usize, f32)]) -> Vec<(usize, usize, f32)> {
    let n_users = train.iter().map(|row| row.0 + 1).max().unwrap();
    let held_out = (0..n_users).flat_map(|user| [(user, 8, 3.0), (user, 9, 3.0)]);
    train.iter().copied().chain(held_out).collect()
}

#[test]
fn popularity_counts_training_interactions_alone() {
    let rows = with_held_out(&[
        (0, 0, 1.0),
        (1, 0, 1.0),
        (2, 0, 1.0),
        (0, 1, 1.0),
        (1, 1, 1.0),
        (2, 2, 1.0),
    ]);
    let sample = sample(Task::TopN, &rows);
    let data = &sample.data;
    let scores = scores(direct("popularity", Task::TopN, &json!({}), data).as_ref(), &[], data);
    let of = |number| scores[item(data, number)];
    // Items 8 and 9 stand in validation and test of all three users: a leak would make them the most popular.
    assert_eq!([of(0), of(1), of(2), of(8), of(9)], [3.0, 2.0, 1.0, 0.0, 0.0]);
}

#[test]
fn item_neighbours_have_the_cosine_worked_by_hand() {
    // Users of item 0: {0, 1, 2}; of 1: {0, 1}; of 2: {2}; of 3: {3}.
    let train =
        [(0, 0, 1.0), (1, 0, 1.0), (2, 0, 1.0), (0, 1, 1.0), (1, 1, 1.0), (2, 2, 1.0), (3, 3, 1.0)];
    let sample = sample(Task::TopN, &with_held_out(&train));
    let data = &sample.data;
    let history = [item(data, 0) as u32];
    let near = |a: f32, b: f64| assert!((f64::from(a) - b).abs() < 1e-6, "{a} is not {b}");
    let all =
        scores(direct("item_knn", Task::TopN, &json!({"k": 10}), data).as_ref(), &history, data);
    near(all[item(data, 1)], 2.0 / (3f64.sqrt() * 2f64.sqrt()));
    near(all[item(data, 2)], 1.0 / 3f64.sqrt());
    near(all[item(data, 3)], 0.0);
    near(all[item(data, 0)], 0.0);
    // With k = 1, item 0 keeps item 1 alone. With shrink 1, the denominator grows by 1.
    let params = json!({"k": 1, "shrink": 1.0});
    let nearest = scores(direct("item_knn", Task::TopN, &params, data).as_ref(), &history, data);
    near(nearest[item(data, 1)], 2.0 / (3f64.sqrt() * 2f64.sqrt() + 1.0));
    near(nearest[item(data, 2)], 0.0);
}

#[test]
fn bias_is_the_damped_deviation_worked_by_hand() {
    // Training ratings: user 0 gives item 0 a 5 and item 1 a 3, user 1 gives item 0 a 4. Mean 4.
    let sample = sample(Task::Rating, &with_held_out(&[(0, 0, 5.0), (0, 1, 3.0), (1, 0, 4.0)]));
    let data = &sample.data;
    let params = json!({"item_damping": 1.0, "user_damping": 2.0});
    let model = direct("bias", Task::Rating, &params, data);
    // b_0 = (1 + 0) / (2 + 1) = 1/3, b_1 = -1 / (1 + 1) = -1/2.
    // User 0: (5 - 4 - 1/3 + 3 - 4 + 1/2) / (2 + 2) = (2/3 - 1/2) / 4 = 1/24.
    let near = |a: f32, b: f64| assert!((f64::from(a) - b).abs() < 1e-6, "{a} is not {b}");
    near(model.rate(0, item(data, 0) as u32), 4.0 + 1.0 / 3.0 + 1.0 / 24.0);
    near(model.rate(0, item(data, 1) as u32), 4.0 - 0.5 + 1.0 / 24.0);
    // An item without training ratings has no deviation.
    near(model.rate(0, item(data, 9) as u32), 4.0 + 1.0 / 24.0);
}
