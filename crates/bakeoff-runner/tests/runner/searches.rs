//! What searches propose to real workers, with budgets and pruning, and after a coordinator is gone.

use bakeoff_runner::{Stop, study};
use bakeoff_spec::study::{device_secs, spans};
use bakeoff_spec::{Candidate, Dimension, Domain, Params, Plan, RunEvent, State, Study};
use bakeoff_store::{Folder, Journal};
use serde_json::{Value, json};

use crate::stub::{Bench, plan, searched, value};

/// What a search tried, in order.
fn tried(plan: &Plan, study: &Study) -> Vec<(Params, Option<u32>)> {
    let model = &plan.models[0];
    let of = |one: &Candidate| (model.varied(&one.choice), one.epochs);
    study.models[0].candidates.iter().map(of).collect()
}

fn sections(search: &Value, trials: u32, slots: u32) -> Value {
    json!({
        "search": search,
        "budget": {"trials": trials},
        "schedule": {"devices": "cpu", "slots": slots},
    })
}

#[test]
fn random_search_proposes_the_same_in_the_same_order_however_many_slots_there_are() {
    let sweep = |slots, seed: u64| {
        let search = json!({"name": "random", "seed": seed});
        let plan = searched("climber", value(), &sections(&search, 8, slots));
        let study = Bench::begin().sweep(&plan).study.unwrap();
        assert_eq!(study.models[0].n_configurations(), 8);
        tried(&plan, &study)
    };
    let first = sweep(1, 1);
    assert_eq!(first, sweep(3, 1));
    assert_ne!(first, sweep(1, 2));
    let mut values: Vec<String> =
        first.iter().map(|(params, _)| params["value"].to_string()).collect();
    values.sort();
    values.dedup();
    assert_eq!(values.len(), 8, "none twice");
}

#[test]
fn a_larger_budget_goes_on_where_the_smaller_one_ended() {
    for name in ["random", "asha"] {
        let bench = Bench::begin();
        let small = searched("climber", value(), &sections(&json!({"name": name}), 6, 2));
        let first = bench.sweep(&small).study.unwrap();
        let n_runs = bench.runs().len();
        let large = searched("climber", value(), &sections(&json!({"name": name}), 12, 2));
        let second = bench.sweep(&large).study.unwrap();
        let before = tried(&small, &first);
        assert_eq!(tried(&large, &second)[..before.len()], before, "{name}");
        assert_eq!(second.models[0].n_configurations(), 12);
        let n_new = second.models[0].candidates.len() - before.len();
        // And the replicate of the winner, if that is another one now.
        assert!(bench.runs().len() - n_runs <= n_new + 1, "{name}: something ran twice");
    }
}

#[test]
fn a_smaller_budget_ends_where_it_would_have_ended_alone() {
    for name in ["tpe", "asha"] {
        let bench = Bench::begin();
        let with =
            |trials| searched("climber", value(), &sections(&json!({"name": name}), trials, 1));
        let (small, large) = (with(9), with(16));
        let alone = tried(&small, &Bench::begin().sweep(&small).study.unwrap());
        let first = tried(&large, &bench.sweep(&large).study.unwrap());
        let n_runs = bench.runs().len();
        let swept = bench.sweep(&small).study.unwrap();
        assert_eq!(swept.models[0].n_configurations(), 9, "{name}");
        assert_eq!(tried(&small, &swept), alone, "{name}");
        // At most the replicate of a winner that the larger search has not, and for rungs what goes up earlier.
        assert!(bench.runs().len() - n_runs <= 4, "{name}");
        let again = bench.sweep(&small).study.unwrap();
        assert_eq!(tried(&small, &again), alone, "{name}");
        assert_eq!(tried(&large, &bench.sweep(&large).study.unwrap()), first, "{name}");
    }
}

