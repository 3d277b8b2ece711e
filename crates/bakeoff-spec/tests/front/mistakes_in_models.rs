//! Mistakes in models and their grids, as a terminal without colour shows them.

use crate::plugins::{mistakes, plan, spec_with};

#[test]
fn an_unknown_model() {
    let spec = spec_with("name: sasrec", "name: sasrce");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x there is no model `sasrce`
       ,-[/specs/study.yaml:17:11]
    16 |   - name: popularity
    17 |   - name: sasrce
       :           ^^^|^^
       :              `-- models[1].name
    18 |     params:
       `----
     help: did you mean `sasrec`? allowed: `popularity`, `mlp`, `sasrec`
    ");
}

#[test]
fn a_model_that_cannot_do_the_task() {
    let spec = spec_with("task: top_n", "task: rating");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x `popularity` cannot do the task `rating`
       ,-[/specs/study.yaml:16:11]
    15 | models:
    16 |   - name: popularity
       :           ^^^^^|^^^^
       :                `-- models[0].name
    17 |   - name: sasrec
       `----
     help: it does `top_n`; models for `rating`: `mlp`

     x `sasrec` cannot do the task `rating`
       ,-[/specs/study.yaml:17:11]
    16 |   - name: popularity
    17 |   - name: sasrec
       :           ^^^|^^
       :              `-- models[1].name
    18 |     params:
       `----
     help: it does `top_n`; models for `rating`: `mlp`
    ");
}

#[test]
fn a_misspelt_parameter() {
    let spec = spec_with("learning_rate", "learnig_rate");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x `sasrec` has no parameter `learnig_rate`
       ,-[/specs/study.yaml:22:7]
    21 |       hidden: [32, 64]
    22 |       learnig_rate: [0.001, 0.01]
       :       ^^^^^^|^^^^^
       :             `-- models[1].grid.learnig_rate
    23 | evaluation:
       `----
     help: did you mean `learning_rate`? allowed: `batch_size`, `clip_norm`, `dropout`, `epochs`,
           `eval_every`, `hidden`, `learning_rate`, `loss`, `mixed_share`, `momentum`,
           `n_candidates`, `n_heads`, `n_negatives`, `optimizer`, `patience`, `popularity_power`,
           `sampler`, `weight_decay`
    ");
}

#[test]
fn a_misspelt_fixed_parameter() {
    let spec = spec_with("n_heads: 2", "n_head: 2");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x `sasrec` has no parameter `n_head`
       ,-[/specs/study.yaml:19:7]
    18 |     params:
    19 |       n_head: 2
       :       ^^^|^^
       :          `-- models[1].params.n_head
    20 |     grid:
       `----
     help: did you mean `n_heads`? allowed: `batch_size`, `clip_norm`, `dropout`, `epochs`,
           `eval_every`, `hidden`, `learning_rate`, `loss`, `mixed_share`, `momentum`,
           `n_candidates`, `n_heads`, `n_negatives`, `optimizer`, `patience`, `popularity_power`,
           `sampler`, `weight_decay`
    ");
}

#[test]
fn a_training_setting_on_a_model_without_gradients() {
    let spec =
        spec_with("  - name: popularity", "  - name: popularity\n    grid: { epochs: [1, 2] }");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x `popularity` is not trained by gradients: it has no `epochs`
       ,-[/specs/study.yaml:17:13]
    16 |   - name: popularity
    17 |     grid: { epochs: [1, 2] }
       :             ^^^|^^
       :                `-- models[0].grid.epochs
    18 |   - name: sasrec
       `----
     help: it has no parameters at all
    ");
}

