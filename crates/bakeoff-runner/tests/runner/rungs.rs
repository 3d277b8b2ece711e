//! What strategies that stop weak configurations early propose, and grids, on functions instead of trials.

use std::collections::BTreeSet;

use bakeoff_runner::search::Simulation;
use bakeoff_spec::spec::SearchSpec;
use bakeoff_spec::{Candidate, Choice, Domain, Params, Space};
use serde_json::json;

use crate::strategies::{choice, dimension, point, points, spec};

fn line() -> Space {
    let domain = Domain::Uniform { low: 0.0, high: 1.0 };
    Space { dimensions: vec![dimension("x", domain)] }
}

/// Whoever is better after one epoch is better after many.
fn loss(params: &Params, epochs: Option<u32>) -> f64 {
    params["x"].as_f64().unwrap() + 1.0 / f64::from(epochs.unwrap_or(27))
}

fn tried(strategy: &str, n_trials: u32, n_parallel: usize) -> Vec<Candidate> {
    // Of what 27 epochs are, rungs begin at three by themselves.
    let params = [("min_epochs".into(), json!(1))].into();
    let spec = SearchSpec { params, ..spec(strategy, 1) };
    let simulation = Simulation::of(&spec, line(), n_trials).epochs(27);
    simulation.parallel(n_parallel).carry_out(loss).unwrap()
}

/// Epochs trained, what a trial goes on from not counted.
fn epochs(tried: &[Candidate]) -> u32 {
    let briefs = tried.iter().filter_map(|candidate| candidate.brief.as_ref());
    briefs.map(|brief| brief.epochs - brief.resumed_epoch).sum()
}

/// Of each rung, the candidates that stood on it, in order.
fn rungs(tried: &[Candidate]) -> Vec<Vec<&Candidate>> {
    let on = |epochs: Option<u32>| tried.iter().filter(|one| one.epochs == epochs).collect();
    [Some(1), Some(3), Some(9), None].map(on).into()
}

/// What goes on from another has its point, three times its epochs, and nobody beside it that does the same.
fn assert_chains_are_right(tried: &[Candidate]) {
    let mut gone_on = BTreeSet::new();
    for (number, candidate) in tried.iter().enumerate() {
        let Some(earlier) = candidate.continues else { continue };
        assert!(earlier < number && gone_on.insert(earlier));
        assert_eq!(point(candidate), point(&tried[earlier]));
        assert_eq!(candidate.epochs.unwrap_or(27), 3 * tried[earlier].epochs.unwrap());
    }
}

#[test]
fn asha_promotes_whoever_is_among_the_best_third_of_its_rung_at_the_time() {
    let tried = tried("asha", 60, 1);
    assert_chains_are_right(&tried);
    let begun = tried.iter().filter(|candidate| candidate.continues.is_none());
    assert!(begun.clone().all(|candidate| candidate.epochs == Some(1)));
    assert_eq!(begun.count(), 60);
    for (number, candidate) in tried.iter().enumerate() {
        let Some(earlier) = candidate.continues else { continue };
        // One at a time: everything before has ended.
        let rung = tried[..number].iter().filter(|one| one.epochs == tried[earlier].epochs);
        let n_better = rung.clone().filter(|one| one.value() < tried[earlier].value()).count();
        assert!(n_better < rung.count() / 3, "trial {number}");
    }
    // Nobody who deserves it is left behind: the best of all gets all epochs.
    let best = tried.iter().filter(|one| one.epochs == Some(1));
    let best = best.min_by(|a, b| a.value().unwrap().total_cmp(&b.value().unwrap())).unwrap();
    let whole = &rungs(&tried)[3];
    assert!(whole.iter().any(|one| point(one) == point(best)));
    // 60 × 1, 20 × 2 more, 6 × 6 more and 2 × 18 more; those promoted before better ones came are beside that.
    let (least, all) = (60 + 20 * 2 + 6 * 6 + 2 * 18, 60 * 27);
    assert!((least..all / 4).contains(&epochs(&tried)), "{}", epochs(&tried));
}

#[test]
fn asha_does_not_wait_while_other_trials_are_under_way() {
    let tried = tried("asha", 30, 8);
    assert_chains_are_right(&tried);
    // The first to go up does so as soon as three have ended, beside seven under way.
    let first = tried.iter().position(|candidate| candidate.continues.is_some()).unwrap();
    assert_eq!(first, 10);
    assert!(tried[first].continues.unwrap() < 3);
}

#[test]
fn successive_halving_waits_for_the_whole_rung_and_keeps_exactly_one_in_three() {
    for n_parallel in [1, 8] {
        let tried = tried("successive_halving", 27, n_parallel);
        assert_chains_are_right(&tried);
        let rungs = rungs(&tried);
        assert_eq!(rungs.iter().map(Vec::len).collect::<Vec<_>>(), [27, 9, 3, 1]);
        // 27 × 1, 9 × 2 more, 3 × 6 more, 18 more.
        assert_eq!(epochs(&tried), 81);
        for (rung, next) in rungs.iter().zip(&rungs[1..]) {
            let mut values: Vec<f64> = rung.iter().map(|one| one.value().unwrap()).collect();
            values.sort_by(f64::total_cmp);
            let promoted: BTreeSet<u64> = next
                .iter()
                .map(|one| tried[one.continues.unwrap()].value().unwrap().to_bits())
                .collect();
            let best: BTreeSet<u64> =
                values[..next.len()].iter().map(|value| value.to_bits()).collect();
            assert_eq!(promoted, best);
        }
    }
}

