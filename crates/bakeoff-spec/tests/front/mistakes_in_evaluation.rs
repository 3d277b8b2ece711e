//! Mistakes in metrics, cutoffs and seeds, as a terminal without colour shows them.

use crate::plugins::{GOOD, mistakes, spec_with};

#[test]
fn an_unknown_metric() {
    let spec = spec_with("k: [5, 10]", "metrics: [ndgc, recall]");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x there is no metric `ndgc`
       ,-[/specs/study.yaml:24:13]
    23 | evaluation:
    24 |   metrics: [ndgc, recall]
       :             ^^|^
       :               `-- evaluation.metrics[0]
    25 | replicates:
       `----
     help: did you mean `ndcg`? allowed: `ndcg`, `recall`, `auc`
    ");
}

#[test]
fn a_metric_of_the_other_task() {
    let spec = spec_with("k: [5, 10]", "metrics: [rmse]");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x `rmse` measures the task `rating`, not `top_n`
       ,-[/specs/study.yaml:24:13]
    23 | evaluation:
    24 |   metrics: [rmse]
       :             ^^|^
       :               `-- evaluation.metrics[0]
    25 | replicates:
       `----
     help: metrics of `top_n`: `ndcg`, `recall`, `auc`
    ");
}

#[test]
fn a_cutoff_where_none_belongs() {
    let spec = spec_with("k: [5, 10]", "metrics: [auc@10]");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x `auc` has no cutoff
       ,-[/specs/study.yaml:24:13]
    23 | evaluation:
    24 |   metrics: [auc@10]
       :             ^^^|^^
       :                `-- evaluation.metrics[0]
    25 | replicates:
       `----
     help: write `auc`
    ");
}

#[test]
fn a_selecting_metric_without_its_cutoff() {
    let spec = spec_with("k: [5, 10]", "select: ndcg");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x `ndcg` is taken at a cutoff, and none is given
       ,-[/specs/study.yaml:24:11]
    23 | evaluation:
    24 |   select: ndcg
       :           ^^|^
       :             `-- evaluation.select
    25 | replicates:
       `----
     help: write `ndcg@10`
    ");
}

#[test]
fn a_cutoff_that_is_no_number() {
    let spec = spec_with("k: [5, 10]", "select: ndcg@ten");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x `ndcg@ten` is not a metric: write `name` or `name@k` with k from 1 up, such as `ndcg@10`
       ,-[/specs/study.yaml:24:11]
    23 | evaluation:
    24 |   select: ndcg@ten
       :           ^^^^|^^^
       :               `-- evaluation.select
    25 | replicates:
       `----
    ");
}

#[test]
fn a_cutoff_of_zero() {
    let spec = spec_with("k: [5, 10]", "k: [0, 10]");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x `k[0]` must be a whole number from 1 to 10000, not `0`
       ,-[/specs/study.yaml:24:7]
    23 | evaluation:
    24 |   k: [0, 10]
       :       |
       :       `-- evaluation.k[0]
    25 | replicates:
       `----
    ");
}

#[test]
fn a_metric_in_the_report_that_is_not_computed() {
    let spec = spec_with("k: [5, 10]", "k: [5, 10]\nreport: { metrics: [ndcg@20] }");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x `ndcg@20` is not among the metrics that are computed
       ,-[/specs/study.yaml:25:21]
    24 |   k: [5, 10]
    25 | report: { metrics: [ndcg@20] }
       :                     ^^^|^^^
       :                        `-- report.metrics[0]
    26 | replicates:
       `----
     help: computed are `auc`, `ndcg@5`, `ndcg@10`, `recall@5`, `recall@10`; `evaluation` says which
    ");
}

#[test]
fn a_seed_given_twice() {
    let spec = spec_with("[1, 2]", "[1, 2, 1]");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x the seed 1 is given twice
       ,-[/specs/study.yaml:26:17]
    25 | replicates:
    26 |   seeds: [1, 2, 1]
       :                 |
       :                 `-- replicates.seeds[2]
       `----
     help: equal seeds give equal numbers: they would not be a second replicate
    ");
}

#[test]
fn candidates_that_are_drawn_in_no_known_way() {
    let spec = spec_with("k: [5, 10]", "candidates: { n: 99, by: popular }");
    insta::assert_snapshot!(mistakes(&spec), @r#"
     x `by` must be one of `uniform`, `popularity`, `given`, not the text "popular"
       ,-[/specs/study.yaml:24:28]
    23 | evaluation:
    24 |   candidates: { n: 99, by: popular }
       :                            ^^^|^^^
       :                               `-- evaluation.candidates.by
    25 | replicates:
       `----
     help: How they are drawn, each item at most once.
    "#);
}

#[test]
fn candidates_that_the_source_does_not_give() {
    let spec = spec_with("k: [5, 10]", "candidates: { n: 99, by: given }");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x the source `table` gives no lists of candidates
       ,-[/specs/study.yaml:24:28]
    23 | evaluation:
    24 |   candidates: { n: 99, by: given }
       :                            ^^|^^
       :                              `-- evaluation.candidates.by
    25 | replicates:
       `----
     help: draw them with `by: uniform`; what gives lists: `generated` with `lists`
    ");
}

#[test]
fn candidates_for_ratings() {
    let (data, _) = GOOD.split_once("models:").unwrap();
    let data = data.replace("top_n", "rating");
    let spec = format!("{data}models:\n  - name: mlp\nevaluation:\n  candidates: {{ n: 99 }}\n");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x ratings are predicted, not ranked: there are no candidates
       ,-[/specs/study.yaml:18:3]
    17 | evaluation:
    18 |   candidates: { n: 99 }
       :   ^^^^^|^^^^
       :        `-- evaluation.candidates
       `----
     help: leave `candidates` out, or write `task: top_n`
    ");
}
