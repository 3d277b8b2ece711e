//! From a text to its words, or to n-grams of its characters.

use std::collections::HashSet;
use std::sync::LazyLock;

use jieba_rs::Jieba;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// How a text becomes words.
///
/// In this order: compatibility forms become plain ones (Unicode NFKC, so that `ﬁ` is `fi` and full-width letters are
/// ordinary ones) and `’` an apostrophe; everything is lower case (by Unicode, of no language in particular; `ß` stays);
/// the text is cut into words (Unicode Standard Annex 29: punctuation and emoji fall away) or n-grams; stop words go.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Words {
    /// What Chinese characters are.
    pub language: Language,
    /// Languages, by their ISO 639-1 code such as `en`, whose stop words go.
    #[schemars(extend("items" = { "type": "string", "enum": stop_words::available_languages() }))]
    pub stop_words: Vec<String>,
    /// Further words that go.
    pub more_stop_words: Vec<String>,
    /// Instead of words: n-grams of characters. For languages that write no blanks, such as Japanese and Thai, they are
    /// the better choice.
    pub ngrams: Option<NGrams>,
}

/// What Chinese characters are taken for: they are written without blanks and need a dictionary.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// Chinese words, found by jieba, in texts without Japanese kana; in others each is a word.
    #[default]
    Auto,
    /// Chinese words, found by jieba, in every text.
    Zh,
    /// Each is a word.
    Other,
}

/// Runs of `min` to `max` characters, as a reader counts them (extended grapheme clusters), of the whole text, in which
/// white space of any length counts as one blank. Shorter ones come first.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NGrams {
    /// The fewest characters.
    #[schemars(range(min = 1, max = 16))]
    pub min: u32,
    /// The most characters.
    #[schemars(range(min = 1, max = 16))]
    pub max: u32,
}

/// The dictionary takes about a second to load and is loaded when the first Chinese text comes.
static JIEBA: LazyLock<Jieba> = LazyLock::new(Jieba::new);

impl Words {
    /// What a schema cannot say.
    pub(crate) fn check(&self) -> Result<(), String> {
        if let Some(language) =
            self.stop_words.iter().find(|code| stop_words::lookup(code).is_none())
        {
            let all = stop_words::available_languages().join(", ");
            return Err(format!(
                "words.stop_words: there are none for `{language}`; there are for {all}"
            ));
        }
        let Some(NGrams { min, max }) = self.ngrams else { return Ok(()) };
        if min == 0 || min > max {
            return Err(format!("words.ngrams: min {min}, max {max}: must be 1 ≤ min ≤ max"));
        }
        if self.stop_words.is_empty() && self.more_stop_words.is_empty() {
            return Ok(());
        }
        Err("words.ngrams: n-grams are no words, so there can be no stop words with them".into())
    }

    /// The function from a text to its words, in their order.
    pub(crate) fn cutter(&self) -> impl Fn(&str) -> Vec<String> + Sync {
        let words = self.stop_words.iter().filter_map(|code| stop_words::lookup(code)).flatten();
        let more = self.more_stop_words.iter().map(String::as_str);
        let stopped: HashSet<String> = words.copied().chain(more).map(plain).collect();
        let (ngrams, language) = (self.ngrams, self.language);
        move |text| {
            let text = plain(text);
            if let Some(ngrams) = ngrams {
                return ngrams.of(&text);
            }
            let mut words = language.words(&text);
            words.retain(|word| !stopped.contains(*word));
            words.into_iter().map(str::to_owned).collect()
        }
    }
}

/// One spelling of what reads alike.
fn plain(text: &str) -> String {
    text.nfkc().map(|c| if c == '\u{2019}' { '\'' } else { c }).collect::<String>().to_lowercase()
}

impl Language {
    fn words(self, text: &str) -> Vec<&str> {
        let is_chinese = match self {
            Self::Auto => !text.contains(is_kana),
            Self::Zh => true,
            Self::Other => false,
        };
        if !is_chinese || !text.contains(is_han) {
            return text.unicode_words().collect();
        }
        let mut words = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let is_of_run = |c: char| is_han(c) == is_han(first);
            let end = rest.find(|c| !is_of_run(c)).unwrap_or(rest.len());
            let (run, after) = rest.split_at(end);
            if is_han(first) {
                words.extend(JIEBA.cut(run, true).into_iter().map(|token| token.word));
            } else {
                words.extend(run.unicode_words());
            }
            rest = after;
        }
        words
    }
}

