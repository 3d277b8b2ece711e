//! Mistakes in sections, data and plug-ins, as a terminal without colour shows them.

use crate::plugins::{mistakes, spec_with};

#[test]
fn an_unknown_key_suggests_the_known_one() {
    let spec = spec_with("  split:\n", "  splits:\n");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x unknown key `splits`
       ,-[/specs/study.yaml:11:3]
    10 |       params: { k: 5 }
    11 |   splits:
       :   ^^^|^^
       :      `-- data.splits
    12 |     name: ratio
       `----
     help: did you mean `split`? allowed: `encrypt`, `join`, `source`, `split`, `steps`
    ");
}

#[test]
fn an_unknown_key_far_from_all_lists_what_is_allowed() {
    let spec = spec_with("training:\n", "wallet: 3\ntraining:\n");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x unknown key `wallet`
       ,-[/specs/study.yaml:13:1]
    12 |     name: ratio
    13 | wallet: 3
       : ^^^|^^
       :    `-- wallet
    14 | training:
       `----
     help: allowed: `about`, `budget`, `data`, `evaluation`, `keep`, `models`, `name`, `replicates`,
           `report`, `schedule`, `search`, `space`, `task`, `training`, `version`
    ");
}

#[test]
fn a_key_that_is_missing_is_named() {
    let spec = spec_with("task: top_n\n", "");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x the spec lacks the key `task`
      ,-[/specs/study.yaml:1:1]
    1 | version: 1
      : ^^^^^|^^^^
      :      `-- here
    2 | name: study
      `----
     help: What is predicted.
    ");
}