#[test]
fn a_journal_that_says_what_the_space_does_not_hold_is_followed_up_to_there() {
    let bench = Bench::begin();
    let plan = searched("climber", value(), &sections(&json!({"name": "tpe"}), 6, 1));
    let first = tried(&plan, &bench.sweep(&plan).study.unwrap());
    let searches = bench.dir.join("store/searches");
    let name = std::fs::read_dir(&searches).unwrap().next().unwrap().unwrap().path();
    let key = name.file_stem().unwrap().to_str().unwrap().to_owned();
    let folder = Folder::at(bench.dir.join("store"));
    let entries = folder.read_journal(&key).unwrap().entries;
    let (mut journal, _) = Journal::open(&folder, &key).unwrap();
    journal.keep(3).unwrap();
    journal
        .append(&json!({"number": 3, "point": [99.0], "epochs": null, "continues": null}))
        .unwrap();
    journal.append(&entries[4]).unwrap();
    drop(journal);
    assert_eq!(tried(&plan, &bench.sweep(&plan).study.unwrap()), first);
    assert_eq!(folder.read_journal(&key).unwrap().entries, entries, "mended");
}

#[test]
fn asynchronous_halving_trains_the_best_longer_and_from_where_they_were() {
    let bench = Bench::begin();
    let plan = searched("climber", value(), &sections(&json!({"name": "asha"}), 27, 2));
    let study = bench.sweep(&plan).study.unwrap();
    let model = &study.models[0];
    assert_eq!(model.n_configurations(), 27);
    let on_rung =
        |epochs| model.candidates.iter().filter(|one| one.epochs == epochs).collect::<Vec<_>>();
    let (low, middle, high) = (on_rung(Some(1)), on_rung(Some(3)), on_rung(None));
    assert_eq!(low.len(), 27);
    // Who is among the best third changes while results come in: some more go up than a third of all in the end.
    assert!((9..=14).contains(&middle.len()), "{}", middle.len());
    assert!((3..=6).contains(&high.len()), "{}", high.len());
    for candidate in middle.iter().chain(&high) {
        let from = &model.candidates[candidate.continues.unwrap()];
        assert_eq!(from.choice, candidate.choice);
        assert_eq!(from.epochs, if candidate.epochs.is_some() { Some(1) } else { Some(3) });
    }
    // The best of all was found, with a fraction of 27 · 9 epochs.
    let values = tried(&plan, &study);
    let best =
        values.iter().map(|(params, _)| params["value"].as_f64().unwrap()).fold(0.0, f64::max);
    let winner = plan.models[0].varied(&model.winner().unwrap().choice);
    assert!((winner["value"].as_f64().unwrap() - best).abs() < 1e-12);
    // The longest fit knew both shorter ones; only what may be promoted is kept for going on.
    let longest: Vec<String> =
        bench.fits().into_iter().filter(|fit| fit.starts_with("9 ")).collect();
    assert!(longest.iter().any(|fit| fit.ends_with(" 2 false")), "{longest:?}");
    assert!(bench.fits().iter().any(|fit| fit.starts_with("1 ") && fit.ends_with(" 0 true")));
}

#[test]
fn synchronous_halving_judges_a_rung_when_all_of_it_has_ended() {
    let search = json!({"name": "successive_halving"});
    let plan = searched("climber", value(), &sections(&search, 9, 2));
    let study = Bench::begin().sweep(&plan).study.unwrap();
    let rungs: Vec<Option<u32>> =
        study.models[0].candidates.iter().map(|candidate| candidate.epochs).collect();
    let expected: Vec<Option<u32>> = [vec![Some(1); 9], vec![Some(3); 3], vec![None; 1]].concat();
    assert_eq!(rungs, expected);
}

#[test]
fn a_deterministic_search_tries_the_same_on_one_slot_and_on_three() {
    let sweep = |slots| {
        let search = json!({"name": "asha", "deterministic": true, "lag": 3});
        let plan = searched("climber", value(), &sections(&search, 12, slots));
        let study = Bench::begin().sweep(&plan).study.unwrap();
        tried(&plan, &study)
    };
    assert_eq!(sweep(1), sweep(3));
}