/// The ideographs: the basic block with extension A, the compatibility block, and the planes of the other extensions.
fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3fffd}' | '〇')
}

/// Hiragana and katakana.
fn is_kana(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{309f}' | '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}')
}

impl NGrams {
    fn of(self, text: &str) -> Vec<String> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let characters: Vec<&str> = text.graphemes(true).collect();
        let of_length = |n: u32| characters.windows(n as usize).map(<[&str]>::concat);
        (self.min..=self.max).flat_map(of_length).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(words: &Words, text: &str) -> Vec<String> {
        words.cutter()(text)
    }

    fn words(text: &str) -> Vec<String> {
        cut(&Words::default(), text)
    }

    #[test]
    fn words_are_those_of_unicode_in_lower_case() {
        assert_eq!(
            words("The QUICK, (brown) fox can't jump 32.3 feet!"),
            ["the", "quick", "brown", "fox", "can't", "jump", "32.3", "feet"]
        );
        assert_eq!(words("Don\u{2019}t stop"), ["don't", "stop"]);
        assert_eq!(
            words("Große Straße, ÄRGER über Öl"),
            ["große", "straße", "ärger", "über", "öl"]
        );
        // A ligature, full-width letters and a combining diaeresis.
        assert_eq!(words("ﬁne ＦＵＬＬ nai\u{308}ve"), ["fine", "full", "naïve"]);
        assert_eq!(words("Война и мир"), ["война", "и", "мир"]);
        assert_eq!(words(" \t…!👩‍👩‍👧 "), [""; 0]);
    }

    #[test]
    fn chinese_is_cut_into_words_also_within_other_text() {
        assert_eq!(words("我来到北京清华大学"), ["我", "来到", "北京", "清华大学"]);
        assert_eq!(
            words("Apple iPhone手机壳 2024款"),
            ["apple", "iphone", "手机", "壳", "2024", "款"]
        );
        let other = Words { language: Language::Other, ..Words::default() };
        assert_eq!(cut(&other, "北京 bar"), ["北", "京", "bar"]);
    }

    #[test]
    fn japanese_is_not_taken_for_chinese_unless_asked() {
        assert_eq!(words("東京タワーへ")[..2], ["東", "京"]);
        let zh = Words { language: Language::Zh, ..Words::default() };
        assert_eq!(cut(&zh, "東京タワーへ")[0], "東京");
    }

    #[test]
    fn stop_words_go_in_every_spelling() {
        let stopped = |languages: &[&str], more: &[&str], text| {
            let owned = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
            let words = Words {
                stop_words: owned(languages),
                more_stop_words: owned(more),
                ..Words::default()
            };
            assert!(words.check().is_ok());
            cut(&words, text)
        };
        assert_eq!(stopped(&["en"], &[], "The dress that I DON\u{2019}T like"), ["dress"]);
        assert_eq!(stopped(&["en", "de"], &["Shirt"], "the shirt und der Hut"), ["hut"]);
        assert_eq!(stopped(&["zh"], &[], "我的手机"), ["手机"]);
    }

    #[test]
    fn n_grams_are_runs_of_characters_shorter_ones_first() {
        let ngrams = |min, max| Words { ngrams: Some(NGrams { min, max }), ..Words::default() };
        assert_eq!(cut(&ngrams(2, 3), " Ab \n c"), ["ab", "b ", " c", "ab ", "b c"]);
        assert_eq!(cut(&ngrams(2, 2), "🇩🇪é👩‍👩‍👧"), ["🇩🇪é", "é👩‍👩‍👧"]);
        assert_eq!(cut(&ngrams(3, 3), "ab"), [""; 0]);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let check = |words: Words| words.check().unwrap_err();
        let ngrams = |min, max| Words { ngrams: Some(NGrams { min, max }), ..Words::default() };
        assert!(check(ngrams(3, 2)).contains("min 3, max 2"));
        assert!(check(ngrams(0, 2)).contains("min 0"));
        assert!(
            check(Words { more_stop_words: vec!["a".into()], ..ngrams(1, 2) })
                .contains("stop words")
        );
        let unknown = Words { stop_words: vec!["english".into()], ..Words::default() };
        assert!(
            check(unknown).starts_with(
                "words.stop_words: there are none for `english`; there are for af, ar"
            )
        );
    }
}
