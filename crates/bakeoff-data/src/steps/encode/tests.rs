//! Each encoding by hand.

use super::*;
use crate::column::Numbers;
use crate::rows_for_tests::{applied, numbers, refusal, rows, texts};

fn step(column: &str, with: Encoding) -> Encode {
    Encode {
        columns: vec![column.into()],
        with,
        min_count: None,
        max_values: None,
        separator: None,
        dense: false,
        buckets: None,
        folds: None,
        smoothing: None,
        seed: None,
    }
}

/// Items x, y, z of which z has no row in train.
fn table() -> (Interactions, Train) {
    let all =
        [("a", "x", 5.0, 0.0), ("a", "y", 3.0, 1.0), ("b", "x", 4.0, 0.0), ("b", "z", 1.0, 1.0)];
    let mut table = rows(&all, "tttv");
    table.0.item_columns = vec![
        texts("kind", &["toy", "", "book"]),
        texts("genres", &["war| comedy", "war", "noir|war"]),
        RawColumn::new("price", Values::Number(vec![1.0, 3.0, f64::NAN])),
    ];
    table.0.columns = vec![texts("shop", &["web", "web", "town", "web"])];
    table
}

#[test]
fn labels_are_those_of_train_with_rare_ones_together() {
    let Values::Codes(codes) =
        applied(&step("kind", Encoding::Label), &table(), Axis::Items, "kind")
    else {
        panic!()
    };
    assert_eq!((&codes.codes[..], codes.names.len()), (&[2, 0, 1][..], 3));
    let rare = Encode { min_count: Some(2), ..step("shop", Encoding::Label) };
    let Values::Codes(codes) = applied(&rare, &table(), Axis::Rows, "shop") else { panic!() };
    assert_eq!(codes.names, ["(missing)", "(unseen)", "(rare)", "web"]);
    assert_eq!(codes.codes, [3, 3, 2, 3]);
}

fn dense(step: &Encode, column: &str) -> (Vec<usize>, Vec<f32>, Vec<bool>) {
    let Values::Dense(dense) = applied(step, &table(), Axis::Items, column) else { panic!() };
    let Numbers::F32(numbers) = dense.numbers else { panic!() };
    (dense.shape, numbers, dense.is_missing)
}

