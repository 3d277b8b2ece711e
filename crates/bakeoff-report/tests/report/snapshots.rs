//! The whole Markdown of a small study of each task.

use bakeoff_spec::Cause;
use serde_json::json;

use crate::samples::{Sample, model};

#[test]
fn the_report_of_a_ranking_study_reads_well() {
    let models = [
        model("popularity", "baseline", 0.045),
        model("item_knn", "baseline", 0.083).axis("k", &[json!(20), json!(100)]),
        model("sasrec", "attention", 0.0985)
            .axis("hidden", &[json!(32), json!(64)])
            .axis("learning_rate", &[json!(0.001), json!(0.01)]),
        model("caser", "cnn", 0.09),
    ];
    let mut sample = Sample::top_n(&models, &[1, 2, 3], 200);
    sample.fail("caser", Cause::OutOfMemory, |_| true);
    sample.fail("sasrec", Cause::Diverged, |trial| {
        trial.training.as_ref().is_some_and(|training| training.learning_rate > 0.005)
            && trial.model.params["hidden"] == 64
    });
    insta::assert_snapshot!(sample.markdown());
}

#[test]
fn the_report_of_a_rating_study_reads_well() {
    let models = [
        model("bias", "baseline", 0.944),
        model("mlp", "deep", 0.936).axis("learning_rate", &[json!(0.01), json!(0.1)]),
    ];
    insta::assert_snapshot!(Sample::rating(&models, &[1], 1000).markdown());
}
