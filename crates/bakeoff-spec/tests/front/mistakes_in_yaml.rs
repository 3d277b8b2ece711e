//! Mistakes in the YAML itself, as a terminal without colour shows them.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::plugins::{GOOD, mistakes, spec_with};

#[test]
fn text_that_is_not_yaml() {
    let spec = spec_with("{ k: 5 }", "{ k: 5");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x this is not YAML: while parsing a flow mapping, did not find expected ',' or '}'
       ,-[/specs/study.yaml:11:8]
    10 |       params: { k: 5
    11 |   split:
       :        ^
       :        `-- here
    12 |     name: ratio
       `----
     help: look at the indentation (spaces, no tabs), the space after each `:`, and quotes and
           brackets, here and above
    ");
}

#[test]
fn a_tab_for_indentation() {
    let spec = spec_with("    name: ratio", "\tname: ratio");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x this is not YAML: tabs disallowed within this context (block indentation)
       ,-[/specs/study.yaml:12:2]
    11 |   split:
    12 |     name: ratio
       :     ^
       :     `-- here
    13 | training:
       `----
     help: look at the indentation (spaces, no tabs), the space after each `:`, and quotes and
           brackets, here and above
    ");
}

#[test]
fn a_forgotten_blank_after_a_colon() {
    let spec = spec_with("epochs: 20", "epochs:20");
    insta::assert_snapshot!(mistakes(&spec), @r#"
     x `training` must be a mapping, not the text "epochs:20"
       ,-[/specs/study.yaml:14:3]
    13 | training:
    14 |   epochs:20
       :   ^^^^|^^^^
       :       `-- training
    15 | models:
       `----
     help: put a blank after each `:`
    "#);
}

#[test]
fn a_key_given_twice() {
    let spec = spec_with("task: top_n\n", "task: top_n\ntask: rating\n");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x the key `task` is given twice
      ,-[/specs/study.yaml:4:1]
    3 | task: top_n
    4 | task: rating
      : ^^|^
      :   `-- task
    5 | data:
      `----
     help: it stands in line 3 already: keep one of them
    ");
}

#[test]
fn a_second_document() {
    let spec = spec_with("training:\n", "---\ntraining:\n");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x a second document begins here
       ,-[/specs/study.yaml:13:1]
    12 |     name: ratio
    13 | ---
       : ^|^
       :  `-- here
    14 | training:
       `----
     help: a spec is one document: remove the `---`
    ");
}

#[test]
fn not_a_number() {
    let spec = spec_with("epochs: 20", "learning_rate: .nan");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x `learning_rate` must be finite, not `.nan`
       ,-[/specs/study.yaml:14:18]
    13 | training:
    14 |   learning_rate: .nan
       :                  ^^|^
       :                    `-- training.learning_rate
    15 | models:
       `----
    ");
}

#[test]
fn an_infinite_grid_value() {
    let spec = spec_with("[0.001, 0.01]", "[0.001, .inf]");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x `learning_rate[1]` must be finite, not `.inf`
       ,-[/specs/study.yaml:22:30]
    21 |       hidden: [32, 64]
    22 |       learning_rate: [0.001, .inf]
       :                              ^^|^
       :                                `-- models[1].grid.learning_rate[1]
    23 | evaluation:
       `----
    ");
}

#[test]
fn an_unknown_anchor() {
    let spec = spec_with("[0.001, 0.01]", "*rates");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x this is not YAML: while parsing node, found unknown anchor
       ,-[/specs/study.yaml:22:22]
    21 |       hidden: [32, 64]
    22 |       learning_rate: *rates
       :                      ^
       :                      `-- here
    23 | evaluation:
       `----
     help: look at the indentation (spaces, no tabs), the space after each `:`, and quotes and
           brackets, here and above
    ");
}

#[test]
fn a_mistake_behind_an_alias() {
    let spec = spec_with("  epochs: 20", "  <<: &shared { n_head: 2 }")
        .replace("n_heads: 2", "<<: *shared")
        .replace("popularity", "sasrec\n    label: b\n    params: *shared");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x `training` has no parameter `n_head`
       ,-[/specs/study.yaml:13:1]
    12 |     name: ratio
    13 | training:
       : ^^^^|^^^
       :     `-- training.n_head
    14 |   <<: &shared { n_head: 2 }
       `----
     help: allowed: `batch_size`, `clip_norm`, `epochs`, `eval_every`, `learning_rate`, `loss`,
           `mixed_share`, `momentum`, `n_candidates`, `n_negatives`, `optimizer`, `patience`,
           `popularity_power`, `sampler`, `weight_decay`

     x `sasrec` has no parameter `n_head`
       ,-[/specs/study.yaml:18:5]
    17 |     label: b
    18 |     params: *shared
       :     ^^^|^^
       :        `-- models[0].params.n_head
    19 |   - name: sasrec
       `----
     help: did you mean `n_heads`? allowed: `batch_size`, `clip_norm`, `dropout`, `epochs`,
           `eval_every`, `hidden`, `learning_rate`, `loss`, `mixed_share`, `momentum`,
           `n_candidates`, `n_heads`, `n_negatives`, `optimizer`, `patience`, `popularity_power`,
           `sampler`, `weight_decay`

     x `sasrec` has no parameter `n_head`
       ,-[/specs/study.yaml:20:5]
    19 |   - name: sasrec
    20 |     params:
       :     ^^^|^^
       :        `-- models[1].params.n_head
    21 |       <<: *shared
       `----
     help: did you mean `n_heads`? allowed: `batch_size`, `clip_norm`, `dropout`, `epochs`,
           `eval_every`, `hidden`, `learning_rate`, `loss`, `mixed_share`, `momentum`,
           `n_candidates`, `n_heads`, `n_negatives`, `optimizer`, `patience`, `popularity_power`,
           `sampler`, `weight_decay`
    ");
}

#[test]
fn a_merge_of_something_else() {
    let spec = spec_with("n_heads: 2", "<<: 2");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x `<<` merges a mapping or a list of mappings, nothing else
       ,-[/specs/study.yaml:19:7]
    18 |     params:
    19 |       <<: 2
       :       ^|
       :        `-- here
    20 |     grid:
       `----
     help: write `<<: *anchor`
    ");
}

#[test]
fn a_tag() {
    let spec = spec_with("epochs: 20", "epochs: !many 20");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x the tag `!many` has no meaning in a spec
       ,-[/specs/study.yaml:14:11]
    13 | training:
    14 |   epochs: !many 20
       :           ^^^^|^^^
       :               `-- training.epochs
    15 | models:
       `----
     help: leave the tag out
    ");
}

#[test]
fn a_list_as_a_key() {
    let spec = spec_with("epochs: 20", "[a, b]: 20");
    insta::assert_snapshot!(mistakes(&spec), @r"
     x a key must be plain text
       ,-[/specs/study.yaml:14:3]
    13 | training:
    14 |   [a, b]: 20
       :   |
       :   `-- here
    15 | models:
       `----
    ");
}

#[test]
fn an_empty_file() {
    let spec = "";
    insta::assert_snapshot!(mistakes(spec), @r"
    x the spec must be a mapping, not empty
     ,-[/specs/study.yaml:1:1]
     `----
    help: its keys are `about`, `budget`, `data`, `evaluation`, `keep`, `models`, `name`,
          `replicates`, `report`, `schedule`, `search`, `space`, `task`, `training`, `version`
    ");
}

#[test]
fn a_list_for_a_spec() {
    let spec = "- version: 1\n";
    insta::assert_snapshot!(mistakes(spec), @r"
     x the spec must be a mapping, not a list
      ,-[/specs/study.yaml:1:1]
    1 | - version: 1
      : ^^^^^^|^^^^^
      :       `-- here
      `----
     help: A study: data, models, grids, metrics, and how to run and report them.
    ");
}

#[test]
fn letters_of_two_bytes_before_the_mistake() {
    let spec = spec_with("name: study", "about: Über Filme — éè, 映画\nname: ü");
    insta::assert_snapshot!(mistakes(&spec), @r#"
     x `name` must be text that matches `^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`, not the text "ü"
      ,-[/specs/study.yaml:3:7]
    2 | about: Über Filme — éè, 映画
    3 | name: ü
      :       |
      :       `-- name
    4 | task: top_n
      `----
     help: Names the report's folder; by default the spec file's name without its ending.
    "#);
}

#[test]
fn lines_that_end_as_windows_ends_them() {
    let spec = spec_with("epochs: 20", "epochs: ten").replace('\n', "\r\n");
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
fn a_few_lines_that_stand_for_more_than_memory_holds() {
    let mut spec = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n".to_owned();
    for i in 1..30 {
        let before = format!("*a{}", i - 1);
        let ten = [before.as_str(); 10].join(", ");
        writeln!(spec, "a{i}: &a{i} [{ten}]").unwrap();
    }
    assert!(mistakes(&spec).contains("what stands here and above is too much for a spec"));
    let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(100_000), ["*a"; 1000].join(", "));
    assert!(mistakes(&long).contains("is too much for a spec"));
    let itself = mistakes("a: &a { b: *a }\n");
    assert!(itself.contains("this stands for something that it is itself a part of"), "{itself}");
}

/// Places hold the whole way to them: before the keys of a way were shared, these took gigabytes.
#[test]
fn long_keys_around_many_entries_take_little_memory_and_time() {
    let entries = vec!["1"; 40_000].join(", ");
    // Only a key that is marked as one may be so long.
    let long = format!("{GOOD}? {}\n: [{entries}]\n", "k".repeat(200_000));
    let mut deep = GOOD.to_owned();
    for depth in 0..25 {
        writeln!(deep, "{}{}:", " ".repeat(depth), "k".repeat(1000)).unwrap();
    }
    writeln!(deep, "{}[{entries}]", " ".repeat(25)).unwrap();
    for text in [long, deep] {
        let start = Instant::now();
        let said = mistakes(&text);
        assert!(said.contains("unknown key") && said.contains("kkk…"), "{said:.2000}");
        assert!(said.len() < 20_000, "{} bytes", said.len());
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = peak.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok());
    assert!(kib.is_none_or(|kib| kib < 400_000), "{kib:?} KiB at most");
}

#[test]
fn nesting_without_end_is_refused_before_it_takes_the_stack() {
    for text in [
        "[".repeat(100_000),
        "{a: ".repeat(100_000),
        format!("{}{}", "[".repeat(5_000), "]".repeat(5_000)),
    ] {
        let said = mistakes(&text);
        assert!(
            said.contains("recursion limit exceeded") && said.contains(":1:") && said.len() < 1000,
            "{said}"
        );
    }
    for depth in 32..40 {
        let mut deep: String = (0..depth).map(|i| " ".repeat(i) + "a:\n").collect();
        deep += &(" ".repeat(depth) + "a: 1\n");
        assert!(mistakes(&deep).contains("this is nested too deeply"), "{depth}");
    }
}