#[test]
fn pruning_stops_what_falls_behind_and_the_winner_is_the_same() {
    let prune = json!({"name": "median", "params": {"n_startup": 3}});
    let with = json!({"name": "random", "deterministic": true, "lag": 1, "prune": prune});
    let bench = Bench::begin();
    let plan = searched("climber", value(), &sections(&with, 12, 1));
    let study = bench.sweep(&plan).study.unwrap();
    let states = |study: &Study| {
        let briefs = study.models[0].candidates.iter().map(|one| one.brief.clone().unwrap());
        briefs.map(|brief| brief.state).collect::<Vec<_>>()
    };
    let pruned = |state: &State| matches!(state, State::Pruned { epoch: 1 });
    assert!(states(&study).iter().filter(|state| pruned(state)).count() >= 3);
    let whole = searched("climber", value(), &sections(&json!({"name": "random"}), 12, 1));
    // A trial that a rule stopped has not run for those without the rule.
    let n_runs = bench.runs().len();
    let unpruned = bench.sweep(&whole).study.unwrap();
    let n_pruned = states(&study).iter().filter(|state| pruned(state)).count();
    assert_eq!(bench.runs().len(), n_runs + n_pruned);
    assert!(states(&unpruned).iter().all(|state| *state == State::Completed));
    assert_eq!(unpruned.models[0].chosen, study.models[0].chosen);
}

#[test]
fn a_deterministic_search_prunes_the_same_on_one_slot_and_on_three() {
    let sweep = |slots| {
        let prune = json!({"name": "median", "params": {"n_startup": 3}});
        let search = json!({"name": "random", "deterministic": true, "lag": 2, "prune": prune});
        let plan = searched("climber", value(), &sections(&search, 14, slots));
        let study = Bench::begin().sweep(&plan).study.unwrap();
        let briefs = study.models[0].candidates.iter().map(|one| one.brief.clone().unwrap());
        briefs.map(|brief| (brief.state, brief.selected)).collect::<Vec<_>>()
    };
    let alone = sweep(1);
    assert!(alone.iter().any(|(state, _)| matches!(state, State::Pruned { .. })));
    assert_eq!(alone, sweep(3));
}

#[test]
fn a_search_goes_on_after_a_stop_with_what_it_had_proposed() {
    let bench = Bench::begin();
    let plan = searched("climber", value(), &sections(&json!({"name": "asha"}), 12, 2));
    let stop = Stop::default();
    let wish = stop.clone();
    let mut n_finished = 0;
    let swept = bench.sweep_until(&plan, &stop, move |event| {
        n_finished += u32::from(matches!(event, RunEvent::TrialFinished { .. }));
        if n_finished == 5 {
            wish.request();
            wish.request();
        }
    });
    let before = tried(&plan, &swept.study.unwrap());
    assert!(before.len() < 13);
    // Reading shows what is there and proposes nothing.
    let folder = Folder::at(bench.dir.join("store"));
    let read = study(&plan, &folder).unwrap();
    assert_eq!(tried(&plan, &read), before);
    assert!(!read.models[0].is_searched);
    let after = bench.sweep(&plan).study.unwrap();
    assert_eq!(tried(&plan, &after)[..before.len()], before);
    let read = study(&plan, &folder).unwrap();
    assert_eq!((read.models, read.failures), (after.models, after.failures));
}

#[test]
fn listed_configurations_come_first_and_count() {
    let mut plan = searched("climber", value(), &sections(&json!({"name": "random"}), 3, 1));
    let listed: Params = serde_json::from_value(json!({"value": 0.25})).unwrap();
    plan.models[0].listed = vec![listed.clone()];
    let study = Bench::begin().sweep(&plan).study.unwrap();
    assert_eq!(tried(&plan, &study)[0].0, listed);
    assert_eq!(study.models[0].candidates.len(), 3);
    plan.models[0].is_listed_only = true;
    let study = Bench::begin().sweep(&plan).study.unwrap();
    assert_eq!(study.models[0].candidates.len(), 1);
}

