//! Functions that searches are measured on: less is better. `tools/peers/functions.py` says the same in Python.

use std::f64::consts::{E, PI};

use bakeoff_spec::{Dimension, Domain, Params, Space};
use serde_json::{Value, json};

/// A function and where it is searched.
#[derive(Clone, Copy)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) space: fn() -> Space,
    pub(crate) loss: fn(&Params) -> f64,
}

/// What figures are reported of.
pub(crate) const REPORTED: &[Function] = &[
    Function { name: "branin", space: branin_space, loss: branin },
    Function { name: "hartmann6", space: || reals(6, 0.0, 1.0), loss: hartmann6 },
    Function { name: "rosenbrock4_log", space: rosenbrock_space, loss: rosenbrock4_log },
    Function { name: "optimizers", space: optimizers_space, loss: optimizers },
    Function { name: "network", space: network_space, loss: network },
    Function { name: "surface", space: surface_space, loss: surface },
];

/// What parameters of strategies were chosen on: none of the above.
pub(crate) const TUNING: &[Function] = &[
    Function { name: "camel", space: || reals(2, -2.0, 2.0), loss: camel },
    Function { name: "styblinski5", space: || reals(5, -5.0, 5.0), loss: styblinski5 },
    Function { name: "ackley4_log", space: ackley_space, loss: ackley4_log },
    Function { name: "tree", space: tree_space, loss: tree },
    Function { name: "losses", space: losses_space, loss: losses },
    Function { name: "forest", space: forest_space, loss: forest },
    Function { name: "slope", space: slope_space, loss: slope },
];

fn dimension(name: &str, domain: Domain) -> Dimension {
    Dimension { params: vec![name.into()], domain, when: Vec::new() }
}

fn when(name: &str, domain: Domain, condition: (&str, &[&str])) -> Dimension {
    let values = condition.1.iter().map(|&value| value.into()).collect();
    Dimension { when: vec![(condition.0.into(), values)], ..dimension(name, domain) }
}

fn choice(values: &Value) -> Domain {
    Domain::Choice(values.as_array().expect("written as a list").clone())
}

fn uniform(low: f64, high: f64) -> Domain {
    Domain::Uniform { low, high }
}

fn log(low: f64, high: f64) -> Domain {
    Domain::LogUniform { low, high }
}

fn reals(n: usize, low: f64, high: f64) -> Space {
    let of = |i| dimension(&format!("x{i}"), uniform(low, high));
    Space { dimensions: (0..n).map(of).collect() }
}

fn number(params: &Params, name: &str) -> f64 {
    params[name].as_f64().expect("a number of the space")
}

fn word<'a>(params: &'a Params, name: &str) -> &'a str {
    params[name].as_str().expect("a word of the space")
}

fn xs(params: &Params) -> Vec<f64> {
    (0..).map_while(|i| params.get(&format!("x{i}"))?.as_f64()).collect()
}

fn branin_space() -> Space {
    let dimensions =
        vec![dimension("x0", uniform(-5.0, 10.0)), dimension("x1", uniform(0.0, 15.0))];
    Space { dimensions }
}

/// Least 0.398, three times.
fn branin(params: &Params) -> f64 {
    let [x, y] = [number(params, "x0"), number(params, "x1")];
    (y - 5.1 / (4.0 * PI * PI) * x * x + 5.0 / PI * x - 6.0).powi(2)
        + 10.0 * (1.0 - 1.0 / (8.0 * PI)) * x.cos()
        + 10.0
}

