//! Names and texts from strangers: shown as they are, whatever they hold.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use serde_json::json;

use crate::samples::{Sample, model};

/// Breaks a table, a code span, a link and a page, if it is let.
const EVIL: &str =
    "~~~ a|b `c` ``d`` [x](javascript:1)\n# <script>alert(1)</script> &lt; _e_ ~~f~~";

#[test]
fn no_name_or_text_becomes_markup() {
    let mut sample =
        Sample::top_n(&[model("gru", "rnn", 0.1).axis("size", &[json!(EVIL), json!(2)])], &[1], 20)
            .plain();
    sample.plan.models[0].label = EVIL.into();
    sample.plan.spec.about = Some(EVIL.into());
    sample.plan.spec.report.title = Some(EVIL.into());
    let text = sample.markdown();
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let (mut n_cells, mut n_blocks) = (0, 0);
    let mut expected = 0;
    let mut shown = String::new();
    for event in Parser::new_ext(&text, options) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => panic!("{html} became markup"),
            Event::Start(Tag::Link { dest_url, .. }) => {
                assert!(dest_url.starts_with("figures/"), "{dest_url} became a link");
            }
            Event::Start(Tag::Emphasis | Tag::Strikethrough) => {
                panic!("a text became markup: {text}")
            }
            Event::Start(Tag::CodeBlock(_)) => n_blocks += 1,
            Event::Start(Tag::Heading { .. }) => shown.push('\n'),
            Event::Start(Tag::TableCell) => n_cells += 1,
            Event::Start(Tag::TableHead | Tag::TableRow) => n_cells = 0,
            Event::End(TagEnd::TableHead) => expected = n_cells,
            Event::End(TagEnd::TableRow) => assert_eq!(n_cells, expected, "a row is torn"),
            Event::Text(text) | Event::Code(text) => shown.push_str(&text),
            _ => {}
        }
    }
    assert_eq!(n_blocks, 1, "beside the command to reproduce it, a text became a block: {text}");
    let as_written = EVIL.replace('\n', " ");
    // The title, what it is about, and the model.
    assert!(shown.matches(&as_written).count() >= 3, "{shown}");
    assert!(!shown.contains("\n <script>"), "a line of it became a heading");
}