#[test]
fn a_deterministic_search_hides_the_last_results_no_longer_than_there_is_something_else_to_try() {
    for (strategy, n_parallel) in
        [("successive_halving", 1), ("successive_halving", 8), ("asha", 8)]
    {
        let params = [("min_epochs".into(), json!(1))].into();
        let spec = SearchSpec { params, deterministic: true, lag: 8, ..spec(strategy, 1) };
        let simulation = Simulation::of(&spec, line(), 27).epochs(27).parallel(n_parallel);
        let tried = simulation.carry_out(loss).unwrap();
        assert_chains_are_right(&tried);
        let lengths: Vec<usize> = rungs(&tried).iter().map(Vec::len).collect();
        if strategy == "successive_halving" {
            assert_eq!(lengths, [27, 9, 3, 1]);
        } else {
            assert!(lengths[1] >= 9 && lengths[3] >= 1, "{lengths:?}");
        }
    }
}

#[test]
fn hyperband_begins_its_brackets_in_turn_and_promotes_within_them() {
    let spec = spec("hyperband", 1);
    let simulation = Simulation::of(&spec, line(), 17).epochs(9);
    let tried = simulation.carry_out(loss).unwrap();
    let begun: Vec<&Candidate> = tried.iter().filter(|one| one.continues.is_none()).collect();
    let epochs: Vec<Option<u32>> = begun.iter().map(|one| one.epochs).collect();
    let expected = [vec![Some(1); 9], vec![Some(3); 5], vec![None; 3]].concat();
    assert_eq!(epochs, expected);
    // Of nine, at least three go up and one of these; of five at least one.
    let up = |from: u32, bracket: u32| {
        let climbs = |one: &&Candidate| {
            let Some(earlier) = one.continues else { return false };
            let chain = std::iter::successors(Some(earlier), |&number| tried[number].continues);
            let first = chain.last().unwrap();
            tried[earlier].epochs == Some(from) && tried[first].epochs == Some(bracket)
        };
        tried.iter().filter(climbs).count()
    };
    assert!(up(1, 1) >= 3 && up(3, 1) >= 1 && up(3, 3) >= 1);
}

#[test]
fn a_grid_draws_what_cannot_be_counted_at_each_of_its_points() {
    let x = Domain::LogUniform { low: 1e-4, high: 1.0 };
    let kinds = choice(&json!(["a", "b"]));
    let space = Space { dimensions: vec![dimension("kind", kinds), dimension("x", x)] };
    let params = [("samples".into(), json!(3))].into();
    let spec = SearchSpec { params, ..spec("grid", 1) };
    let tried = Simulation::of(&spec, space, 100).carry_out(|_, _| 0.0).unwrap();
    let kinds: Vec<f64> = tried.iter().map(|one| point(one)[0].unwrap()).collect();
    assert_eq!(kinds, [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
    let xs: BTreeSet<u64> = tried.iter().map(|one| point(one)[1].unwrap().to_bits()).collect();
    assert_eq!(xs.len(), 6);
}

#[test]
fn part_of_a_large_grid_is_drawn_without_repeats_and_by_the_seed() {
    let numbers = || Domain::Int { low: 1, high: 10 };
    let dimensions = ["a", "b", "c"].map(|name| dimension(name, numbers()));
    let space = Space { dimensions: dimensions.into() };
    let tried = |seed| {
        let simulation = Simulation::of(&spec("grid", seed), space.clone(), 200);
        simulation.carry_out(|_, _| 0.0).unwrap()
    };
    let one = tried(1);
    let different: BTreeSet<Vec<u64>> = points(&one)
        .into_iter()
        .map(|point| point.iter().map(|at| at.unwrap() as u64).collect())
        .collect();
    assert_eq!((one.len(), different.len()), (200, 200));
    assert_eq!(points(&tried(1)), points(&one));
    assert_ne!(points(&tried(2)), points(&one));
    // A smaller budget has the first of them.
    let simulation = Simulation::of(&spec("grid", 1), space.clone(), 7);
    assert_eq!(points(&simulation.carry_out(|_, _| 0.0).unwrap()), points(&one)[..7]);
    // All but one of a grid, and of it all.
    for n_trials in [999, 1000, 5000] {
        let simulation = Simulation::of(&spec("grid", 1), space.clone(), n_trials);
        let tried = simulation.carry_out(|_, _| 0.0).unwrap();
        assert_eq!(tried.len(), 1000.min(n_trials as usize));
    }
}

#[test]
fn listed_configurations_come_first_and_are_not_tried_again() {
    let space = || {
        let a = Domain::Int { low: 1, high: 3 };
        Space { dimensions: vec![dimension("a", a)] }
    };
    for strategy in ["grid", "random", "tpe", "gp", "asha"] {
        let listed: Vec<Params> = [3, 2].map(|a| Params::from([("a".to_owned(), json!(a))])).into();
        let simulation = Simulation::of(&spec(strategy, 1), space(), 10).listed(listed);
        let mut asked = Vec::new();
        let tried = simulation
            .carry_out(|params, _| {
                asked.push(params["a"].as_u64().unwrap());
                0.0
            })
            .unwrap();
        assert_eq!(asked, [3, 2, 1], "{strategy}");
        assert_eq!([&tried[0].choice, &tried[1].choice], [&Choice::Listed(0), &Choice::Listed(1)]);
    }
}
