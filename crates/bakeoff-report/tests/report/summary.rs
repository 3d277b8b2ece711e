//! What the summary says in words, and what it must not say.

use bakeoff_spec::{Cause, DrawnBy, SampledRanking, Scored, Use};
use serde_json::json;

use crate::samples::{Sample, SampleModel, model};

/// The summary of a study, without its heading.
fn summary(sample: &Sample) -> String {
    let markdown = sample.plain().markdown();
    let from = markdown.find("## Summary").unwrap();
    let to = markdown.find("## Comparison").unwrap();
    markdown[from + "## Summary".len()..to].trim().to_owned()
}

fn two(value: f64, other: f64) -> [SampleModel; 2] {
    [model("sasrec", "attention", value), model("gru4rec", "rnn", other)]
}

#[test]
fn a_clear_win_is_called_significant() {
    let models = two(0.12, 0.1);
    insta::assert_snapshot!(summary(&Sample::top_n(&models, &[1, 2, 3], 500)), @r"
    **sasrec** (attention) is best on test: its ndcg@10 is **0.1223**, the mean of 3 replicates (95 % interval over seeds 0.1198 to 0.1249).
    The runner-up is **gru4rec** with 0.1019: the best is 0.0204 (20.0 %) higher.
    Paired over 500 test users, the best's ndcg@10 is on average 0.0204 higher (95 % interval 0.0189 to 0.0219): t test p < 0.001, Wilcoxon p < 0.001.
    The difference is significant at the 5 % level.
    ");
}

#[test]
fn figures_from_sampled_ranking_are_called_that() {
    let mut sample = Sample::top_n(&two(0.12, 0.1), &[1, 2], 40);
    assert!(!sample.plain().markdown().contains("sampled"));
    let sampled = SampledRanking { n: 99, by: DrawnBy::Popularity, seed: 1 };
    sample.plan.spec.evaluation.candidates = Some(sampled);
    let text = summary(&sample);
    let from = text.find("**All ranking").unwrap();
    insta::assert_snapshot!(&text[from..], @r"
    **All ranking figures are from sampled ranking**: a user's targets are ranked among 99 items drawn in proportion to their training counts (seed 1) from those that the user has met in no part, the same for every model and seed.
    Such figures are higher than those of full ranking, not comparable with them, and can order models otherwise (Krichene and Rendle, KDD 2020).
    ");
}

#[test]
fn errors_on_the_scale_of_normalised_ratings_are_called_that() {
    let mut sample = Sample::rating(&two(0.9, 1.0), &[1, 2], 40);
    assert!(!summary(&sample).contains("normalised"));
    let params = [("columns".to_owned(), json!(["rating"])), ("with".to_owned(), json!("z_score"))];
    let step = Use { name: "normalise".into(), revision: 1, params: params.into() };
    sample.plan.recipe.steps.push(step);
    let text = summary(&sample);
    let told = "**Ratings were normalised** (`z_score`): rmse and all other errors are on the new scale, not comparable with";
    assert!(text.contains(told), "{text}");
    let step = sample.plan.recipe.steps.last_mut().unwrap();
    step.params.insert("columns".into(), json!(["age"]));
    assert!(!summary(&sample).contains("normalised"));
}

#[test]
fn a_difference_within_chance_is_called_that() {
    let text = summary(&Sample::top_n(&two(0.1001, 0.1), &[1, 2], 40));
    assert!(text.contains("**not significant** at the 5 % level"), "{text}");
    assert!(!text.contains("is significant"), "{text}");
}

#[test]
fn few_users_make_rough_p_values() {
    let text = summary(&Sample::top_n(&two(0.12, 0.1), &[1, 2], 12));
    assert!(text.contains("With 12 users alone, take these p-values as rough."), "{text}");
}

/// The values and p = 0.1255 are those of a test of `paired_t_test`, from `SciPy`; Holm doubles the p-values of two equal
/// comparisons.
#[test]
fn p_values_are_corrected_for_all_comparisons_with_the_best() {
    let a = [0.50, 0.63, 0.43, 1.0, 0.0, 0.39, 0.36, 0.63, 0.33, 0.50, 0.0, 0.25];
    let b = [0.43, 0.50, 0.43, 0.63, 0.0, 0.43, 0.30, 0.50, 0.39, 0.43, 0.10, 0.18];
    let models = [model("a", "deep", 0.3), model("b", "deep", 0.2), model("c", "deep", 0.1)];
    let mut sample = Sample::top_n(&models, &[1], 12);
    for (label, units) in [("a", a), ("b", b), ("c", b)] {
        for trial in sample.trials_of(label) {
            sample.units.insert(trial.key(), units.to_vec());
        }
    }
    let text = summary(&sample);
    assert!(text.contains("0.0583 higher (95 % interval -0.0191 to 0.1358)"), "{text}");
    assert!(text.contains("t test p = 0.251"), "{text}");
    assert!(text.contains("both corrected after Holm for 2 comparisons"), "{text}");
}

/// Two replicates whose values cancel out: no difference is left in their means, so p is 1.
#[test]
fn tests_see_the_mean_over_replicates() {
    let mut sample = Sample::top_n(&two(0.2, 0.1), &[1, 2], 3);
    for (label, of_seed) in
        [("sasrec", [[0.1, 0.2, 0.3], [0.3, 0.2, 0.1]]), ("gru4rec", [[0.2; 3]; 2])]
    {
        for trial in sample.trials_of(label) {
            sample.units.insert(trial.key(), of_seed[trial.seed as usize - 1].to_vec());
        }
    }
    let text = summary(&sample);
    assert!(
        text.contains("is on average the same: t test p = 1.000, Wilcoxon p = 1.000"),
        "{text}"
    );
}

#[test]
fn lower_is_better_for_ratings() {
    let models = [model("bias", "baseline", 0.95), model("mlp", "deep", 0.90)];
    insta::assert_snapshot!(summary(&Sample::rating(&models, &[1, 2], 500)), @r"
    **mlp** (deep) is best on test: its rmse is **0.9087**, the mean of 2 replicates (95 % interval over seeds 0.8922 to 0.9251).
    The runner-up is **bias** with 0.9562: the best is 0.0475 (5.0 %) lower.
    Paired over 500 test ratings, the best's squared error is on average 0.0887 lower (95 % interval 0.0758 to 0.1015): t test p < 0.001, Wilcoxon p < 0.001.
    The difference is significant at the 5 % level.
    The runner-up is also the best baseline.
    ");
}

#[test]
fn the_best_baseline_is_named_beside_the_runner_up() {
    let models =
        [model("item_knn", "baseline", 0.08), model("popularity", "baseline", 0.04)].into_iter();
    let sample = Sample::top_n(&models.chain(two(0.12, 0.1)).collect::<Vec<_>>(), &[1], 100);
    let text = summary(&sample);
    assert!(text.contains("The best baseline is **item_knn** with 0.0"), "{text}");
    assert!(text.contains("That difference is significant (t test p < 0.001"), "{text}");
}

#[test]
fn a_winning_baseline_is_called_a_baseline() {
    let models = [model("item_knn", "baseline", 0.2), model("mlp", "deep", 0.1)];
    let text = summary(&Sample::top_n(&models, &[1], 100));
    assert!(text.contains("The winner is itself a baseline: no trained model beat it."), "{text}");
}

#[test]
fn another_order_on_validation_is_told() {
    let mut sample = Sample::top_n(&two(0.12, 0.1), &[1], 100);
    let select = sample.plan.select.clone();
    for trial in sample.trials_of("gru4rec") {
        sample.outcomes.get_mut(&trial.key()).unwrap().valid.insert(select.clone(), 0.9);
    }
    let text = summary(&sample);
    assert!(text.contains("On validation **gru4rec** was ahead"), "{text}");
}

#[test]
fn one_seed_says_nothing_of_seeds() {
    let text = summary(&Sample::top_n(&two(0.12, 0.1), &[7], 100));
    assert!(text.contains("nothing can be said of how much the seed matters"), "{text}");
    assert!(!text.contains("over seeds"), "{text}");
}

#[test]
fn without_the_values_of_users_no_certainty_is_claimed() {
    let mut sample = Sample::top_n(&two(0.12, 0.1), &[1, 2], 100);
    let one =
        sample.trials_of("gru4rec").into_iter().find(|trial| trial.scored == Scored::ValidAndTest);
    sample.units.remove(&one.unwrap().key());
    let text = summary(&sample);
    assert!(text.contains("How sure that is cannot be said"), "{text}");
    assert!(!text.contains("significant"), "{text}");
}

#[test]
fn a_single_model_wins_against_nobody() {
    let text = summary(&Sample::top_n(&[model("sasrec", "attention", 0.1)], &[1, 2], 50));
    assert!(text.contains("the only model with a test score"), "{text}");
    assert!(!text.contains("runner-up"), "{text}");
}

#[test]
fn without_a_test_score_there_is_no_winner() {
    let mut sample = Sample::top_n(&two(0.12, 0.1), &[1], 50);
    for label in ["sasrec", "gru4rec"] {
        sample.fail(label, Cause::Crash, |_| true);
    }
    assert_eq!(
        summary(&sample),
        "No model has a test score, so there is no winner.\n\
         Failed, and so without a test score: sasrec, gru4rec."
    );
}

#[test]
fn an_interrupted_study_is_called_unfinished() {
    let mut sample = Sample::top_n(&two(0.12, 0.1), &[1, 2], 50);
    let replicate = sample.trials_of("gru4rec").into_iter().find(|trial| trial.seed == 2).unwrap();
    sample.outcomes.remove(&replicate.key());
    let text = summary(&sample);
    assert!(
        text.contains("The study is not finished: trials of gru4rec have not run yet."),
        "{text}"
    );
}
