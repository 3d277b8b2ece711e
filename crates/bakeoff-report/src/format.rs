//! How numbers and names are written in a report.

use bakeoff_metrics::Interval;
use bakeoff_spec::Objective;

/// What stands where there is no value.
pub(crate) const NONE: &str = "–";

/// A metric's value or a difference of two.
pub(crate) fn metric(value: f64) -> String {
    if value.is_finite() { format!("{value:.4}") } else { NONE.into() }
}

/// Mean ± half the interval; the mean alone where one replicate gives no interval.
pub(crate) fn interval(interval: &Interval, n_replicates: usize) -> String {
    let half = (interval.high - interval.low) / 2.0;
    if n_replicates < 2 {
        metric(interval.mean)
    } else {
        format!("{} ± {half:.4}", metric(interval.mean))
    }
}

/// A whole number with its thousands apart.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 trial`, `2 trials`.
pub(crate) fn plural(n: usize, noun: &str) -> String {
    format!("{} {noun}{}", count(n as u64), if n == 1 { "" } else { "s" })
}

/// Seconds in the unit that suits them.
pub(crate) fn duration(secs: f64) -> String {
    let whole = secs.round() as u64;
    match secs {
        _ if !secs.is_finite() || secs < 0.0 => NONE.into(),
        0.0 => "0 s".into(),
        ..0.009_95 => format!("{:.1} ms", secs * 1e3),
        ..0.9995 => format!("{:.0} ms", secs * 1e3),
        ..9.95 => format!("{secs:.1} s"),
        ..59.5 => format!("{secs:.0} s"),
        ..3599.5 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

/// A width of time in days, hours or seconds.
pub(crate) fn long_duration(secs: u64) -> String {
    match (secs, secs.is_multiple_of(86_400), secs.is_multiple_of(3600)) {
        (0, ..) | (_, false, false) => plural(secs as usize, "second"),
        (_, true, _) => plural((secs / 86_400) as usize, "day"),
        _ => plural((secs / 3600) as usize, "hour"),
    }
}

/// A p-value, with its sign of equality or order.
pub(crate) fn p_value(p: f64) -> String {
    if p < 0.001 { "< 0.001".into() } else { format!("= {p:.3}") }
}

/// A hyperparameter's value, on one line.
pub(crate) use bakeoff_spec::plan::shown as value;

/// How a second objective is shown.
pub(crate) struct Measure {
    /// In words.
    pub(crate) text: fn(f64) -> String,
    /// The unit of an axis; empty for a plain number.
    pub(crate) unit: &'static str,
    /// How many of that unit its value counts for.
    pub(crate) factor: f64,
}

impl Measure {
    pub(crate) fn of(objective: &Objective) -> Self {
        let (text, unit, factor): (fn(f64) -> String, _, _) = match objective {
            Objective::Latency => (duration, "ms", 1000.0),
            Objective::FitTime => (duration, "s", 1.0),
            Objective::Memory => (|value| format!("{value:.0} MiB"), "MiB", 1.0),
            Objective::Size => (|value| count(value.round() as u64), "", 1.0),
            Objective::Metric { .. } => (metric, "", 1.0),
        };
        Self { text, unit, factor }
    }
}

/// A text that is to be shown as it is, on one line, wherever in a line it stands.
pub(crate) fn plain(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let text = text.trim();
    let n_digits = text.chars().take_while(char::is_ascii_digit).count();
    let is_alphanumeric = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let mut escaped = String::new();
    let mut before = None;
    let mut rest = text.chars().enumerate().peekable();
    while let Some((i, c)) = rest.next() {
        let after = rest.peek().map(|(_, c)| *c);
        let is_markup = match c {
            // Within a word it is a letter.
            '_' => !(is_alphanumeric(before) && is_alphanumeric(after)),
            // Lists and rules begin with these, and headings are underlined with them.
            '-' | '+' | '=' => i == 0,
            '.' | ')' => i == n_digits && i > 0 && after.is_none_or(char::is_whitespace),
            _ => "\\`*~|<>[]&#".contains(c),
        };
        if is_markup {
            escaped.push('\\');
        }
        escaped.push(c);
        before = Some(c);
    }
    escaped
}

/// A text as code on one line, whatever it holds.
pub(crate) fn code(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    // The fence is longer than any run of backquotes inside.
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    match longest {
        0 => format!("`{text}`"),
        n => format!("{fence} {text} {fence}", fence = "`".repeat(n + 1)),
    }
}

/// The first digits of a hash.
pub(crate) fn short(hash: &str) -> &str {
    hash.get(..10).unwrap_or(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_take_the_unit_that_suits_them() {
        let texts = [0.0, 0.0012, 0.25, 3.0, 42.4, 134.0, 3599.9, 7384.0, f64::NAN].map(duration);
        let expected = [
            "0 s",
            "1.2 ms",
            "250 ms",
            "3.0 s",
            "42 s",
            "2 min 14 s",
            "1 h 00 min",
            "2 h 03 min",
            "–",
        ];
        assert_eq!(texts, expected);
    }

    #[test]
    fn long_durations_are_in_the_unit_that_they_are_whole_in() {
        let texts = [1, 90, 7200, 86_400, 345_600].map(long_duration);
        assert_eq!(texts, ["1 second", "90 seconds", "2 hours", "1 day", "4 days"]);
    }

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(
            [0, 999, 1000, 97_171, 1_234_567].map(count),
            ["0", "999", "1,000", "97,171", "1,234,567"]
        );
    }

    #[test]
    fn markup_in_a_text_is_shown_and_not_obeyed() {
        assert_eq!(plain("a|b *c*"), r"a\|b \*c\*");
        assert_eq!(plain("a\n<b>"), r"a \<b\>");
        assert_eq!(code("line\n  two `x`"), "`` line two `x` ``");
        assert_eq!(code("``` |"), "```` ``` | ````");
        assert_eq!(plain("bpr_mf _x_ ~~~"), r"bpr_mf \_x\_ \~\~\~");
        assert_eq!(["- a", "12. a", "=== a-b"].map(plain), [r"\- a", r"12\. a", r"\=== a-b"]);
        assert_eq!(plain("0.1.0 (abc)"), "0.1.0 (abc)");
    }

    #[test]
    fn one_replicate_has_no_interval() {
        let five = Interval { mean: 0.5, low: 0.25, high: 0.75 };
        assert_eq!(interval(&five, 1), "0.5000");
        assert_eq!(interval(&five, 3), "0.5000 ± 0.2500");
    }
}