#[test]
fn a_value_outside_a_choice_suggests_the_nearest() {
    let spec = spec_with("task: top_n", "task: topn");
    insta::assert_snapshot!(mistakes(&spec), @r#"
     x `task` must be one of `rating`, `top_n`, not the text "topn"
      ,-[/specs/study.yaml:3:7]
    2 | name: study
    3 | task: topn
      :       ^^|^
      :         `-- task
    4 | data:
      `----
     help: did you mean `top_n`? What is predicted.
    "#);
}

#[test]
fn a_version_of_the_future_is_refused() {
    let spec = spec_with("version: 1", "version: 2");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x `version` must be `1`, not `2`
      ,-[/specs/study.yaml:1:10]
    1 | version: 2
      :          |
      :          `-- version
    2 | name: study
      `----
     help: Version of this format.
    ");
}

#[test]
fn text_where_a_number_belongs() {
    let spec = spec_with("epochs: 20", "epochs: ten");
    insta::assert_snapshot!(mistakes(&spec), @r#"
     x `epochs` must be a whole number from 1 to 100000, not the text "ten"
       ,-[/specs/study.yaml:14:11]
    13 | training:
    14 |   epochs: ten
       :           ^|^
       :            `-- training.epochs
    15 | models:
       `----
     help: The most epochs to train.
    "#);
}

#[test]
fn a_list_where_a_scalar_belongs() {
    let spec = spec_with("epochs: 20", "epochs: [10, 20]");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x `epochs` must be a whole number from 1 to 100000, not a list
       ,-[/specs/study.yaml:14:11]
    13 | training:
    14 |   epochs: [10, 20]
       :           ^^^^|^^^
       :               `-- training.epochs
    15 | models:
       `----
     help: The most epochs to train.
    ");
}

#[test]
fn a_number_outside_its_range() {
    let spec = spec_with("  seeds: [1, 2]", "  seeds: [1, 2]\nschedule: { threads: 0 }");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x `threads` must be a whole number from 1 to 1024, not `0`
       ,-[/specs/study.yaml:27:22]
    26 |   seeds: [1, 2]
    27 | schedule: { threads: 0 }
       :                      |
       :                      `-- schedule.threads
       `----
     help: CPU threads of each worker.
    ");
}

#[test]
fn a_device_that_no_pattern_knows() {
    let spec = spec_with("  seeds: [1, 2]", "  seeds: [1, 2]\nschedule: { devices: gpu }");
    insta::assert_snapshot!(mistakes(&spec), @r#"
     x `devices` must be text that matches `^(auto|cpu|cuda(:\d+(,\d+)*)?)$`, not the text "gpu"
       ,-[/specs/study.yaml:27:22]
    26 |   seeds: [1, 2]
    27 | schedule: { devices: gpu }
       :                      ^|^
       :                       `-- schedule.devices
       `----
     help: `auto` (CUDA cards if there are any, else the CPU), `cpu`, `cuda`, or cards such as
           `cuda:0,2`.
    "#);
}

#[test]
fn a_bare_name_where_a_plug_in_belongs() {
    let spec = spec_with("split:\n    name: ratio", "split: ratio");
    insta::assert_snapshot!(mistakes(&spec), @r#"
     x `split` must be a mapping, not the text "ratio"
       ,-[/specs/study.yaml:11:10]
    10 |       params: { k: 5 }
    11 |   split: ratio
       :          ^^|^^
       :            `-- data.split
    12 | training:
       `----
     help: write `{ name: ratio }`
    "#);
}

#[test]
fn an_empty_section() {
    let spec = spec_with("    name: ratio\n", "");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x `split` must be a mapping, not empty
       ,-[/specs/study.yaml:11:8]
    10 |       params: { k: 5 }
    11 |   split:
       :        ^
       :        `-- data.split
    12 | training:
       `----
     help: its keys are `name`, `params`
    ");
}

#[test]
fn no_models_at_all() {
    let spec = "version: 1\ntask: top_n\ndata: { source: { name: generated }, split: { name: ratio } }\nmodels: []\n";
    insta::assert_snapshot!(mistakes(spec), @r"
     x `models` must be a list of at least 1 entry, each a mapping, not an empty list
      ,-[/specs/study.yaml:4:9]
    3 | data: { source: { name: generated }, split: { name: ratio } }
    4 | models: []
      :         ^|
      :          `-- models
      `----
     help: The models to compare, each with its grid.
    ");
}

#[test]
fn an_unknown_source() {
    let spec = spec_with("name: table", "name: tabel");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x there is no source `tabel`
      ,-[/specs/study.yaml:6:11]
    5 |   source:
    6 |     name: tabel
      :           ^^|^^
      :             `-- data.source.name
    7 |     params: { path: movies/ratings.tsv }
      `----
     help: did you mean `table`? allowed: `table`, `generated`
    ");
}

#[test]
fn an_unknown_step() {
    let spec = spec_with("name: k_core", "name: kcore");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x there is no step `kcore`
       ,-[/specs/study.yaml:9:13]
     8 |   steps:
     9 |     - name: kcore
       :             ^^|^^
       :               `-- data.steps[0].name
    10 |       params: { k: 5 }
       `----
     help: did you mean `k_core`?
    ");
}

#[test]
fn an_unknown_split_far_from_all() {
    let spec = spec_with("name: ratio", "name: chronological");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x there is no split `chronological`
       ,-[/specs/study.yaml:12:11]
    11 |   split:
    12 |     name: chronological
       :           ^^^^^^|^^^^^^
       :                 `-- data.split.name
    13 | training:
       `----
     help: allowed: `ratio`, `leave_one_out`
    ");
}

#[test]
fn an_unknown_search_and_an_unknown_executor() {
    let spec = spec_with(
        "  seeds: [1, 2]",
        "  seeds: [1, 2]\nsearch: { name: random }\nschedule: { executor: { name: lokal } }",
    );
    insta::assert_snapshot!(mistakes(&spec), @r"
     x there is no search strategy `random`
       ,-[/specs/study.yaml:27:17]
    26 |   seeds: [1, 2]
    27 | search: { name: random }
       :                 ^^^|^^
       :                    `-- search.name
    28 | schedule: { executor: { name: lokal } }
       `----
     help: the only search strategy is `grid`

     x there is no executor `lokal`
       ,-[/specs/study.yaml:28:31]
    27 | search: { name: random }
    28 | schedule: { executor: { name: lokal } }
       :                               ^^|^^
       :                                 `-- schedule.executor.name
       `----
     help: did you mean `local`?
    ");
}

#[test]
fn a_parameter_that_a_step_does_not_have() {
    let spec = spec_with("{ k: 5 }", "{ k: 5, cores: 2 }");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x `k_core` has no parameter `cores`
       ,-[/specs/study.yaml:10:23]
     9 |     - name: k_core
    10 |       params: { k: 5, cores: 2 }
       :                       ^^|^^
       :                         `-- data.steps[0].params.cores
    11 |   split:
       `----
     help: the only parameter is `k`
    ");
}

#[test]
fn a_parameter_that_a_source_needs() {
    let spec = spec_with("    params: { path: movies/ratings.tsv }\n", "");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x `params` lacks the key `path`
      ,-[/specs/study.yaml:5:3]
    4 | data:
    5 |   source:
      :   ^^^|^^
      :      `-- data.source.params
    6 |     name: table
      `----
     help: The file of interactions.
    ");
}

#[test]
fn parameters_that_do_not_go_together() {
    let spec = spec_with("name: ratio", "name: ratio\n    params: { valid: 0.5, test: 0.5 }");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x `ratio` refuses its parameters: `valid` and `test` together must leave something to train on
       ,-[/specs/study.yaml:13:13]
    12 |     name: ratio
    13 |     params: { valid: 0.5, test: 0.5 }
       :             ^^^^^^^^^^^^|^^^^^^^^^^^^
       :                         `-- data.split.params
    14 | training:
       `----
    ");
}

#[test]
fn another_variable_in_a_path() {
    let spec = spec_with("movies/ratings.tsv", r#""${HOME}/ratings.tsv""#);
    insta::assert_snapshot!(mistakes(&spec), @r#"
     x `path` cannot be resolved: a path may begin with `${BAKEOFF_DATA}/` and hold no other variable
      ,-[/specs/study.yaml:7:21]
    6 |     name: table
    7 |     params: { path: "${HOME}/ratings.tsv" }
      :                     ^^^^^^^^^^|^^^^^^^^^^
      :                               `-- data.source.params.path
    8 |   steps:
      `----
     help: write it absolute, relative to the spec's folder, or below `${BAKEOFF_DATA}`
    "#);
}

#[test]
fn every_mistake_is_told_at_once() {
    let spec = spec_with("name: table", "name: tabel")
        .replace("name: ratio", "name: raito")
        .replace("sasrec", "sasrce");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x there is no source `tabel`
      ,-[/specs/study.yaml:6:11]
    5 |   source:
    6 |     name: tabel
      :           ^^|^^
      :             `-- data.source.name
    7 |     params: { path: movies/ratings.tsv }
      `----
     help: did you mean `table`? allowed: `table`, `generated`

     x there is no split `raito`
       ,-[/specs/study.yaml:12:11]
    11 |   split:
    12 |     name: raito
       :           ^^|^^
       :             `-- data.split.name
    13 | training:
       `----
     help: did you mean `ratio`? allowed: `ratio`, `leave_one_out`

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
