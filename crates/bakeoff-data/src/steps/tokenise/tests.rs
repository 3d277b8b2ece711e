//! Codes by hand, and by property.

use proptest::prelude::*;

use super::*;
use crate::rows_for_tests::{applied, refusal, rows, texts};
use crate::text::{Language, NGrams};

fn step(max_words: u32, max_len: u32) -> Tokenise {
    Tokenise {
        columns: vec!["title".into()],
        words: Words::default(),
        max_words,
        min_count: 1,
        max_len,
        gather: Vec::new(),
    }
}

/// Items x and y are in train, z is not.
fn titles(titles: [&str; 3]) -> (Interactions, Train) {
    let all =
        [("a", "x", 1.0, 0.0), ("a", "y", 1.0, 1.0), ("b", "z", 1.0, 0.0), ("b", "x", 1.0, 1.0)];
    let mut table = rows(&all, "ttvt");
    table.0.item_columns = vec![texts("title", &titles)];
    table
}

fn tokens(step: &Tokenise, table: &(Interactions, Train), axis: Axis, column: &str) -> Tokens {
    match applied(step, table, axis, column) {
        Values::Tokens(tokens) => tokens,
        other => panic!("{}", other.kind()),
    }
}

#[test]
fn texts_become_codes_of_words_padded_or_cut_at_the_end() {
    let table = titles(["War and war", "", "A war of toys and war"]);
    let all = tokens(&step(10, 4), &table, Axis::Items, "title");
    assert_eq!(all.names, ["(padding)", "(outside the vocabulary)", "war", "and"]);
    assert_eq!(all.len, 4);
    assert_eq!(all.codes, [2, 3, 2, 0, 0, 0, 0, 0, 1, 2, 1, 1]);
    let one = tokens(&step(1, 3), &table, Axis::Items, "title");
    assert_eq!(one.codes, [2, 1, 2, 0, 0, 0, 1, 2, 1]);
    let twice = Tokenise { min_count: 2, ..step(10, 3) };
    assert_eq!(tokens(&twice, &table, Axis::Items, "title").names[2..], ["war"]);
}

#[test]
fn chinese_titles_become_words() {
    let table = titles(["华为手机壳", "手机", "北京"]);
    let codes = tokens(&step(10, 3), &table, Axis::Items, "title");
    assert_eq!(codes.names[2..], ["手机", "华为", "壳"]);
}

#[test]
fn reviews_are_gathered_from_train_for_users_and_items() {
    let mut table = titles(["", "", ""]);
    table.0.columns = vec![texts("review", &["fine cloth", "too small", "held out", "fine"])];
    let gather = vec![Gather::Users, Gather::Items];
    let step = Tokenise { columns: vec!["review".into()], gather, ..step(10, 4) };
    let of_users = tokens(&step, &table, Axis::Users, "review");
    assert_eq!(of_users.names[2..], ["fine", "cloth", "small", "too"]);
    assert_eq!(of_users.codes, [2, 3, 5, 4, 2, 0, 0, 0]);
    let of_items = tokens(&step, &table, Axis::Items, "review");
    assert_eq!(of_items.names, of_users.names);
    // x: "fine cloth" at 0 and "fine" at 1.
    assert_eq!(of_items.codes, [2, 3, 2, 0, 5, 4, 0, 0, 0, 0, 0, 0]);
    step.apply(&mut table.0, &table.1).unwrap();
    assert!(table.0.columns.is_empty(), "a row's own review is no feature of it");
}

#[test]
fn what_valid_and_test_hold_changes_nothing_for_train() {
    let [a, b] = ["love", "war war war boat"].map(|held_out| {
        tokens(&step(10, 3), &titles(["up love", "war", held_out]), Axis::Items, "title")
    });
    assert_eq!((&a.names, &a.codes[..6]), (&b.names, &b.codes[..6]));
}

#[test]
fn what_has_no_words_is_refused() {
    let none = refusal(&step(10, 3), &titles(["...", "", "word"]));
    assert_eq!(
        none,
        "step `tokenise`: column `title` has no word in the training part that is kept"
    );
    let gathered = Tokenise { gather: vec![Gather::Users], ..step(10, 3) };
    assert!(refusal(&gathered, &titles(["a", "b", "c"])).contains("is one of items"));
    let rating = Tokenise { columns: vec!["rating".into()], ..step(10, 3) };
    assert!(refusal(&rating, &titles(["a", "b", "c"])).contains("holds numbers"));
}

fn any_words() -> impl Strategy<Value = Words> {
    let languages = prop_oneof![Just(Language::Auto), Just(Language::Zh), Just(Language::Other)];
    let ngrams = prop::option::of(
        (1..4u32, 0..3u32).prop_map(|(min, more)| NGrams { min, max: min + more }),
    );
    (languages, ngrams).prop_map(|(language, ngrams)| Words {
        language,
        ngrams,
        ..Words::default()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_text_gives_codes_of_the_vocabulary_with_padding_at_the_end(
        texts in prop::array::uniform3("(\\PC|[a-c ]|[ぁ-ん]|[一-丁]|[𠀀-𠀃]|[ß’éﬁ\n\u{0}\u{300}]|👩‍👧){0,30}"),
        words in any_words(),
        max_words in 1..20u32,
        max_len in 1..20u32,
    ) {
        let (mut table, train) = titles([&texts[0], &texts[1], &texts[2]]);
        let step = Tokenise { words, ..step(max_words, max_len) };
        if step.apply(&mut table, &train).is_ok() {
            let Values::Tokens(tokens) = &table.item_columns[0].values else { panic!("tokens") };
            prop_assert_eq!(tokens.codes.len(), 3 * max_len as usize);
            prop_assert!(tokens.names.len() <= max_words as usize + 2);
            prop_assert!(tokens.codes.iter().all(|&code| (code as usize) < tokens.names.len()));
            for entry in tokens.codes.chunks(tokens.len) {
                let n_words = entry.iter().take_while(|&&code| code > 0).count();
                prop_assert!(entry[n_words..].iter().all(|&code| code == 0));
            }
        }
    }
}
