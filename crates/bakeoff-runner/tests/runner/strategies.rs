//! What strategies that model the space propose, on functions instead of trials.

use std::collections::BTreeSet;

use bakeoff_runner::search::{Ending, Simulation};
use bakeoff_spec::spec::SearchSpec;
use bakeoff_spec::{Candidate, Choice, Dimension, Domain, Params, Point, Space, State};
use serde_json::{Value, json};

use crate::functions::{Function, REPORTED};

pub(crate) fn spec(name: &str, seed: u64) -> SearchSpec {
    SearchSpec { name: name.into(), seed, ..SearchSpec::default() }
}

pub(crate) fn dimension(name: &str, domain: Domain) -> Dimension {
    Dimension { params: vec![name.into()], domain, when: Vec::new() }
}

pub(crate) fn choice(values: &Value) -> Domain {
    Domain::Choice(values.as_array().unwrap().clone())
}

pub(crate) fn point(candidate: &Candidate) -> &Point {
    let Choice::Point(point) = &candidate.choice else { panic!("{candidate:?}") };
    point
}

pub(crate) fn points(candidates: &[Candidate]) -> Vec<&Point> {
    candidates.iter().map(point).collect()
}

fn function(name: &str) -> &'static Function {
    REPORTED.iter().find(|function| function.name == name).unwrap()
}

fn least(candidates: &[Candidate]) -> f64 {
    candidates.iter().filter_map(Candidate::value).fold(f64::INFINITY, f64::min)
}

fn bits(point: &Point) -> Vec<Option<u64>> {
    point.iter().map(|at| at.map(f64::to_bits)).collect()
}

/// A square of whole numbers.
fn square(side: i64) -> Space {
    let side = || Domain::Int { low: 1, high: side };
    Space { dimensions: vec![dimension("a", side()), dimension("b", side())] }
}

fn number(params: &Params, name: &str) -> f64 {
    params[name].as_f64().unwrap()
}

/// The mean of the best losses of ten searches.
fn mean_of_best(name: &str, function: &Function, n_parallel: usize) -> f64 {
    let best = |seed| {
        let simulation = Simulation::of(&spec(name, seed), (function.space)(), 50);
        let tried = simulation.parallel(n_parallel).carry_out(|params, _| (function.loss)(params));
        least(&tried.unwrap())
    };
    (101..=110).map(best).sum::<f64>() / 10.0
}

#[test]
fn tpe_and_gp_find_better_configurations_than_random() {
    // With conditions, with whole numbers and categories, and with a cliff.
    for (name, worst_share) in [("branin", 0.6), ("network", 0.6), ("surface", 0.7)] {
        let function = function(name);
        let random = mean_of_best("random", function, 1);
        for (strategy, n_parallel) in [("tpe", 1), ("tpe", 8), ("gp", 1), ("gp", 8)] {
            let learned = mean_of_best(strategy, function, n_parallel);
            assert!(learned < worst_share * random, "{strategy} {name}: {learned}, {random}");
        }
    }
}

#[test]
fn conditional_dimensions_are_there_exactly_when_their_condition_holds() {
    let function = function("optimizers");
    let space = (function.space)();
    for strategy in ["tpe", "gp"] {
        let simulation = Simulation::of(&spec(strategy, 1), space.clone(), 60);
        let tried = simulation.carry_out(|params, _| (function.loss)(params)).unwrap();
        for point in points(&tried) {
            // Leaves a dimension out where its condition does not hold; asks for it where it does.
            let same = space.fill(|i, _| Some(point[i].expect("its condition holds")));
            assert_eq!(&same, point);
        }
        let kinds: BTreeSet<u64> =
            points(&tried).iter().map(|point| point[0].unwrap() as u64).collect();
        assert_eq!(kinds.len(), 3, "every branch is looked at");
    }
}

#[test]
fn a_small_space_is_used_up_without_a_point_tried_twice() {
    for strategy in ["random", "tpe", "gp"] {
        for n_parallel in [1, 5] {
            let simulation =
                Simulation::of(&spec(strategy, 3), square(4), 100).parallel(n_parallel);
            let tried = simulation.carry_out(|params, _| number(params, "a")).unwrap();
            let different: BTreeSet<_> = points(&tried).into_iter().map(bits).collect();
            assert_eq!((tried.len(), different.len()), (16, 16), "{strategy}");
        }
    }
}

#[test]
fn what_a_constraint_refuses_is_not_proposed() {
    let is_allowed = |params: &Params| number(params, "a") * number(params, "b") % 3.0 == 0.0;
    for strategy in ["random", "tpe", "gp"] {
        let simulation = Simulation::of(&spec(strategy, 1), square(30), 60).allowing(is_allowed);
        // The best of all would be refused.
        let tried = simulation
            .carry_out(|params, _| {
                assert!(is_allowed(params), "{strategy}: {params:?}");
                (number(params, "a") - 10.0).abs() + (number(params, "b") - 10.0).abs()
            })
            .unwrap();
        assert_eq!(tried.len(), 60);
        assert!(least(&tried) >= 1.0);
        assert!(strategy == "random" || least(&tried) <= 3.0, "{strategy}: {}", least(&tried));
    }
    let none = Simulation::of(&spec("tpe", 1), square(30), 60).allowing(|_| false);
    assert_eq!(none.carry_out(|_, _| 0.0).unwrap(), []);
}