/// Least -3.322.
fn hartmann6(params: &Params) -> f64 {
    const ALPHA: [f64; 4] = [1.0, 1.2, 3.0, 3.2];
    const A: [[f64; 6]; 4] = [
        [10.0, 3.0, 17.0, 3.5, 1.7, 8.0],
        [0.05, 10.0, 17.0, 0.1, 8.0, 14.0],
        [3.0, 3.5, 1.7, 10.0, 17.0, 8.0],
        [17.0, 8.0, 0.05, 10.0, 0.1, 14.0],
    ];
    const P: [[f64; 6]; 4] = [
        [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
        [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
        [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
        [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
    ];
    let x = xs(params);
    let bump = |i: usize| {
        let distance: f64 = (0..6).map(|j| A[i][j] * (x[j] - P[i][j]).powi(2)).sum();
        ALPHA[i] * (-distance).exp()
    };
    -(0..4).map(bump).sum::<f64>()
}

fn rosenbrock_space() -> Space {
    let scale = dimension("scale", log(0.01, 100.0));
    let mut dimensions = vec![scale];
    dimensions.extend((0..3).map(|i| dimension(&format!("x{i}"), uniform(-2.0, 2.0))));
    Space { dimensions }
}

/// A curved valley in four dimensions, the first of them logarithmic; least 0.
fn rosenbrock4_log(params: &Params) -> f64 {
    let mut x = vec![number(params, "scale").log10()];
    x.extend(xs(params));
    x.windows(2).map(|x| 100.0 * (x[1] - x[0] * x[0]).powi(2) + (1.0 - x[0]).powi(2)).sum()
}

fn optimizers_space() -> Space {
    Space {
        dimensions: vec![
            dimension("optimizer", choice(&json!(["adam", "sgd", "adagrad"]))),
            dimension("weight_decay", log(1e-8, 1e-1)),
            when("adam_rate", log(1e-5, 1e-1), ("optimizer", &["adam"])),
            when("beta", uniform(0.5, 0.999), ("optimizer", &["adam"])),
            when("sgd_rate", log(1e-4, 10.0), ("optimizer", &["sgd"])),
            when("momentum", uniform(0.0, 0.99), ("optimizer", &["sgd"])),
            when("nesterov", choice(&json!(["yes", "no"])), ("optimizer", &["sgd"])),
            when("adagrad_rate", log(1e-4, 1.0), ("optimizer", &["adagrad"])),
        ],
    }
}

/// Every optimizer has an optimum of its own, and the best of them the narrowest; least 0.1.
fn optimizers(params: &Params) -> f64 {
    let at = |name: &str| number(params, name);
    let decay = at("weight_decay").log10();
    match word(params, "optimizer") {
        "adam" => {
            let rate = at("adam_rate").log10();
            0.15 + 0.08 * (rate + 3.0).powi(2)
                + 0.5 * (at("beta") - 0.9).powi(2)
                + 0.01 * (decay + 6.0).powi(2)
        }
        "sgd" => {
            // The step is the rate over what momentum forgets.
            let step = at("sgd_rate").log10() - (1.0 - at("momentum")).log10();
            let plain = if word(params, "nesterov") == "yes" { 0.0 } else { 0.02 };
            0.1 + 0.15 * step.powi(2) + plain + 0.02 * (decay + 4.0).powi(2)
        }
        _ => 0.2 + 0.05 * (at("adagrad_rate").log10() + 1.5).powi(2) + 0.01 * (decay + 5.0).powi(2),
    }
}

fn network_space() -> Space {
    Space {
        dimensions: vec![
            dimension("n_layers", Domain::Int { low: 1, high: 6 }),
            dimension("hidden", Domain::LogInt { low: 8, high: 1024 }),
            dimension("activation", choice(&json!(["relu", "tanh", "gelu", "sigmoid"]))),
            dimension("norm", choice(&json!(["none", "layer", "batch"]))),
            dimension("dropout", Domain::Quantized { low: 0.0, high: 0.8, step: 0.05 }),
            dimension("batch_size", choice(&json!([32, 64, 128, 256, 512]))),
            dimension("learning_rate", log(1e-5, 1.0)),
        ],
    }
}

/// Whole numbers and categories that depend on each other; least about 0.
fn network(params: &Params) -> f64 {
    let at = |name: &str| number(params, name);
    let (layers, width) = (at("n_layers"), at("hidden").log2());
    let activation = match word(params, "activation") {
        "relu" => 0.1,
        "tanh" => 0.25,
        "gelu" => 0.0,
        _ => 0.2 * layers,
    };
    let norm = match word(params, "norm") {
        "none" => 0.1 * (layers - 1.0),
        "layer" => 0.0,
        _ => {
            if at("batch_size") < 128.0 {
                0.3
            } else {
                0.05
            }
        }
    };
    // The larger the network, the more dropout and the smaller a rate it wants; the larger a batch, the larger a rate.
    let size = width + layers - 10.0;
    let dropout = (at("dropout") - (0.3 + 0.08 * size)).powi(2);
    let best_rate = -2.5 - 0.2 * size + 0.3 * (at("batch_size").log2() - 7.0);
    let rate = (at("learning_rate").log10() - best_rate).powi(2);
    activation
        + norm
        + 0.05 * size.powi(2)
        + 0.03 * (layers - 3.0).powi(2)
        + 1.5 * dropout
        + 0.2 * rate
}

fn surface_space() -> Space {
    Space {
        dimensions: vec![
            dimension("learning_rate", log(1e-5, 1.0)),
            dimension("weight_decay", log(1e-8, 1.0)),
            dimension("embedding_dim", Domain::LogInt { low: 4, high: 512 }),
            dimension("dropout", uniform(0.0, 0.9)),
        ],
    }
}

/// An error as of a recommender: a plateau where it learns nothing, a cliff where it diverges, a tilted valley between.
fn surface(params: &Params) -> f64 {
    let at = |name: &str| number(params, name);
    let (rate, decay) = (at("learning_rate").log10(), at("weight_decay").log10());
    let width = at("embedding_dim").log2();
    let best_rate = -1.6 - 0.2 * width;
    if rate > best_rate + 1.2 {
        return 1.0;
    }
    let learned = 1.0 / (1.0 + ((rate - best_rate) / 0.7).powi(2));
    let regularized = (-((decay + 7.0 - 0.5 * width) / 2.0).powi(2)).exp();
    let capacity = 1.0 - (-0.45 * width).exp();
    let kept = 1.0 - (at("dropout") - 0.05 * width).powi(2);
    1.0 - learned * (0.6 + 0.4 * regularized) * capacity * kept
}

fn camel(params: &Params) -> f64 {
    let [x, y] = [number(params, "x0"), number(params, "x1")];
    (4.0 - 2.1 * x * x + x.powi(4) / 3.0) * x * x + x * y + (4.0 * y * y - 4.0) * y * y
}

fn styblinski5(params: &Params) -> f64 {
    xs(params).iter().map(|x| x.powi(4) - 16.0 * x * x + 5.0 * x).sum::<f64>() / 2.0
}

fn ackley_space() -> Space {
    let mut dimensions = vec![dimension("scale", log(1e-4, 10.0))];
    dimensions.extend((0..3).map(|i| dimension(&format!("x{i}"), uniform(-15.0, 30.0))));
    Space { dimensions }
}

fn ackley4_log(params: &Params) -> f64 {
    let mut x = vec![6.0 * (number(params, "scale").log10() + 1.0)];
    x.extend(xs(params));
    let n = x.len() as f64;
    let squares = x.iter().map(|x| x * x).sum::<f64>() / n;
    let waves = x.iter().map(|x| (2.0 * PI * x).cos()).sum::<f64>() / n;
    20.0 + E - 20.0 * (-0.2 * squares.sqrt()).exp() - waves.exp()
}

fn tree_space() -> Space {
    Space {
        dimensions: vec![
            dimension("shape", choice(&json!(["flat", "steep", "wide", "deep"]))),
            when("a", uniform(-3.0, 3.0), ("shape", &["flat"])),
            when("b", log(1e-3, 1e3), ("shape", &["steep", "deep"])),
            when("c", uniform(0.0, 1.0), ("shape", &["deep"])),
            when("d", Domain::Int { low: 0, high: 20 }, ("shape", &["wide"])),
            dimension("shift", uniform(-1.0, 1.0)),
        ],
    }
}

fn tree(params: &Params) -> f64 {
    let at = |name: &str| number(params, name);
    let shift = at("shift");
    match word(params, "shape") {
        "flat" => 0.3 + 0.1 * (at("a") - 1.0).powi(2) + 0.1 * (shift - 0.3).powi(2),
        "steep" => 0.2 + 0.2 * (at("b").log10() - 1.5).powi(2) + 0.2 * (shift + 0.5).powi(2),
        "wide" => 0.4 + 0.01 * (at("d") - 13.0).powi(2) + 0.05 * shift.powi(2),
        _ => {
            let b = at("b").log10();
            0.3 * (b + 1.0 - 2.0 * at("c")).powi(2)
                + 0.5 * (at("c") - 0.8).powi(2)
                + 0.4 * (shift - 0.6).powi(2)
        }
    }
}

fn losses_space() -> Space {
    Space {
        dimensions: vec![
            dimension("loss", choice(&json!(["full", "sampled", "pairwise"]))),
            dimension("rate", log(1e-5, 1.0)),
            when("temperature", log(1e-2, 10.0), ("loss", &["full", "sampled"])),
            when("n_negatives", Domain::LogInt { low: 1, high: 1000 }, ("loss", &["sampled"])),
            when("margin", uniform(0.0, 5.0), ("loss", &["pairwise"])),
            when(
                "sampler",
                choice(&json!(["uniform", "popular"])),
                ("loss", &["sampled", "pairwise"]),
            ),
        ],
    }
}

fn losses(params: &Params) -> f64 {
    let at = |name: &str| number(params, name);
    let rate = at("rate").log10();
    let popular = || if word(params, "sampler") == "popular" { 1.0 } else { 0.0 };
    match word(params, "loss") {
        "full" => 0.2 + 0.1 * (rate + 2.5).powi(2) + 0.1 * at("temperature").log10().powi(2),
        "pairwise" => {
            0.25 + 0.05 * (rate + 1.5).powi(2)
                + 0.02 * (at("margin") - 1.0).powi(2)
                + 0.1 * popular()
        }
        _ => {
            let n = at("n_negatives").log10();
            0.1 + 0.15 * (rate + 3.0 - 0.3 * n).powi(2)
                + 0.2 * (at("temperature").log10() + 1.0).powi(2)
                + 0.05 * (n - 2.5).powi(2)
                + 0.05 * (1.0 - popular())
        }
    }
}

fn forest_space() -> Space {
    Space {
        dimensions: vec![
            dimension("n_trees", Domain::LogInt { low: 10, high: 2000 }),
            dimension("depth", Domain::Int { low: 2, high: 30 }),
            dimension("criterion", choice(&json!(["gini", "entropy", "log"]))),
            dimension("features", choice(&json!(["all", "sqrt", "log2", "half"]))),
            dimension("bootstrap", choice(&json!(["yes", "no"]))),
            dimension("share", Domain::Quantized { low: 0.1, high: 1.0, step: 0.1 }),
            dimension("penalty", log(1e-6, 1.0)),
        ],
    }
}

fn forest(params: &Params) -> f64 {
    let at = |name: &str| number(params, name);
    let criterion = match word(params, "criterion") {
        "gini" => 0.05,
        "entropy" => 0.0,
        _ => 0.12,
    };
    let (wanted, features) = match word(params, "features") {
        "all" => (8.0, 0.2),
        "sqrt" => (18.0, 0.0),
        "log2" => (22.0, 0.03),
        _ => (12.0, 0.08),
    };
    let share = if word(params, "bootstrap") == "yes" { 0.7 } else { 1.0 };
    criterion
        + features
        + 0.3 * ((at("depth") - wanted) / 10.0).powi(2)
        + (at("share") - share).powi(2)
        + 0.05 * (at("penalty").log10() + 3.5 - at("depth") / 15.0).powi(2)
        + 0.5 / at("n_trees").ln()
}

fn slope_space() -> Space {
    Space {
        dimensions: vec![
            dimension("rate", log(1e-6, 10.0)),
            dimension("momentum", uniform(0.0, 0.99)),
            dimension("decay", log(1e-7, 1e-1)),
            dimension("width", Domain::LogInt { low: 8, high: 2048 }),
            dimension("warmup", uniform(0.0, 1.0)),
        ],
    }
}

fn slope(params: &Params) -> f64 {
    let at = |name: &str| number(params, name);
    let step = at("rate").log10() - (1.0 - at("momentum")).log10();
    let width = at("width").log2();
    if step > 0.5 - 0.15 * width + 0.6 * at("warmup") {
        return 2.3;
    }
    let far = step + 1.5 + 0.1 * width;
    2.3 - 2.0 * (-0.4 * far * far).exp() * (1.0 - (-0.3 * width).exp())
        + 0.03 * (at("decay").log10() + 4.0).powi(2)
        + 0.2 * (at("warmup") - 0.3).powi(2)
}
