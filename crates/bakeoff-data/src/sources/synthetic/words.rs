//! What is written of items: descriptions that tell category, style and grade, and reviews that tell how it was liked.

use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_xoshiro::Xoshiro256PlusPlus as Rng;

use super::style::Stream;
use super::world::World;
use crate::column::Texts;

/// How often a word says what it stands for; else it is one of another kind.
const HONESTY: f64 = 0.85;

/// What the card says.
pub(super) const NOTE: &str = "Columns `description` (items) and `review` (rows): the words of a description tell \
    category, style and third by quality, those of a review the rating that it stands beside; 85 % of them are true, the \
    category always.";

pub(super) const NOUNS: [&str; 8] =
    ["lamp", "kettle", "novel", "scarf", "drill", "guitar", "tent", "puzzle"];
const STYLES: [&[&str]; 4] = [
    &["broad stripes", "bold bands"],
    &["fine stripes", "thin lines"],
    &["large dots", "round spots"],
    &["small dots", "tiny speckles"],
];
const GRADES: [&[&str]; 3] = [
    &["cheap", "flimsy", "plain"],
    &["decent", "solid", "handy"],
    &["superb", "lasting", "refined"],
];
const OPINIONS: [&[&str]; 3] = [
    &["disappointing", "awful", "broken", "useless"],
    &["acceptable", "average", "ordinary", "fair"],
    &["wonderful", "excellent", "lovely", "perfect"],
];
const VERDICTS: [&[&str]; 3] =
    [&["I sent it back."], &["It does what it should."], &["I would buy it again."]];

pub(super) fn noun(category: u32) -> &'static str {
    NOUNS[category as usize % NOUNS.len()]
}

/// Two sentences about each of `items`.
pub(super) fn descriptions(world: &World, items: &[u32], seed: u64) -> Texts {
    let describe = |&item: &u32| {
        let rng = &mut Stream::Texts.rng(seed, item);
        let category = world.category(item);
        let (grade, style) = (
            of_kind(&GRADES, world.grade(item), rng),
            of_kind(&STYLES, world.styles.of_item(item), rng),
        );
        let noun = noun(category);
        format!("A {grade} {noun} from line {}. It comes with {style}.", category + 1)
    };
    items.iter().map(describe).collect()
}

/// A review for each rating: its item's category, and words that go with 1 and 2, 3, or 4 and 5.
pub(super) fn reviews(rows: impl Iterator<Item = (u32, f64)>, world: &World, seed: u64) -> Texts {
    let write = |(row, (item, rating)): (u32, (u32, f64))| {
        // Rows come after all items in the stream of texts.
        let rng = &mut Stream::Texts.rng(seed, world.n_items() + row);
        let liking = if rating < 2.5 { 0 } else { u32::from(rating > 3.5) + 1 };
        let opinion = of_kind(&OPINIONS, liking, rng);
        let verdict = of_kind(&VERDICTS, liking, rng);
        format!("The {} is {opinion}. {verdict}", noun(world.category(item)))
    };
    (0..).zip(rows).map(write).collect()
}

/// Words of a kind, or now and then of any.
fn of_kind<'a>(kinds: &[&[&'a str]], kind: u32, rng: &mut Rng) -> &'a str {
    let is_honest = rng.random_bool(HONESTY);
    let kind = if is_honest { kind as usize } else { rng.random_range(0..kinds.len()) };
    kinds[kind].choose(rng).expect("every kind has words")
}

#[cfg(test)]
mod tests {
    use super::super::Synthetic;
    use super::super::world::tests::generate;
    use super::*;

    #[test]
    fn words_tell_the_style_as_often_as_they_are_honest() {
        let world = generate(&Synthetic { n_users: 10, ..Synthetic::default() }).0;
        let items: Vec<u32> = (0..300).collect();
        let texts = descriptions(&world, &items, 1);
        let tells = |(item, text): (u32, &str)| {
            let style = world.styles.of_item(item) as usize;
            STYLES[style].iter().any(|word| text.ends_with(&format!("comes with {word}.")))
        };
        let share = (0..).zip(texts.iter()).filter(|&pair| tells(pair)).count() as f64 / 300.0;
        // Honest, or dishonest and right by chance: 0.85 + 0.15 / 4; three standard errors.
        assert!((share - 0.8875).abs() < 0.055, "{share}");
    }

    #[test]
    fn reviews_tell_the_rating() {
        let world = generate(&Synthetic { n_users: 10, ..Synthetic::default() }).0;
        let rated = (0..900).map(|i| (i % 300, f64::from(i % 5 + 1)));
        let texts = reviews(rated.clone(), &world, 1);
        let is_bad = |text: &str| OPINIONS[0].iter().any(|word| text.contains(word));
        let share = |of: &dyn Fn(f64) -> bool| {
            let chosen = rated.clone().zip(texts.iter()).filter(|((_, rating), _)| of(*rating));
            let chosen: Vec<bool> = chosen.map(|(_, text)| is_bad(text)).collect();
            chosen.iter().filter(|&&is_bad| is_bad).count() as f64 / chosen.len() as f64
        };
        assert!(share(&|rating| rating < 2.5) > 0.8);
        assert!(share(&|rating| rating > 2.5) < 0.1);
        assert!(texts.get(0).contains(noun(world.category(0))), "{}", texts.get(0));
    }
}
