//! Mistakes in what a search may vary: spaces and lists that advance together.

use crate::plugins::{mistakes, spec_with};

/// The mistakes of a spec whose second model varies what `lines` say.
pub(crate) fn varying(lines: &str) -> String {
    let grid = "grid:\n      hidden: [32, 64]\n      learning_rate: [0.001, 0.01]";
    mistakes(&spec_with(grid, lines))
}

#[test]
fn a_parameter_set_in_two_places() {
    insta::assert_snapshot!(varying("space:\n      n_heads: { choice: [1, 2] }"), @r"
     x `n_heads` is set in two places
       ,-[/specs/study.yaml:21:7]
    20 |     space:
    21 |       n_heads: { choice: [1, 2] }
       :       ^^^|^^^
       :          `-- models[1].space.n_heads
    22 | evaluation:
       `----
     help: keep it in one of `params`, `grid`, `space` and `zip`
    ");
}

#[test]
fn a_dimension_in_the_grid_and_in_the_space() {
    insta::assert_snapshot!(varying(
        "grid:\n      hidden: [32, 64]\n    space:\n      hidden: { int: [16, 64] }"
    ), @r"
     x `hidden` is set in two places
       ,-[/specs/study.yaml:23:7]
    22 |     space:
    23 |       hidden: { int: [16, 64] }
       :       ^^^|^^
       :          `-- models[1].space.hidden
    24 | evaluation:
       `----
     help: keep it in one of `params`, `grid`, `space` and `zip`
    ");
}

#[test]
fn lists_of_unequal_lengths_that_advance_together() {
    insta::assert_snapshot!(varying("zip:\n      - { hidden: [32, 64], dropout: [0.1, 0.2, 0.3] }"), @r"
     x `zip[0]` is no set of lists that advance together
       ,-[/specs/study.yaml:21:9]
    20 |     zip:
    21 |       - { hidden: [32, 64], dropout: [0.1, 0.2, 0.3] }
       :         ^^^^^^^^^^^^^^^^^^^^^^^|^^^^^^^^^^^^^^^^^^^^^^
       :                                `-- models[1].zip[0]
    22 | evaluation:
       `----
     help: two or more parameters with a list of the same length each, such as `{ hidden: [32, 64],
           n_heads: [1, 2] }`
    ");
}

#[test]
fn one_list_that_advances_together() {
    insta::assert_snapshot!(varying("zip:\n      - { hidden: [32, 64] }"), @r"
     x `zip[0]` is no set of lists that advance together
       ,-[/specs/study.yaml:21:9]
    20 |     zip:
    21 |       - { hidden: [32, 64] }
       :         ^^^^^^^^^^|^^^^^^^^^
       :                   `-- models[1].zip[0]
    22 | evaluation:
       `----
     help: two or more parameters with a list of the same length each, such as `{ hidden: [32, 64],
           n_heads: [1, 2] }`
    ");
}

#[test]
fn real_numbers_where_whole_ones_belong() {
    insta::assert_snapshot!(varying("space:\n      hidden: { uniform: [16, 64] }"), @r"
     x `hidden` takes whole numbers
       ,-[/specs/study.yaml:21:17]
    20 |     space:
    21 |       hidden: { uniform: [16, 64] }
       :                 ^^^|^^^
       :                    `-- models[1].space.hidden.uniform
    22 | evaluation:
       `----
     help: write `int`, `log_int`, or `quantized` with whole numbers
    ");
}

#[test]
fn bounds_in_the_wrong_order() {
    insta::assert_snapshot!(varying("space:\n      hidden: { int: [64, 16] }"), @r"
     x the first bound, 64, is not below the second, 16
       ,-[/specs/study.yaml:21:22]
    20 |     space:
    21 |       hidden: { int: [64, 16] }
       :                      ^^^^|^^^
       :                          `-- models[1].space.hidden.int
    22 | evaluation:
       `----
     help: write the smaller one first; a single value belongs in `params`
    ");
}

#[test]
fn a_logarithm_of_nothing() {
    insta::assert_snapshot!(varying("space:\n      dropout: { log_uniform: [0, 0.5] }"), @r"
     x 0 has no order of magnitude
       ,-[/specs/study.yaml:21:31]
    20 |     space:
    21 |       dropout: { log_uniform: [0, 0.5] }
       :                               ^^^^|^^^
       :                                   `-- models[1].space.dropout.log_uniform
    22 | evaluation:
       `----
     help: logarithmic bounds are above 0
    ");
}

#[test]
fn a_step_of_nothing() {
    insta::assert_snapshot!(varying("space:\n      dropout: { quantized: [0, 0.5, 0] }"), @r"
     x the step 0 leads nowhere
       ,-[/specs/study.yaml:21:29]
    20 |     space:
    21 |       dropout: { quantized: [0, 0.5, 0] }
       :                             ^^^^^|^^^^^
       :                                  `-- models[1].space.dropout.quantized
    22 | evaluation:
       `----
     help: the step is above 0
    ");
}

#[test]
fn a_step_too_small_to_count() {
    insta::assert_snapshot!(varying("space:\n      dropout: { quantized: [0, 0.5, 1e-300] }"), @r"
     x there are more than a billion values
       ,-[/specs/study.yaml:21:29]
    20 |     space:
    21 |       dropout: { quantized: [0, 0.5, 1e-300] }
       :                             ^^^^^^^^|^^^^^^^
       :                                     `-- models[1].space.dropout.quantized
    22 | evaluation:
       `----
     help: take a smaller range or a larger step
    ");
}

#[test]
fn more_whole_numbers_than_can_be_meant() {
    insta::assert_snapshot!(varying("space:\n      epochs: { int: [1, 2000000000] }"), @r"
     x there are more than a billion values
       ,-[/specs/study.yaml:21:22]
    20 |     space:
    21 |       epochs: { int: [1, 2000000000] }
       :                      ^^^^^^^|^^^^^^^
       :                             `-- models[1].space.epochs.int
    22 | evaluation:
       `----
     help: take a smaller range or a larger step
    ");
}

#[test]
fn a_bound_that_the_parameter_refuses() {
    insta::assert_snapshot!(varying("space:\n      dropout: { uniform: [0, 2] }"), @r"
     x `uniform[1]` must be a number from 0 to 0.9, not `2.0`
       ,-[/specs/study.yaml:21:31]
    20 |     space:
    21 |       dropout: { uniform: [0, 2] }
       :                               |
       :                               `-- models[1].space.dropout.uniform[1]
    22 | evaluation:
       `----
     help: Share of activations left out in training.
    ");
}

#[test]
fn a_dimension_without_values() {
    insta::assert_snapshot!(varying("space:\n      dropout: {}"), @r"
     x `dropout` says no values
       ,-[/specs/study.yaml:21:7]
    20 |     space:
    21 |       dropout: {}
       :       ^^^|^^^
       :          `-- models[1].space.dropout
    22 | evaluation:
       `----
     help: exactly one of `choice`, `uniform`, `log_uniform`, `int`, `log_int`, `quantized`
    ");
}

#[test]
fn a_dimension_that_says_two_things() {
    insta::assert_snapshot!(varying(
        "space:\n      dropout: { uniform: [0, 0.5], choice: [0.1, 0.2] }"
    ), @r"
     x `dropout` says `choice`, `uniform` at once
       ,-[/specs/study.yaml:21:7]
    20 |     space:
    21 |       dropout: { uniform: [0, 0.5], choice: [0.1, 0.2] }
       :       ^^^|^^^
       :          `-- models[1].space.dropout
    22 | evaluation:
       `----
     help: exactly one of `choice`, `uniform`, `log_uniform`, `int`, `log_int`, `quantized`
    ");
}

#[test]
fn a_value_twice_in_a_choice() {
    insta::assert_snapshot!(varying("space:\n      dropout: { choice: [0.1, 0.1] }"), @r"
     x 0.1 stands twice in the list `choice`
       ,-[/specs/study.yaml:21:32]
    20 |     space:
    21 |       dropout: { choice: [0.1, 0.1] }
       :                                ^|^
       :                                 `-- models[1].space.dropout.choice[1]
    22 | evaluation:
       `----
     help: it would be the same trial: keep one
    ");
}

#[test]
fn an_empty_choice() {
    insta::assert_snapshot!(varying("space:\n      dropout: { choice: [] }"), @r"
     x the list `choice` is empty
       ,-[/specs/study.yaml:21:26]
    20 |     space:
    21 |       dropout: { choice: [] }
       :                          ^|
       :                           `-- models[1].space.dropout.choice
    22 | evaluation:
       `----
     help: list the values to try, or leave the list out
    ");
}

#[test]
fn a_shared_dimension_that_no_model_has() {
    let spec = spec_with("models:\n", "space:\n  hiden: { int: [16, 64] }\nmodels:\n");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x no model of this spec has a parameter `hiden`
       ,-[/specs/study.yaml:16:3]
    15 | space:
    16 |   hiden: { int: [16, 64] }
       :   ^^|^^
       :     `-- space.hiden
    17 | models:
       `----
     help: did you mean `hidden`? allowed: `batch_size`, `clip_norm`, `dropout`, `epochs`,
           `eval_every`, `hidden`, `learning_rate`, `loss`, `mixed_share`, `momentum`,
           `n_candidates`, `n_heads`, `n_negatives`, `optimizer`, `patience`, `popularity_power`,
           `sampler`, `weight_decay`
    ");
}