#[test]
fn a_grid_larger_than_the_budget_is_drawn_from_and_one_with_real_dimensions_is_sampled() {
    let values = (0..50).map(|i| json!(f64::from(i) / 50.0)).collect();
    let choices =
        |params: &str, domain| Dimension { params: vec![params.into()], domain, when: Vec::new() };
    let choice = choices("value", Domain::Choice(values));
    let drawn =
        searched("climber", vec![choice.clone()], &sections(&json!({"name": "grid"}), 10, 2));
    let study = Bench::begin().sweep(&drawn).study.unwrap();
    let once = tried(&drawn, &study);
    assert_eq!(once.len(), 10);
    assert!(once.iter().enumerate().all(|(i, one)| !once[..i].contains(one)));
    assert_eq!(tried(&drawn, &Bench::begin().sweep(&drawn).study.unwrap()), once);
    let real = choices("x", Domain::Uniform { low: 0.0, high: 1.0 });
    let few = choices("value", Domain::Choice(vec![json!(0.1), json!(0.2)]));
    let search = json!({"name": "grid", "params": {"samples": 3}});
    let partial = searched("climber", vec![few, real], &json!({"search": search}));
    let study = Bench::begin().sweep(&partial).study.unwrap();
    assert_eq!(study.models[0].candidates.len(), 6);
}

#[test]
fn a_budget_of_time_is_used_up_and_not_much_more() {
    let sections = json!({
        "search": {"name": "random"},
        "budget": {"device_time_secs": 2},
        "schedule": {"devices": "cpu", "slots": 2},
    });
    let bench = Bench::begin();
    let plan = searched("slow", value(), &sections);
    let study = bench.sweep(&plan).study.unwrap();
    let model = &study.models[0];
    // Trials of 0.4 s: the sixth begins before the fifth, at the latest, has used up the budget.
    assert!((5..=8).contains(&model.candidates.len()), "{}", model.candidates.len());
    assert!(device_secs(&spans(&model.candidates)) >= 2.0);
    let n_runs = bench.runs().len();
    let again = bench.sweep(&plan).study.unwrap();
    assert_eq!((bench.runs().len(), again.models), (n_runs, study.models));
}

#[test]
fn a_grid_that_ends_before_its_time_stays_ended() {
    let sections = json!({
        "search": {"name": "grid", "params": {"samples": 2}},
        "budget": {"device_time_secs": 600},
        "schedule": {"devices": "cpu", "slots": 2},
    });
    let real = Dimension { params: vec!["x".into()], ..value().remove(0) };
    let few =
        Dimension { domain: Domain::Choice(vec![json!(0.1), json!(0.2)]), ..value().remove(0) };
    let bench = Bench::begin();
    let plan = searched("climber", vec![few, real], &sections);
    let swept = bench.sweep(&plan).study.unwrap();
    assert_eq!(swept.models[0].candidates.len(), 4);
    let n_runs = bench.runs().len();
    let read = study(&plan, &Folder::at(bench.dir.join("store"))).unwrap();
    assert_eq!((&read.models, read.models[0].is_searched), (&swept.models, true));
    let again = bench.sweep(&plan).study.unwrap();
    assert_eq!((bench.runs().len(), again.models), (n_runs, swept.models));
}

#[test]
fn attempts_that_came_to_nothing_count_towards_a_budget_of_time() {
    let sections = json!({
        "search": {"name": "random"},
        "budget": {"device_time_secs": 2},
        "schedule": {"devices": "cpu", "slots": 1, "timeout_secs": 1, "retries": 2},
    });
    let bench = Bench::begin();
    bench.sweep(&searched("endless", value(), &sections)).study.unwrap();
    // Three attempts of a second each: nothing else begins.
    assert_eq!(bench.runs().len(), 3);
}

#[test]
fn two_objectives_leave_a_front_and_all_of_it_is_tested() {
    let mut plan = plan(&[("quick", &[0.1, 0.2, 0.3])], &json!({"devices": "cpu", "slots": 1}));
    plan.against = bakeoff_spec::Objective::cost("size");
    let bench = Bench::begin();
    let study = bench.sweep(&plan).study.unwrap();
    // Stubs are all of the same size: the best is the front.
    assert_eq!((study.models[0].chosen, study.models[0].front.len()), (Some(2), 0));
    let mut candidates = study.models[0].candidates.clone();
    for (candidate, size) in candidates.iter_mut().zip([10.0, 20.0, 30.0]) {
        candidate.brief.as_mut().unwrap().against = Some(size);
    }
    assert_eq!(plan.front(&candidates), [2, 1, 0]);
    candidates[1].brief.as_mut().unwrap().against = Some(40.0);
    assert_eq!(plan.front(&candidates), [2, 0]);
}