#[test]
fn one_hot_has_a_column_for_each_code_of_label() {
    let (shape, numbers, is_missing) = dense(&step("kind", Encoding::OneHot), "kind");
    assert_eq!((shape, is_missing), (vec![3], vec![false; 3]));
    // Missing, unseen, toy.
    assert_eq!(numbers, [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
    let narrow = Encode { max_values: Some(2), ..step("kind", Encoding::OneHot) };
    assert_eq!(
        refusal(&narrow, &table()),
        "step `encode`: column `kind` would become 3 columns, more than max_values: 2; set min_count, or use label \
         or hashing"
    );
}

#[test]
fn multi_hot_splits_texts_and_leaves_tags() {
    let plain = step("genres", Encoding::MultiHot);
    assert_eq!(plain.effect(), Effect::Changes);
    let values = applied(&plain, &table(), Axis::Items, "genres");
    let Values::Tags(tags) = &values else { panic!() };
    assert_eq!(tags.get(0).collect::<Vec<_>>(), ["war", "comedy"]);
    let mut of_tags = table();
    of_tags.0.item_columns[1].values = values.clone();
    assert_eq!(applied(&plain, &of_tags, Axis::Items, "genres"), values);
    // Unseen, comedy, war: noir is not in train.
    let (shape, numbers, is_missing) = dense(&Encode { dense: true, ..plain.clone() }, "genres");
    assert_eq!((shape, is_missing), (vec![3], vec![false; 3]));
    assert_eq!(numbers, [0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0]);
    // Unseen, rare, war.
    let (_, numbers, _) =
        dense(&Encode { dense: true, min_count: Some(2), ..plain.clone() }, "genres");
    assert_eq!(numbers, [0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0]);
    let separated = Encode { separator: Some("war".into()), ..plain };
    let Values::Tags(tags) = applied(&separated, &table(), Axis::Items, "genres") else { panic!() };
    assert_eq!(tags.get(2).collect::<Vec<_>>(), ["noir|"]);
    assert_eq!(tags.get(1).len(), 0);
}

#[test]
fn targets_are_means_of_train_beside_the_rows() {
    let target = Encode { smoothing: Some(1.0), ..step("shop", Encoding::Target) };
    // The mean of train is 4; web has 5 and 3 in train.
    assert_eq!(numbers(&target, &table(), Axis::Rows, "shop_target")[3..], [4.0]);
    let of_items = Encode { smoothing: Some(0.0), ..step("kind", Encoding::Target) };
    let values = numbers(&of_items, &table(), Axis::Rows, "kind_target");
    assert_eq!(values[3..], [4.0], "an unseen category has the mean of all");
    let error = refusal(&step("price", Encoding::Target), &table());
    assert!(
        error
            .ends_with("holds numbers; target is for text or codes (for numbers: first quantiles)"),
        "{error}"
    );
}

#[test]
fn numbers_become_buckets_and_texts_hashes() {
    let quantiles = Encode { buckets: Some(2), ..step("price", Encoding::Quantiles) };
    let Values::Codes(codes) = applied(&quantiles, &table(), Axis::Items, "price") else {
        panic!()
    };
    assert_eq!(codes.codes, [2, 3, 0]);
    let hashing = Encode { buckets: Some(1), ..step("kind", Encoding::Hashing) };
    let Values::Codes(codes) = applied(&hashing, &table(), Axis::Items, "kind") else { panic!() };
    assert_eq!(codes.codes, [2, 0, 2]);
}

#[test]
fn what_valid_and_test_hold_changes_nothing_for_train() {
    let mut other = table();
    other.0.item_columns[0] = texts("kind", &["toy", "", "toy"]);
    other.0.item_columns[1] = texts("genres", &["war| comedy", "war", "comedy|comedy"]);
    other.0.item_columns[2].values = Values::Number(vec![1.0, 3.0, 1e9]);
    other.0.columns = vec![texts("shop", &["web", "web", "town", "moon"])];
    other.0.rating.as_mut().unwrap()[3] = 99.0;
    let of_train = |step: &Encode, axis, column| {
        let [a, b] = [&table(), &other].map(|table| {
            let n = if axis == Axis::Rows { 3 } else { 2 };
            let values = applied(step, table, axis, column);
            let names = match &values {
                Values::Codes(codes) => codes.names.clone(),
                _ => Vec::new(),
            };
            (values.take((0..n).map(Some)), names)
        });
        assert_eq!(a, b);
    };
    let dense = Encode { dense: true, ..step("genres", Encoding::MultiHot) };
    of_train(&step("kind", Encoding::Label), Axis::Items, "kind");
    of_train(&step("kind", Encoding::OneHot), Axis::Items, "kind");
    of_train(&dense, Axis::Items, "genres");
    of_train(&step("price", Encoding::Quantiles), Axis::Items, "price");
    of_train(&step("shop", Encoding::Target), Axis::Rows, "shop_target");
}

#[test]
fn parameters_that_do_not_go_together_are_refused() {
    let check = |params: &Encode| Encode::check(params).unwrap_err();
    let folds = Encode { folds: Some(5), ..step("kind", Encoding::Label) };
    assert_eq!(check(&folds), "folds: goes with with: target only");
    assert!(check(&step("kind", Encoding::Hashing)).starts_with("buckets: "));
    let one_fold = Encode { folds: Some(1), ..step("kind", Encoding::Target) };
    assert!(check(&one_fold).starts_with("folds: "));
    let misfit = refusal(&step("price", Encoding::Label), &table());
    assert!(misfit.contains("holds numbers; label is for text"), "{misfit}");
    assert!(refusal(&step("rating", Encoding::Quantiles), &table()).contains("holds ratings"));
}
