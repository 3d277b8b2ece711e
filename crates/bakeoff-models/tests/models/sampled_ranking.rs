use bakeoff_models::evaluate::Evaluator;
use bakeoff_spec::{DrawnBy, Fitting, SampledRanking, Scored, Task, Trial};
use serde_json::json;

use crate::samples::{build, checkpoints, models, run, sample, trial, walks};

fn sampled(name: &str, n: u32, by: DrawnBy) -> Trial {
    let entry = bakeoff_models::find(name).unwrap();
    let candidates = Some(SampledRanking { n, by, seed: 1 });
    Trial { candidates, ..trial(entry, Task::TopN, &json!({})) }
}

/// 40 users with 5 of 30 items each.
fn forty() -> crate::samples::Sample {
    let rows = (0..40).flat_map(|user| (0..5).map(move |i| (user, (user * 3 + i * i) % 30, 1.0)));
    sample(Task::TopN, &rows.collect::<Vec<_>>())
}

fn lists(evaluator: &Evaluator<'_>) -> Vec<Vec<u32>> {
    (0..40).map(|user| evaluator.candidates_of(user).unwrap().to_vec()).collect()
}

#[test]
fn every_model_and_seed_ranks_the_same_lists_of_items_that_the_user_has_met_in_no_part() {
    let sample = forty();
    let data = &sample.data;
    for by in [DrawnBy::Uniform, DrawnBy::Popularity] {
        let first = sampled("popularity", 9, by);
        let of = lists(&Evaluator::valid(&first, data));
        for (user, items) in of.iter().enumerate() {
            assert_eq!(items.len(), 9);
            for part in [data.train(), data.valid(), data.test()] {
                assert!(items.iter().all(|item| !part.items_of(user).contains(item)));
            }
        }
        let other = Trial { seed: 9, ..sampled("gru4rec", 9, by) };
        let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert_eq!(alone.install(|| lists(&Evaluator::valid(&other, data))), of);
        assert_ne!(lists(&Evaluator::test(&first, data)), of, "the part decides too");
        let seeded = Some(SampledRanking { n: 9, by, seed: 2 });
        let seeded = Trial { candidates: seeded, ..first };
        assert_ne!(
            lists(&Evaluator::valid(&seeded, data)),
            of,
            "and so does the seed of the lists"
        );
    }
}

#[test]
fn a_target_is_ranked_among_its_candidates_alone() {
    let sample = forty();
    let data = &sample.data;
    let counts = |item: u32| data.train().items.iter().filter(|&&other| other == item).count();
    let trial = sampled("popularity", 4, DrawnBy::Uniform);
    let evaluator = Evaluator::valid(&trial, data);
    let evaluation = evaluator.evaluate(&build(&trial, data)).unwrap();
    let users = (0..40u32).filter(|&user| !data.valid().items_of(user as usize).is_empty());
    let (mut ndcg, mut hit_rate, mut n) = (0.0, 0.0, 0.0);
    for user in users {
        // By the count in training, ties above the target: at most rank 5, so always within 10.
        let target = counts(data.valid().items_of(user as usize)[0]);
        let candidates = evaluator.candidates_of(user).unwrap();
        let n_above = candidates.iter().filter(|&&item| counts(item) >= target).count();
        ndcg += 1.0 / ((n_above + 2) as f64).log2();
        hit_rate += f64::from(u8::from(n_above == 0));
        n += 1.0;
    }
    let score = |name: &str| evaluation.scores[&name.parse().unwrap()];
    assert!((score("ndcg@10") - ndcg / n).abs() < 1e-12);
    assert!((score("hit_rate@1") - hit_rate / n).abs() < 1e-12);
}

#[test]
fn more_candidates_than_there_are_items_give_the_figures_of_full_ranking() {
    // On test, what the user has met in any part is what is seen, and the target.
    for (entry, task) in models() {
        if task != Task::TopN {
            continue;
        }
        let sample = walks(task);
        let full = trial(entry, task, &json!({}));
        let model = build(&full, &sample.data);
        let expected = Evaluator::test(&full, &sample.data).evaluate(&model).unwrap();
        for by in [DrawnBy::Uniform, DrawnBy::Popularity] {
            let trial = sampled(entry.name(), 1000, by);
            let found = Evaluator::test(&trial, &sample.data).evaluate(&model).unwrap();
            assert_eq!(
                (found.scores, found.units),
                (expected.scores.clone(), expected.units.clone())
            );
        }
    }
}

#[test]
fn test_is_scored_from_the_checkpoint_of_the_fit_that_sampled_ranking_chose() {
    let folder = tempfile::tempdir().unwrap();
    let mut search = sampled("bpr_mf", 2, DrawnBy::Uniform);
    search.training.as_mut().unwrap().epochs = 4;
    let searched = run(&search, &checkpoints(folder.path(), &search), &Fitting::default());
    let scored = Trial { scored: Scored::ValidAndTest, ..search };
    let tested = run(&scored, &checkpoints(folder.path(), &scored), &Fitting::default());
    assert!(tested.cost.from_checkpoint);
    assert_eq!(tested.valid, searched.valid);
}