#[test]
fn the_same_history_gives_the_same_proposal_whatever_the_budget() {
    let function = function("optimizers");
    for strategy in ["tpe", "gp"] {
        let tried = |seed, n_trials| {
            let simulation = Simulation::of(&spec(strategy, seed), (function.space)(), n_trials);
            simulation.carry_out(|params, _| (function.loss)(params)).unwrap()
        };
        let long = tried(1, 40);
        assert_eq!(tried(1, 40), long);
        assert_eq!(tried(1, 25), long[..25]);
        assert_ne!(tried(2, 25), long[..25]);
    }
}

#[test]
fn a_deterministic_search_sees_no_result_before_its_lag_and_does_not_depend_on_slots() {
    let (function, lag, other) = (function("surface"), 4, 20);
    for strategy in ["tpe", "gp"] {
        let tried = |n_parallel: usize, change: f64| {
            let spec = SearchSpec { deterministic: true, lag: lag as u32, ..spec(strategy, 1) };
            let mut number = 0;
            let simulation = Simulation::of(&spec, (function.space)(), 60).parallel(n_parallel);
            let tried = simulation.carry_out(|params, _| {
                number += 1;
                let change = if number == other + 1 { change } else { 0.0 };
                (function.loss)(params) + change
            });
            tried.unwrap()
        };
        let one = tried(1, 0.0);
        assert_eq!(points(&tried(4, 0.0)), points(&one));
        assert_eq!(points(&tried(16, 0.0)), points(&one));
        // Whatever trial 20 comes to, those before trial 24 are the same, and some later one is not.
        let changed = tried(1, -10.0);
        let known_from = other + lag;
        assert_eq!(points(&changed)[..known_from], points(&one)[..known_from]);
        assert_ne!(points(&changed)[known_from..], points(&one)[known_from..]);
    }
}

#[test]
fn failed_and_pruned_trials_are_kept_away_from() {
    let x = || Domain::Uniform { low: 0.0, high: 1.0 };
    let space = Space { dimensions: vec![dimension("x", x()), dimension("y", x())] };
    for strategy in ["tpe", "gp"] {
        let mut n_bad = [0; 2];
        let simulation = Simulation::of(&spec(strategy, 1), space.clone(), 80);
        let mut n = 0;
        let tried = simulation.carry_out(|params, _| {
            let (x, y) = (number(params, "x"), number(params, "y"));
            // The loss would fall towards a half of the space where every trial fails or is pruned.
            let loss = (x - 0.45).powi(2) + (y - 0.5).powi(2);
            n += 1;
            n_bad[usize::from(n > 40)] += u32::from(x > 0.5);
            match (x > 0.5, y > 0.5) {
                (true, true) => Ending { state: State::Failed, loss: None, against: None },
                (true, false) => {
                    let state = State::Pruned { epoch: 1 };
                    Ending { state, loss: Some(loss - 1.0), against: None }
                }
                _ => loss.into(),
            }
        });
        assert!(least(&tried.unwrap()) < 0.01);
        assert!(n_bad[1] < 12, "{strategy}: {n_bad:?} of 40 and 40");
    }
}

#[test]
fn with_two_objectives_the_front_is_approached() {
    let x = || Domain::Uniform { low: -2.0, high: 2.0 };
    let names = ["x", "y", "z"];
    let space = Space { dimensions: names.map(|name| dimension(name, x())).into() };
    // On the front y and z are 0 and x lies between 0 and 1.
    let losses = |params: &Params| {
        let [x, y, z] = names.map(|name| number(params, name));
        [0.0, 1.0].map(|best| (x - best).powi(2) + y * y + z * z)
    };
    // The best of either objective, whichever is worse: a search of the first alone leaves the second behind.
    let worse_end = |strategy: &str| -> f64 {
        let of_seed = |seed| {
            let mut least = [f64::INFINITY; 2];
            let simulation = Simulation::of(&spec(strategy, seed), space.clone(), 60);
            let tried = simulation.carry_out(|params, _| {
                let [loss, against] = losses(params);
                least = [least[0].min(loss), least[1].min(against)];
                Ending { state: State::Completed, loss: Some(loss), against: Some(against) }
            });
            assert_eq!(tried.unwrap().len(), 60);
            least[0].max(least[1])
        };
        (1..=8).map(of_seed).sum::<f64>() / 8.0
    };
    let random = worse_end("random");
    for strategy in ["tpe", "gp"] {
        let learned = worse_end(strategy);
        assert!(learned < 0.4 * random, "{strategy}: {learned}, random: {random}");
    }
}

#[test]
fn parameters_out_of_range_are_refused() {
    for params in [json!({"good_share": 0.9}), json!({"n_samples": -1}), json!({"gamma": 0.1})] {
        let params = serde_json::from_value(params).unwrap();
        let spec = SearchSpec { params, ..spec("tpe", 1) };
        assert!(Simulation::of(&spec, square(3), 5).carry_out(|_, _| 0.0).is_err());
    }
}
