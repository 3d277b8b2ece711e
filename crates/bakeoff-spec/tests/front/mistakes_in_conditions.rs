//! Mistakes in the conditions of a dimension and in constraints between parameters.

use crate::mistakes_in_spaces::varying;

#[test]
fn conditions_that_wait_for_each_other() {
    insta::assert_snapshot!(varying(
        "space:\n      hidden: { choice: [32], when: { dropout: [0.1] } }\n      dropout: { choice: [0.1, 0.2], when: { hidden: [32] } }"
    ), @r"
     x `hidden` waits for `dropout`, which waits for `hidden` in turn
       ,-[/specs/study.yaml:21:39]
    20 |     space:
    21 |       hidden: { choice: [32], when: { dropout: [0.1] } }
       :                                       ^^^|^^^
       :                                          `-- models[1].space.hidden.when.dropout
    22 |       dropout: { choice: [0.1, 0.2], when: { hidden: [32] } }
       `----
     help: take one of these conditions out

     x `dropout` waits for `hidden`, which waits for `dropout` in turn
       ,-[/specs/study.yaml:22:46]
    21 |       hidden: { choice: [32], when: { dropout: [0.1] } }
    22 |       dropout: { choice: [0.1, 0.2], when: { hidden: [32] } }
       :                                              ^^^|^^
       :                                                 `-- models[1].space.dropout.when.hidden
    23 | evaluation:
       `----
     help: take one of these conditions out
    ");
}

#[test]
fn a_dimension_behind_a_circle_of_conditions() {
    insta::assert_snapshot!(varying(
        "space:\n      hidden: { choice: [32], when: { dropout: [0.1] } }\n      dropout: { choice: [0.1, 0.2], when: { hidden: [32] } }\n      epochs: { choice: [2, 3], when: { hidden: [32] } }"
    ), @r"
     x `hidden` waits for `dropout`, which waits for `hidden` in turn
       ,-[/specs/study.yaml:21:39]
    20 |     space:
    21 |       hidden: { choice: [32], when: { dropout: [0.1] } }
       :                                       ^^^|^^^
       :                                          `-- models[1].space.hidden.when.dropout
    22 |       dropout: { choice: [0.1, 0.2], when: { hidden: [32] } }
       `----
     help: take one of these conditions out

     x `dropout` waits for `hidden`, which waits for `dropout` in turn
       ,-[/specs/study.yaml:22:46]
    21 |       hidden: { choice: [32], when: { dropout: [0.1] } }
    22 |       dropout: { choice: [0.1, 0.2], when: { hidden: [32] } }
       :                                              ^^^|^^
       :                                                 `-- models[1].space.dropout.when.hidden
    23 |       epochs: { choice: [2, 3], when: { hidden: [32] } }
       `----
     help: take one of these conditions out
    ");
}

#[test]
fn a_condition_on_itself() {
    insta::assert_snapshot!(varying(
        "space:\n      hidden: { choice: [32, 64], when: { hidden: [32] } }"
    ), @r"
     x `hidden` waits for itself
       ,-[/specs/study.yaml:21:43]
    20 |     space:
    21 |       hidden: { choice: [32, 64], when: { hidden: [32] } }
       :                                           ^^^|^^
       :                                              `-- models[1].space.hidden.when.hidden
    22 | evaluation:
       `----
     help: take this condition out
    ");
}

#[test]
fn a_condition_on_what_does_not_vary() {
    insta::assert_snapshot!(varying(
        "space:\n      hidden: { choice: [32, 64], when: { dropuot: [0.1] } }\n      dropout: { choice: [0.1, 0.2] }"
    ), @r"
     x `dropuot` does not vary in this model
       ,-[/specs/study.yaml:21:43]
    20 |     space:
    21 |       hidden: { choice: [32, 64], when: { dropuot: [0.1] } }
       :                                           ^^^|^^^
       :                                              `-- models[1].space.hidden.when.dropuot
    22 |       dropout: { choice: [0.1, 0.2] }
       `----
     help: did you mean `dropout`?
    ");
}

#[test]
fn a_condition_on_a_fixed_parameter() {
    insta::assert_snapshot!(varying(
        "space:\n      hidden: { choice: [32, 64], when: { n_heads: [2] } }"
    ), @r"
     x `n_heads` does not vary in this model
       ,-[/specs/study.yaml:21:43]
    20 |     space:
    21 |       hidden: { choice: [32, 64], when: { n_heads: [2] } }
       :                                           ^^^|^^^
       :                                              `-- models[1].space.hidden.when.n_heads
    22 | evaluation:
       `----
     help: there is no other parameter that varies to choose from
    ");
}

#[test]
fn a_condition_on_a_value_that_never_comes() {
    insta::assert_snapshot!(varying(
        "space:\n      optimizer: { choice: [adam, sgd] }\n      momentum: { uniform: [0, 0.9], when: { optimizer: [sdg] } }"
    ), @r#"
     x `optimizer` is never "sdg" here
       ,-[/specs/study.yaml:22:58]
    21 |       optimizer: { choice: [adam, sgd] }
    22 |       momentum: { uniform: [0, 0.9], when: { optimizer: [sdg] } }
       :                                                          ^|^
       :                                                           `-- models[1].space.momentum.when.optimizer[0]
    23 | evaluation:
       `----
     help: its values: `"adam"`, `"sgd"`
    "#);
}

#[test]
fn a_condition_on_a_number_out_of_range() {
    insta::assert_snapshot!(varying(
        "space:\n      hidden: { int: [16, 64] }\n      dropout: { uniform: [0, 0.9], when: { hidden: [128] } }"
    ), @r"
     x `hidden` is never 128 here
       ,-[/specs/study.yaml:22:54]
    21 |       hidden: { int: [16, 64] }
    22 |       dropout: { uniform: [0, 0.9], when: { hidden: [128] } }
       :                                                      ^|^
       :                                                       `-- models[1].space.dropout.when.hidden[0]
    23 | evaluation:
       `----
     help: it goes from 16 to 64
    ");
}

#[test]
fn constraints_that_leave_nothing() {
    insta::assert_snapshot!(varying(
        "grid:\n      hidden: [32, 64]\n    constraints: [hidden > 100]"
    ), @r"
     x the constraints leave nothing to try: the constraint `hidden > 100` does not hold
       ,-[/specs/study.yaml:22:5]
    21 |       hidden: [32, 64]
    22 |     constraints: [hidden > 100]
       :     ^^^^^|^^^^^
       :          `-- models[1].constraints
    23 | evaluation:
       `----
     help: take one of them out, or add values that meet it
    ");
}

#[test]
fn a_constraint_that_is_none() {
    insta::assert_snapshot!(varying("grid:\n      hidden: [32, 64]\n    constraints: [hidden >]"), @r"
     x this is no constraint: 1:9: Syntax error: mismatched input at its end
       ,-[/specs/study.yaml:22:19]
    21 |       hidden: [32, 64]
    22 |     constraints: [hidden >]
       :                   ^^^^|^^^
       :                       `-- models[1].constraints[0]
    23 | evaluation:
       `----
     help: a comparison of parameters, such as `hidden % n_heads == 0`
    ");
}

#[test]
fn a_constraint_that_goes_over_a_list() {
    insta::assert_snapshot!(varying(
        "grid:\n      hidden: [32, 64]\n    constraints: ['[1, 2].all(a, hidden > a)']"
    ), @r"
     x this is no constraint: it goes over a list or mapping, which a condition need not
       ,-[/specs/study.yaml:22:19]
    21 |       hidden: [32, 64]
    22 |     constraints: ['[1, 2].all(a, hidden > a)']
       :                   ^^^^^^^^^^^^^|^^^^^^^^^^^^^
       :                                `-- models[1].constraints[0]
    23 | evaluation:
       `----
     help: a comparison of parameters, such as `hidden % n_heads == 0`
    ");
}

#[test]
fn a_constraint_on_an_unknown_parameter() {
    insta::assert_snapshot!(varying("grid:\n      hidden: [32, 64]\n    constraints: [hiden > 32]"), @r"
     x `sasrec` has no parameter `hiden`
       ,-[/specs/study.yaml:22:19]
    21 |       hidden: [32, 64]
    22 |     constraints: [hiden > 32]
       :                   ^^^^^|^^^^
       :                        `-- models[1].constraints[0]
    23 | evaluation:
       `----
     help: did you mean `hidden`? allowed: `batch_size`, `clip_norm`, `dropout`, `epochs`,
           `eval_every`, `hidden`, `learning_rate`, `loss`, `mixed_share`, `momentum`,
           `n_candidates`, `n_heads`, `n_negatives`, `optimizer`, `patience`, `popularity_power`,
           `sampler`, `weight_decay`
    ");
}

#[test]
fn a_constraint_on_what_does_not_vary() {
    insta::assert_snapshot!(varying(
        "grid:\n      hidden: [32, 64]\n    constraints: [n_heads > 1]"
    ), @r"
     x this constraint speaks of nothing that varies
       ,-[/specs/study.yaml:22:19]
    21 |       hidden: [32, 64]
    22 |     constraints: [n_heads > 1]
       :                   ^^^^^|^^^^^
       :                        `-- models[1].constraints[0]
    23 | evaluation:
       `----
     help: take it out
    ");
}

#[test]
fn a_condition_between_steps() {
    insta::assert_snapshot!(varying(
        "space:\n      epochs: { quantized: [10, 30, 10] }\n      dropout: { uniform: [0, 0.5], when: { epochs: [15] } }"
    ), @r"
     x `epochs` is never 15 here
       ,-[/specs/study.yaml:22:54]
    21 |       epochs: { quantized: [10, 30, 10] }
    22 |       dropout: { uniform: [0, 0.5], when: { epochs: [15] } }
       :                                                      ^|
       :                                                       `-- models[1].space.dropout.when.epochs[0]
    23 | evaluation:
       `----
     help: it goes from 10 to 30 in steps of 10
    ");
}

#[test]
fn a_constraint_that_cannot_be_computed_everywhere() {
    let said = varying("grid: { hidden: [32, 64] }\n    constraints: [\"64 / (hidden - 32) > 1\"]");
    let reason = "the constraint `64 / (hidden - 32) > 1` cannot be computed: ";
    assert!(said.contains(reason) && said.contains("hidden=32"), "{said}");
}

#[test]
fn a_condition_without_values() {
    let said = varying(
        "space:\n      hidden: { choice: [32, 64] }\n      n_heads: { choice: [1, 2], when: { hidden: [] } }",
    );
    assert!(said.contains("the condition on `hidden` lists no value"), "{said}");
}