#[test]
fn a_loss_that_the_model_cannot_use() {
    let spec = spec_with("n_heads: 2", "loss: mse");
    insta::assert_snapshot!(mistakes(&spec), @r#"
     x `loss` must be one of `bce`, `cross_entropy`, not the text "mse"
       ,-[/specs/study.yaml:19:13]
    18 |     params:
    19 |       loss: mse
       :             ^|^
       :              `-- models[1].params.loss
    20 |     grid:
       `----
     help: What is minimised; no other loss can train `sasrec` for this task.
    "#);
}

#[test]
fn a_shared_loss_that_a_model_cannot_use() {
    let spec = spec_with("epochs: 20", "loss: bpr");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x `sasrec` cannot be trained with `bpr` for `top_n`
       ,-[/specs/study.yaml:14:9]
    13 | training:
    14 |   loss: bpr
       :         ^|^
       :          `-- training.loss
    15 | models:
       `----
     help: it can use `bce`, `cross_entropy`: choose one in its `params`
    ");
}

#[test]
fn an_empty_axis() {
    let spec = spec_with("[32, 64]", "[]");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x the grid axis `hidden` is empty
       ,-[/specs/study.yaml:21:15]
    20 |     grid:
    21 |       hidden: []
       :               ^|
       :                `-- models[1].grid.hidden
    22 |       learning_rate: [0.001, 0.01]
       `----
     help: list the values to try, or leave the grid axis out
    ");
}

#[test]
fn an_empty_grid() {
    let spec = spec_with("  - name: popularity", "  - name: popularity\n    grid: {}");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x the grid is empty
       ,-[/specs/study.yaml:17:5]
    16 |   - name: popularity
    17 |     grid: {}
       :     ^^|^
       :       `-- models[0].grid
    18 |   - name: sasrec
       `----
     help: name an axis, such as `learning_rate: [0.001, 0.01]`, or leave `grid` out
    ");
}

#[test]
fn an_axis_that_is_not_a_list() {
    let spec = spec_with("[32, 64]", "32");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x `hidden` must be a list, not `32`
       ,-[/specs/study.yaml:21:15]
    20 |     grid:
    21 |       hidden: 32
       :               ^|
       :                `-- models[1].grid.hidden
    22 |       learning_rate: [0.001, 0.01]
       `----
     help: write `[32]`
    ");
}

#[test]
fn a_grid_value_that_the_model_refuses() {
    let spec = spec_with("[0.001, 0.01]", "[0.001, 1000]");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x `learning_rate[1]` must be a number from 1e-9 to 100, not `1000`
       ,-[/specs/study.yaml:22:30]
    21 |       hidden: [32, 64]
    22 |       learning_rate: [0.001, 1000]
       :                              ^^|^
       :                                `-- models[1].grid.learning_rate[1]
    23 | evaluation:
       `----
     help: Step size.
    ");
}

#[test]
fn a_value_twice_in_an_axis() {
    let spec = spec_with("[32, 64]", "[32, 64, 32.0]");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x 32 stands twice in the grid axis `hidden`
       ,-[/specs/study.yaml:21:24]
    20 |     grid:
    21 |       hidden: [32, 64, 32.0]
       :                        ^^|^
       :                          `-- models[1].grid.hidden[2]
    22 |       learning_rate: [0.001, 0.01]
       `----
     help: it would be the same trial: keep one
    ");
}

#[test]
fn a_key_in_params_and_in_grid() {
    let spec = spec_with("n_heads: 2", "hidden: 16");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x `hidden` stands in `params` and in `grid`
       ,-[/specs/study.yaml:21:7]
    20 |     grid:
    21 |       hidden: [32, 64]
       :       ^^^|^^
       :          `-- models[1].grid.hidden
    22 |       learning_rate: [0.001, 0.01]
       `----
     help: keep it in `grid` to vary it, in `params` to fix it
    ");
}

#[test]
fn a_combination_that_the_model_refuses() {
    let spec = spec_with("[32, 64]", "[32, 33, 35]");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x `sasrec` refuses hidden=33 learning_rate=0.001: `n_heads` must divide `hidden`, and 2 does not
     | divide 33
       ,-[/specs/study.yaml:20:5]
    19 |       n_heads: 2
    20 |     grid:
       :     ^^|^
       :       `-- models[1].grid
    21 |       hidden: [32, 33, 35]
       `----
     help: 3 more combinations are refused too; a grid must hold only combinations that can run
    ");
}

#[test]
fn two_models_under_one_name() {
    let spec = spec_with("name: popularity", "name: sasrec");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x two models are called `sasrec`
       ,-[/specs/study.yaml:17:11]
    16 |   - name: sasrec
    17 |   - name: sasrec
       :           ^^^|^^
       :              `-- models[1].name
    18 |     params:
       `----
     help: give one of them a `label` of its own: reports tell them apart by it
    ");
}

#[test]
fn two_models_under_one_label() {
    let spec = spec_with("name: popularity", "name: popularity\n    label: sasrec");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x two models are called `sasrec`
       ,-[/specs/study.yaml:18:11]
    17 |     label: sasrec
    18 |   - name: sasrec
       :           ^^^|^^
       :              `-- models[1].name
    19 |     params:
       `----
     help: give one of them a `label` of its own: reports tell them apart by it
    ");
}

#[test]
fn a_grid_too_large_to_mean() {
    let spec = spec_with(
        "[0.001, 0.01]",
        &format!(
            "{:?}\n      epochs: {0:?}\n      batch_size: {0:?}",
            (1..=99).collect::<Vec<_>>()
        ),
    );
    insta::assert_snapshot!(mistakes(&spec), @r"
     x the grid has more than 100000 combinations
       ,-[/specs/study.yaml:20:5]
    19 |       n_heads: 2
    20 |     grid:
       :     ^^|^
       :       `-- models[1].grid
    21 |       hidden: [32, 64]
       `----
     help: take out axes or values, or draw some with `budget: { trials: … }`
    ");
}

#[test]
fn a_sampler_for_a_loss_that_draws_no_negatives() {
    let spec = spec_with("n_heads: 2", "sampler: popularity");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x `sasrec` refuses hidden=32 learning_rate=0.001: the loss `cross_entropy` draws no negatives,
     | so that it takes no sampler `popularity`
       ,-[/specs/study.yaml:20:5]
    19 |       sampler: popularity
    20 |     grid:
       :     ^^|^
       :       `-- models[1].grid
    21 |       hidden: [32, 64]
       `----
     help: 3 more combinations are refused too; a grid must hold only combinations that can run
    ");
}

#[test]
fn a_sampler_that_is_made_for_another_loss() {
    let spec = spec_with("hidden: [32, 64]", "loss: [bce]\n      sampler: [uniform, in_batch]");
    insta::assert_snapshot!(mistakes(&spec), @r#"
     x `sasrec` refuses learning_rate=0.001 loss="bce" sampler="in_batch": the correction of the
     | sampler `in_batch` is for `sampled_cross_entropy`, not for the loss `bce`
       ,-[/specs/study.yaml:20:5]
    19 |       n_heads: 2
    20 |     grid:
       :     ^^|^
       :       `-- models[1].grid
    21 |       loss: [bce]
       `----
     help: 1 more combination is refused too; a grid must hold only combinations that can run
    "#);
}

#[test]
fn a_setting_of_another_sampler() {
    let spec = spec_with("epochs: 20", "epochs: 20\n  mixed_share: 0.3");
    let told = mistakes(&spec);
    assert!(told.contains("the sampler `uniform` has no `mixed_share`"), "{told}");
    assert!(told.contains("training.mixed_share") && told.contains("setting of `mixed`"), "{told}");
    let of_model = |params: &str| {
        spec_with("  - name: popularity", &format!("  - name: mlp\n    params: {{ {params} }}"))
    };
    let told = mistakes(&of_model("sampler: hard, popularity_power: 1.0"));
    assert!(told.contains("the sampler `hard` has no `popularity_power`"), "{told}");
    assert!(told.contains("models[0].params.popularity_power"), "{told}");
    for right in [
        "sampler: mixed, mixed_share: 0.3, popularity_power: 1.0",
        "sampler: hard, n_candidates: 5",
        "n_candidates: 10",
    ] {
        assert!(plan(&of_model(right)).is_ok(), "{right}");
    }
    // Where some of what is tried has the setting, it may stand.
    let varied = "  - name: mlp\n    params: { popularity_power: 1.0 }\n    grid: { sampler: [uniform, popularity] }";
    assert!(plan(&spec_with("  - name: popularity", varied)).is_ok());
}
