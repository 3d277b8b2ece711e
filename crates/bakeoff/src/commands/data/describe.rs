//! A dataset's card for a terminal.

use bakeoff_spec::DatasetCard;
use bakeoff_spec::card::{Bin, OverTime, Spread};
use jiff::Timestamp;

use crate::table::{numbers_after, table};

/// Every figure of the card, in paragraphs; those that it does not have are left out.
pub(super) fn for_people(card: &DatasetCard) -> String {
    let paragraphs = [
        head(card),
        steps(card),
        missing(card),
        repairs(card),
        parts(card),
        overlaps(card),
        spreads(card),
        histogram(card),
        ratings(card),
        card.over_time.as_ref().map(over_time).unwrap_or_default(),
        columns(card),
        lines(&card.notes),
        format!("key {}\n", card.key),
    ];
    let paragraphs: Vec<String> = paragraphs.into_iter().filter(|text| !text.is_empty()).collect();
    paragraphs.join("\n")
}

fn lines(lines: &[String]) -> String {
    if lines.is_empty() { String::new() } else { lines.join("\n") + "\n" }
}

fn head(card: &DatasetCard) -> String {
    let DatasetCard { n_users, n_items, n_interactions, density, .. } = card;
    let density = 100.0 * density;
    let counts = format!(
        "{n_users} users, {n_items} items, {n_interactions} interactions, density {density:.3} %"
    );
    let span = card.time_span.and_then(|(first, last)| {
        let (first, last) = (day(first)?, day(last)?);
        Some(format!("from {first} to {last}"))
    });
    lines(&[counts].into_iter().chain(span).collect::<Vec<_>>())
}

fn day(secs: i64) -> Option<String> {
    Some(Timestamp::from_second(secs).ok()?.strftime("%Y-%m-%d").to_string())
}

fn steps(card: &DatasetCard) -> String {
    let names = card.step_names();
    let rows = names.iter().zip(&card.steps).zip(card.dropped()).map(|((name, step), dropped)| {
        row([name], [step.rows, dropped, step.users, step.items, step.changed])
    });
    numbers_after(1, &["step", "rows", "dropped", "users", "items", "changed"], rows.collect())
}

/// Words, then numbers.
fn row<const W: usize, const N: usize>(words: [&str; W], numbers: [u64; N]) -> Vec<String> {
    words.map(str::to_owned).into_iter().chain(numbers.map(|n| n.to_string())).collect()
}

fn missing(card: &DatasetCard) -> String {
    let missing = card.missing();
    if missing.is_empty() {
        return String::new();
    }
    let rows = missing.into_iter().map(|(of, column, n)| {
        let n = n.into_iter().map(|n| n.map_or_else(|| "-".to_owned(), |n| n.to_string()));
        [column, of].map(str::to_owned).into_iter().chain(n).collect()
    });
    let names = card.step_names();
    let steps = names.iter().map(String::as_str);
    let header: Vec<&str> = ["missing", "of"].into_iter().chain(steps).collect();
    numbers_after(2, &header, rows.collect())
}

fn repairs(card: &DatasetCard) -> String {
    if card.repairs.is_empty() {
        return String::new();
    }
    let rows = card.repairs.iter().map(|(what, &n)| row([what], [n]));
    numbers_after(1, &["put right in the source", "times"], rows.collect())
}

fn parts(card: &DatasetCard) -> String {
    let rows = card.parts.iter().map(|part| {
        let share = 100.0 * part.interactions as f64 / card.n_interactions.max(1) as f64;
        let mut cells = row([&part.part], [part.interactions, part.users, part.items]);
        cells.insert(2, format!("{share:.2} %"));
        cells
    });
    numbers_after(1, &["part", "rows", "share", "users", "items"], rows.collect())
}

fn overlaps(card: &DatasetCard) -> String {
    if card.overlaps.is_empty() {
        return String::new();
    }
    let rows = card.overlaps.iter().map(|overlap| {
        let of_users = [overlap.shared_users, overlap.cold_users, overlap.rows_of_cold_users];
        let of_items = [overlap.shared_items, overlap.cold_items, overlap.rows_of_cold_items];
        let [a, b, c] = of_users;
        let [d, e, f] = of_items;
        row([&overlap.part], [a, b, c, d, e, f, overlap.repeated_rows])
    });
    let header = [
        "part",
        "users in train",
        "cold",
        "their rows",
        "items in train",
        "cold",
        "their rows",
        "repeated rows",
    ];
    numbers_after(1, &header, rows.collect())
}

fn spreads(card: &DatasetCard) -> String {
    let line = |what: &str, Spread { min, median, mean, max }: Spread, gini: Option<f64>| {
        let gini = gini.map(|gini| format!(", Gini {gini:.3}")).unwrap_or_default();
        format!("interactions per {what}: {min} to {max}, median {median}, mean {mean:.1}{gini}")
    };
    let mut all = vec![
        line("user", card.per_user, card.user_gini),
        line("item", card.per_item, Some(card.item_gini)),
    ];
    let shares = [1, 10, 50].map(|percent| Some((percent, card.popularity_curve.get(percent)?)));
    let shares = shares.into_iter().flatten();
    let shares: Vec<String> = shares
        .map(|(percent, share)| format!("the top {percent} % {:.1} %", 100.0 * share))
        .collect();
    if !shares.is_empty() {
        all.push(format!("share of interactions by popularity of items: {}", shares.join(", ")));
    }
    lines(&all)
}

/// How many users and items have how many interactions, side by side: their bins are the same.
fn histogram(card: &DatasetCard) -> String {
    let all = [&card.user_counts, &card.item_counts, &card.train_lengths];
    let mut ends: Vec<(u64, u64)> =
        all.into_iter().flatten().map(|bin| (bin.from, bin.to)).collect();
    ends.sort_unstable();
    ends.dedup();
    if ends.is_empty() {
        return String::new();
    }
    let bars = all.map(|bins| {
        let at = |&(from, _): &(u64, u64)| bins.iter().find(|bin| bin.from == from);
        bars(&ends.iter().map(|ends| at(ends).map_or(0, |bin: &Bin| bin.n)).collect::<Vec<_>>())
    });
    let rows = ends.iter().enumerate().map(|(i, (from, to))| {
        let name = if from == to { from.to_string() } else { format!("{from}-{to}") };
        std::iter::once(name).chain(bars.iter().map(|bars| bars[i].clone())).collect()
    });
    table(&["interactions", "users", "items", "users, in train"], rows.collect())
}

fn ratings(card: &DatasetCard) -> String {
    if card.ratings.is_empty() {
        return String::new();
    }
    let counts: Vec<u64> = card.ratings.iter().map(|&(_, n)| n).collect();
    let rows = card.ratings.iter().zip(bars(&counts));
    let rows = rows.map(|(&(rating, _), bar)| vec![rating.to_string(), bar]);
    table(&["rating", "rows"], rows.collect())
}

/// Each count with its bar.
fn bars(counts: &[u64]) -> Vec<String> {
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let digits = most.to_string().len();
    counts.iter().map(|&n| format!("{n:>digits$} {}", bar(n, most))).collect()
}

/// A bar of blocks, in eighths of them; something for everything above 0.
fn bar(n: u64, most: u64) -> String {
    const BLOCKS: f64 = 20.0;
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (n as f64 / most as f64 * BLOCKS * 8.0).ceil() as usize;
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}

/// One line a part, a character a bin, as high as the part's highest.
fn over_time(OverTime { first, bin_secs, parts }: &OverTime) -> String {
    const LEVELS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let rows = parts.iter().map(|(part, counts)| {
        let most = counts.iter().copied().max().unwrap_or(0).max(1);
        let level = |&n: &u64| LEVELS[(n as f64 / most as f64 * 8.0).ceil() as usize];
        vec![part.clone(), counts.iter().map(level).collect::<String>(), most.to_string()]
    });
    let width = match (bin_secs % 86_400, bin_secs % 3600) {
        (0, _) => format!("{} d", bin_secs / 86_400),
        (_, 0) => format!("{} h", bin_secs / 3600),
        _ => format!("{bin_secs} s"),
    };
    let header = format!("from {}, {width} a column", day(*first).unwrap_or_default());
    table(&["rows over time", &header, "most"], rows.collect())
}

fn columns(card: &DatasetCard) -> String {
    if card.columns.is_empty() {
        return String::new();
    }
    let rows = card.columns.iter().map(|(name, about)| vec![name.clone(), about.clone()]);
    table(&["column", "values"], rows.collect())
}
